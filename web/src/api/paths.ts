/** Addresses of what the first pages begin with; asked for before React is there (`main.tsx`), and again by the pages. */
import { filtersFromQuery, filtersToApi, isRange, type Range } from "../lib/filters";
import { PORTAL } from "./client";

/** Rows of the audit list that are asked for at once. */
export const PAGE = 50;

export const withQuery = (path: string, query: URLSearchParams) => {
  const search = query.toString();
  return search ? `${path}?${search}` : path;
};

export const eventsPath = (query: URLSearchParams) => withQuery(`${PORTAL}/audit/events`, query);
export const dashboardPath = (range: Range) => `${PORTAL}/dashboard?range=${range}`;

/** The span of a dashboard's address. */
export function dashboardRange(search: URLSearchParams): Range {
  const asked = search.get("range");
  return isRange(asked) ? asked : "1h";
}

/** What the page at this address (below `/portal`) asks for first. */
export function firstCalls(path: string, search: URLSearchParams): string[] {
  const calls = [`${PORTAL}/me`];
  if (path === "/login") return [];
  if (path === "" || path === "/" || path === "/dashboard") calls.unshift(dashboardPath(dashboardRange(search)));
  const filters = filtersFromQuery(search);
  // A span that ends now is another question each moment.
  if (/^\/audit(\/|$)/.test(path) && !filters.range) {
    const query = filtersToApi(filters);
    query.set("limit", String(PAGE));
    calls.unshift(eventsPath(query));
  }
  return calls;
}
