/** Order of recorded events. */
import type { AuditEvent } from "../model/types";

/** Orders events like the audit list: by time, then by id. Ids alone are not in time order. */
export function compareEvents(
  a: Pick<AuditEvent, "id" | "timestamp">,
  b: Pick<AuditEvent, "id" | "timestamp">,
): number {
  const [left, right] = [microseconds(a.timestamp), microseconds(b.timestamp)];
  if (left !== right) return left < right ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/** Microseconds since 1970 of an RFC 3339 time; `Date` has only milliseconds. */
function microseconds(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  return Math.floor(Date.parse(time) / 1000) * 1e6 + Number(fraction.padEnd(6, "0").slice(0, 6));
}
