/** The live tail: server-sent events over fetch, so that a key can be sent; reconnects by itself. */
import { SseParser, missedOf } from "../lib/sse";
import { ApiError, PORTAL, send, session } from "./client";
import type { AuditEvent } from "./types";

export type StreamState = "connecting" | "open" | "waiting" | "refused";

export interface TailHandlers {
  event: (event: AuditEvent) => void;
  /** The server skipped this many for us; 0 when it did not say. */
  lagged: (missed: number) => void;
  state: (state: StreamState, error?: string) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** Three heartbeats of the server without a byte: the connection is dead. */
const SILENCE_MS = 45_000;

/** Follows the stream until the returned function is called. */
export function followTail(query: URLSearchParams, handlers: TailHandlers): () => void {
  const stop = new AbortController();
  void run(query, handlers, stop.signal);
  return () => stop.abort();
}

/** Until somebody has signed in again, or nobody waits any more. */
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

/** A call, since the compiler takes the property for constant. */
const isAborted = (signal: AbortSignal) => signal.aborted;

async function run(query: URLSearchParams, handlers: TailHandlers, stop: AbortSignal): Promise<void> {
  let lastId = "";
  let pause = FIRST_PAUSE_MS;
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
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (lastId) headers["Last-Event-ID"] = lastId;
      const search = query.toString();
      const response = await send(`${PORTAL}/audit/stream${search ? `?${search}` : ""}`, {
        headers,
        signal: attempt.signal,
      });
      handlers.state("open");
      const parser = new SseParser({
        message(message) {
          if (message.id) lastId = message.id;
          if (message.event === "lagged") handlers.lagged(missedOf(message.data));
          else if (message.event === "audit") handlers.event(JSON.parse(message.data) as AuditEvent);
        },
        retry(ms) {
          pause = ms;
        },
      });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        pause = FIRST_PAUSE_MS;
        parser.feed(value);
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
