import { LazyPopup } from "./lazy-popup";
import type { MenuProps } from "./menu-items";

const load = () => import("./open-menu");

/** A button with a menu, whose code is fetched when it is first wanted. */
export function Menu(props: MenuProps) {
  return <LazyPopup load={load} trigger={props.trigger} kind="menu" show={(OpenMenu) => <OpenMenu {...props} />} />;
}
