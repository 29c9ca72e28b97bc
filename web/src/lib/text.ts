/** Long texts as rows of bounded width, so that only what is on screen is laid out. */

export interface TextRows {
  text: string;
  /** Offset of each row's first character. */
  starts: number[];
  /** Offset after each row's last character, line end excluded. */
  ends: number[];
  /** Number of the line that begins with the row; 0 for a continuation. */
  lines: number[];
  /** True when the text has more rows than were made. */
  cut: boolean;
}

/** Rows beyond this many are not shown: a page can be no taller in every browser. */
export const MAX_ROWS = 500_000;

/** Breaks a text at its line ends and after each `columns` characters; never inside a surrogate pair. */
export function textRows(text: string, columns: number, maxRows = MAX_ROWS): TextRows {
  const width = Math.max(8, Math.floor(columns));
  const rows: TextRows = { text, starts: [], ends: [], lines: [], cut: false };
  let line = 0;
  for (let start = 0; start <= text.length;) {
    let lineEnd = text.indexOf("\n", start);
    if (lineEnd < 0) lineEnd = text.length;
    const visibleEnd = lineEnd > start && text.charCodeAt(lineEnd - 1) === 13 ? lineEnd - 1 : lineEnd;
    line += 1;
    let at = start;
    do {
      if (rows.starts.length >= maxRows) {
        rows.cut = true;
        return rows;
      }
      let end = Math.min(at + width, visibleEnd);
      if (end < visibleEnd && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
      rows.starts.push(at);
      rows.ends.push(end);
      rows.lines.push(at === start ? line : 0);
      at = end;
    } while (at < visibleEnd);
    start = lineEnd + 1;
    if (lineEnd === text.length) break;
  }
  return rows;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** Row that holds an offset. */
export function rowAt(rows: TextRows, offset: number): number {
  let low = 0;
  let high = rows.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows.starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Offsets of a text in either case, `limit` at most. */
export function findText(text: string, needle: string, limit = 1000): number[] {
  const found: number[] = [];
  if (!needle) return found;
  const pattern = new RegExp(needle.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  for (const match of text.matchAll(pattern)) {
    found.push(match.index);
    if (found.length >= limit) break;
  }
  return found;
}

/** A piece of text, marked or not. */
export interface Piece {
  text: string;
  marked: boolean;
}

/** Splits a text at the places where `needle` stands. */
export function markPieces(text: string, needle: string, limit = 200): Piece[] {
  const places = findText(text, needle, limit);
  if (places.length === 0) return [{ text, marked: false }];
  const pieces: Piece[] = [];
  let at = 0;
  for (const place of places) {
    if (place > at) pieces.push({ text: text.slice(at, place), marked: false });
    pieces.push({ text: text.slice(place, place + needle.length), marked: true });
    at = place + needle.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), marked: false });
  return pieces;
}

/**
 * Makes characters visible that would hide or reorder what is there: control characters as their pictures, overrides of
 * the direction of writing as a mark. Lengths stay, so offsets do.
 */
export function visible(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => {
      const code = character.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "\u2421" : "\ufffd";
    },
  );
}

/** Makes blanks visible too: spaces as dots, tabs as arrows. Lengths stay. */
export function showBlanks(text: string): string {
  return visible(text).replaceAll(" ", "\u00b7").replaceAll("\t", "\u2192");
}
