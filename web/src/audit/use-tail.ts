import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { fetchEvents } from "../api/queries";
import { followTail, type StreamState } from "../api/stream";
import type { AuditEvent } from "../api/types";
import { filtersToApi, type Filters } from "../lib/filters";

/** Events of the tail that are kept; older ones make way. */
export const KEPT = 2000;
/** How often what came in is shown, in ms: a screen need not follow each of a thousand events a second. */
const BEAT_MS = 150;
/** Events that are fetched when the stream opens, for what happened between the list and the stream. */
const CATCH_UP = 20;

export interface TailModel {
  /** Newest first. */
  rows: readonly AuditEvent[];
  /** Newest first; waits for `flush`. */
  waiting: number;
  /** Events between `rows` and the list that are not kept here. */
  gap: number;
  /** Events that the server skipped for this reader. */
  lagged: number;
  state: StreamState;
  error: string | null;
  flush: () => void;
  clear: () => void;
}

interface Held {
  rows: AuditEvent[];
  waiting: AuditEvent[];
  gap: number;
  lagged: number;
}

const NOTHING: Held = { rows: [], waiting: [], gap: 0, lagged: 0 };

function merge(held: Held): Held {
  const rows = [...held.waiting, ...held.rows];
  const over = Math.max(0, rows.length - KEPT);
  return { ...held, rows: over > 0 ? rows.slice(0, KEPT) : rows, waiting: [], gap: held.gap + over };
}

/** Follows the matching events. While `hold` is true they are only counted. */
export function useTail(filters: Filters, hold: boolean, known: readonly AuditEvent[] | undefined): TailModel {
  const [held, setHeld] = useState<Held>(NOTHING);
  const [state, setState] = useState<StreamState>("connecting");
  const [error, setError] = useState<string | null>(null);
  const holding = useRef(hold);
  holding.current = hold;
  const listed = useRef<Set<string> | null>(null);
  listed.current = useMemo(() => (known ? new Set(known.map((event) => event.id)) : null), [known]);
  const newest = useRef<string>("");
  newest.current = known?.[0]?.id ?? "";

  // A span that ends now has no say in what comes next; an end in the past has all of it.
  const query = useMemo(() => {
    return filtersToApi({ ...filters, range: undefined, from: undefined, to: undefined }).toString();
  }, [filters]);
  const closed = Boolean(filters.to);

  useEffect(() => {
    setHeld(NOTHING);
    setError(null);
    if (closed) return;
    let fresh: AuditEvent[] = [];
    let missed = 0;
    const seen = new Set<string>();
    const take = (event: AuditEvent) => {
      if (seen.has(event.id)) return;
      seen.add(event.id);
      if (seen.size > KEPT * 4) for (const id of [...seen].slice(0, KEPT * 2)) seen.delete(id);
      fresh.push(event);
    };
    const beat = setInterval(() => {
      // Until the list is there nobody knows which of them it holds.
      if (!listed.current || (fresh.length === 0 && missed === 0)) return;
      const arrived = fresh.filter((event) => !listed.current?.has(event.id)).reverse();
      const lost = missed;
      fresh = [];
      missed = 0;
      setHeld((before) => {
        let waiting = [...arrived, ...before.waiting];
        const over = Math.max(0, waiting.length - KEPT);
        if (over > 0) waiting = waiting.slice(0, KEPT);
        const next = { ...before, waiting, gap: before.gap + over, lagged: before.lagged + lost };
        return holding.current ? next : merge(next);
      });
    }, BEAT_MS);
    const stop = followTail(new URLSearchParams(query), {
      event: take,
      lagged: (count) => (missed += count),
      state(next, message) {
        setState(next);
        setError(message ?? null);
        if (next !== "open") return;
        const recent = new URLSearchParams(query);
        recent.set("limit", String(CATCH_UP));
        fetchEvents(recent)
          .then((list) => {
            if (!newest.current) return;
            for (const event of list.events.reverse()) if (event.id > newest.current) take(event);
          })
          .catch(() => undefined);
      },
    });
    return () => {
      clearInterval(beat);
      stop();
    };
  }, [query, closed]);

  const flush = useCallback(() => setHeld((before) => (before.waiting.length > 0 ? merge(before) : before)), []);
  const clear = useCallback(() => setHeld(NOTHING), []);
  useEffect(() => {
    if (!hold) flush();
  }, [hold, flush]);

  return {
    rows: held.rows,
    waiting: held.waiting.length,
    gap: held.gap,
    lagged: held.lagged,
    state: closed ? "waiting" : state,
    error,
    flush,
    clear,
  };
}
