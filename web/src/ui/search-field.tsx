import { Search } from "lucide-react";
import { useEffect, useRef, useState, type ComponentProps } from "react";

import { cx } from "./cx";

interface Props extends Omit<ComponentProps<"input">, "value" | "onChange" | "type"> {
  /** Names what is searched: there is no visible label. */
  "aria-label": string;
  value: string;
  onChange: (value: string) => void;
}

/** Search field with an icon. `className` applies to the box around both. */
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

/** Time in ms between the last key press and `onChange`. */
const PAUSE_MS = 300;

/** Search field of a value kept elsewhere, such as in the URL: it is passed on shortly after the last key press. */
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
