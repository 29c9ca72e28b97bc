import { useMemo, type ReactNode } from "react";

import type { AuditEvent } from "../model/types";
import { formatDuration } from "../lib/format";
import { cx } from "../ui/cx";
import { Time } from "../ui/text";

/** TTFB and download time, as a bar and in figures. */
export function Timing({ event }: { event: AuditEvent }) {
  const total = event.duration_ms;
  const first = event.first_byte_ms ?? null;
  const share = first === null || total <= 0 ? 1 : Math.min(1, Math.max(0, first / total));
  const end = useMemo(() => new Date(Date.parse(event.timestamp) + total), [event.timestamp, total]);
  return (
    <div className="flex flex-col gap-1.5 border-t border-line px-3 py-2" role="group" aria-label="Timing">
      <svg
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        className="h-2 w-full rounded-full"
        role="img"
        aria-label={`Time to first byte ${formatDuration(first)}, total ${formatDuration(total)}`}
      >
        <rect width="100" height="10" fill="var(--raised)" />
        <rect width={share * 100} height="10" fill="var(--accent)" />
        <rect x={share * 100} width={(1 - share) * 100} height="10" fill="var(--redirect)" opacity="0.55" />
      </svg>
      <dl className="flex flex-wrap gap-x-5 gap-y-1">
        <Figure words="Time to first byte" mark="bg-accent">
          {first === null ? <span className="text-ink-3">No response</span> : formatDuration(first)}
        </Figure>
        <Figure words="Download" mark="bg-redirect opacity-60">
          {first === null ? "–" : formatDuration(Math.max(0, total - first))}
        </Figure>
        <Figure words="Total">
          <strong className="font-semibold">{formatDuration(total)}</strong>
        </Figure>
        <Figure words="Finished">
          {Number.isNaN(end.getTime()) ? "–" : <Time value={end.toISOString()} as="time" />}
        </Figure>
      </dl>
    </div>
  );
}

function Figure({ words, mark, children }: { words: string; mark?: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="flex items-center gap-1.5 text-ink-3">
        {mark && <span className={cx("size-2 rounded-[1px]", mark)} aria-hidden />} {words}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
