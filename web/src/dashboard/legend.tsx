import { formatSpan } from "../lib/format";

/** Legend of the chart; `bucket` is the width of a bar in seconds. */
export function Legend({ bucket }: { bucket: number | undefined }) {
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
