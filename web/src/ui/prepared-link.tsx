import { createContext, use, useRef } from "react";
import { Link, NavLink, type LinkProps, type NavLinkProps } from "react-router";

/** Begins to fetch what the page at an address needs; the app provides it. */
export const Prepare = createContext<(address: string) => void>(() => undefined);

/** How long the pointer rests on a link before its page is prepared, in ms: one that passes over many wants none. */
const REST_MS = 80;

/** Handlers that prepare a page when the pointer rests on its link, or the link has the focus. */
function useIntent(to: string) {
  const prepare = use(Prepare);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return {
    onPointerEnter() {
      timer.current = setTimeout(() => prepare(to), REST_MS);
    },
    onPointerLeave: () => clearTimeout(timer.current),
    onFocus: () => prepare(to),
  };
}

/** A link whose page is on its way before it is pressed. */
export function PreparedLink(props: LinkProps & { to: string }) {
  return <Link {...useIntent(props.to)} {...props} />;
}

/** The same for the entries of the menu. */
export function PreparedNavLink(props: NavLinkProps & { to: string }) {
  return <NavLink {...useIntent(props.to)} {...props} />;
}
