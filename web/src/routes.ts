/**
 * Routes of the portal: the file of each page, and its first queries. Without React, because `main.tsx` prepares the
 * first page before React is loaded. Links prepare the page that is likely to be next; `app.tsx` makes the router.
 */
import type { ComponentType } from "react";

import {
  actorsOptions,
  prefetchQuery,
  dashboardOptions,
  dashboardRange,
  documentOptions,
  eventOptions,
  keysOptions,
  listPageOptions,
  meOptions,
  serverOptions,
  wellKnownOptions,
} from "./api/options";
import { loadChunk } from "./lib/chunk";
import { filtersFromQuery, filtersToApi } from "./lib/filters";

type Params = Readonly<Partial<Record<string, string>>>;

export interface PageRoute {
  /** Segments after the parent's. `:name` is a parameter, `:name?` an optional one, `*` any path. */
  path: string;
  /** Fetches the page's file; throws a `ChunkError`. */
  load: () => Promise<{ default: ComponentType }>;
  /** Starts the first queries of the page without waiting for them: pages have placeholders. */
  prefetch?: (params: Params, search: URLSearchParams) => void;
  /** Prefetches when the page is entered only, not at each change of its address. */
  once?: boolean;
  children?: PageRoute[];
}

const file = (load: PageRoute["load"]) => () => loadChunk(load);

export const LOGIN: PageRoute = {
  path: "login",
  load: file(() => import("./pages/sign-in")),
  prefetch: () => prefetchQuery(wellKnownOptions),
};

/** Pages of a signed-in user. */
export const PAGES: PageRoute[] = [
  {
    path: "dashboard",
    load: file(() => import("./pages/dashboard")),
    prefetch: (_, search) => prefetchQuery(dashboardOptions(dashboardRange(search))),
  },
  {
    path: "audit",
    load: file(() => import("./pages/audit")),
    prefetch(_, search) {
      const filters = filtersFromQuery(search);
      // A range that ends now is a different query at each moment.
      if (!filters.range) prefetchQuery(listPageOptions({ base: filtersToApi(filters).toString(), epoch: 0, page: 0 }));
    },
    // Opening an event must not reload the list.
    once: true,
    children: [
      {
        path: ":id",
        load: file(() => import("./pages/audit-event")),
        prefetch: ({ id = "" }) => prefetchQuery(eventOptions(id)),
      },
    ],
  },
  {
    path: "event/:id",
    load: file(() => import("./pages/event")),
    prefetch: ({ id = "" }) => prefetchQuery(eventOptions(id)),
  },
  { path: "connections/:id?", load: file(() => import("./pages/connections")) },
  {
    path: "compare",
    load: file(() => import("./pages/compare")),
    prefetch(_, search) {
      for (const id of [search.get("a"), search.get("b")]) if (id) prefetchQuery(eventOptions(id));
    },
  },
  {
    path: "endpoints/:group?/:route?",
    load: file(() => import("./pages/endpoints")),
    prefetch: () => prefetchQuery(documentOptions),
  },
  { path: "keys", load: file(() => import("./pages/keys")), prefetch: () => prefetchQuery(keysOptions) },
  { path: "config", load: file(() => import("./pages/config")), prefetch: () => prefetchQuery(serverOptions) },
  {
    path: "about",
    load: file(() => import("./pages/about")),
    prefetch() {
      prefetchQuery(serverOptions);
      prefetchQuery(actorsOptions);
    },
  },
  { path: "*", load: file(() => import("./pages/not-found")) },
];

/** Page at the root of the portal. */
export const HOME = "dashboard";

/** Routes that match a path (below `/portal`), outermost first, and their parameters. */
export function routesAt(path: string): { routes: PageRoute[]; params: Params } {
  const segments = path.split("/").filter(Boolean).map(decoded);
  return find([LOGIN, ...PAGES], segments.length > 0 ? segments : [HOME])!;
}

function find(among: PageRoute[], segments: string[]): { routes: PageRoute[]; params: Params } | null {
  for (const route of among) {
    const params: Record<string, string> = {};
    const rest = [...segments];
    const fits = route.path.split("/").every((part) => {
      if (part === "*") return rest.splice(0).length >= 0;
      const segment = rest.shift();
      if (!part.startsWith(":")) return part === segment;
      if (segment === undefined) return part.endsWith("?");
      params[part.replace(/^:|\?$/g, "")] = segment;
      return true;
    });
    if (!fits) continue;
    if (rest.length === 0) return { routes: [route], params };
    const below = find(route.children ?? [], rest);
    if (below) return { routes: [route, ...below.routes], params: { ...params, ...below.params } };
  }
  return null;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Starts to fetch file and data of the page at an address (below `/portal`). The page reports failures. */
export function prepare(address: string): void {
  const { pathname, search } = new URL(address, "http://portal");
  const { routes, params } = routesAt(pathname);
  for (const route of routes) {
    route.prefetch?.(params, new URLSearchParams(search));
    route.load().catch(() => undefined);
  }
  if (routes[0] !== LOGIN) prefetchQuery(meOptions);
}
