/** Lines of a head as received. Nothing is repaired: odd lines stay as they are. */

export type LineEnd = "crlf" | "lf" | "none";

export interface HeadLine {
  /** Offset of its first byte. */
  at: number;
  /** `field`: has a colon; `fold`: begins with white space; `other`: neither, such as a line without a colon. */
  kind: "start" | "field" | "fold" | "empty" | "other";
  /** Name of a field, up to the colon; for other lines all of it. */
  name: Uint8Array;
  /** White space between the colon and the value of a field. */
  gap: Uint8Array;
  /** Value of a field, with white space at its end. */
  value: Uint8Array;
  end: LineEnd;
}

const CR = 0x0d;
const LF = 0x0a;
const EMPTY = new Uint8Array();

const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x09;

/** Maximum number of lines that are shown. */
export const MAX_LINES = 2000;

/** Splits a head into lines, at most `limit`. A line ends with CR LF or LF; a CR alone belongs to the line. */
export function headLines(head: Uint8Array, limit = MAX_LINES): { lines: HeadLine[]; rest: number } {
  const lines: HeadLine[] = [];
  let at = 0;
  let started = false;
  while (at < head.length && lines.length < limit) {
    const found = head.indexOf(LF, at);
    const stop = found < 0 ? head.length : found;
    const carried = found >= 0 && stop > at && head[stop - 1] === CR;
    const content = head.subarray(at, carried ? stop - 1 : stop);
    const end: LineEnd = found < 0 ? "none" : carried ? "crlf" : "lf";
    const line = lineOf(content, at, end, started);
    started ||= line.kind === "start";
    lines.push(line);
    at = found < 0 ? head.length : found + 1;
  }
  return { lines, rest: head.length - at };
}

function lineOf(content: Uint8Array, at: number, end: LineEnd, started: boolean): HeadLine {
  const whole = { at, name: content, gap: EMPTY, value: EMPTY, end };
  if (content.length === 0) return { ...whole, kind: "empty" };
  if (!started) return { ...whole, kind: "start" };
  if (isBlank(content[0])) return { ...whole, kind: "fold" };
  const colon = content.indexOf(0x3a);
  if (colon < 0) return { ...whole, kind: "other" };
  let value = colon + 1;
  while (value < content.length && isBlank(content[value])) value += 1;
  return {
    ...whole,
    kind: "field",
    name: content.subarray(0, colon),
    gap: content.subarray(colon + 1, value),
    value: content.subarray(value),
  };
}

const END_LENGTHS: Record<LineEnd, number> = { crlf: 2, lf: 1, none: 0 };

/** Number of bytes of a line, its end included. */
export function lineLength({ kind, name, gap, value, end }: HeadLine): number {
  return name.length + (kind === "field" ? 1 : 0) + gap.length + value.length + END_LENGTHS[end];
}

const MARK = /\[redacted(?::[0-9a-f]{8})?\]/;

/** Byte that the server's message names: `…, byte 47`. */
export const namedByte = (message: string | null | undefined): number | null => {
  const found = /, byte (\d+)$/.exec(message ?? "");
  return found ? Number(found[1]) : null;
};

/**
 * Place of the byte `at` of the request as it arrived, in the recorded bytes; `null` when a redacted value before it has
 * moved it, or when it is not among them.
 */
export function placeInRecord(head: Uint8Array, at: number): number | null {
  if (at >= head.length) return null;
  let before = "";
  for (const byte of head.subarray(0, at + 1)) before += String.fromCharCode(byte);
  // A mark that begins before the place also moves it.
  return MARK.test(before) || /\[redacted[^\]]*$/.test(before) ? null : at;
}
