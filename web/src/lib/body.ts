/** Captured body: its bytes, and the views that can show it. */

export interface Body {
  bytes: Uint8Array;
  /** UTF-8 text; `null` for other bytes. */
  text: string | null;
  contentType: string;
}

export type BodyView = "json" | "text" | "hex" | "image";

const encoder = new TextEncoder();

export function decodeBody(
  body: string | null | undefined,
  encoding: string | null | undefined,
  contentType: string,
): Body {
  if (!body) return { bytes: new Uint8Array(), text: "", contentType };
  if (encoding !== "base64") return { bytes: encoder.encode(body), text: body, contentType };
  const bytes = fromBase64(body);
  let text: string | null = null;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not text; the hex view shows it.
  }
  return { bytes, text, contentType };
}

export function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return encoder.encode(text);
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** Media type without parameters, in lower case. */
function mediaType(contentType: string): string {
  return contentType.split(";", 1)[0]!.trim().toLowerCase();
}

const IMAGE = /^image\/(?:png|jpe?g|gif|webp|avif|bmp|svg\+xml|x-icon|vnd\.microsoft\.icon)$/;

/** Views of a body, the best one first. */
export function viewsOf(body: Body): BodyView[] {
  const views: BodyView[] = [];
  const type = mediaType(body.contentType);
  if (IMAGE.test(type) && body.bytes.length > 0) views.push("image");
  if (body.text !== null) {
    const looksLikeJson = /^\s*[[{]/.test(body.text) || /[/+]json$/.test(type);
    if (looksLikeJson && body.text.trim() !== "") views.push("json");
    views.push("text");
  }
  views.push("hex");
  return views;
}

/** An `<img>` runs no script, not even of an SVG. */
export function imageUrl(body: Body): string {
  return `data:${mediaType(body.contentType)};base64,${toBase64(body.bytes)}`;
}
