import { queryOptions, skipToken, useQuery } from "@tanstack/react-query";

import { fetchEvents } from "../api/options";
import { compareEvents } from "../lib/events";
import type { AuditEvent } from "../model/types";

/** The previous request to the same path with the same method; `null` when there is none. */
const previousEventOptions = ({ id, path, method, timestamp }: AuditEvent) =>
  queryOptions({
    queryKey: ["previous", id],
    queryFn: async ({ signal }): Promise<AuditEvent | null> => {
      // The end of a range is exclusive: use the next millisecond, to include events of the same one.
      const to = new Date(Date.parse(timestamp) + 1).toISOString();
      const { events } = await fetchEvents(new URLSearchParams({ path, method, to, limit: "100" }), signal);
      return events.find((other) => other.path === path && compareEvents(other, { id, timestamp }) < 0) ?? null;
    },
    staleTime: Infinity,
  });

/** Looks for the previous event; disabled without an event. */
export function usePreviousEvent(event: AuditEvent | undefined) {
  const options = previousEventOptions(event ?? ({ id: "" } as AuditEvent));
  return useQuery({ ...options, queryFn: event ? options.queryFn : skipToken });
}
