/** Live tail: server-sent events over fetch, so that a key can be sent; reconnects automatically. */
import { createParser } from "eventsource-parser";

import { api, session, withSearch } from "./client";
import { ApiError } from "./errors";
import type { AuditEvent } from "../model/types";

export type StreamState = "connecting" | "open" | "waiting" | "refused";

export interface TailHandlers {
  event: (event: AuditEvent) => void;
  /** Number of events that the server skipped for this client; 0 when unknown. */
  lagged: (missed: number) => void;
  state: (state: StreamState, error?: string) => void;
}

/** Pause before the next attempt, unless the server requests another; doubled after each failure. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** Three missed heartbeats: the connection is dead. */
const SILENCE_MS = 45_000;
/**
 * Maximum number of characters of a message; a longer one ends the connection. An event without its payload has a few
 * kilobytes.
 */
const MAX_MESSAGE = 8 * 1024 * 1024;

/** Follows the stream until the returned function is called. */
export function followTail(query: URLSearchParams, handlers: TailHandlers): () => void {
  const stop = new AbortController();
  void run(query, handlers, stop.signal);
  return () => stop.abort();
}

/** Returns the number of missed events in a `lagged` message, `{"missed":N}`; 0 when it is malformed. */
function missedOf(data: string): number {
  try {
    const { missed } = JSON.parse(data) as { missed?: unknown };
    return typeof missed === "number" ? missed : 0;
  } catch {
    return 0;
  }
}

/** Resolves when the user has signed in again, or when the stream is stopped. */
function signedIn(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (session.get() !== "in" && !stop.aborted) return;
      unsubscribe();
      stop.removeEventListener("abort", check);
      resolve();
    };
    const unsubscribe = session.subscribe(check);
    stop.addEventListener("abort", check, { once: true });
  });
}

/** A function, because the compiler would take the property for constant. */
const isAborted = (signal: AbortSignal) => signal.aborted;

async function run(query: URLSearchParams, handlers: TailHandlers, stop: AbortSignal): Promise<void> {
  let lastId = "";
  let first = FIRST_PAUSE_MS;
  let pause = first;
  while (!isAborted(stop)) {
    handlers.state("connecting");
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    stop.addEventListener("abort", abort, { once: true });
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(abort, SILENCE_MS);
    };
    try {
      alive();
      const { data } = await api.GET("/api/v1/portal/audit/stream", {
        ...withSearch(query),
        params: { header: lastId ? { "Last-Event-ID": lastId } : {} },
        headers: { Accept: "text/event-stream" },
        parseAs: "stream",
        signal: attempt.signal,
      });
      handlers.state("open");
      const parser = createParser({
        maxBufferSize: MAX_MESSAGE,
        onEvent({ id, event, data }) {
          if (id) lastId = id;
          if (event === "lagged") handlers.lagged(missedOf(data));
          else if (event === "audit") handlers.event(JSON.parse(data) as AuditEvent);
        },
        onRetry: (ms) => (first = ms),
        onError(error) {
          if (error.type === "max-buffer-size-exceeded") throw error;
        },
      });
      const reader = data!.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        parser.feed(value);
        pause = first;
      }
    } catch (error) {
      if (!isAborted(stop) && error instanceof ApiError && error.status === 401) {
        handlers.state("waiting");
        await signedIn(stop);
        continue;
      }
      if (!isAborted(stop) && error instanceof ApiError && error.status >= 400 && error.status < 500) {
        handlers.state("refused", error.message);
        return;
      }
    } finally {
      clearTimeout(watchdog);
      stop.removeEventListener("abort", abort);
    }
    if (isAborted(stop)) return;
    handlers.state("waiting");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, pause * (0.8 + Math.random() * 0.4));
      stop.addEventListener("abort", done, { once: true });
      function done() {
        clearTimeout(timer);
        stop.removeEventListener("abort", done);
        resolve();
      }
    });
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
