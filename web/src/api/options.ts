/**
 * Queries of the pages, as options of TanStack Query. Without React, because `main.tsx` starts the first ones before
 * React is loaded.
 */
import { QueryClient, queryOptions, type QueryKey, type UseQueryOptions } from "@tanstack/react-query";
import type { OpenAPIV3_1 } from "openapi-types";

import { filtersToApi, isRange, type Filters, type Range } from "../lib/filters";
import { api, dataOf, deliver, send, withSearch, type CallOptions } from "./client";
import { ApiError, isPassing } from "./errors";
import type { AuditEvent, EventList, Me, WellKnown } from "../model/types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      // The banner repeats all queries once the server is back.
      retry: (failures, error) => isPassing(error) && error instanceof ApiError && error.status !== 0 && failures < 2,
      retryDelay: (failures) => 400 * 2 ** failures,
    },
  },
});

/** Starts a query before the component that shows its data exists. After a failure that component repeats it. */
export function prefetchQuery<Data, Key extends QueryKey>(options: UseQueryOptions<Data, Error, Data, Key>): void {
  queryClient.query(options).catch(() => undefined);
}

export function fetchEvents(query: URLSearchParams, signal?: AbortSignal): Promise<EventList> {
  return dataOf(api.GET("/api/v1/portal/audit/events", { ...withSearch(query), signal }));
}

/** The user; with a key to try, its owner. */
export function fetchMe(signal?: AbortSignal, delivery: CallOptions = {}): Promise<Me> {
  const fetch = (request: Request) => deliver(request, delivery);
  return dataOf(api.GET("/api/v1/portal/me", { signal, fetch }));
}

export const meOptions = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => fetchMe(signal),
  staleTime: Infinity,
});

export const dashboardOptions = (range: Range) =>
  queryOptions({
    queryKey: ["dashboard", range],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/portal/dashboard", { params: { query: { range } }, signal })),
  });

export const serverOptions = queryOptions({
  queryKey: ["server"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/portal/server", { signal })),
  staleTime: 60_000,
});

export const actorsOptions = queryOptions({
  queryKey: ["actors"],
  queryFn: async ({ signal }) => (await dataOf(api.GET("/api/v1/portal/actors", { signal }))).actors,
});

export const documentOptions = queryOptions({
  queryKey: ["openapi"],
  queryFn: async ({ signal }) => (await send("/openapi.json", { signal })).json() as Promise<OpenAPIV3_1.Document>,
  staleTime: Infinity,
});

export const metaOptions = queryOptions({
  queryKey: ["meta"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/portal/audit/meta", { signal })),
  staleTime: Infinity,
});

export const keysOptions = queryOptions({
  queryKey: ["keys"],
  queryFn: async ({ signal }) => (await dataOf(api.GET("/api/v1/admin/api-keys", { signal }))).keys,
});

export const statsOptions = (filters: Filters) =>
  queryOptions({
    queryKey: ["stats", filters],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/portal/audit/stats", { ...withSearch(filtersToApi(filters)), signal })),
  });

export const eventOptions = (id: string) =>
  queryOptions({
    queryKey: ["event", id],
    queryFn: ({ signal }): Promise<AuditEvent> =>
      dataOf(api.GET("/api/v1/portal/audit/events/{id}", { params: { path: { id } }, signal })),
    staleTime: Infinity,
    gcTime: 60_000,
    // A new event may still be in the queue, but is written within moments.
    retry: (failures, error) =>
      error instanceof ApiError && (error.status === 404 || error.status === 503) && failures < 3,
    retryDelay: 300,
  });

/** Public facts before sign-in. */
export const wellKnownOptions = queryOptions({
  queryKey: ["wellknown"],
  queryFn: async ({ signal }): Promise<WellKnown> => {
    const ask = async (path: string) => (await send(path, { signal }, { ownRefusal: true })).json() as Promise<unknown>;
    try {
      return (await ask("/api/v1/portal/wellknown")) as WellKnown;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 0) throw error;
      // The protected resource metadata (RFC 9728) also names the issuer, for any client.
      const resource = (await ask("/.well-known/oauth-protected-resource")) as { authorization_servers?: string[] };
      return { oidc_enabled: (resource.authorization_servers ?? []).length > 0 };
    }
  },
  staleTime: Infinity,
});

/** Number of rows in a page of the audit list. */
export const PAGE = 50;

/** Page of the audit list. `base`: its filters in API form; `epoch` counts reloads. */
export interface ListPage {
  base: string;
  epoch: number;
  page: number;
}

const listKey = ({ base, epoch, page }: ListPage) => ["events", base, epoch, page] as const;

/**
 * Returns the query of a page. A page after a loaded one (`previous`) is fetched by cursor, others by offset.
 * The end of the range is fixed to the newest listed event (`first`), so that new events shift nothing.
 */
export function listPageQuery(
  { base, page }: ListPage,
  previous: Pick<EventList, "next_cursor"> | undefined,
  first: { events: Pick<AuditEvent, "timestamp">[] } | undefined,
): URLSearchParams {
  const query = new URLSearchParams(base);
  query.set("limit", String(PAGE));
  if (page === 0) return query;
  if (previous?.next_cursor) {
    query.set("cursor", previous.next_cursor);
    return query;
  }
  query.set("offset", String(page * PAGE));
  const newest = first?.events[0]?.timestamp;
  if (newest && !query.has("to")) query.set("to", new Date(Date.parse(newest) + 1).toISOString());
  return query;
}

export const listPageOptions = (place: ListPage) =>
  queryOptions({
    queryKey: listKey(place),
    queryFn: ({ signal, client }) => {
      const loaded = (page: number) => client.getQueryData<EventList>(listKey({ ...place, page }));
      return fetchEvents(listPageQuery(place, loaded(place.page - 1), loaded(0)), signal);
    },
    staleTime: Infinity,
    // Pages out of view are dropped soon, so that a hundred thousand rows are never in memory at once. The first page
    // anchors the others.
    gcTime: place.page === 0 ? 300_000 : 15_000,
  });

/** Time range in the address of a dashboard. */
export function dashboardRange(search: URLSearchParams): Range {
  const asked = search.get("range");
  return isRange(asked) ? asked : "1h";
}
