import type { ReactNode } from "react";

import type { AuditEvent } from "../model/types";
import { formatBytes, formatDate, formatDuration, formatTime, parseTime } from "../lib/format";
import { visible } from "../lib/text";
import { MethodTag, StatusTag } from "../ui/status";

export interface Column {
  id: string;
  header: string;
  /** CSS grid track. */
  track: string;
  /** Minimum width in pixels. */
  least: number;
  right?: boolean;
  cell: (event: AuditEvent) => ReactNode;
}

type Options = Pick<Column, "track" | "least" | "right">;

function make(id: string, header: string, options: Options, cell: Column["cell"]): Column {
  return { id, header, ...options, cell };
}

const text = (value: string | null | undefined) =>
  value ? (
    <span title={value.slice(0, 500)}>{visible(value.slice(0, 500))}</span>
  ) : (
    <span className="text-ink-3">–</span>
  );
const mono = (value: string | null | undefined) => <span className="font-mono text-sm">{text(value)}</span>;

function When({ value }: { value: string }) {
  const date = parseTime(value);
  if (!date) return value;
  const today = formatDate(new Date()) === formatDate(date);
  return (
    <time
      dateTime={value}
      title={`${date.toISOString().replace("T", " ").replace("Z", "")} UTC`}
      className="font-mono text-sm text-ink-2"
    >
      {today ? "" : `${formatDate(date).slice(5)} `}
      {formatTime(date)}
    </time>
  );
}

const fixed = (width: number): Options => ({ track: `${width}px`, least: width });
const right = (width: number): Options => ({ ...fixed(width), right: true });
const share = (least: number, grow: number): Options => ({ track: `minmax(${least}px, ${grow}fr)`, least });

/** All columns, in display order. */
export const COLUMNS = [
  make("time", "Time", fixed(134), (event) => <When value={event.timestamp} />),
  make("method", "Method", fixed(64), (event) => <MethodTag method={event.method} />),
  make("status", "Status", fixed(54), (event) => <StatusTag status={event.status} />),
  make("target", "Target", share(160, 5), (event) => mono(event.target)),
  make("route", "Route", share(96, 1.6), (event) => text(event.route_name)),
  make("group", "Group", share(88, 1), (event) => text(event.endpoint_group)),
  make("user", "User", share(96, 1.6), (event) => text(event.user_email ?? event.user_subject)),
  make("auth", "Auth", fixed(88), (event) => text(event.auth_type)),
  make("key", "Key or token", share(96, 1), (event) => text(event.api_key_name)),
  make("source", "Source", fixed(96), (event) => text(event.source)),
  make("error", "Error", share(120, 2), (event) => text(event.error_message)),
  make("host", "Host", share(120, 1.4), (event) => mono(event.host)),
  make("version", "HTTP", fixed(76), (event) => text(event.http_version)),
  make("remote", "Remote address", share(130, 1), (event) => mono(event.remote_addr)),
  make("agent", "User agent", share(120, 1.6), (event) => text(event.user_agent)),
  make("request", "Request id", share(120, 1.6), (event) => mono(event.request_id)),
  make("session", "Session", share(120, 1), (event) => mono(event.session_id)),
  make("trace", "Trace id", share(120, 1.6), (event) => mono(event.trace_id)),
  make("run", "Test run", share(96, 1), (event) => text(event.test_run)),
  make("ended", "Ended by", fixed(104), (event) => text(event.ended_by)),
  make("rule", "Broken rule", share(120, 1), (event) => text(event.rule)),
  make("instance", "Instance", share(96, 1), (event) => text(event.instance)),
  make("in", "In", right(76), (event) => <span className="text-ink-2">{formatBytes(event.bytes_in)}</span>),
  make("out", "Out", right(76), (event) => <span className="text-ink-2">{formatBytes(event.bytes_out)}</span>),
  make("first", "TTFB", right(80), (event) => (
    <span className="text-ink-2">{formatDuration(event.first_byte_ms)}</span>
  )),
  make("duration", "Duration", right(80), (event) => formatDuration(event.duration_ms)),
];

export const COLUMN_NAMES = COLUMNS.map((entry) => [entry.id, entry.header] as const);

/** Default columns by available width. */
export function defaultColumns(width: number): string[] {
  if (width < 480) return ["status", "target", "duration"];
  if (width < 760) return ["time", "method", "status", "target", "duration"];
  if (width < 1000) return ["time", "method", "status", "target", "route", "duration"];
  return ["time", "method", "status", "target", "route", "user", "in", "out", "duration"];
}
