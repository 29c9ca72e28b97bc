/** Effective configuration as rows: one per key, with its value and origin. */
import type { ConfigSource } from "../model/types";

export interface ConfigRow {
  path: string;
  value: string;
  /** `file`, `environment` or `default`. */
  source: string;
  /** The file and its line, or the variable. */
  detail: string;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  if (value === "" || value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function sourceOf(path: string, sources: Record<string, ConfigSource>): { source: string; detail: string } {
  // A list or section that is set as a whole gives its parts their origin.
  for (let key = path; key; key = key.slice(0, Math.max(0, key.lastIndexOf(".")))) {
    const found = sources[key] ?? sources[key.replace(/\[\d+\]$/, "")];
    if (found) return { source: found.source, detail: found.detail ?? "" };
  }
  return { source: "", detail: "" };
}

export function flattenConfig(config: unknown, sources: Record<string, ConfigSource> = {}): ConfigRow[] {
  const rows: ConfigRow[] = [];
  const queue: [path: string, value: unknown][] = [["", config]];
  while (queue.length > 0) {
    const [path, value] = queue.shift()!;
    if (isPlain(value) && Object.keys(value).length > 0) {
      queue.unshift(
        ...Object.entries(value).map(([key, inner]): [string, unknown] => [path ? `${path}.${key}` : key, inner]),
      );
    } else if (Array.isArray(value) && value.some(isPlain)) {
      queue.unshift(...value.map((inner, at): [string, unknown] => [`${path}[${at}]`, inner]));
    } else {
      const shown = Array.isArray(value) ? value.map(show).join(", ") : isPlain(value) ? "{}" : show(value);
      rows.push({ path, value: shown, ...sourceOf(path, sources) });
    }
  }
  return rows;
}
