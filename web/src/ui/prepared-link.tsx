import { createContext, use, useRef } from "react";
import { Link, NavLink, type LinkProps, type NavLinkProps } from "react-router";

/** Starts to fetch the page at an address and its data; provided by the app. */
export const Prepare = createContext<(address: string) => void>(() => undefined);

/** Time in ms that the pointer must rest on a link: passing over links fetches nothing. */
const REST_MS = 80;

/** Handlers that prepare a page when the pointer rests on its link or the link gets the focus. */
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

/** Link that fetches its page before it is clicked. */
export function PreparedLink(props: LinkProps & { to: string }) {
  return <Link {...useIntent(props.to)} {...props} />;
}

/** The same for entries of the navigation. */
export function PreparedNavLink(props: NavLinkProps & { to: string }) {
  return <NavLink {...useIntent(props.to)} {...props} />;
}
