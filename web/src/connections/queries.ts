/** Queries of the connections. Not among those of `api`, which are part of the first page. */
import { queryOptions } from "@tanstack/react-query";

import { api, dataOf, withSearch } from "../api/client";
import { ApiError } from "../api/errors";
import { fetchEvents } from "../api/options";
import type { AuditEvent, Connection, ConnectionList } from "../model/types";

/** Number of connections in a page. */
const PAGE = 100;

/** Page of the list. `base`: the filters in API form; `epoch` counts reloads. */
export const connectionsOptions = (base: string, epoch: number, cursor: string | null) =>
  queryOptions({
    queryKey: ["connections", base, epoch, cursor],
    queryFn: ({ signal }): Promise<ConnectionList> => {
      const query = new URLSearchParams(base);
      query.set("limit", String(PAGE));
      if (cursor) query.set("cursor", cursor);
      return dataOf(api.GET("/api/v1/portal/audit/connections", { ...withSearch(query), signal }));
    },
    staleTime: Infinity,
  });

/** A connection and its requests. Without a record, because it is still open or expired, it has requests alone. */
export interface Shown {
  connection: Connection | null;
  events: AuditEvent[];
}

/** Maximum number of requests that are listed. */
export const MAX_REQUESTS = 1000;

export const connectionOptions = (id: string) =>
  queryOptions({
    queryKey: ["connection", id],
    queryFn: async ({ signal }): Promise<Shown> => {
      try {
        const call = api.GET("/api/v1/portal/audit/connections/{id}", { params: { path: { id } }, signal });
        const { events, ...connection } = await dataOf(call);
        return { connection, events };
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
        const query = new URLSearchParams({ connection: id, limit: String(MAX_REQUESTS) });
        const { events } = await fetchEvents(query, signal);
        if (events.length === 0) throw error;
        const place = (event: AuditEvent) => event.request_on_connection ?? 0;
        return { connection: null, events: events.sort((a, b) => place(a) - place(b)) };
      }
    },
    retry: false,
  });
