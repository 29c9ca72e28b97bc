import { useQueries, type UseQueryOptions } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { PAGE } from "../api/paths";
import { fetchEvents, queryClient } from "../api/queries";
import type { AuditEvent, EventList } from "../api/types";
import { filtersToApi, type Filters } from "../lib/filters";

/** More rows than this make the table taller than browsers allow. */
export const MAX_LISTED = 500_000;

export interface ListModel {
  /** Matching rows when the list was made; `undefined` until known. */
  total: number | undefined;
  at: (index: number) => AuditEvent | undefined;
  first: readonly AuditEvent[];
  error: unknown;
  loading: boolean;
  /** Rows that are on screen: their pages get loaded. */
  show: (first: number, last: number) => void;
  reload: () => void;
}

/**
 * The matching events as one long list of which only the pages on screen are held. A page that follows a loaded one is
 * asked for by its cursor, a jump by its offset; the start of the list is pinned, so that new events shift nothing.
 */
export function useList(filters: Filters): ListModel {
  const [epoch, setEpoch] = useState(0);
  const [pages, setPages] = useState<[first: number, last: number]>([0, 0]);
  // `from` of a span that ends now must be the same for all pages.
  const base = useMemo(() => (epoch >= 0 ? filtersToApi(filters).toString() : ""), [filters, epoch]);

  const key = (page: number) => ["events", base, epoch, page] as const;
  const held = (page: number) => queryClient.getQueryData<EventList>(key(page));

  const load = (page: number): UseQueryOptions<EventList> => ({
    queryKey: key(page),
    queryFn: ({ signal }) => {
      const query = new URLSearchParams(base);
      query.set("limit", String(PAGE));
      const cursor = held(page - 1)?.next_cursor;
      if (page > 0 && cursor) {
        query.set("cursor", cursor);
      } else if (page > 0) {
        query.set("offset", String(page * PAGE));
        const newest = held(0)?.events[0]?.timestamp;
        if (newest && !filters.to) query.set("to", new Date(Date.parse(newest) + 1).toISOString());
      }
      return fetchEvents(query, signal);
    },
    staleTime: Infinity,
    // Pages out of sight go soon: a hundred thousand rows are never held at once. The first one anchors the rest.
    gcTime: page === 0 ? 300_000 : 15_000,
  });

  const wanted: number[] = [0];
  for (let page = Math.max(1, pages[0]); page <= pages[1]; page += 1) wanted.push(page);
  const results = useQueries({ queries: wanted.map(load) });

  const head = results[0];
  const byPage = new Map(wanted.map((page, at) => [page, results[at]?.data?.events]));
  const show = useCallback((first: number, last: number) => {
    const next: [number, number] = [Math.floor(first / PAGE), Math.floor(last / PAGE)];
    setPages((before) => (before[0] === next[0] && before[1] === next[1] ? before : next));
  }, []);
  const reload = useCallback(() => setEpoch((before) => before + 1), []);

  return {
    total: head?.data?.total,
    at: (index) => byPage.get(Math.floor(index / PAGE))?.[index % PAGE],
    first: head?.data?.events ?? [],
    error: results.find((result) => result.isError && !result.data)?.error ?? null,
    loading: results.some((result) => result.isFetching),
    show,
    reload,
  };
}
