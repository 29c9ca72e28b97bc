import { lazy, Suspense, useDeferredValue } from "react";
import { useSearchParams } from "react-router";

import { dashboardRange } from "../api/options";
import { useDashboard } from "../api/queries";
import { Figures } from "../dashboard/figures";
import { Legend } from "../dashboard/legend";
import { Recent } from "../dashboard/recent";
import { Routes } from "../dashboard/routes";
import { SectionHead } from "../dashboard/section-head";
import { StatusClasses } from "../dashboard/status-classes";
import { loadChunk } from "../lib/chunk";
import { auditLink, RANGE_WORDS, type Filters, type Range } from "../lib/filters";
import { cx } from "../ui/cx";
import { SegmentedControl } from "../ui/segmented-control";
import { Skeleton } from "../ui/text";
import { ErrorState } from "../ui/states";

// Fetched before it is rendered.
const chart = loadChunk(() => import("../ui/chart"));
chart.catch(() => undefined);
const Chart = lazy(() => chart);
const DroppedBanner = lazy(() => loadChunk(() => import("../dashboard/dropped")));
const FirstCall = lazy(() => loadChunk(() => import("../audit/first-call")));

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
  // Rendered in slices, so that input has priority.
  const data = useDeferredValue(dashboard.data);

  if (dashboard.isError && !data)
    return <ErrorState error={dashboard.error} retry={() => void dashboard.refetch()} title="Dashboard unavailable" />;
  const figures = data?.stats;
  const bucket = data?.timeseries.bucket_seconds;
  const link = (more: Filters = {}) => auditLink({ range, ...more });

  return (
    <div
      className={cx("flex flex-col gap-3 p-3 sm:p-4", dashboard.isPlaceholderData && "opacity-60")}
      aria-busy={dashboard.isPlaceholderData}
    >
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-lg font-semibold">Dashboard</h1>
        <SegmentedControl
          label="Time range"
          value={range}
          options={OPTIONS}
          onChange={(next) => setQuery({ range: next }, { replace: true })}
        />
        <span className="text-ink-3">Local time; hover for UTC</span>
      </div>

      {figures && figures.dropped_total > 0 && (
        <Suspense fallback={null}>
          <DroppedBanner figures={figures} />
        </Suspense>
      )}
      <Figures figures={figures} range={range} link={link} />

      {figures?.total === 0 ? (
        <div className="card">
          <Suspense fallback={<Skeleton className="m-3 h-24" />}>
            <FirstCall span={RANGE_WORDS[range].toLowerCase()} />
          </Suspense>
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
