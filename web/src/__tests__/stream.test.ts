import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { session } from "../api/client";
import { followTail, type StreamState } from "../api/stream";
import type { AuditEvent } from "../model/types";

/** Reaction of the server to each connection attempt; the last one is repeated. */
type Attempt = (signal: AbortSignal) => Response | Promise<Response>;

const stream = (...chunks: string[]): Attempt => {
  return () =>
    new Response(
      new ReadableStream({
        start(control) {
          for (const chunk of chunks) control.enqueue(new TextEncoder().encode(chunk));
          control.close();
        },
      }),
    );
};
/** Opens, and sends nothing until it is aborted. */
const silent: Attempt = (signal) =>
  new Response(
    new ReadableStream({
      start: (control) =>
        signal.addEventListener("abort", () => control.error(new DOMException("given up", "AbortError"))),
    }),
  );
const refusal =
  (status: number, error: string): Attempt =>
  () =>
    new Response(JSON.stringify({ error }), { status });

function follow(...attempts: Attempt[]) {
  const calls: Headers[] = [];
  vi.stubGlobal("fetch", (input: Request | string, init?: RequestInit) => {
    const request = input instanceof Request ? input : null;
    calls.push(new Headers(request?.headers ?? init?.headers));
    const attempt = attempts[Math.min(calls.length - 1, attempts.length - 1)]!;
    return Promise.resolve(attempt((request?.signal ?? init?.signal)!));
  });
  const seen: string[] = [];
  const states: [StreamState, string | undefined][] = [];
  let lagged = 0;
  const stop = followTail(new URLSearchParams({ status: "4xx" }), {
    event: (event: AuditEvent) => seen.push(event.id),
    lagged: (count) => (lagged += count),
    state: (state, error) => states.push([state, error]),
  });
  return { calls, seen, states, stop, lagged: () => lagged };
}

describe("the stream of the live tail", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    session.set("unknown");
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it("tells events and what was skipped, cut anywhere", async () => {
    const made = follow(
      stream("id: 1\nevent: au", 'dit\ndata: {"id":"a"}\n\nevent: lagged\nda', 'ta: {"missed":3}\n\n'),
    );
    await settle();
    expect(made.seen).toEqual(["a"]);
    expect(made.lagged()).toBe(3);
    made.stop();
  });

  it.each(["\n", "\r\n"])("reads what the standard allows, cut at each place, line end %j", async (end) => {
    const text = `\uFEFF: open\n\nid: 7\nevent: audit\ndata: {"id":\ndata: "a"}\n\ndata: no event\n\nevent: lagged\ndata: {"missed":1}\n\nevent: lagged\ndata: many\n\nevent: audit\ndata: {"id":"unfinished"}`;
    const whole = text.replaceAll("\n", end);
    for (const size of [1, 2, 3, 5, 8, 1000]) {
      const made = follow(stream(...whole.match(new RegExp(`[\\s\\S]{1,${size}}`, "g"))!), silent);
      await settle();
      expect([made.seen, made.lagged()]).toEqual([["a"], 1]);
      made.stop();
    }
  });

  it("gives up a message without end", async () => {
    const made = follow(stream(`data: ${"x".repeat(9 * 1024 * 1024)}`), silent);
    await settle();
    expect(made.states.map(([state]) => state)).toContain("waiting");
    await vi.advanceTimersByTimeAsync(700);
    expect(made.calls).toHaveLength(2);
    made.stop();
  });

  it("connects again after the last event that it saw, at growing distances", async () => {
    const made = follow(stream('id: 41\nevent: audit\ndata: {"id":"a"}\n\n'), refusal(503, "away"));
    await settle();
    expect(made.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(700);
    expect(made.calls).toHaveLength(2);
    expect(made.calls[1]!.get("Last-Event-ID")).toBe("41");
    // 500, 1,000, 2,000, 4,000, 8,000, 8,000 ms, each a fifth more or less.
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made.calls.length).toBeGreaterThan(6);
    expect(made.calls.length).toBeLessThan(14);
    made.stop();
  });

  it("waits as long as the server says", async () => {
    const made = follow(stream("retry: 5000\n\n", ": a comment\n\n"));
    await settle();
    await vi.advanceTimersByTimeAsync(3900);
    expect(made.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2200);
    expect(made.calls).toHaveLength(2);
    made.stop();
  });

  it("gives up a connection that is silent for three heartbeats", async () => {
    const made = follow(silent);
    await settle();
    await vi.advanceTimersByTimeAsync(44_000);
    expect(made.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(made.calls).toHaveLength(2);
    made.stop();
  });

  it("ends with a refusal that asking again won't change", async () => {
    const made = follow(refusal(400, "status must be a number"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made.calls).toHaveLength(1);
    expect(made.states.at(-1)).toEqual(["refused", "status must be a number"]);
  });

  it("waits for sign-in when the session has ended", async () => {
    session.set("in");
    const made = follow(refusal(401, "unauthorized"), silent);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made.calls).toHaveLength(1);
    session.set("in");
    await settle();
    expect(made.calls).toHaveLength(2);
    made.stop();
  });

  it("stops when it is told to, whatever it waits for", async () => {
    for (const attempt of [silent, refusal(503, "away"), refusal(401, "unauthorized")]) {
      const made = follow(attempt);
      await settle();
      made.stop();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(made.calls).toHaveLength(1);
    }
  });
});
