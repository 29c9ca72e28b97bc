/** Client of the server: credentials, errors, and the state of session and connection. */
import createClient from "openapi-fetch";

import { createStore, readStored, writeStored } from "../lib/store";
import { ApiError, errorOf } from "./errors";
import type { paths } from "../model/schema";

const KEY = "api-test.key";
const HEADER = "api-test.key-header";

/** API key of this tab; `null` when the session cookie identifies the user. */
export const apiKey = createStore<string | null>(readStored("session", KEY));
/** Name of the API key header, which the server can configure. */
let apiKeyHeader = readStored("session", HEADER) ?? "X-API-Key";

/** `ended`: a call returned 401 after there had been a session. */
export type Session = "unknown" | "in" | "out" | "ended";
export const session = createStore<Session>("unknown");

/** `down`: the last call failed to connect. */
export const connection = createStore<"up" | "down">("up");

/** Signs this tab in with a key, or out with `null`; `header` is the name of the header that carries it. */
export function setApiKey(key: string | null, header?: string): void {
  if (header) {
    apiKeyHeader = header;
    writeStored("session", HEADER, header);
  }
  writeStored("session", KEY, key);
  apiKey.set(key);
}

export function keyHeader(): string {
  return apiKeyHeader;
}

export interface CallOptions {
  /** Key to try instead of the tab's. */
  key?: string;
  /** The caller handles a 401; it does not end the session. */
  ownRefusal?: boolean;
}

/**
 * Sends a request with the credentials of this tab. Resolves with any 2xx response, body unread.
 *
 * Throws an `ApiError` for every other response, and when there is none.
 */
export async function deliver(request: Request, { key, ownRefusal = false }: CallOptions = {}): Promise<Response> {
  const { headers, signal } = request;
  headers.set("X-Requested-With", "XMLHttpRequest");
  if (!headers.has("Accept")) headers.set("Accept", "application/json");
  const credential = key ?? apiKey.get();
  if (credential) headers.set(apiKeyHeader, credential);
  let response: Response;
  try {
    response = await fetch(request);
  } catch (cause) {
    if (signal.aborted) throw cause;
    connection.set("down");
    throw new ApiError(0, "The server can't be reached.");
  }
  connection.set("up");
  if (response.ok) return response;
  const error = await errorOf(response);
  if (response.status === 401 && !ownRefusal)
    session.set(session.get() === "in" || session.get() === "ended" ? "ended" : "out");
  throw error;
}

/** Tests have no location. */
const ORIGIN = typeof location === "undefined" ? "http://localhost" : location.origin;

/** Every operation of the portal API, with the types of its document. */
export const api = createClient<paths>({
  baseUrl: ORIGIN,
  credentials: "same-origin",
  cache: "no-store",
  fetch: deliver,
});

/** Options of a call with a complete query. */
export const withSearch = (query: URLSearchParams) => ({ querySerializer: () => query.toString() });

/** Returns the data of a response. Errors were thrown before. */
export async function dataOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  try {
    return (await call).data as T;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new ApiError(200, "Invalid response: not JSON.");
    throw cause;
  }
}

/** Sends a call that is not in the API's document. Resolves with any 2xx response, body unread. */
export function send(path: string, init: RequestInit = {}, delivery: CallOptions = {}): Promise<Response> {
  const request = new Request(new URL(path, ORIGIN), { credentials: "same-origin", cache: "no-store", ...init });
  return deliver(request, delivery);
}
