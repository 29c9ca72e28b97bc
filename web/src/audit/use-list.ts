import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { listPageOptions, PAGE } from "../api/options";
import type { AuditEvent } from "../model/types";
import { filtersToApi, type Filters } from "../lib/filters";

/** Maximum number of rows: browsers limit the height of an element. */
export const MAX_LISTED = 500_000;

export interface ListModel {
  /** Number of matching rows when the list was fetched; `undefined` until known. */
  total: number | undefined;
  at: (index: number) => AuditEvent | undefined;
  first: readonly AuditEvent[];
  error: unknown;
  loading: boolean;
  /** Visible rows, whose pages are loaded. */
  show: (first: number, last: number) => void;
  reload: () => void;
}

/**
 * Matching events as one long list, of which only visible pages are loaded.
 */
export function useList(filters: Filters): ListModel {
  const [epoch, setEpoch] = useState(0);
  const [pages, setPages] = useState<[first: number, last: number]>([0, 0]);
  // `from` of a range that ends now must be the same for all pages.
  const base = useMemo(() => (epoch >= 0 ? filtersToApi(filters).toString() : ""), [filters, epoch]);

  const wanted: number[] = [0];
  for (let page = Math.max(1, pages[0]); page <= pages[1]; page += 1) wanted.push(page);
  const results = useQueries({ queries: wanted.map((page) => listPageOptions({ base, epoch, page })) });

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
