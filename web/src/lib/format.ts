/** Figures and times for people. Every figure has its unit. */

const count = new Intl.NumberFormat("en-US");
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Whole numbers with thousands separators. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? count.format(value) : "–";
}

/** Short form for narrow columns: 1.2K, 3.4M. */
export function formatCompact(value: number): string {
  return Math.abs(value) < 10_000 ? formatCount(value) : compact.format(value);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes in binary units, three digits at most: `0 B`, `812 B`, `1.5 KiB`, `64 MiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return "–";
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]!}`;
}

/** Milliseconds in a suitable unit: `4 µs`, `0.42 ms`, `12.3 ms`, `1.24 s`, `2 min 5 s`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms == null || !Number.isFinite(ms)) return "–";
  // Smaller values would be rounded to almost nothing.
  if (ms > 0 && ms < 0.0995) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 9.995) return `${ms.toFixed(2)} ms`;
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  return formatSpan(ms / 1000);
}

/** Seconds as the two largest units: `45 s`, `2 min 5 s`, `3 h 4 min`, `2 d 1 h`. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** Fraction as percent: `0%`, `0.04%`, `12.5%`, `100%`. Small fractions are never shown as 0%. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent}%`;
  if (percent < 0.01) return "<0.01%";
  return `${percent.toFixed(percent < 1 ? 2 : 1)}%`;
}

const pad = (value: number, length = 2) => String(value).padStart(length, "0");

/** Local time to the millisecond: `14:03:05.123`. */
export function formatTime(date: Date): string {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** Local date: `2026-11-24`. */
export function formatDate(date: Date): string {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** Local date and time to the second. */
export function formatDateTime(date: Date): string {
  return `${formatDate(date)} ${formatTime(date).slice(0, 8)}`;
}

/** Parses RFC 3339; `null` for anything else, so that an invalid value is shown unchanged. */
export function parseTime(text: string | null | undefined): Date | null {
  if (!text) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Relative time in one unit: `just now`, `12 s ago`, `in 3 d`. */
export function formatAgo(date: Date, now: Date = new Date()): string {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  if (Math.abs(seconds) < 1) return "just now";
  const unit = [86_400, 3600, 60, 1].find((length) => Math.abs(seconds) >= length) ?? 1;
  // Future times are rounded, so that a new key with 90 days shows 90 days, not 89.
  const whole = seconds > 0 ? Math.floor(seconds / unit) : Math.round(-seconds / unit);
  const span = formatSpan(whole * unit);
  return seconds > 0 ? `${span} ago` : `in ${span}`;
}

/** Value of `<input type="datetime-local" step=1>` for a time, in the local zone. */
export function toLocalInput(date: Date): string {
  return `${formatDate(date)}T${formatTime(date).slice(0, 8)}`;
}

/** Kind of response that a status belongs to. */
export type StatusKind = "ok" | "redirect" | "client" | "server" | "gone" | "info";

export function statusKind(status: number): StatusKind {
  if (status === 499) return "gone";
  if (status >= 500) return "server";
  if (status >= 400) return "client";
  if (status >= 300) return "redirect";
  return status >= 200 ? "ok" : "info";
}

/** Name of the kind, for titles and legends. */
export const STATUS_WORDS: Record<StatusKind, string> = {
  ok: "success",
  redirect: "redirect",
  client: "client error",
  server: "server error",
  gone: "client closed",
  info: "informational",
};
