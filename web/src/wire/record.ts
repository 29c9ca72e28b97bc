/**
 * Record below HTTP of an event. The document is free JSON, and its parts are absent where nothing is known, so each
 * value is checked when it is read.
 */
import { fromBase64 } from "../lib/body";

/** Name and value of a field, as received. */
export type WireField = readonly [name: Uint8Array, value: Uint8Array];

export interface Chunks {
  /** Number of chunks, without the last one. */
  count: number;
  /** Announced sizes of the first ones. */
  sizes: number[];
  /** Extensions, with the index of their chunk. */
  extensions: { chunk: number; text: string }[];
}

/** Message on the wire. Times are in ms after the request head was complete. */
interface WireMessage {
  /** Head as received or sent on HTTP/1; empty on HTTP/2. */
  head: Uint8Array;
  /** Fields in order. On HTTP/2 they are the only form of the head. */
  fields: WireField[];
  /** `none`, `length`, `chunked`, `h2` or `close`. */
  framing: string | null;
  /** Announced length of the body. */
  length: number | null;
  chunks: Chunks | null;
  trailers: WireField[];
  /** Bytes of head and body, framing included. */
  bytes: number | null;
}

export interface WireRequest extends WireMessage {
  /** Time from the first byte of the head to the last. */
  headMs: number | null;
  bodyFirstMs: number | null;
  bodyLastMs: number | null;
  expect: Uint8Array[];
  /** When 100 (Continue) was sent. */
  continueMs: number | null;
  /** Offset in the recorded head of the byte that breaks a rule. */
  brokenAt: number | null;
  /** First bytes at which a chunked body breaks its framing. */
  broken: Uint8Array;
}

export interface Interim {
  status: number;
  reason: string;
  fields: WireField[];
  ms: number | null;
}

/** A step, or several of a kind one after the other. */
export interface Step {
  name: string;
  ms: number | null;
  /** When the last of several began. */
  lastMs: number | null;
  count: number;
  /** Bytes of a body, or raw ones. */
  bytes: number | null;
}

export interface WireResponse extends WireMessage {
  interim: Interim[];
  firstByteMs: number | null;
  lastByteMs: number | null;
  /** Time for which the socket took no bytes. */
  stalledMs: number | null;
  /** Steps of a script or delivery, in order. */
  steps: Step[];
  /** Number of steps that are not listed. */
  stepsLeftOut: number;
}

/** Name and value for people. */
export type Fact = readonly [name: string, value: string];

export interface WireConnection {
  peer: string | null;
  localPort: number | null;
  opened: string | null;
  /** Time for which it was idle before the request. */
  idleMs: number | null;
  stream: number | null;
  /** Facts of the TLS handshake; `null` on a plain connection. */
  tls: Fact[] | null;
  proxy: Fact[] | null;
  settings: Fact[] | null;
  /** Frames of HTTP/2 around the exchange, without their payload. */
  frames: Frame[];
}

export interface Frame {
  ms: number | null;
  /** `client` or `server`. */
  from: string;
  type: string;
  /** Stream; 0 is the connection. */
  stream: number | null;
  /** Everything else, such as `length` and `increment`. */
  facts: Fact[];
}

export interface WireRecord {
  request: WireRequest | null;
  response: WireResponse | null;
  connection: WireConnection | null;
  /** Error code of the RST_STREAM that ended the exchange. */
  resetCode: number | null;
}

type Json = Record<string, unknown>;

const encoder = new TextEncoder();

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value: unknown): Json | null => (isObject(value) ? value : null);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Bytes of a text, or of `{"base64": …}`, which stands for bytes that are no UTF-8. */
export function shownBytes(value: unknown): Uint8Array {
  if (typeof value === "string") return encoder.encode(value);
  const coded = object(value)?.base64;
  return typeof coded === "string" ? fromBase64(coded) : new Uint8Array();
}

function bodyBytes(value: unknown, encoding: unknown): Uint8Array {
  if (typeof value !== "string") return shownBytes(value);
  return encoding === "base64" ? fromBase64(value) : encoder.encode(value);
}

function fieldsOf(value: unknown): WireField[] {
  return list(value)
    .filter((pair): pair is unknown[] => Array.isArray(pair) && pair.length === 2)
    .map(([name, content]) => [shownBytes(name), shownBytes(content)] as const);
}

function chunksOf(value: unknown): Chunks | null {
  // The response may have a count alone.
  if (typeof value === "number") return { count: value, sizes: [], extensions: [] };
  const chunks = object(value);
  if (!chunks) return null;
  return {
    count: number(chunks.count) ?? 0,
    sizes: list(chunks.sizes).flatMap((size) => number(size) ?? []),
    extensions: list(chunks.extensions).flatMap((entry) => {
      const extension = object(entry);
      const content = text(extension?.text);
      return content === null ? [] : [{ chunk: number(extension?.chunk) ?? 0, text: content }];
    }),
  };
}

function messageOf(message: Json, head: string): WireMessage {
  return {
    head: bodyBytes(message[head], message[`${head}_encoding`]),
    fields: fieldsOf(message.fields),
    framing: text(message.framing),
    length: number(message.length),
    chunks: chunksOf(message.chunks),
    trailers: fieldsOf(message.trailers),
    bytes: number(message.wire_bytes),
  };
}

/** Usual reason phrases of interim responses, which are not recorded. */
const REASONS = new Map<number | null, string>([
  [100, "Continue"],
  [101, "Switching Protocols"],
  [102, "Processing"],
  [103, "Early Hints"],
]);

function requestOf(value: unknown): WireRequest | null {
  const request = object(value);
  if (!request) return null;
  return {
    ...messageOf(request, "raw_head"),
    headMs: number(request.head_ms),
    bodyFirstMs: number(request.body_first_ms),
    bodyLastMs: number(request.body_last_ms),
    expect: list(request.expect).map(shownBytes),
    continueMs: number(request.continue_ms),
    brokenAt: number(request.rule_at),
    broken: shownBytes(request.broken),
  };
}

function responseOf(value: unknown): WireResponse | null {
  const response = object(value);
  if (!response) return null;
  return {
    ...messageOf(response, "head"),
    interim: list(response.interim).flatMap((entry) => {
      const interim = object(entry);
      if (!interim) return [];
      const { status, reason, fields, ms } = interim;
      return [
        {
          status: number(status) ?? 0,
          reason: text(reason) ?? REASONS.get(number(status)) ?? "",
          fields: fieldsOf(fields),
          ms: number(ms),
        },
      ];
    }),
    firstByteMs: number(response.first_byte_ms),
    lastByteMs: number(response.last_byte_ms),
    stalledMs: number(response.stalled_ms),
    steps: list(response.steps).flatMap((entry) => {
      const step = object(entry);
      const name = text(step?.step);
      if (!step || name === null) return [];
      const { ms, last_ms: last, count, bytes } = step;
      return [{ name, ms: number(ms), lastMs: number(last), count: number(count) ?? 1, bytes: number(bytes) }];
    }),
    stepsLeftOut: number(response.steps_left_out) ?? 0,
  };
}

/** Flattens a document into names and values: `client_certificate.subject` becomes “client certificate subject”. */
export function factsOf(value: unknown): Fact[] | null {
  const document = object(value);
  if (!document) return null;
  return Object.entries(document).flatMap(([key, content]): Fact[] => {
    const name = key.replaceAll("_", " ");
    const inner = object(content);
    if (inner && !("base64" in inner))
      return (factsOf(inner) ?? []).map(([below, shown]) => [`${name} ${below}`, shown]);
    if (Array.isArray(content) && content.some(isObject))
      return content.flatMap((entry, at) =>
        (factsOf(entry) ?? []).map(([below, shown]): Fact => [`${name} ${at + 1} ${below}`, shown]),
      );
    return [[name, plain(content)]];
  });
}

function plain(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (isObject(value)) return `base64 ${text(value.base64) ?? ""}`;
  return value === null || value === undefined ? "–" : JSON.stringify(value);
}

/** Keys of a frame that have their own place. */
const FRAME_KEYS = ["ms", "from", "type", "stream"];

function connectionOf(value: unknown): WireConnection | null {
  const connection = object(value);
  if (!connection) return null;
  return {
    peer: text(connection.peer),
    localPort: number(connection.local_port),
    opened: text(connection.opened),
    idleMs: number(connection.idle_ms),
    stream: number(connection.stream),
    tls: factsOf(connection.tls),
    proxy: factsOf(connection.proxy),
    settings: factsOf(connection.settings),
    frames: list(connection.frames).flatMap((entry) => {
      const frame = object(entry);
      const type = text(frame?.type);
      if (!frame || type === null) return [];
      const facts = (factsOf(frame) ?? []).filter(([name]) => !FRAME_KEYS.includes(name));
      return [{ ms: number(frame.ms), from: text(frame.from) ?? "", type, stream: number(frame.stream), facts }];
    }),
  };
}

/** Reads the record below HTTP of an event; `null` when there is none. */
export function wireOf(event: { wire?: unknown }): WireRecord | null {
  const wire = object(event.wire);
  if (!wire) return null;
  return {
    request: requestOf(wire.request),
    response: responseOf(wire.response),
    connection: connectionOf(wire.connection),
    resetCode: number(wire.reset_code),
  };
}
