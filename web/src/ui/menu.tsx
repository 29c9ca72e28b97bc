import { LazyPopup } from "./lazy-popup";
import type { MenuProps } from "./menu-items";

const load = () => import("./open-menu");

/** Button with a menu whose code is loaded on first use. */
export function Menu(props: MenuProps) {
  return <LazyPopup load={load} trigger={props.trigger} kind="menu" show={(OpenMenu) => <OpenMenu {...props} />} />;
}
