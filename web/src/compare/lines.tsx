import { useMemo } from "react";

import { Rows } from "../event/rows";
import { alignLines, isCut, nearChanges } from "../lib/align";
import { showBlanks, visible } from "../lib/text";
import { cx } from "../ui/cx";
import { WORDS } from "./change";

/** Comparison of two texts line by line. `blanks`: spaces, tabs and carriage returns are made visible. */
export function Lines({
  a,
  b,
  label,
  onlyChanges,
  blanks = false,
}: {
  a: string;
  b: string;
  label: string;
  onlyChanges: boolean;
  blanks?: boolean;
}) {
  const lines = useMemo(() => alignLines(a, b), [a, b]);
  const shown = useMemo(() => (lines && onlyChanges ? nearChanges(lines) : lines), [lines, onlyChanges]);
  if (!shown) {
    return <p className="px-3 py-2">Too many differing lines to compare. Open each event to see its body.</p>;
  }
  return (
    <Rows
      count={shown.length}
      label={`${label}, line by line`}
      wide
      render={(index) => {
        const line = shown[index]!;
        const skipped = isCut(shown[index - 1], line);
        return (
          <div
            className={cx(
              "flex leading-[18px] whitespace-pre",
              line.kind === "only-a" && "bg-server-soft",
              line.kind === "only-b" && "bg-ok-soft",
              skipped && "border-t border-dashed border-line-strong",
            )}
          >
            <span className="w-12 shrink-0 pr-2 text-right text-ink-3 select-none">{line.a ?? ""}</span>
            <span className="w-12 shrink-0 pr-2 text-right text-ink-3 select-none">{line.b ?? ""}</span>
            <span className="w-4 shrink-0 font-semibold select-none">
              <span aria-hidden>{line.kind === "only-a" ? "−" : line.kind === "only-b" ? "+" : ""}</span>
              <span className="sr-only">{line.kind === "same" ? "" : WORDS[line.kind]}</span>
            </span>
            <span>{blanks ? showBlanks(line.text.slice(0, 4000)) : visible(line.text.slice(0, 4000))}</span>
          </div>
        );
      }}
    />
  );
}
