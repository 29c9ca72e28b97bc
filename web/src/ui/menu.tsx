import type { ReactElement, ReactNode } from "react";

import { Later, type TriggerProps } from "./later";

export interface MenuItem {
  label: string;
  hint?: string;
  icon?: ReactNode;
  checked?: boolean;
  disabled?: boolean;
  /** Keeps the menu open, for ticking several. */
  stay?: boolean;
  act: () => void;
}

export interface MenuProps {
  trigger: ReactElement<TriggerProps>;
  items: (MenuItem | "line")[];
  label: string;
  align?: "start" | "end";
}

const load = () => import("./open-menu");

/** A button with a menu; what makes the menu is fetched when it is first wanted. */
export function Menu(props: MenuProps) {
  return <Later load={load} trigger={props.trigger} kind="menu" show={(OpenMenu) => <OpenMenu {...props} />} />;
}
