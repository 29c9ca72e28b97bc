import { Monitor, Moon, Sun } from "lucide-react";

import { setTheme, theme, type Theme } from "../lib/theme";
import { useStore } from "../lib/use-store";
import { IconButton } from "./button";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const ICONS = { system: Monitor, light: Sun, dark: Moon };

/** Shows the theme; a click selects the next one. */
export function ThemeButton() {
  const chosen = useStore(theme);
  const Icon = ICONS[chosen];
  return (
    <IconButton label={`Theme: ${chosen}`} onClick={() => setTheme(NEXT[chosen])}>
      <Icon size={16} aria-hidden />
    </IconButton>
  );
}
