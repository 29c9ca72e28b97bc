import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";

import { cx } from "../ui/cx";

export const ROW = 18;

interface Props {
  count: number;
  label: string;
  role?: "tree" | "group";
  render: (index: number) => ReactNode;
  /** Scrolled into view whenever `at` is another object. */
  at?: { index: number } | null;
  onKeyDown?: (event: KeyboardEvent) => void;
  onRowClick?: (index: number) => void;
  activeId?: string;
  wide?: boolean;
  className?: string;
}

/** List of rows of equal height, of which only visible ones are rendered. */
export function Rows({
  count,
  label,
  role = "group",
  render,
  at,
  onKeyDown,
  onRowClick,
  activeId,
  wide,
  className,
}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 20 });
  useEffect(() => {
    if (at && at.index >= 0) rows.scrollToIndex(at.index, { align: "auto" });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the virtualiser is always the same object
  }, [at]);
  return (
    <div
      ref={box}
      role={role}
      aria-label={label}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onClick={
        onRowClick &&
        ((event) => {
          const row = (event.target as Element).closest<HTMLElement>("[data-index]");
          if (row) onRowClick(Number(row.dataset.index));
        })
      }
      aria-activedescendant={activeId}
      className={cx(
        "group/rows max-h-[460px] overflow-auto font-mono text-sm focus-visible:-outline-offset-2",
        className,
      )}
    >
      <div className={cx("relative", wide && "w-max min-w-full")} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => (
          <div
            key={item.key}
            className="absolute top-0 left-0 w-full"
            style={{ height: ROW, transform: `translateY(${item.start}px)` }}
            role="presentation"
            data-index={item.index}
          >
            {render(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
