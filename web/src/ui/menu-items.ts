import type { ReactElement, ReactNode } from "react";

import type { TriggerProps } from "./lazy-popup";

export interface MenuItem {
  label: string;
  hint?: string;
  icon?: ReactNode;
  checked?: boolean;
  disabled?: boolean;
  /** Keeps the menu open for several choices. */
  stay?: boolean;
  act: () => void;
}

export interface MenuProps {
  trigger: ReactElement<TriggerProps>;
  items: (MenuItem | "line")[];
  label: string;
  align?: "start" | "end";
}
