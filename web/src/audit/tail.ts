/** State of the audit list's live tail, without React: shown, waiting and dropped events. */
import type { StreamState, TailHandlers } from "../api/stream";
import type { AuditEvent } from "../model/types";
import { compareEvents } from "../lib/events";

/** Maximum number of kept events; older ones are dropped. */
export const MAX_TAIL_ROWS = 2000;
/** Interval in ms at which new events are shown: a screen need not follow each of a thousand events per second. */
export const BEAT_MS = 150;

export interface TailView {
  /** Newest first. */
  rows: readonly AuditEvent[];
  /** Newest first; they wait for `flush`. */
  waiting: readonly AuditEvent[];
  /** Number of events between `rows` and the list that are not kept. */
  gap: number;
  /** Number of events that the server skipped for this client. */
  lagged: number;
  state: StreamState;
  error: string | null;
}

const EMPTY: TailView = { rows: [], waiting: [], gap: 0, lagged: 0, state: "connecting", error: null };

/** The first page of the list, which the tail continues. */
export interface Listed {
  events: readonly AuditEvent[];
  /** True when the list has more events than these. */
  more: boolean;
}

export interface TailSource {
  /** Follows the stream until the returned function is called. */
  follow: (handlers: TailHandlers) => () => void;
  /** Returns the newest events, newest first: those between the list and the stream. */
  recent: () => Promise<AuditEvent[]>;
}

/** True when no later page of the list can contain the event, because it was written after the list was fetched. */
function isBeyond(event: AuditEvent, listed: Listed): boolean {
  const oldest = listed.events.at(-1);
  return !listed.more || oldest === undefined || compareEvents(event, oldest) > 0;
}

export class Tail {
  private view = EMPTY;
  private readonly listeners = new Set<() => void>();
  private fresh: AuditEvent[] = [];
  private missed = 0;
  private caughtUp: AuditEvent[] = [];
  private readonly seen = new Set<string>();
  private listed: Listed | null = null;
  private known: ReadonlySet<string> = new Set();
  private holding = false;

  constructor(private readonly source: TailSource | null) {
    // A list that ends in the past has no tail.
    if (!source) this.view = { ...EMPTY, state: "waiting" };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly get = (): TailView => this.view;

  /** Follows the stream until the returned function is called. */
  start(): () => void {
    if (!this.source) return () => undefined;
    const { source } = this;
    const timer = setInterval(() => this.beat(), BEAT_MS);
    const stop = source.follow({
      event: (event) => this.take(event),
      lagged: (count) => (this.missed += count),
      state: (state, error) => {
        this.set({ ...this.view, state, error: error ?? null });
        if (state !== "open") return;
        source
          .recent()
          .then((events) => this.caughtUp.push(...events))
          .catch(() => undefined);
      },
    });
    return () => {
      clearInterval(timer);
      stop();
    };
  }

  /** Sets the list's contents. Until then no event counts as new. */
  list(listed: Listed | null): void {
    this.listed = listed;
    this.known = new Set(listed?.events.map((event) => event.id));
  }

  /** While true, events are counted but not shown. */
  hold(on: boolean): void {
    this.holding = on;
    if (!on) this.flush();
  }

  /** Shows the waiting events. */
  readonly flush = (): void => {
    if (this.view.waiting.length > 0) this.set(merge(this.view));
  };

  readonly clear = (): void => this.set({ ...this.view, rows: [], waiting: [], gap: 0, lagged: 0 });

  /** Shows the events since the last interval. */
  beat(): void {
    const { listed } = this;
    if (!listed) return;
    for (const event of this.caughtUp.reverse()) if (isBeyond(event, listed)) this.take(event);
    this.caughtUp = [];
    if (this.fresh.length === 0 && this.missed === 0) return;
    const arrived = this.fresh.filter((event) => !this.known.has(event.id)).reverse();
    const lagged = this.view.lagged + this.missed;
    this.fresh = [];
    this.missed = 0;
    const waiting = [...arrived, ...this.view.waiting];
    const over = Math.max(0, waiting.length - MAX_TAIL_ROWS);
    const next = { ...this.view, waiting: waiting.slice(0, MAX_TAIL_ROWS), gap: this.view.gap + over, lagged };
    this.set(this.holding ? next : merge(next));
  }

  private take(event: AuditEvent): void {
    if (this.seen.has(event.id)) return;
    this.seen.add(event.id);
    if (this.seen.size > MAX_TAIL_ROWS * 4)
      for (const id of [...this.seen].slice(0, MAX_TAIL_ROWS * 2)) this.seen.delete(id);
    this.fresh.push(event);
  }

  private set(view: TailView): void {
    this.view = view;
    for (const listener of this.listeners) listener();
  }
}

function merge(view: TailView): TailView {
  const rows = [...view.waiting, ...view.rows];
  const over = Math.max(0, rows.length - MAX_TAIL_ROWS);
  return { ...view, rows: over > 0 ? rows.slice(0, MAX_TAIL_ROWS) : rows, waiting: [], gap: view.gap + over };
}
