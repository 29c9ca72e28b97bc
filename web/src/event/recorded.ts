import type { AuditEvent } from "../api/types";
import { decodeBody } from "../lib/body";
import type { RecordedRequest } from "../lib/copy";

/** The recorded request in the form that the command builders take. */
export function recordedRequest(event: AuditEvent): RecordedRequest {
  const payload = event.payload;
  const body = decodeBody(payload?.request_body, payload?.request_body_encoding, payload?.request_content_type ?? "");
  const headers = payload?.request_headers;
  return {
    method: event.method,
    target: event.target,
    host: event.host,
    httpVersion: event.http_version,
    headers: headers
      ? Object.entries(headers).flatMap(([name, values]) => values.map((value): [string, string] => [name, value]))
      : null,
    body: body.bytes,
    text: body.text,
    truncated: payload?.request_truncated ?? false,
  };
}
