import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { TailHandlers } from "../api/stream";
import type { AuditEvent } from "../model/types";
import { BEAT_MS, MAX_TAIL_ROWS, Tail } from "../audit/tail";

const event = (id: string, micros = 0): AuditEvent =>
  ({ id, timestamp: `2026-11-24T12:00:00.${String(micros).padStart(6, "0")}Z` }) as AuditEvent;
const ids = (events: readonly AuditEvent[]) => events.map((each) => each.id);

/** Tail whose stream and catch-up are controlled by the test. */
function tail(recent: AuditEvent[] = []) {
  let handlers: TailHandlers | undefined;
  const stopped = vi.fn();
  const made = new Tail({
    follow: (given) => {
      handlers = given;
      return stopped;
    },
    recent: () => Promise.resolve(recent),
  });
  const stop = made.start();
  return { tail: made, stop, stopped, stream: () => handlers! };
}

describe("the live tail", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const beat = () => vi.advanceTimersByTimeAsync(BEAT_MS);

  it("shows what comes in, newest first, once the list is known", async () => {
    const { tail: made, stream } = tail();
    stream().event(event("a"));
    await beat();
    expect(made.get().rows).toEqual([]);
    made.list({ events: [event("a")], more: false });
    stream().event(event("b", 1));
    stream().event(event("c", 2));
    stream().event(event("c", 2));
    await beat();
    expect(ids(made.get().rows)).toEqual(["c", "b"]);
  });

  it("catches up by time, where ids of one millisecond are not in order", async () => {
    // "9" was listed; "7" is later in the same millisecond, and was written before the stream opened.
    const { tail: made, stream } = tail([event("7", 664), event("9", 305)]);
    stream().state("open");
    made.list({ events: [event("9", 305)], more: true });
    await beat();
    expect(ids(made.get().rows)).toEqual(["7"]);
  });

  it("catches up on what began before the newest listed event, and was written after it", async () => {
    const { tail: made, stream } = tail([event("new", 900), event("slow", 100), event("old", 1)]);
    stream().state("open");
    made.list({ events: [event("new", 900), event("old", 1)], more: false });
    await beat();
    expect(ids(made.get().rows)).toEqual(["slow"]);
  });

  it("leaves to the list what stands on its later pages", async () => {
    const { tail: made, stream } = tail([event("b", 2), event("a", 1)]);
    stream().state("open");
    made.list({ events: [event("b", 2)], more: true });
    await beat();
    expect(made.get().rows).toEqual([]);
  });

  it("starts with what came in when the list is empty", async () => {
    const { tail: made, stream } = tail([event("a")]);
    stream().state("open");
    made.list({ events: [], more: false });
    await beat();
    expect(ids(made.get().rows)).toEqual(["a"]);
  });

  it("counts while it is held, and shows all when it is let go", async () => {
    const { tail: made, stream } = tail();
    made.list({ events: [], more: false });
    made.hold(true);
    stream().event(event("a"));
    stream().event(event("b", 1));
    await beat();
    expect([made.get().rows.length, made.get().waiting.length]).toEqual([0, 2]);
    made.hold(false);
    expect(ids(made.get().rows)).toEqual(["b", "a"]);
    expect(made.get().waiting).toEqual([]);
  });

  it("keeps a bounded number of rows, held or not, and counts the others", async () => {
    for (const held of [false, true]) {
      const { tail: made, stream } = tail();
      made.list({ events: [], more: false });
      made.hold(held);
      for (let at = 0; at < MAX_TAIL_ROWS + 500; at += 1) stream().event(event(String(at), at));
      await beat();
      const view = made.get();
      expect(view.rows.length + view.waiting.length).toBe(MAX_TAIL_ROWS);
      expect(view.gap).toBe(500);
    }
  });

  it("tells what the server skipped, its state and why it was refused; clears", async () => {
    const { tail: made, stream } = tail();
    const told = vi.fn();
    made.subscribe(told);
    made.list({ events: [], more: false });
    stream().lagged(7);
    stream().event(event("a"));
    stream().state("refused", "status must be a number");
    await beat();
    expect(made.get()).toMatchObject({ lagged: 7, state: "refused", error: "status must be a number" });
    expect(told).toHaveBeenCalled();
    made.clear();
    expect(made.get()).toMatchObject({ rows: [], lagged: 0, state: "refused" });
  });

  it("stops with its stream, and has none where the range has an end", async () => {
    const { tail: made, stop, stopped, stream } = tail();
    made.list({ events: [], more: false });
    stop();
    expect(stopped).toHaveBeenCalledOnce();
    stream().event(event("a"));
    await beat();
    expect(made.get().rows).toEqual([]);
    const closed = new Tail(null);
    closed.start()();
    expect(closed.get().state).toBe("waiting");
  });
});
