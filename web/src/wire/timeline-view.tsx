import { useMemo } from "react";

import type { AuditEvent } from "../model/types";
import { formatCount, formatDuration } from "../lib/format";
import type { WireRecord } from "./record";
import { formatSigned, timelineOf, type Moment } from "./timeline";

const COLOURS: Record<Moment["side"], string> = {
  request: "var(--accent)",
  server: "var(--line-strong)",
  response: "var(--redirect)",
};

/** Moments of the exchange: a table whose last column draws them. */
export function TimelineView({ event, wire }: { event: AuditEvent; wire: WireRecord }) {
  const { rows, from, to, leftOut } = useMemo(() => timelineOf(event, wire), [event, wire]);
  const width = to - from || 1;
  const place = (ms: number) => ((ms - from) / width) * 100;
  const stalled = wire.response?.stalledMs ?? 0;
  return (
    <div className="px-3 py-2">
      <table className="w-full text-left">
        <caption className="sr-only">Moments of the exchange, counted from the end of the request head</caption>
        <thead className="sr-only">
          <tr>
            <th>What</th>
            <th>From</th>
            <th>To</th>
            <th>Length</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => {
            const moment = row.to === row.from;
            return (
              <tr key={at} className="h-5 align-middle">
                <th
                  scope="row"
                  className="max-w-40 truncate pr-3 font-normal whitespace-nowrap text-ink-2"
                  title={row.name}
                >
                  {row.name}
                </th>
                <td className="pr-1 text-right whitespace-nowrap">{formatSigned(row.from)}</td>
                <td className="pr-3 whitespace-nowrap text-ink-3">{moment ? "" : `to ${formatSigned(row.to)}`}</td>
                <td className="hidden pr-3 text-right whitespace-nowrap text-ink-2 @md:table-cell">
                  {moment ? "" : formatDuration(row.to - row.from)}
                </td>
                <td className="hidden w-full @xs:table-cell">
                  <svg viewBox="0 0 100 10" preserveAspectRatio="none" className="block h-2.5 w-full" aria-hidden>
                    <rect x={place(0)} width="0.25" height="10" fill="var(--line-strong)" />
                    <rect
                      x={Math.min(99.2, place(row.from))}
                      y={row.side === "server" && !moment ? 3.5 : 1}
                      width={Math.max(0.8, place(row.to) - place(row.from))}
                      height={row.side === "server" && !moment ? 3 : 8}
                      fill={COLOURS[row.side]}
                    />
                  </svg>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="pt-1 text-sm text-ink-3">
        Times count from the end of the request head. Total: {formatDuration(event.duration_ms)}.
        {stalled > 0 && ` For ${formatDuration(stalled)} of the response, the client took no bytes.`}
        {leftOut > 0 && ` ${formatCount(leftOut)} more steps are not shown.`}
      </p>
    </div>
  );
}
