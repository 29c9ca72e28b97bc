import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { listPageOptions, PAGE } from "../api/options";
import type { AuditEvent } from "../model/types";
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
 * The matching events as one long list of which only the pages on screen are loaded.
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
