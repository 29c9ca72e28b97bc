import { Link } from "react-router";

import type { AuditEvent } from "../model/types";
import { auditLink, type Range } from "../lib/filters";
import { formatBytes, formatDuration } from "../lib/format";
import { PreparedLink } from "../ui/prepared-link";
import { MethodTag, StatusTag } from "../ui/status";
import { Skeleton, Time } from "../ui/text";
import { SectionHead } from "./section-head";

/** Newest requests. */
export function Recent({ events, range }: { events: AuditEvent[] | undefined; range: Range }) {
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
            <PreparedLink
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
            </PreparedLink>
          </li>
        ))}
        {!events && Array.from({ length: 12 }, (_, at) => <Skeleton key={at} className="mx-2 my-1 h-5" />)}
      </ul>
    </section>
  );
}
