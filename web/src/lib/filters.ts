/** Audit filters, and their conversion to and from the URL. One table defines them. */

/** Keys of the API, in the order of the filter form. */
export const FILTER_KEYS = [
  "q",
  "status",
  "method",
  "path",
  "route_name",
  "endpoint_group",
  "success",
  "min_duration_ms",
  "fingerprint",
  "source",
  "user",
  "auth_type",
  "session",
  "request_id",
  "trace_id",
  "test_run",
  "connection",
  "remote_addr",
  "http_version",
  "ended_by",
  "rule",
  "header",
  "has_header",
  "from",
  "to",
] as const;

export type FilterKey = (typeof FILTER_KEYS)[number];

/** Time ranges that end now. The URL has `range`; a query has `from`. */
export const RANGES = { "15m": 900, "1h": 3600, "24h": 86_400, "7d": 604_800 } as const;
export type Range = keyof typeof RANGES;

export const RANGE_WORDS: Record<Range, string> = {
  "15m": "Last 15 min",
  "1h": "Last hour",
  "24h": "Last 24 h",
  "7d": "Last 7 days",
};

export function isRange(text: string | null | undefined): text is Range {
  return text != null && Object.hasOwn(RANGES, text);
}

export type Filters = Partial<Record<FilterKey, string>> & { range?: Range };

/** Filters that may be repeated; the form has one value per line. */
const REPEATED: readonly FilterKey[] = ["header", "has_header"];

/** Parses filters from a query. Empty values count as absent, unknown keys are ignored. */
export function filtersFromQuery(query: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const key of FILTER_KEYS) {
    const value = REPEATED.includes(key) ? query.getAll(key).filter(Boolean).join("\n") : query.get(key);
    if (value) filters[key] = value;
  }
  const range = query.get("range");
  // An absolute start or end takes precedence over a range that ends now.
  if (isRange(range) && !filters.from && !filters.to) filters.range = range;
  return filters;
}

/** Writes filters into a query, in a fixed order so that equal views have equal URLs. Other keys of `base` are kept. */
export function filtersToQuery(filters: Filters, base?: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of FILTER_KEYS) {
    const value = filters[key]?.trim();
    if (!value) continue;
    for (const one of REPEATED.includes(key) ? value.split("\n") : [value]) {
      if (one.trim()) query.append(key, one.trim());
    }
  }
  if (filters.range && !filters.from && !filters.to) query.set("range", filters.range);
  for (const [key, value] of base ?? []) {
    if (key !== "range" && !(FILTER_KEYS as readonly string[]).includes(key)) query.append(key, value);
  }
  return query;
}

/** Query for the API: a range becomes a start. */
export function filtersToApi(filters: Filters, now: Date = new Date()): URLSearchParams {
  const { range, ...rest } = filters;
  const query = filtersToQuery(rest);
  if (range && !rest.from && !rest.to) {
    query.set("from", new Date(now.getTime() - RANGES[range] * 1000).toISOString());
  }
  return query;
}

/** Link to the audit view with these filters. */
export function auditLink(filters: Filters, eventId?: string): string {
  const query = filtersToQuery(filters).toString();
  return `/audit${eventId ? `/${eventId}` : ""}${query ? `?${query}` : ""}`;
}

/** Number of active filters. */
export function countFilters(filters: Filters): number {
  return Object.values(filters).filter(Boolean).length;
}
