import { TriangleAlert } from "lucide-react";
import { lazy, Suspense, useDeferredValue, type ReactNode } from "react";
import { Link, useSearchParams } from "react-router";

import { dashboardRange } from "../api/paths";
import { useDashboard } from "../api/queries";
import type { AuditEvent, BreakdownGroup, Dashboard } from "../api/types";
import { FirstCall } from "../audit/first-call";
import { auditLink, RANGE_WORDS, RANGES, type Filters, type Range } from "../lib/filters";
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpan,
  STATUS_WORDS,
  type StatusKind,
} from "../lib/format";
import { cx, MethodTag, Segments, Skeleton, StatusGlyph, StatusTag, Time } from "../ui/basics";
import { ErrorState } from "../ui/states";

// On its way before it is drawn.
const chart = import("../ui/chart");
chart.catch(() => undefined);
const Chart = lazy(() => chart);

const OPTIONS: (readonly [Range, string])[] = [
  ["15m", "15 min"],
  ["1h", "1 h"],
  ["24h", "24 h"],
  ["7d", "7 d"],
];

export default function DashboardPage() {
  const [query, setQuery] = useSearchParams();
  const range = dashboardRange(query);
  const dashboard = useDashboard(range);
  // Drawn in slices: what a user presses goes first.
  const data = useDeferredValue(dashboard.data);

  if (dashboard.isError && !data)
    return <ErrorState error={dashboard.error} retry={() => void dashboard.refetch()} title="Dashboard unavailable" />;
  const figures = data?.stats;
  const bucket = data?.timeseries.bucket_seconds;
  /** Of no request there is neither a share nor a duration. */
  const some = (text: string) => (figures?.total === 0 ? "–" : text);
  const link = (more: Filters = {}) => auditLink({ range, ...more });

  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-lg font-semibold">Dashboard</h1>
        <Segments
          label="Time range"
          value={range}
          options={OPTIONS}
          onChange={(next) => setQuery({ range: next }, { replace: true })}
        />
        <span className="text-ink-3">Local time; hover for UTC</span>
      </div>

      {figures && figures.dropped_total > 0 && (
        <div role="status" className="flex items-start gap-2 rounded-md bg-client-soft px-3 py-2 text-client">
          <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
          <span>
            <strong>{formatCount(figures.dropped_total)} events were dropped</strong> since the start: the audit queue
            was full, so these requests are missing in every figure and list here. Raise{" "}
            <code className="font-mono">audit.buffer_size</code> or look at what slows the database.
          </span>
        </div>
      )}

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
        <Figure
          label="p50"
          value={figures && some(formatDuration(figures.p50_ms))}
          to={link(slower(figures?.p50_ms))}
        />
        <Figure
          label="p95"
          value={figures && some(formatDuration(figures.p95_ms))}
          to={link(slower(figures?.p95_ms))}
        />
        <Figure
          label="p99"
          value={figures && some(formatDuration(figures.p99_ms))}
          to={link(slower(figures?.p99_ms))}
        />
        <Figure
          label="Audit queue"
          value={figures && formatCount(figures.queue_depth)}
          note={figures && `of ${formatCount(figures.queue_capacity)}; ${formatCount(figures.dropped_total)} dropped`}
          to="/config?q=audit."
          tone={figures && figures.dropped_total > 0 ? "text-client" : undefined}
        />
      </section>

      {figures?.total === 0 ? (
        <div className="card">
          <FirstCall span={RANGE_WORDS[range].toLowerCase()} />
        </div>
      ) : (
        <>
          <section className="card flex flex-col" aria-label="Requests over time">
            <SectionHead title="Requests over time" aside={<Legend bucket={bucket} />} />
            <div className="h-[220px] px-2 pb-2">
              <Suspense fallback={<Skeleton className="h-full" />}>
                {data ? <Chart series={data.timeseries} /> : <Skeleton className="h-full" />}
              </Suspense>
            </div>
          </section>

          <div className="grid gap-3 lg:grid-cols-3">
            <section className="card" aria-label="Status classes">
              <SectionHead title="Status classes" />
              <StatusClasses data={data?.status_classes} link={link} />
            </section>
            <section className="card" aria-label="Slowest routes">
              <SectionHead title="Slowest routes" aside="mean duration" />
              <Routes groups={data?.slowest_routes} by="avg_duration_ms" link={link} />
            </section>
            <section className="card" aria-label="Top failing routes">
              <SectionHead title="Top failing routes" aside="errors" />
              <Routes groups={data?.failing_routes} by="errors" link={link} />
            </section>
          </div>

          <Recent events={data?.recent} range={range} />
        </>
      )}
    </div>
  );
}

/** A mean rate in the unit that gives a figure of one or more. */
function perTime(total: number, seconds: number): string {
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

/** Filters for what took at least this long. */
function slower(ms: number | null | undefined): Filters {
  return ms ? { min_duration_ms: String(Math.floor(ms * 100) / 100) } : {};
}

function SectionHead({ title, aside }: { title: string; aside?: ReactNode }) {
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-2 px-3">
      <h2 className="flex-1 font-semibold">{title}</h2>
      {aside && <span className="text-sm text-ink-3">{aside}</span>}
    </div>
  );
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

function Legend({ bucket }: { bucket: number | undefined }) {
  return (
    <span className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <span className="flex items-center gap-1.5">
        <span className="h-2.5 w-2.5 rounded-[2px] bg-accent" aria-hidden /> requests
      </span>
      <span className="flex items-center gap-1.5">
        <svg width="10" height="10" aria-hidden className="text-server">
          <rect width="10" height="10" rx="2" fill="currentColor" />
          <path d="M0 10 10 0M-3 7 3 1M7 13l6-6" stroke="var(--surface)" strokeWidth="1.5" />
        </svg>
        errors
      </span>
      {bucket && (
        <span className="hidden sm:inline">{formatSpan(bucket)} per bar. Click or drag to open requests.</span>
      )}
    </span>
  );
}

const CLASSES: [StatusKind, string][] = [
  ["ok", "2xx"],
  ["redirect", "3xx"],
  ["client", "4xx"],
  ["server", "5xx"],
  ["gone", "499"],
];
const INKS: Record<StatusKind, string> = {
  ok: "text-ok",
  redirect: "text-redirect",
  client: "text-client",
  server: "text-server",
  gone: "text-gone",
  info: "text-ink-3",
};

function StatusClasses({
  data,
  link,
}: {
  data: Dashboard["status_classes"] | undefined;
  link: (more: Filters) => string;
}) {
  const total = (data ?? []).reduce((sum, entry) => sum + entry.count, 0);
  return (
    <ul className="flex flex-col px-1 pb-2">
      {CLASSES.map(([kind, name]) => {
        const count = data?.find((entry) => entry.class === name)?.count ?? 0;
        const share = total > 0 ? count / total : 0;
        return (
          <li key={kind}>
            <Link
              to={link({ status: name })}
              className="grid h-8 grid-cols-[52px_minmax(0,1fr)_64px_52px] items-center gap-2 rounded px-2 hover:bg-hover"
              title={STATUS_WORDS[kind]}
            >
              <span className={cx("flex items-center gap-1.5 font-mono", INKS[kind])}>
                <StatusGlyph kind={kind} />
                {name}
              </span>
              <svg
                className={cx("h-1.5 w-full rounded-full", INKS[kind])}
                aria-hidden
                preserveAspectRatio="none"
                viewBox="0 0 100 1"
              >
                <rect width="100" height="1" fill="var(--raised)" />
                <rect width={count > 0 ? Math.max(share * 100, 0.8) : 0} height="1" fill="currentColor" />
              </svg>
              <span className="text-right">{data ? formatCompact(count) : "–"}</span>
              <span className="text-right text-ink-3">{data ? formatPercent(share) : ""}</span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function Routes({
  groups,
  by,
  link,
}: {
  groups: BreakdownGroup[] | undefined;
  by: "avg_duration_ms" | "errors";
  link: (more: Filters) => string;
}) {
  const ROWS = 5;
  const rows = (groups ?? []).filter((group) => group[by] > 0).slice(0, ROWS);
  return (
    <ul className="flex min-h-[168px] flex-col px-1 pb-2">
      {rows.map((group) => (
        <li key={group.key}>
          <Link
            to={link({
              ...(group.key ? { route_name: group.key } : { status: "404" }),
              ...(by === "errors" ? { success: "false" } : {}),
            })}
            className="grid h-8 grid-cols-[minmax(0,1fr)_auto] items-center gap-3 rounded px-2 hover:bg-hover"
          >
            <span className="truncate font-mono text-sm">{group.key || "no route"}</span>
            <span className="text-right">
              {by === "errors" ? (
                <>
                  {formatCount(group.errors)}{" "}
                  <span className="inline-block w-16 text-ink-3">{formatPercent(group.errors / group.count)}</span>
                </>
              ) : (
                <>
                  {formatDuration(group.avg_duration_ms)}{" "}
                  <span className="inline-block w-16 text-ink-3">{formatCompact(group.count)}×</span>
                </>
              )}
            </span>
          </Link>
        </li>
      ))}
      {groups && rows.length === 0 && (
        <li className="px-2 py-1 text-ink-2">{by === "errors" ? "No failed requests" : "No requests"}</li>
      )}
      {!groups && Array.from({ length: ROWS }, (_, at) => <Skeleton key={at} className="mx-2 my-2 h-4" />)}
    </ul>
  );
}

function Recent({ events, range }: { events: AuditEvent[] | undefined; range: Range }) {
  return (
    <section className="card" aria-label="Recent requests">
      <SectionHead
        title="Recent requests"
        aside={
          <Link className="link" to={auditLink({ range })}>
            View all
          </Link>
        }
      />
      <ul className="flex flex-col px-1 pb-2" aria-busy={!events}>
        {events?.map((event) => (
          <li key={event.id}>
            <Link
              to={auditLink({ range }, event.id)}
              className="grid h-7 grid-cols-[88px_50px_minmax(0,1fr)_72px] items-center gap-2 rounded px-2 hover:bg-hover sm:grid-cols-[88px_60px_50px_minmax(0,1fr)_140px_72px_72px]"
            >
              <Time value={event.timestamp} as="time" className="font-mono text-sm text-ink-2" />
              <span className="hidden sm:inline">
                <MethodTag method={event.method} />
              </span>
              <StatusTag status={event.status} />
              <span className="truncate font-mono text-sm" title={event.target}>
                {event.target}
              </span>
              <span className="hidden truncate text-ink-2 sm:inline">{event.user_subject ?? "–"}</span>
              <span className="hidden text-right text-ink-3 sm:inline">{formatBytes(event.bytes_out)}</span>
              <span className="text-right">{formatDuration(event.duration_ms)}</span>
            </Link>
          </li>
        ))}
        {!events && Array.from({ length: 12 }, (_, at) => <Skeleton key={at} className="mx-2 my-1 h-5" />)}
      </ul>
    </section>
  );
}
