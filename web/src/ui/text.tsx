import type { ReactNode } from "react";

import { formatAgo, formatDate, formatDateTime, formatTime, parseTime } from "../lib/format";
import { markPieces } from "../lib/text";
import { cx } from "./cx";

export function Tag({
  children,
  title,
  tone = "plain",
}: {
  children: ReactNode;
  title?: string;
  tone?: "plain" | "warn" | "accent" | "bad";
}) {
  const tones = {
    plain: "bg-raised text-ink-2",
    warn: "bg-client-soft text-client",
    accent: "bg-accent-soft text-accent",
    bad: "bg-server-soft text-server",
  };
  return (
    <span
      className={cx("inline-flex h-[18px] items-center rounded-[3px] px-1.5 text-sm whitespace-nowrap", tones[tone])}
      title={title}
    >
      {children}
    </span>
  );
}

function textOf(date: Date, as: "datetime" | "precise" | "time" | "ago"): string {
  if (as === "time") return formatTime(date);
  if (as === "ago") return formatAgo(date);
  return as === "precise" ? `${formatDate(date)} ${formatTime(date)}` : formatDateTime(date);
}

/** Time in the local zone, `precise` to the millisecond; UTC on hover. */
export function Time({
  value,
  as = "datetime",
  className,
}: {
  value: string | null | undefined;
  as?: "datetime" | "precise" | "time" | "ago";
  className?: string;
}) {
  const date = parseTime(value);
  if (!date) return <span className={className}>{value ?? "–"}</span>;
  const text = textOf(date, as);
  return (
    <time
      dateTime={value ?? undefined}
      title={`${date.toISOString().replace("T", " ").replace("Z", "")} UTC${as === "ago" ? `\n${formatDateTime(date)} local` : ""}`}
      className={className}
    >
      {text}
    </time>
  );
}

/** Text with highlighted matches. */
export function Highlight({ text, search }: { text: string; search: string }) {
  if (!search) return text;
  return markPieces(text, search).map((piece, at) => (piece.marked ? <mark key={at}>{piece.text}</mark> : piece.text));
}

/** Grey placeholder of this size. */
export function Skeleton({ className }: { className?: string }) {
  return <div className={cx("skeleton", className)} aria-hidden />;
}
