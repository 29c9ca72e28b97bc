/** What the pages ask for. */
import { keepPreviousData, QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";

import { compareEvents } from "../lib/events";
import { filtersToApi, type Filters, type Range } from "../lib/filters";
import { ADMIN, ApiError, call, isPassing, PORTAL, type CallOptions } from "./client";
import { dashboardPath, eventsPath, withQuery } from "./paths";
import { live } from "./live";
import { useStore } from "../lib/use-store";
import type {
  ApiKey,
  AuditEvent,
  Dashboard,
  EventList,
  KeyList,
  Me,
  Meta,
  ServerInfo,
  Stats,
  WellKnown,
} from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      // The banner's own watch asks everything again once the server is back.
      retry: (failures, error) => isPassing(error) && error instanceof ApiError && error.status !== 0 && failures < 2,
      retryDelay: (failures) => 400 * 2 ** failures,
    },
  },
});

export function fetchEvents(query: URLSearchParams, signal?: AbortSignal): Promise<EventList> {
  return call<EventList>(eventsPath(query), { signal });
}

export function fetchEvent(id: string, signal?: AbortSignal): Promise<AuditEvent> {
  return call<AuditEvent>(`${PORTAL}/audit/events/${encodeURIComponent(id)}`, { signal });
}

export function useEvent(id: string | undefined): UseQueryResult<AuditEvent> {
  return useQuery({
    queryKey: ["event", id],
    queryFn: ({ signal }) => fetchEvent(id!, signal),
    enabled: Boolean(id),
    staleTime: Infinity,
    gcTime: 60_000,
    // A new event may be in the queue still: it is written within moments.
    retry: (failures, error) =>
      error instanceof ApiError && (error.status === 404 || error.status === 503) && failures < 3,
    retryDelay: 300,
  });
}

/** The request before this one to the same path with the same method; `null` when there is none. */
export function usePreviousEvent(event: AuditEvent | undefined): UseQueryResult<AuditEvent | null> {
  return useQuery({
    queryKey: ["previous", event?.id],
    queryFn: async ({ signal }) => {
      const { path, method, timestamp } = event!;
      // The end of a range is exclusive: up to the next millisecond, so that events of the same one are seen.
      const to = new Date(Date.parse(timestamp) + 1).toISOString();
      const { events } = await fetchEvents(new URLSearchParams({ path, method, to, limit: "100" }), signal);
      return events.find((other) => other.path === path && compareEvents(other, event!) < 0) ?? null;
    },
    enabled: event !== undefined,
    staleTime: Infinity,
  });
}

/** Figures that follow time; `every` ms, and not while the page is paused. */
function useAudit<T>(what: string, filters: Filters, extra: Record<string, string>, every: number): UseQueryResult<T> {
  const following = useStore(live);
  return useQuery({
    queryKey: ["audit", what, filters, extra],
    queryFn: ({ signal }) => {
      const query = filtersToApi(filters);
      for (const [key, value] of Object.entries(extra)) query.set(key, value);
      return call<T>(withQuery(`${PORTAL}/audit/${what}`, query), { signal });
    },
    refetchInterval: following ? every : false,
    placeholderData: keepPreviousData,
  });
}

export const useStats = (filters: Filters, every = 5_000) => useAudit<Stats>("stats", filters, {}, every);
export const useRecent = (filters: Filters, limit: number) =>
  useAudit<EventList>("events", filters, { limit: String(limit) }, 5_000);

function dashboardQuery(range: Range) {
  return {
    queryKey: ["dashboard", range],
    queryFn: ({ signal }: { signal: AbortSignal }) => call<Dashboard>(dashboardPath(range), { signal }),
  };
}

/** All figures of the dashboard, about the same stretch of time. */
export function useDashboard(range: Range): UseQueryResult<Dashboard> {
  const following = useStore(live);
  return useQuery({
    ...dashboardQuery(range),
    refetchInterval: following ? 5_000 : false,
    // Another range leaves the page as it is until its figures have come.
    placeholderData: keepPreviousData,
  });
}

export function useServer(): UseQueryResult<ServerInfo> {
  return useQuery({
    queryKey: ["server"],
    queryFn: ({ signal }) => call<ServerInfo>(`${PORTAL}/server`, { signal }),
    staleTime: 60_000,
  });
}

/** Who this is; with a key to try, whose it is. */
export function fetchMe(options: CallOptions = {}): Promise<Me> {
  return call<Me>(`${PORTAL}/me`, options);
}

export function useMe(): UseQueryResult<Me> {
  return useQuery({ queryKey: ["me"], queryFn: ({ signal }) => fetchMe({ signal }), staleTime: Infinity });
}

export function useWellKnown(): UseQueryResult<WellKnown> {
  return useQuery({
    queryKey: ["wellknown"],
    queryFn: async ({ signal }): Promise<WellKnown> => {
      try {
        return await call<WellKnown>(`${PORTAL}/wellknown`, { signal, ownRefusal: true });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === 0) throw error;
        // What any client may know tells it too: protected resource metadata (RFC 9728) names the issuer.
        const resource = await call<{ authorization_servers?: string[] }>("/.well-known/oauth-protected-resource", {
          signal,
          ownRefusal: true,
        });
        return { oidc_enabled: (resource.authorization_servers ?? []).length > 0 };
      }
    },
    staleTime: Infinity,
  });
}

export function useMeta(): UseQueryResult<Meta> {
  return useQuery({
    queryKey: ["meta"],
    queryFn: ({ signal }) => call<Meta>(`${PORTAL}/audit/meta`, { signal }),
    staleTime: Infinity,
  });
}

export function useKeys(): UseQueryResult<ApiKey[]> {
  return useQuery({
    queryKey: ["keys"],
    queryFn: async ({ signal }): Promise<ApiKey[]> => (await call<KeyList>(`${ADMIN}/api-keys`, { signal })).keys,
  });
}
