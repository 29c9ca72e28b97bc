/** A recorded request as a command that repeats it: curl, HTTPie, fetch. */
import type { AuditEvent } from "../model/types";
import { decodeBody, toBase64 } from "./body";
import { maskedNotes, piecesOf } from "./redacted";

export interface RecordedRequest {
  method: string;
  /** Raw target as received, with redacted values masked. */
  target: string;
  host: string;
  httpVersion: string;
  /** `null` when headers were not captured. */
  headers: [name: string, value: string][] | null;
  body: Uint8Array;
  /** The body as text; `null` when it is not UTF-8. */
  text: string | null;
  truncated: boolean;
  /** Other differences between the record and the request as sent. */
  notes?: string[];
  /** The headers are not recorded, so the client's own ones may stay. */
  free?: boolean;
  /** The response is a stream, to be printed as it arrives. */
  unbuffered?: boolean;
}

/** Quotes for POSIX shells. Plain words stay unchanged. */
export function shellQuote(text: string): string {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Name of the variable for a redacted value. */
export function variableName(name: string): string {
  const bare = name
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return /^[A-Z]/.test(bare) ? bare : `VALUE_${bare}`;
}

/** Headers set by the client itself, or by the connection. */
const OWN = new Set([
  "host",
  "content-length",
  "connection",
  "transfer-encoding",
  "keep-alive",
  "upgrade",
  "http2-settings",
  "te",
  "trailer",
  "expect",
  "proxy-connection",
]);

const LONGEST_ARGUMENT = 64 * 1024;

interface Part {
  text: string;
  variable?: string;
}

/** Splits a header's value. Redacted parts become variables; the rest, such as names of cookies, stays. */
function valueParts(name: string, value: string): Part[] {
  if (value === "") return [{ text: "" }];
  let before = "";
  return piecesOf(value).map(({ text, mark }) => {
    if (!mark) {
      before = text;
      return { text };
    }
    const inner = /([^\s;,=?&]+)=$/.exec(before)?.[1];
    return { text: "", variable: variableName(inner ? `${name}_${inner}` : name) };
  });
}

/** Splits the target into literal text, and variables for redacted query values. */
function targetParts(target: string): Part[] {
  const parts: Part[] = [];
  const pattern = /([^?&=]+)=(?:\[redacted(?::[0-9a-f]{8})?\]|%5Bredacted(?:(?::|%3A)[0-9a-f]{8})?%5D)/gi;
  let at = 0;
  for (const match of target.matchAll(pattern)) {
    const valueAt = match.index + match[1]!.length + 1;
    parts.push({ text: target.slice(at, valueAt) });
    let name = match[1]!;
    try {
      name = decodeURIComponent(name);
    } catch {
      // The raw name works too.
    }
    parts.push({ text: "", variable: variableName(name) });
    at = match.index + match[0].length;
  }
  parts.push({ text: target.slice(at) });
  return parts.filter((part) => part.text !== "" || part.variable);
}

function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*(.*)$/i.exec(target);
  if (!absolute) return target;
  const rest = absolute[1]!;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function shellParts(parts: Part[]): string {
  const plain = parts.every((part) => part.variable !== undefined || !/["$`\\!]/.test(part.text));
  if (plain && parts.some((part) => part.variable)) {
    return `"${parts.map((part) => (part.variable ? `\${${part.variable}}` : part.text)).join("")}"`;
  }
  return parts.map((part) => (part.variable ? `"\${${part.variable}}"` : shellQuote(part.text))).join("");
}

function hostOf(baseUrl: string): string {
  try {
    return new URL(baseUrl).host;
  } catch {
    return "";
  }
}

interface Prepared {
  url: Part[];
  headers: Part[][];
  names: [name: string, value: string][];
  notes: string[];
  variables: string[];
}

function prepare(request: RecordedRequest, baseUrl: string): Prepared {
  const notes: string[] = [];
  const base = baseUrl.replace(/\/+$/, "");
  const target = originForm(request.target);
  const url = [{ text: base }, ...targetParts(target === "*" ? "/" : target)];
  const merged: Part[] = [];
  for (const part of url) {
    const last = merged[merged.length - 1];
    if (last && !last.variable && !part.variable) last.text += part.text;
    else merged.push({ ...part });
  }
  const names = (request.headers ?? []).filter(([name]) => !OWN.has(name.toLowerCase()));
  if (request.host && request.host !== hostOf(baseUrl)) names.unshift(["Host", request.host]);
  const headers = names.map(([name, value]): Part[] => {
    const [first, ...rest] = valueParts(name, value);
    return first?.variable
      ? [{ text: `${name}: ` }, first, ...rest]
      : [{ text: `${name}: ${first?.text ?? ""}` }, ...rest];
  });
  const variables = [
    ...new Set([...merged, ...headers.flat()].flatMap((part) => (part.variable ? [part.variable] : []))),
  ];
  if (variables.length > 0)
    notes.push(`set ${variables.join(", ")} first${request.free ? "" : ": redacted in the record"}`);
  if (request.headers === null) notes.push("headers were not captured");
  if (request.truncated) notes.push("the recorded body is truncated");
  notes.push(...(request.notes ?? []));
  return { url: merged, headers, names, notes, variables };
}

const noteLines = (notes: string[], mark: string) => notes.map((note) => `${mark} ${note}\n`).join("");

/** Lines of base64, as `base64` prints them. */
function base64Lines(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/.{76}/g, "$&\n").trimEnd();
}

function asArgument(request: RecordedRequest): string | null {
  if (request.text === null || request.text.includes("\0") || request.body.length > LONGEST_ARGUMENT) return null;
  return request.text;
}

/** curl command that sends exactly the recorded headers, no more and no less. */
export function toCurl(request: RecordedRequest, baseUrl: string): string {
  const prepared = prepare(request, baseUrl);
  const has = (name: string) =>
    request.headers === null || request.headers.some(([given]) => given.toLowerCase() === name);
  const hasBody = request.body.length > 0 || has("content-length");
  const lines: string[] = [];
  const text = hasBody ? asArgument(request) : null;
  const piped = hasBody && request.body.length > 0 && text === null;

  const head = request.unbuffered ? ["curl", "-N"] : ["curl"];
  if (request.method === "HEAD") head.push("--head");
  else if (request.method !== (hasBody ? "POST" : "GET")) head.push("-X", shellQuote(request.method));
  if (request.httpVersion === "HTTP/1.0") head.push("--http1.0");
  if (request.httpVersion === "HTTP/2.0")
    head.push(baseUrl.startsWith("https:") ? "--http2" : "--http2-prior-knowledge");
  if (request.target === "*") head.push("--request-target", "'*'");
  // Keep curl from interpreting dots and brackets in the target.
  if (/\/\.\.?(?:\/|$|\?)/.test(request.target)) head.push("--path-as-is");
  if (/[[\]{}]/.test(request.target)) head.push("--globoff");
  lines.push(`${head.join(" ")} ${shellParts(prepared.url)}`);
  for (const [at, header] of prepared.headers.entries()) {
    const [name, value] = prepared.names[at]!;
    lines.push(value === "" ? `-H ${shellQuote(`${name};`)}` : `-H ${shellParts(header)}`);
  }
  // Headers that curl would add itself.
  const added = request.free ? [] : ["User-Agent", "Accept", ...(hasBody ? ["Content-Type"] : [])];
  for (const name of added) {
    if (!has(name.toLowerCase())) lines.push(`-H ${shellQuote(`${name}:`)}`);
  }
  if (piped) lines.push("--data-binary @-");
  else if (hasBody && request.method !== "HEAD") lines.push(`--data-raw ${shellQuote(text ?? "") || "''"}`);
  const command = lines.join(" \\\n  ");
  const source = piped ? `base64 -d <<'BODY' | ` : "";
  const tail = piped ? `\n${base64Lines(request.body)}\nBODY` : "";
  return `${noteLines(prepared.notes, "#")}${source}${command}${tail}`;
}

/** HTTPie command. */
export function toHttpie(request: RecordedRequest, baseUrl: string): string {
  const prepared = prepare(request, baseUrl);
  const text = asArgument(request);
  const piped = request.body.length > 0 && text === null;
  const lines = [
    `http${piped ? "" : " --ignore-stdin"} --verbose ${shellQuote(request.method)} ${shellParts(prepared.url)}`,
  ];
  for (const [name, value] of prepared.names) {
    const parts = valueParts(name, value);
    if (parts.some((part) => part.variable)) lines.push(shellParts([{ text: `${name}:` }, ...parts]));
    else lines.push(shellQuote(value === "" ? `${name};` : `${name}:${value}`));
  }
  if (!piped && request.body.length > 0) lines.push(`--raw ${shellQuote(text ?? "")}`);
  const source = piped ? `base64 -d <<'BODY' | ` : "";
  const tail = piped ? `\n${base64Lines(request.body)}\nBODY` : "";
  return `${noteLines(prepared.notes, "#")}${source}${lines.join(" \\\n  ")}${tail}`;
}

/** Text as a JavaScript string that is safe everywhere. */
function quoteJs(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029").replaceAll("</", "<\\/");
}

/** JavaScript for browsers, Node and Deno. */
export function toFetch(request: RecordedRequest, baseUrl: string): string {
  const prepared = prepare(request, baseUrl);
  const notes = prepared.notes.map((note) => note.replace(/^set /, "give "));
  const names = prepared.names.filter(([name]) => !/^(?:cookie|host|origin|referer)$/i.test(name));
  if (names.length < prepared.names.length) notes.push("fetch can't set Host, Cookie, Origin or Referer");
  const bodyless = request.method === "GET" || request.method === "HEAD";
  if (bodyless && request.body.length > 0) notes.push(`fetch can't send a body with ${request.method}`);
  const url = prepared.url.map((part) => (part.variable ? part.variable : quoteJs(part.text))).join(" + ");
  const out: string[] = prepared.variables.map((name) => `const ${name} = "";`);
  out.push(`const response = await fetch(${url}, {`, `  method: ${quoteJs(request.method)},`);
  if (names.length > 0) {
    out.push("  headers: [");
    for (const [name, value] of names) {
      const parts = valueParts(name, value).map((part) => part.variable ?? quoteJs(part.text));
      out.push(`    [${quoteJs(name)}, ${parts.join(" + ")}],`);
    }
    out.push("  ],");
  }
  if (!bodyless && request.body.length > 0) {
    const text = request.text;
    out.push(
      text === null
        ? `  body: Uint8Array.from(atob(${quoteJs(toBase64(request.body))}), (c) => c.charCodeAt(0)),`
        : `  body: ${quoteJs(text)},`,
    );
  }
  out.push("});", "console.log(response.status, await response.text());");
  return `${noteLines(notes, "//")}${out.join("\n")}`;
}

/** Recorded request in the form for the command builders. */
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
    notes: maskedNotes(event),
  };
}
