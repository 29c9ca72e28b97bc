import { Link } from "react-router";

import type { BreakdownGroup } from "../model/types";
import type { Filters } from "../lib/filters";
import { formatCompact, formatCount, formatDuration, formatPercent } from "../lib/format";
import { Skeleton } from "../ui/text";

const ROWS = 5;

/** Top routes by mean duration or by errors. */
export function Routes({
  groups,
  by,
  link,
}: {
  groups: BreakdownGroup[] | undefined;
  by: "avg_duration_ms" | "errors";
  link: (more: Filters) => string;
}) {
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
