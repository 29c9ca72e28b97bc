/** What the record's words mean, in plain English. */

/** Describes how the end of a body was marked. */
export function framingWords(framing: string | null, length: number | null): string {
  switch (framing) {
    case null:
      return "Not recorded";
    case "none":
      return "No body announced";
    case "length":
      return length === null ? "Content-Length" : `Content-Length: ${length}`;
    case "chunked":
      return "Chunked";
    case "close":
      return "Until the connection closes";
    case "h2":
      return length === null ? "HTTP/2 frames, no length announced" : `HTTP/2 frames, content-length: ${length}`;
    default:
      return framing;
  }
}

/** Address of the RFC section that a message names: `(RFC 9112, section 5.1)`. */
export function sourceOf(message: string): { text: string; href: string } | null {
  const found = /\(RFC (\d+), section ([\d.]*\d)\)/.exec(message);
  if (!found) return null;
  const [, rfc, section] = found;
  return {
    text: `RFC ${rfc}, section ${section}`,
    href: `https://www.rfc-editor.org/rfc/rfc${rfc}.html#section-${section}`,
  };
}

/** Rules that are broken in the body: their bytes are counted from its start. */
const OF_BODIES = new Set(["bad-chunk-size", "bad-chunk-extension", "bad-chunk-end", "bad-trailer"]);
export const isOfBody = (rule: string): boolean => OF_BODIES.has(rule);
