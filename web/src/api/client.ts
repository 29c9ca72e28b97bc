/** One way to the server: credentials, errors, and what the rest of the page should know of the connection. */
import { createStore, readStored, writeStored } from "../lib/store";

const KEY = "api-test.key";
const HEADER = "api-test.key-header";

/** The API key of this tab, `null` when the session cookie speaks for the user. */
export const apiKey = createStore<string | null>(readStored("session", KEY));
/** Name of the header that carries it; the server may have another one than the default. */
let apiKeyHeader = readStored("session", HEADER) ?? "X-API-Key";

/** `ended`: a call was answered 401 after there had been a session. */
export type Session = "unknown" | "in" | "out" | "ended";
export const session = createStore<Session>("unknown");

/** `down`: the last call reached nobody. */
export const connection = createStore<"up" | "down">("up");

export function useKey(key: string | null, header?: string): void {
  if (header) {
    apiKeyHeader = header;
    writeStored("session", HEADER, header);
  }
  writeStored("session", KEY, key);
  // What was answered to another is not for this one.
  early.clear();
  apiKey.set(key);
}

export function keyHeader(): string {
  return apiKeyHeader;
}

/** An answer that is none of what was asked for. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    message: string,
    /** Seconds to wait, when the server said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface CallOptions {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /** A 401 is for the caller, and ends no session. */
  ownRefusal?: boolean;
  /** A key to try, in place of the tab's. */
  key?: string;
}

/** Sends a call; resolves with any 2xx answer, body unread. */
export async function send(path: string, options: CallOptions = {}): Promise<Response> {
  const headers: Record<string, string> = {
    "X-Requested-With": "XMLHttpRequest",
    Accept: "application/json",
    ...options.headers,
  };
  const key = options.key ?? apiKey.get();
  if (key) headers[apiKeyHeader] = key;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal ?? null,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    connection.set("down");
    throw new ApiError(0, "The server can't be reached.");
  }
  connection.set("up");
  if (response.ok) return response;
  const error = await asError(response);
  if (response.status === 401 && !options.ownRefusal)
    session.set(session.get() === "in" || session.get() === "ended" ? "ended" : "out");
  throw error;
}

async function asError(response: Response): Promise<ApiError> {
  const retry = Number(response.headers.get("Retry-After"));
  let message = `${response.status} ${response.statusText}`.trim();
  try {
    const text = await response.text();
    const body: unknown = JSON.parse(text);
    if (body && typeof body === "object") {
      const { error, detail, title, message: said } = body as Record<string, unknown>;
      const found = [error, detail, said, title].find((value) => typeof value === "string" && value !== "");
      if (typeof found === "string") message = found;
    }
  } catch {
    // The status line is all there is.
  }
  return new ApiError(response.status, message, Number.isFinite(retry) && retry > 0 ? retry : null);
}

/** Calls that were sent before anybody asked; each answer is for the first who does. */
const early = new Map<string, Promise<unknown>>();

/** Sends a GET now, for a `call` of the same path that is sure to come. */
export function ahead(path: string): void {
  const answer = call(path);
  // Whoever has taken it by then hears of a failure; later on it is asked anew, perhaps by somebody who has signed in.
  answer.catch(() => early.delete(path));
  early.set(path, answer);
}

/** Sends a call and reads the JSON of the answer. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const sent = early.get(path);
  if (sent && !options.method && !options.key) {
    early.delete(path);
    return sent as Promise<T>;
  }
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(response.status, "Invalid response: not JSON.");
  }
}

/** True when asking again may help. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504)
  );
}

export const PORTAL = "/api/v1/portal";
export const ADMIN = "/api/v1/admin";
