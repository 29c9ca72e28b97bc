/** Marks of values that were redacted before recording, and the resulting limitations. */
import type { AuditEvent } from "../model/types";

/** Mark of a value without a fingerprint. */
export const REDACTED = "[redacted]";

const MARK = /\[redacted(?::([0-9a-f]{8}))?\]/g;

export interface Piece {
  text: string;
  /** Fingerprint of the mark, `null` when the value was too short for one; unset for plain text. */
  mark?: { fingerprint: string | null };
}

/** Splits a recorded text into plain text and marks. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(MARK)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) });
    pieces.push({ text: match[0], mark: { fingerprint: match[1] ?? null } });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** Reason why the server would refuse to replay the request; `null` when it would not. */
export function whyNoReplay(event: AuditEvent): string | null {
  const payload = event.payload;
  if (event.source === "replay") return "Replays can't be replayed";
  if (!event.path.startsWith("/v1/")) return "Only requests under /v1/ can be replayed";
  if (event.rule && !payload) return "Malformed requests can't be replayed";
  if (payload?.request_masked.includes("path")) return "The path holds a redacted value";
  if (payload?.request_masked.includes("body")) return "The recorded body holds a redacted value";
  if (payload?.request_truncated) return "The recorded body is truncated";
  if (payload === null) return "The payload was not captured (audit.capture_payloads)";
  if (payload?.request_headers === null) return "The headers were not captured (audit.capture_headers)";
  return null;
}

/** Differences between the record and the request as sent, for a comment above a copied command. */
export function maskedNotes(event: AuditEvent): string[] {
  const parts = event.payload?.request_masked ?? [];
  return [
    ...(parts.includes("path") ? ["the path holds a redacted value: put the real one in its place"] : []),
    ...(parts.includes("body") ? ["the body holds a redacted value: put the real one in its place"] : []),
  ];
}

/** Limitations of a comparison of two events; `null` for none. */
export function maskedInComparison(a: AuditEvent, b: AuditEvent): string | null {
  const masked = [a, b].some(
    ({ payload }) => (payload?.request_masked.length ?? 0) + (payload?.response_masked.length ?? 0) > 0,
  );
  if (!masked) return null;
  return "Redacted values are compared by their fingerprints: equal ones are equal values. Values without a fingerprint, [redacted], can't be compared; body sizes are those of the record.";
}
