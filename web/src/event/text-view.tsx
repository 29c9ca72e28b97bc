import { useEffect, useMemo, useRef, useState } from "react";

import { formatCount } from "../lib/format";
import { findText, MAX_ROWS, rowAt, textRows, visible } from "../lib/text";
import { Rows } from "./rows";
import { SearchSteps, useSteps } from "./steps";

/** Width of a character of the monospace type at 12 px. */
const CHARACTER = 7.2;

/** Text as it arrived, wrapped at the width of the box; what can't be seen is made visible. */
export function TextView({
  text,
  search,
  label,
  wrap = true,
}: {
  text: string;
  search: string;
  label: string;
  wrap?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(100);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() =>
      setColumns(Math.max(20, Math.floor((element.clientWidth - 72) / CHARACTER))),
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const rows = useMemo(() => textRows(text, wrap ? columns : 4000), [text, columns, wrap]);
  const found = useMemo(() => findText(text, search), [text, search]);
  const { step, current, count } = useSteps(found);
  const at = useMemo(() => (current === undefined ? null : { index: rowAt(rows, current) }), [current, rows]);
  const digits = String(rows.lines.reduce((most, line) => Math.max(most, line), 1)).length;

  return (
    <div ref={box}>
      <SearchSteps search={search} count={count} step={step} />
      <Rows
        count={rows.starts.length}
        label={label}
        at={at}
        wide
        render={(index) => {
          const [start, end] = [rows.starts[index]!, rows.ends[index]!];
          return (
            <div className="flex leading-[18px] whitespace-pre">
              <span
                className="sticky left-0 shrink-0 bg-surface pr-3 pl-2 text-right text-ink-3 select-none"
                aria-hidden
              >
                {(rows.lines[index] ? String(rows.lines[index]) : "").padStart(digits)}
              </span>
              <span>
                {found.length > 0 ? (
                  <Found text={text} start={start} end={end} found={found} length={search.length} current={current} />
                ) : (
                  visible(text.slice(start, end))
                )}
              </span>
            </div>
          );
        }}
      />
      {rows.cut && <p className="px-2 py-1 text-ink-2">Showing the first {formatCount(MAX_ROWS)} lines.</p>}
    </div>
  );
}

/** A row with the parts of matches that lie in it; a match may run over the row's end. */
function Found({
  text,
  start,
  end,
  found,
  length,
  current,
}: {
  text: string;
  start: number;
  end: number;
  found: number[];
  length: number;
  current: number | undefined;
}) {
  let low = 0;
  let high = found.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (found[middle]! + length <= start) low = middle + 1;
    else high = middle;
  }
  const parts = [];
  let at = start;
  for (let match = low; match < found.length && found[match]! < end; match += 1) {
    const from = Math.max(start, found[match]!);
    const to = Math.min(end, found[match]! + length);
    if (from > at) parts.push(visible(text.slice(at, from)));
    parts.push(
      <mark key={match} className={found[match] === current ? "outline-2 outline-accent" : undefined}>
        {visible(text.slice(from, to))}
      </mark>,
    );
    at = to;
  }
  if (at < end) parts.push(visible(text.slice(at, end)));
  return parts;
}
