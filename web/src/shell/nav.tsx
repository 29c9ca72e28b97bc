import { Cable, Info, KeyRound, LayoutDashboard, Logs, Plug, Settings2 } from "lucide-react";
import type { ReactNode } from "react";

export interface NavItem {
  to: string;
  label: string;
  icon: ReactNode;
}

const size = { size: 16, "aria-hidden": true } as const;

export const NAV_ITEMS: NavItem[] = [
  { to: "/dashboard", label: "Dashboard", icon: <LayoutDashboard {...size} /> },
  { to: "/audit", label: "Audit", icon: <Logs {...size} /> },
  { to: "/connections", label: "Connections", icon: <Cable {...size} /> },
  { to: "/endpoints", label: "Endpoints", icon: <Plug {...size} /> },
  { to: "/keys", label: "Keys", icon: <KeyRound {...size} /> },
  { to: "/config", label: "Config", icon: <Settings2 {...size} /> },
  { to: "/about", label: "About", icon: <Info {...size} /> },
];
