import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";

import type { AuditEvent } from "../model/types";
import { formatCount } from "../lib/format";
import { Button } from "../ui/button";
import { cx } from "../ui/cx";
import { COLUMNS, defaultColumns, type Column } from "./columns";
import { MAX_LISTED, type ListModel } from "./use-list";
import type { Mark } from "./marks";
import { MAX_TAIL_ROWS } from "./tail";
import type { TailModel } from "./use-tail";

const ROW = 28;

interface Props {
  list: ListModel;
  tail: TailModel;
  /** Chosen columns; `null` for the default. */
  columns: string[] | null;
  openId: string | undefined;
  marked: readonly Mark[];
  onOpen: (id: string, how: "open" | "follow") => void;
  onClose: () => void;
  onMark: (event: Mark) => void;
  /** True while the newest rows are visible. */
  onTop: (top: boolean) => void;
  empty: ReactNode;
}

/** Rows of the tail, then of the list. Only visible rows are rendered. */
export function EventTable({ list, tail, columns, openId, marked, onOpen, onClose, onMark, onTop, empty }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(1200);
  const [active, setActive] = useState<{ index: number; id: string | null }>({ index: 0, id: null });

  const tailRows = tail.rows.length;
  const gapRows = tail.gap > 0 ? 1 : 0;
  const listed = Math.min(list.total ?? 0, MAX_LISTED);
  const count = list.total === undefined ? 0 : tailRows + gapRows + listed;

  const eventAt = (index: number): AuditEvent | undefined =>
    index < tailRows ? tail.rows[index] : list.at(index - tailRows - gapRows);

  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
    initialRect: { width: 0, height: window.innerHeight },
  });
  const items = rows.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items[items.length - 1]?.index ?? 0;

  const { show } = list;
  useEffect(() => {
    // A long drag passes many pages; only the one where it stops is fetched.
    const timer = setTimeout(
      () => show(Math.max(0, first - tailRows - gapRows), Math.max(0, last - tailRows - gapRows)),
      50,
    );
    return () => clearTimeout(timer);
  }, [first, last, tailRows, gapRows, show]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  // The active row is identified by its event, not its index, because arriving rows move it.
  const place = useMemo(() => {
    if (active.id === null) return active.index;
    const above = tail.rows.findIndex((event) => event.id === active.id);
    if (above >= 0) return above;
    const below = list.first.findIndex((event) => event.id === active.id);
    return below >= 0 ? below + tailRows + gapRows : active.index;
  }, [active, tail.rows, list.first, tailRows, gapRows]);

  const shown = columns ?? defaultColumns(width);
  const visibleColumns = COLUMNS.filter((column) => shown.includes(column.id));
  const tracks = visibleColumns.map((column) => column.track).join(" ");
  const least = visibleColumns.reduce((sum, column) => sum + column.least + 12, 12);

  const follow = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const go = (index: number) => {
    const next = Math.max(0, Math.min(count - 1, index));
    const event = eventAt(next);
    setActive({ index: next, id: event?.id ?? null });
    rows.scrollToIndex(next, { align: "auto" });
    if (openId && event) {
      clearTimeout(follow.current);
      follow.current = setTimeout(() => onOpen(event.id, "follow"), 120);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || count === 0) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 600) / ROW) - 2);
    const moves: Record<string, number> = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      j: place + 1,
      k: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: count - 1,
    };
    const to = moves[event.key];
    const current = eventAt(place);
    if (to !== undefined) go(active.id === null && event.key === "ArrowDown" ? 0 : to);
    else if (event.key === "Enter" && current) onOpen(current.id, "open");
    else if (event.key === "x" && current) onMark(current);
    else if (event.key === "Escape" && openId) onClose();
    else return;
    event.preventDefault();
  };

  // One listener for all rows: the grid, not the row, has the focus and handles keys.
  const onClick = (press: MouseEvent<HTMLElement>) => {
    const row = (press.target as Element).closest<HTMLElement>("[data-index]");
    const index = Number(row?.dataset.index);
    const event = row ? eventAt(index) : undefined;
    if (!event) return;
    setActive({ index, id: event.id });
    onOpen(event.id, "open");
  };

  return (
    <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
      {tail.waiting.length > 0 && (
        <Button
          kind="primary"
          className="absolute top-9 left-1/2 z-10 -translate-x-1/2 rounded-full shadow-pop"
          onClick={() => {
            tail.flush();
            scroller.current?.scrollTo({ top: 0 });
          }}
        >
          ↑ {formatCount(tail.waiting.length)}
          {tail.waiting.length >= MAX_TAIL_ROWS ? "+" : ""} new
        </Button>
      )}
      <div
        ref={scroller}
        role="grid"
        aria-label="Recorded requests, newest first"
        aria-rowcount={count + 1}
        aria-colcount={visibleColumns.length}
        aria-activedescendant={active.id && place >= first && place <= last ? `row-${active.id}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onScroll={(event) => onTop(event.currentTarget.scrollTop < ROW / 2)}
        className={cx(
          "group min-h-0 overflow-auto bg-surface focus-visible:outline-offset-[-2px]",
          count > 0 ? "flex-1" : "shrink-0",
        )}
      >
        <div style={{ minWidth: least }}>
          <div
            role="row"
            aria-rowindex={1}
            className="sticky top-0 z-[5] grid h-8 items-center gap-x-3 border-b border-line bg-raised px-3 text-sm text-ink-2"
            style={{ gridTemplateColumns: tracks }}
          >
            {visibleColumns.map((column) => (
              <div key={column.id} role="columnheader" className={cx("truncate", column.right && "text-right")}>
                {column.header}
              </div>
            ))}
          </div>
          {count > 0 && (
            <div role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
              {items.map((item) => {
                if (gapRows === 1 && item.index === tailRows) {
                  return (
                    <div
                      key="gap"
                      role="row"
                      aria-rowindex={item.index + 2}
                      className="absolute inset-x-0 top-0 flex items-center gap-3 bg-client-soft px-3 text-client"
                      style={{ height: ROW, transform: `translateY(${item.start}px)` }}
                    >
                      <span role="gridcell" className="flex items-center gap-3">
                        {formatCount(tail.gap)} events not loaded
                        <button type="button" className="underline" onClick={list.reload}>
                          Reload
                        </button>
                      </span>
                    </div>
                  );
                }
                const event = eventAt(item.index);
                return (
                  <Row
                    key={item.key}
                    event={event}
                    index={item.index}
                    start={item.start}
                    tracks={tracks}
                    columns={visibleColumns}
                    active={event !== undefined && event.id === active.id}
                    open={event !== undefined && event.id === openId}
                    marked={event !== undefined && marked.some((mark) => mark.id === event.id)}
                  />
                );
              })}
            </div>
          )}
        </div>
      </div>
      {/* Beside the grid: a grid may hold nothing but rows. */}
      {count === 0 && (
        <div className="min-h-0 flex-1 overflow-auto bg-surface">
          {list.total === undefined && !list.error && <LoadingRows />}
          {list.total !== undefined && empty}
        </div>
      )}
      {(list.total ?? 0) > MAX_LISTED && last >= count - 20 && (
        <p className="border-t border-line bg-surface px-3 py-2 text-ink-2">
          Showing the newest {formatCount(MAX_LISTED)} of {formatCount(list.total ?? 0)}. Narrow the filters to see
          older requests.
        </p>
      )}
    </div>
  );
}

interface RowProps {
  event: AuditEvent | undefined;
  index: number;
  start: number;
  tracks: string;
  columns: Column[];
  active: boolean;
  open: boolean;
  marked: boolean;
}

const Row = memo(
  function Row({ event, index, start, tracks, columns, active, open, marked }: RowProps) {
    return (
      <div
        role="row"
        id={event ? `row-${event.id}` : undefined}
        aria-rowindex={index + 2}
        aria-selected={open}
        data-index={index}
        className={cx(
          "absolute inset-x-0 top-0 grid cursor-default items-center gap-x-3 border-b border-line/60 px-3",
          open ? "bg-selected" : "hover:bg-hover",
          active &&
            "group-focus-visible:outline-2 group-focus-visible:-outline-offset-2 group-focus-visible:outline-accent",
          active && !open && "bg-hover",
          marked && "shadow-[inset_3px_0_0_var(--accent)]",
        )}
        style={{ height: ROW, transform: `translateY(${start}px)`, gridTemplateColumns: tracks }}
      >
        {columns.map((column, at) => (
          <div key={column.id} role="gridcell" className={cx("truncate", column.right && "text-right")}>
            {at === 0 && marked && <span className="sr-only">Marked for comparison </span>}
            {event ? column.cell(event) : <span className="skeleton inline-block h-3 w-3/5">&nbsp;</span>}
          </div>
        ))}
      </div>
    );
  },
  (a, b) =>
    a.event === b.event &&
    a.index === b.index &&
    a.start === b.start &&
    a.tracks === b.tracks &&
    a.active === b.active &&
    a.open === b.open &&
    a.marked === b.marked,
);

function LoadingRows() {
  return (
    <div role="status" aria-label="Loading requests">
      {Array.from({ length: 24 }, (_, at) => (
        <div key={at} className="flex h-7 items-center gap-4 border-b border-line/60 px-3">
          <span className="skeleton h-3 w-24" />
          <span className="skeleton h-3 w-12" />
          <span className="skeleton h-3 flex-1" />
          <span className="skeleton h-3 w-16" />
        </div>
      ))}
    </div>
  );
}
