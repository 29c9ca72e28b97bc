/** Text search, and visible forms of hidden characters. */

/** Offsets of a text, ignoring case; at most `limit`. */
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

/** Piece of text, highlighted or not. */
export interface Piece {
  text: string;
  marked: boolean;
}

/** Splits a text at the occurrences of `needle`. */
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
 * Makes characters visible that would hide or reorder text: control characters as their pictures, bidirectional
 * overrides as a mark. Lengths, and thereby offsets, don't change.
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

/** Makes white space visible too: spaces as dots, tabs as arrows. Lengths don't change. */
export function showBlanks(text: string): string {
  return visible(text).replaceAll(" ", "\u00b7").replaceAll("\t", "\u2192");
}
