import { Link } from "react-router";

import type { Stats } from "../model/types";
import { RANGES, type Filters, type Range } from "../lib/filters";
import { formatCount, formatDuration, formatPercent } from "../lib/format";
import { cx } from "../ui/cx";
import { Skeleton } from "../ui/text";

/** Figures of a range, each with a link to its requests. */
export function Figures({
  figures,
  range,
  link,
}: {
  figures: Stats | undefined;
  range: Range;
  link: (more?: Filters) => string;
}) {
  /** Share and duration are undefined without requests. */
  const some = (text: string) => (figures?.total === 0 ? "–" : text);
  return (
    <section
      aria-label="Figures"
      className="grid grid-cols-2 gap-px overflow-hidden rounded-md border border-line bg-line sm:grid-cols-3 xl:grid-cols-6"
    >
      <Figure
        label="Requests"
        value={figures && formatCount(figures.total)}
        note={figures && perTime(figures.total, RANGES[range])}
        to={link()}
      />
      <Figure
        label="Errors"
        value={figures && some(formatPercent(figures.error_rate))}
        note={figures && `${formatCount(figures.errors)} of ${formatCount(figures.total)}`}
        to={link({ success: "false" })}
        tone={figures && figures.errors > 0 ? "text-server" : undefined}
      />
      <Figure label="p50" value={figures && some(formatDuration(figures.p50_ms))} to={link(slower(figures?.p50_ms))} />
      <Figure label="p95" value={figures && some(formatDuration(figures.p95_ms))} to={link(slower(figures?.p95_ms))} />
      <Figure label="p99" value={figures && some(formatDuration(figures.p99_ms))} to={link(slower(figures?.p99_ms))} />
      <Figure
        label="Audit queue"
        value={figures && formatCount(figures.queue_depth)}
        note={figures && `of ${formatCount(figures.queue_capacity)}; ${formatCount(figures.dropped_total)} dropped`}
        to="/config?q=audit."
        tone={figures && figures.dropped_total > 0 ? "text-client" : undefined}
      />
    </section>
  );
}

/** Mean rate, in the unit that gives a number of at least one. */
function perTime(total: number, seconds: number): string {
  if (total === 0) return "";
  for (const [length, unit] of [
    [1, "s"],
    [60, "min"],
    [3600, "h"],
  ] as const) {
    const rate = (total / seconds) * length;
    if (rate >= 1 || unit === "h")
      return `${rate >= 100 ? formatCount(Math.round(rate)) : rate.toFixed(1)} per ${unit}`;
  }
  return "";
}

/** Filters for requests of at least this duration. */
function slower(ms: number | null | undefined): Filters {
  return ms ? { min_duration_ms: String(Math.floor(ms * 100) / 100) } : {};
}

function Figure({
  label,
  value,
  note,
  to,
  tone,
}: {
  label: string;
  value?: string;
  note?: string;
  to: string;
  tone?: string;
}) {
  return (
    <Link
      to={to}
      className="flex h-[76px] flex-col justify-center bg-surface px-3 hover:bg-hover focus-visible:-outline-offset-2"
    >
      <span className="label">{label}</span>
      {value === undefined ? (
        <Skeleton className="my-1 h-6 w-20" />
      ) : (
        <span className={cx("truncate text-xl font-semibold", tone)}>{value}</span>
      )}
      <span className="h-4 truncate text-sm text-ink-3">{note ?? ""}</span>
    </Link>
  );
}
