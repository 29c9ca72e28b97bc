/** The effective configuration as rows: one for each key, with its value and where it came from. */
import type { ConfigSource } from "../api/types";

export interface ConfigRow {
  path: string;
  value: string;
  source: string;
  detail: string;
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  if (value === "" || value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A value may stand with its source in the tree itself: `{"value":…,"source":…}`. */
function carriesSource(value: unknown): value is { value: unknown; source: string; detail?: string; line?: number } {
  return isPlain(value) && "value" in value && typeof value.source === "string";
}

function sourceOf(path: string, sources: Record<string, ConfigSource>): { source: string; detail: string } {
  // What is set as a whole (a list, a section) tells for its parts.
  for (let key = path; key; key = key.slice(0, Math.max(0, key.lastIndexOf(".")))) {
    const found = sources[key] ?? sources[key.replace(/\[\d+\]$/, "")];
    if (typeof found === "string") return split(found);
    if (found) return { source: found.source, detail: found.detail ?? (found.line ? `line ${found.line}` : "") };
  }
  return { source: "", detail: "" };
}

function split(text: string): { source: string; detail: string } {
  const at = /^(file|environment|env|default)\b[\s:]*(.*)$/i.exec(text);
  return at ? { source: at[1]!.toLowerCase() === "env" ? "environment" : at[1]!.toLowerCase(), detail: at[2]! } : { source: text, detail: "" };
}

export function flattenConfig(config: unknown, sources: Record<string, ConfigSource> = {}): ConfigRow[] {
  const rows: ConfigRow[] = [];
  const queue: [path: string, value: unknown][] = [["", config]];
  while (queue.length > 0) {
    const [path, value] = queue.shift()!;
    if (carriesSource(value)) {
      rows.push({ path, value: show(value.value), source: split(value.source).source, detail: value.detail ?? (value.line ? `line ${value.line}` : split(value.source).detail) });
    } else if (isPlain(value) && Object.keys(value).length > 0) {
      queue.unshift(...Object.entries(value).map(([key, inner]): [string, unknown] => [path ? `${path}.${key}` : key, inner]));
    } else if (Array.isArray(value) && value.some(isPlain)) {
      queue.unshift(...value.map((inner, at): [string, unknown] => [`${path}[${at}]`, inner]));
    } else {
      const shown = Array.isArray(value) ? value.map(show).join(", ") : isPlain(value) ? "{}" : show(value);
      rows.push({ path, value: shown, ...sourceOf(path, sources) });
    }
  }
  return rows;
}
