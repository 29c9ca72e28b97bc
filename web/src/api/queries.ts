/** Hooks for the queries of the pages (`options.ts`). */
import { keepPreviousData, skipToken, useQuery } from "@tanstack/react-query";

import type { Filters, Range } from "../lib/filters";
import { useStore } from "../lib/use-store";
import { live } from "./live";
import {
  actorsOptions,
  dashboardOptions,
  documentOptions,
  eventOptions,
  keysOptions,
  meOptions,
  metaOptions,
  serverOptions,
  statsOptions,
  wellKnownOptions,
} from "./options";

/** Interval in ms at which figures are refreshed while live updates are on. */
const EVERY_MS = 5_000;

/** Options of figures that follow time: refreshed while live updates are on, and shown until new ones arrive. */
function useFollowing() {
  const following = useStore(live);
  return { refetchInterval: following ? EVERY_MS : (false as const), placeholderData: keepPreviousData };
}

export const useStats = (filters: Filters) => useQuery({ ...statsOptions(filters), ...useFollowing() });
export const useDashboard = (range: Range) => useQuery({ ...dashboardOptions(range), ...useFollowing() });
export const useServer = () => useQuery(serverOptions);
/** Actors, refreshed every 5 s. */
export const useActors = () => useQuery({ ...actorsOptions, refetchInterval: 5_000 });
/** OpenAPI document of the endpoints under `/v1/`. */
export const useApiDocument = () => useQuery(documentOptions);
export const useMe = () => useQuery(meOptions);
export const useWellKnown = () => useQuery(wellKnownOptions);
export const useMeta = () => useQuery(metaOptions);
export const useKeys = () => useQuery(keysOptions);

/** Event with its payload; disabled without an id. */
export function useEvent(id: string | undefined) {
  const options = eventOptions(id ?? "");
  return useQuery({ ...options, queryFn: id ? options.queryFn : skipToken });
}
