/**
 * The portal's routes: the file of each page, and the queries that it begins with. No React in here: `main.tsx` prepares
 * the first page before React is there, links prepare the page that is likely to be next, and `app.tsx` makes a router
 * of it.
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
  /** Segments below the parent's. `:name` is a parameter, one that may be absent ends in `?`; `*` is any path. */
  path: string;
  /** Fetches the page's file; throws a `ChunkError`. */
  load: () => Promise<{ default: ComponentType }>;
  /** Asks for the first data of the page, and waits for none of it: pages have placeholders. */
  prefetch?: (params: Params, search: URLSearchParams) => void;
  /** Data is asked for when the page is entered, not at each change of its address. */
  once?: boolean;
  children?: PageRoute[];
}

const file = (load: PageRoute["load"]) => () => loadChunk(load);

export const LOGIN: PageRoute = {
  path: "login",
  load: file(() => import("./pages/sign-in")),
  prefetch: () => prefetchQuery(wellKnownOptions),
};

/** The pages of a user who is signed in. */
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
      // A range that ends now is another question each moment.
      if (!filters.range) prefetchQuery(listPageOptions({ base: filtersToApi(filters).toString(), epoch: 0, page: 0 }));
    },
    // The list is loaded anew when the user says so, not when an event is opened.
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

/** Where the portal begins. */
export const HOME = "dashboard";

/** The routes that an address (below `/portal`) leads through, outermost first, and the parameters in it. */
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

/** Begins to fetch what the page at an address (below `/portal`) needs. What fails is told when the page is shown. */
export function prepare(address: string): void {
  const { pathname, search } = new URL(address, "http://portal");
  const { routes, params } = routesAt(pathname);
  for (const route of routes) {
    route.prefetch?.(params, new URLSearchParams(search));
    route.load().catch(() => undefined);
  }
  if (routes[0] !== LOGIN) prefetchQuery(meOptions);
}
