/** Hex rows: offset, sixteen bytes, and their printable ASCII characters. */

export interface HexRow {
  offset: string;
  hex: string;
  ascii: string;
}

export const HEX_WIDTH = 16;

export function hexRowCount(length: number): number {
  return Math.ceil(length / HEX_WIDTH);
}

/** One row, created when it is shown: a body of 1 MiB has 65,536 of them. */
export function hexRow(bytes: Uint8Array, index: number, width = HEX_WIDTH): HexRow {
  const start = index * width;
  const slice = bytes.subarray(start, start + width);
  const pairs = Array.from(slice, (byte) => byte.toString(16).padStart(2, "0"));
  while (pairs.length < width) pairs.push("  ");
  const half = width / 2;
  return {
    offset: start.toString(16).padStart(8, "0"),
    hex: `${pairs.slice(0, half).join(" ")}  ${pairs.slice(half).join(" ")}`,
    ascii: Array.from(slice, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join(""),
  };
}

/** Bytes of a search text: hex pairs when written as `0x…`, otherwise UTF-8. */
export function needleBytes(text: string): Uint8Array {
  const hex = /^0x((?:[0-9a-f]{2}\s*)+)$/i.exec(text.trim());
  if (hex) {
    const digits = hex[1]!.replace(/\s+/g, "");
    return Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  }
  return new TextEncoder().encode(text);
}

/** Offsets of a byte sequence, at most `limit`. The case of ASCII letters is ignored, except for hex. */
export function findBytes(bytes: Uint8Array, needle: Uint8Array, foldCase: boolean, limit = 1000): number[] {
  const found: number[] = [];
  if (needle.length === 0) return found;
  const fold = (byte: number) => (foldCase && byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
  const wanted = needle.map(fold);
  for (let at = 0; at + wanted.length <= bytes.length && found.length < limit; at += 1) {
    let matched = 0;
    while (matched < wanted.length && fold(bytes[at + matched]!) === wanted[matched]) matched += 1;
    if (matched === wanted.length) found.push(at);
  }
  return found;
}
