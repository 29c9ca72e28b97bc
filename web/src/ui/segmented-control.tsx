import { cx } from "./cx";

/** Choice of one option among a few. */
export function SegmentedControl<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className="inline-flex h-7 shrink-0 rounded border border-line-strong bg-surface p-0.5"
    >
      {options.map(([option, words], at) => (
        <button
          key={option}
          type="button"
          role="radio"
          aria-checked={option === value}
          tabIndex={option === value || (at === 0 && !options.some(([other]) => other === value)) ? 0 : -1}
          className={cx(
            "rounded-[3px] px-2 leading-none whitespace-nowrap",
            option === value ? "bg-accent-soft font-semibold text-accent" : "text-ink-2 hover:bg-hover",
          )}
          onClick={() => onChange(option)}
          onKeyDown={(event) => {
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (!step) return;
            event.preventDefault();
            const next = (at + step + options.length) % options.length;
            onChange(options[next]![0]);
            (event.currentTarget.parentElement?.children[next] as HTMLElement | undefined)?.focus();
          }}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
