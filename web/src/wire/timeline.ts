/** What happened when, in an exchange. Zero is the moment at which the request head was complete. */
import type { AuditEvent } from "../model/types";
import { formatCount, formatDuration } from "../lib/format";
import type { WireRecord } from "./record";

export interface Moment {
  name: string;
  /** Start, in ms. */
  from: number;
  /** End, in ms; equal to `from` for a moment. */
  to: number;
  side: "request" | "server" | "response";
}

export interface Timeline {
  rows: Moment[];
  /** Number of steps and interim responses that are not among the rows. */
  leftOut: number;
  /** Range that the rows lie in, in ms. */
  from: number;
  to: number;
}

/** Maximum number of steps and interim responses that are drawn. */
const MOST = 50;

/** Lists the recorded moments of an exchange, in order of their start. */
export function timelineOf(event: Pick<AuditEvent, "duration_ms" | "first_byte_ms">, wire: WireRecord): Timeline {
  const { request, response } = wire;
  const rows: Moment[] = [];
  const add = (side: Moment["side"], name: string, from: number | null, to: number | null = from) => {
    if (from === null || to === null) return;
    rows.push({ name, from, to: Math.max(from, to), side });
  };
  add("request", "Request head", request?.headMs == null ? null : -request.headMs, 0);
  const interim = response?.interim ?? [];
  if (!interim.some(({ status }) => status === 100)) add("response", "100 Continue", request?.continueMs ?? null);
  add("request", "Request body", request?.bodyFirstMs ?? null, request?.bodyLastMs ?? request?.bodyFirstMs ?? null);
  for (const { status, reason, ms } of interim.slice(0, MOST)) add("response", `${status} ${reason}`.trim(), ms);
  for (const { name, ms, lastMs, count } of response?.steps.slice(0, MOST) ?? [])
    add("server", `Step: ${name}${count > 1 ? ` × ${formatCount(count)}` : ""}`, ms, lastMs ?? ms);
  const first = response?.firstByteMs ?? event.first_byte_ms ?? null;
  const last = response?.lastByteMs ?? (first === null ? null : event.duration_ms);
  add("server", "Waiting for the response", first === null ? null : 0, first);
  add("response", "Response", first, last);
  rows.sort((a, b) => a.from - b.from || a.to - b.to);
  const listed = (response?.steps.length ?? 0) + interim.length;
  const drawn = Math.min(MOST, response?.steps.length ?? 0) + Math.min(MOST, interim.length);
  return {
    rows,
    leftOut: listed - drawn + (response?.stepsLeftOut ?? 0),
    from: Math.min(0, ...rows.map((row) => row.from)),
    to: Math.max(event.duration_ms, ...rows.map((row) => row.to)),
  };
}

/** Time before or after the end of the request head: `−0.40 ms`, `0`, `1.20 ms`. */
export function formatSigned(ms: number | null): string {
  if (ms === 0) return "0";
  return ms !== null && ms < 0 ? `−${formatDuration(-ms)}` : formatDuration(ms);
}
