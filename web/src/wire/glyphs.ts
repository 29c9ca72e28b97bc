/** Bytes as people can read them: each byte that text would hide has a visible form. */
import { piecesOf } from "../lib/redacted";
import { visible } from "../lib/text";

/**
 * `plain`: printable ASCII; `blank`: visible white space; `control`: control characters; `wide`: UTF-8 beyond ASCII;
 * `byte`: a byte that is no UTF-8; `redacted`: mark of a redacted value.
 */
export type GlyphKind = "plain" | "blank" | "control" | "wide" | "byte" | "redacted";

/** Piece of one kind. */
export interface Glyph {
  kind: GlyphKind;
  text: string;
  /** Meaning of a text that is not what it stands for; absent for plain text. */
  title?: string;
  /** Fingerprint of a redacted value; `null` when it was too short for one. */
  fingerprint?: string | null;
}

const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, "0");
/** Escape of a control character. Its picture (U+2400 and following) is missing from many fonts. */
const escapeOf = (byte: number) => ESCAPES.get(byte) ?? `\\x${hex(byte)}`;
const ESCAPES = new Map([
  [0x00, "\\0"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
]);

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Length of the UTF-8 sequence at an offset; 0 when there is none. */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    decoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** Splits into pieces of one kind. `ends`: spaces at the ends, and several in a row, are made visible. */
export function glyphsOf(bytes: Uint8Array, { ends = true } = {}): Glyph[] {
  const glyphs: Glyph[] = [];
  const add = (kind: GlyphKind, text: string, title?: string) => {
    const last = glyphs[glyphs.length - 1];
    if (last?.kind === kind && kind !== "control" && kind !== "byte" && last.title === title) last.text += text;
    else glyphs.push(title ? { kind, text, title } : { kind, text });
  };
  const isSpace = (at: number) => bytes[at] === 0x20;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === 0x20) {
      const single = !isSpace(at - 1) && !isSpace(at + 1);
      if (single && !(ends && (at === 0 || at === bytes.length - 1))) add("plain", " ");
      else add("blank", "·", "space");
    } else if (byte === 0x09) add("blank", "→", "tab");
    else if (byte < 0x20 || byte === 0x7f) add("control", escapeOf(byte), `control character 0x${hex(byte)}`);
    else if (byte < 0x7f) add("plain", String.fromCharCode(byte));
    else {
      const length = sequenceAt(bytes, at);
      if (length === 0) add("byte", `\\x${hex(byte)}`, `byte 0x${hex(byte)}, no UTF-8`);
      else {
        const sequence = bytes.subarray(at, at + length);
        add("wide", visible(decoder.decode(sequence)), "UTF-8");
        at += length - 1;
      }
    }
  }
  return glyphs.flatMap(withMarks);
}

function withMarks(glyph: Glyph): Glyph[] {
  if (glyph.kind !== "plain") return [glyph];
  return piecesOf(glyph.text).map(({ text, mark }): Glyph =>
    mark ? { kind: "redacted", text, fingerprint: mark.fingerprint } : { kind: "plain", text },
  );
}
