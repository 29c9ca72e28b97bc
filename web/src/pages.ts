/** Pages, each in its own file. This module runs first: it starts fetching the page of the address. */
import type { ComponentType } from "react";

interface Module {
  default: ComponentType;
}

export const PAGES = {
  dashboard: () => import("./pages/dashboard"),
  audit: () => import("./pages/audit"),
  event: () => import("./pages/event"),
  compare: () => import("./pages/compare"),
  endpoints: () => import("./pages/endpoints"),
  keys: () => import("./pages/keys"),
  config: () => import("./pages/config"),
  about: () => import("./pages/about"),
  login: () => import("./pages/sign-in"),
  nowhere: () => import("./pages/not-found"),
} satisfies Record<string, () => Promise<Module>>;

export type PageName = keyof typeof PAGES;

/** Page for an address (below `/portal`). */
export function pageAt(path: string): PageName {
  const name = path.split("/")[1] || "dashboard";
  return Object.hasOwn(PAGES, name) ? (name as PageName) : "nowhere";
}

/** Pages that are already loaded and need no placeholder. */
const held = new Map<PageName, ComponentType>();

export const heldPage = (name: PageName) => held.get(name);

/** Fetches a page. A failure is reported when the page is shown. */
export async function fetchPage(name: PageName): Promise<void> {
  await PAGES[name]().then(
    (module) => held.set(name, module.default),
    () => undefined,
  );
}
