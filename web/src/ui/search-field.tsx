import { Search } from "lucide-react";
import { useEffect, useRef, useState, type ComponentProps } from "react";

import { cx } from "./cx";

interface Props extends Omit<ComponentProps<"input">, "value" | "onChange" | "type"> {
  /** Says what is searched; there is no visible label. */
  "aria-label": string;
  value: string;
  onChange: (value: string) => void;
}

/** A search box with its icon. `className` is of the box around both. */
export function SearchField({ onChange, className, ...rest }: Props) {
  return (
    <div className={cx("relative", className)}>
      <Search size={14} aria-hidden className="pointer-events-none absolute top-[7px] left-2 text-ink-3" />
      <input
        type="search"
        className="control w-full pl-7"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
    </div>
  );
}

/** How long after the last key the text is passed on, in ms. */
const PAUSE_MS = 300;

/**
 * A search box for a value that is kept elsewhere, such as in the address. What is typed is passed on a moment after the
 * last key, and stays as it is until then.
 */
export function LiveSearchField({ value, onChange, ...rest }: Props) {
  const [draft, setDraft] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setDraft(value);
    }
  }, [value]);
  useEffect(() => {
    if (draft === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = draft;
      onChange(draft);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return <SearchField value={draft} onChange={setDraft} {...rest} />;
}
