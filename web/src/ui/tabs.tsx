import { useId, type ReactNode } from "react";

import { cx } from "./cx";

/** Tabs, and the panel of the chosen one. Arrow keys move between tabs. */
export function Tabs<T extends string>({
  label,
  value,
  options,
  onChange,
  children,
  className,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
  children: ReactNode;
  /** Of the panel. */
  className?: string;
}) {
  const id = useId();
  return (
    <>
      <div role="tablist" aria-label={label} className="flex gap-1 border-b border-line">
        {options.map(([option, words], at) => (
          <button
            key={option}
            type="button"
            role="tab"
            id={`${id}-${option}`}
            aria-selected={option === value}
            aria-controls={`${id}-panel`}
            tabIndex={option === value ? 0 : -1}
            className={cx(
              "-mb-px h-7 border-b-2 px-2.5",
              option === value
                ? "border-accent font-semibold text-accent"
                : "border-transparent text-ink-2 hover:bg-hover hover:text-ink",
            )}
            onClick={() => onChange(option)}
            onKeyDown={(event) => {
              const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
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
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className={className}>
        {children}
      </div>
    </>
  );
}
