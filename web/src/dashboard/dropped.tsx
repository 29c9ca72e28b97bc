import { TriangleAlert } from "lucide-react";
import { Link } from "react-router";

import type { Stats } from "../model/types";
import { auditLink } from "../lib/filters";
import { formatCount, parseTime } from "../lib/format";
import { Time } from "../ui/text";

/** Time in ms before and after the last loss within which requests may be missing. */
const AROUND_MS = 60_000;

/** Warning about events that were not recorded: how many, when, and why. */
export default function DroppedBanner({ figures }: { figures: Stats }) {
  const { dropped_total: dropped, refused_total: rejected, last_dropped_at: last } = figures;
  const full = dropped - rejected;
  const at = parseTime(last)?.getTime();
  return (
    <div role="status" className="flex items-start gap-2 rounded-md bg-client-soft px-3 py-2 text-client">
      <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
      <p>
        <strong>
          {formatCount(dropped)} {dropped === 1 ? "event was" : "events were"} dropped
        </strong>{" "}
        since the server started
        {at !== undefined && (
          <>
            , last{" "}
            <Link
              className="underline"
              to={auditLink({
                from: new Date(at - AROUND_MS).toISOString(),
                to: new Date(at + AROUND_MS).toISOString(),
              })}
            >
              <Time value={last} as="ago" />
            </Link>
          </>
        )}
        . They are missing from all figures and lists.
        {full > 0 && (
          <>
            {" "}
            {formatCount(full)} did not fit into the audit queue: raise{" "}
            <code className="font-mono">audit.buffer_size</code> and{" "}
            <code className="font-mono">audit.buffer_bytes</code>, or speed up the database.
          </>
        )}
        {rejected > 0 && <> {formatCount(rejected)} were rejected by the database: see the server log.</>}
      </p>
    </div>
  );
}
