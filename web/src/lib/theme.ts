import { createStore, readStored, writeStored } from "./store";

/** User's choice; `system` follows the operating system. */
export type Theme = "system" | "light" | "dark";

const KEY = "api-test.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme {
  const value = readStored("local", KEY);
  return value === "light" || value === "dark" ? value : "system";
}

export const theme = createStore<Theme>(stored());
/** Current theme. */
export const isDark = createStore<boolean>(false);

function apply(): void {
  const chosen = theme.get();
  const dark = chosen === "dark" || (chosen === "system" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  isDark.set(dark);
}

export function setTheme(next: Theme): void {
  writeStored("local", KEY, next === "system" ? null : next);
  theme.set(next);
  apply();
}

system.addEventListener("change", apply);
apply();
