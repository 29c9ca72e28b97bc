/** Filters of the connections, and their conversion to and from the URL. */
import { isRange, RANGES, type Range } from "../lib/filters";

export const CONNECTION_KEYS = ["remote_addr", "protocol", "ended_by", "from", "to"] as const;

export type ConnectionFilters = Partial<Record<(typeof CONNECTION_KEYS)[number], string>> & { range?: Range };

/** Protocols, with their names. */
export const PROTOCOLS = [
  ["http/1", "HTTP/1"],
  ["http/2", "HTTP/2"],
  ["tap", "Tap"],
  ["none", "No HTTP"],
] as const;

/** Parses filters from a query. Empty values count as absent, unknown keys are ignored. */
export function connectionFilters(query: URLSearchParams): ConnectionFilters {
  const filters: ConnectionFilters = {};
  for (const key of CONNECTION_KEYS) {
    const value = query.get(key);
    if (value) filters[key] = value;
  }
  const range = query.get("range");
  if (isRange(range) && !filters.from && !filters.to) filters.range = range;
  return filters;
}

/** Link to the connections with these filters. */
export function connectionsLink(filters: ConnectionFilters): string {
  const query = new URLSearchParams();
  for (const key of [...CONNECTION_KEYS, "range"] as const) {
    const value = filters[key]?.trim();
    if (value) query.set(key, value);
  }
  const text = query.toString();
  return `/connections${text ? `?${text}` : ""}`;
}

/** Query for the API: a range becomes a start. */
export function connectionQuery({ range, ...rest }: ConnectionFilters, now: Date = new Date()): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of CONNECTION_KEYS) {
    const value = rest[key]?.trim();
    if (value) query.set(key, value);
  }
  if (range && !rest.from && !rest.to) {
    query.set("from", new Date(now.getTime() - RANGES[range] * 1000).toISOString());
  }
  return query;
}
