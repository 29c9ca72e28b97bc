import { useEffect, useMemo, useSyncExternalStore } from "react";

import { fetchEvents } from "../api/options";
import { followTail } from "../api/stream";
import { filtersToApi, type Filters } from "../lib/filters";
import { Tail, type Listed, type TailView } from "./tail";

/** Number of events fetched when the stream opens, for the gap between the list and the stream. */
const CATCH_UP = 20;

export interface TailModel extends TailView {
  flush: () => void;
  clear: () => void;
}

/** Follows the matching events. While `hold` is true they are counted but not shown. */
export function useTail(filters: Filters, hold: boolean, listed: Listed | null): TailModel {
  const tail = useMemo(() => {
    if (filters.to) return new Tail(null);
    // The start of the range does not matter for new events.
    const query = filtersToApi({ ...filters, range: undefined, from: undefined });
    return new Tail({
      follow: (handlers) => followTail(query, handlers),
      recent: async () => {
        const recent = filtersToApi(filters);
        recent.set("limit", String(CATCH_UP));
        return (await fetchEvents(recent)).events;
      },
    });
  }, [filters]);
  useEffect(() => tail.start(), [tail]);
  useEffect(() => tail.list(listed), [tail, listed]);
  useEffect(() => tail.hold(hold), [tail, hold]);
  const view = useSyncExternalStore(tail.subscribe, tail.get);
  return { ...view, flush: tail.flush, clear: tail.clear };
}
