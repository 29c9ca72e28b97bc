import { useMemo } from "react";

import { findBytes, HEX_WIDTH, hexRow, hexRowCount, needleBytes } from "../lib/hex";
import { cx } from "../ui/cx";
import { Rows } from "./rows";
import { SearchSteps, useSteps } from "./steps";

/** Hex view. Finds UTF-8 text, ignoring the case of ASCII letters, or bytes written as `0x0d0a`. */
export function HexView({ bytes, search, label }: { bytes: Uint8Array; search: string; label: string }) {
  const found = useMemo(() => findBytes(bytes, needleBytes(search), !/^0x/i.test(search)), [bytes, search]);
  const { step, current, count } = useSteps(found);
  const at = useMemo(() => (current === undefined ? null : { index: Math.floor(current / HEX_WIDTH) }), [current]);
  const hits = useMemo(() => {
    const rows = new Set<number>();
    const length = needleBytes(search).length;
    for (const start of found)
      for (let row = Math.floor(start / HEX_WIDTH); row <= Math.floor((start + length - 1) / HEX_WIDTH); row += 1)
        rows.add(row);
    return rows;
  }, [found, search]);
  return (
    <div>
      <SearchSteps search={search} count={count} step={step} />
      <Rows
        count={Math.max(1, hexRowCount(bytes.length))}
        label={label}
        at={at}
        wide
        render={(index) => {
          const row = hexRow(bytes, index);
          return (
            <div
              className={cx(
                "flex gap-5 px-2 leading-[18px] whitespace-pre",
                hits.has(index) && "bg-[var(--mark)] text-[var(--mark-ink)]",
              )}
            >
              <span className={hits.has(index) ? undefined : "text-ink-3"}>{row.offset}</span>
              <span>{row.hex}</span>
              <span className={hits.has(index) ? undefined : "text-ink-2"}>{row.ascii}</span>
            </div>
          );
        }}
      />
    </div>
  );
}
