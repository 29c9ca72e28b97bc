import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ButtonHTMLAttributes, type ComponentProps, type ReactNode } from "react";

import {
  formatAgo,
  formatDate,
  formatDateTime,
  formatTime,
  parseTime,
  statusKind,
  STATUS_WORDS,
  type StatusKind,
} from "../lib/format";
import { markPieces } from "../lib/text";

export function cx(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "plain" | "primary" | "danger" | "quiet";
  /** Shown before the words, 14 px. */
  icon?: ReactNode;
  busy?: boolean;
}

const BUTTON_KINDS = {
  plain: "border border-line-strong bg-surface hover:bg-hover",
  primary: "border border-accent bg-accent text-accent-ink hover:brightness-110",
  danger: "border border-server bg-surface text-server hover:bg-server-soft",
  quiet: "border border-transparent hover:bg-hover",
};

export function Button({ kind = "plain", icon, busy, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={cx(
        "inline-flex h-7 shrink-0 items-center justify-center gap-1.5 rounded px-2.5 whitespace-nowrap disabled:opacity-55",
        BUTTON_KINDS[kind],
        className,
      )}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {icon}
      {children}
    </button>
  );
}

/** A button of an icon alone; its label is read out and shown on hover. */
export function IconButton({
  label,
  className,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx(
        "inline-flex shrink-0 items-center justify-center rounded text-ink-2 hover:bg-hover hover:text-ink disabled:opacity-55",
        !/\bsize-/.test(className ?? "") && "size-7",
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}

/** Puts a text on the clipboard, also where the page has no secure context. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    // The only way on plain http, where portals of test servers live.
    const done = document.execCommand("copy"); // eslint-disable-line @typescript-eslint/no-deprecated
    area.remove();
    return done;
  }
}

export function CopyButton({
  text,
  label,
  children,
  className,
}: {
  text: string | (() => string);
  label: string;
  children?: ReactNode;
  className?: string;
}) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  const icon = state === "done" ? <Check size={14} aria-hidden className="text-ok" /> : <Copy size={14} aria-hidden />;
  const act = () => {
    void copyText(typeof text === "function" ? text() : text).then((done) => setState(done ? "done" : "failed"));
  };
  const said = state === "done" ? "Copied" : state === "failed" ? "Copy failed" : label;
  return children ? (
    <Button onClick={act} icon={icon} className={className}>
      {children}
      <span role="status" className="sr-only">
        {state === "idle" ? "" : said}
      </span>
    </Button>
  ) : (
    <IconButton label={said} onClick={act} className={className}>
      {icon}
    </IconButton>
  );
}

const STATUS_STYLES: Record<StatusKind, string> = {
  ok: "bg-ok-soft text-ok",
  redirect: "bg-redirect-soft text-redirect",
  client: "bg-client-soft text-client",
  server: "bg-server-soft text-server",
  gone: "bg-gone-soft text-gone",
  info: "bg-raised text-ink-2",
};

/** A form for each kind, so that colour is not the only sign. */
export function StatusGlyph({ kind }: { kind: StatusKind }) {
  return (
    <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden className="shrink-0" fill="currentColor">
      {kind === "ok" && <circle cx="4" cy="4" r="3.25" />}
      {kind === "redirect" && <path d="M0.5 3h3.7V0.8L7.6 4 4.2 7.2V5H0.5z" />}
      {kind === "client" && <path d="M4 0.6 7.8 7.4H0.2z" />}
      {kind === "server" && (
        <path d="M1.4 0.4 4 3 6.6 0.4 7.6 1.4 5 4 7.6 6.6 6.6 7.6 4 5 1.4 7.6 0.4 6.6 3 4 0.4 1.4z" />
      )}
      {kind === "gone" && (
        <path d="M4 0.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7m0 1.2c.5 0 1 .16 1.36.42L2.1 5.36A2.3 2.3 0 0 1 4 1.7m0 4.6c-.5 0-1-.16-1.36-.42L5.9 2.64A2.3 2.3 0 0 1 4 6.3" />
      )}
      {kind === "info" && <rect x="1" y="3" width="6" height="2" />}
    </svg>
  );
}

export function StatusTag({ status }: { status: number }) {
  const kind = statusKind(status);
  return (
    <span
      className={cx(
        "inline-flex h-[18px] w-[46px] items-center justify-center gap-1 rounded-[3px] font-mono text-sm",
        STATUS_STYLES[kind],
      )}
      title={`${status}: ${STATUS_WORDS[kind]}`}
    >
      <StatusGlyph kind={kind} />
      {status}
    </span>
  );
}

export function MethodTag({ method }: { method: string }) {
  return (
    <span
      className="inline-flex h-[18px] w-[58px] items-center rounded-[3px] bg-raised px-1 font-mono text-sm text-ink-2"
      title={method}
    >
      <span className="truncate">{method}</span>
    </span>
  );
}

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

/** A moment in the local zone, `precise` to the millisecond; UTC on hover. */
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

/** Text with the places that a search found. */
export function Marked({ text, search }: { text: string; search: string }) {
  if (!search) return text;
  return markPieces(text, search).map((piece, at) => (piece.marked ? <mark key={at}>{piece.text}</mark> : piece.text));
}

/** A grey block where something will be, of that size. */
export function Skeleton({ className }: { className?: string }) {
  return <div className={cx("skeleton", className)} aria-hidden />;
}

export function Field({
  label,
  hint,
  error,
  children,
  className,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  children: ReactNode;
  className?: string;
}) {
  return (
    <label className={cx("flex min-w-0 flex-col gap-1", className)}>
      <span className="label">{label}</span>
      {children}
      {error ? (
        <span className="text-sm text-server">{error}</span>
      ) : hint ? (
        <span className="text-sm text-ink-3">{hint}</span>
      ) : null}
    </label>
  );
}

export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <select className={cx("control pr-1 pl-1.5", className)} {...rest}>
      {children}
    </select>
  );
}

/** A few choices of which one holds. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className="inline-flex h-7 shrink-0 rounded border border-line-strong bg-surface p-0.5"
    >
      {options.map(([option, words], at) => (
        <button
          key={option}
          type="button"
          role="radio"
          aria-checked={option === value}
          tabIndex={option === value || (at === 0 && !options.some(([other]) => other === value)) ? 0 : -1}
          className={cx(
            "rounded-[3px] px-2 leading-none whitespace-nowrap",
            option === value ? "bg-accent-soft font-semibold text-accent" : "text-ink-2 hover:bg-hover",
          )}
          onClick={() => onChange(option)}
          onKeyDown={(event) => {
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (!step) return;
            event.preventDefault();
            const next = (at + step + options.length) % options.length;
            onChange(options[next]![0]);
            (event.currentTarget.parentElement?.children[next] as HTMLElement | undefined)?.focus();
          }}
        >
          {words}
        </button>
      ))}
    </div>
  );
}

/** A command or an address with a button that copies it. */
export function CodeLine({ code, label, className }: { code: string; label: string; className?: string }) {
  return (
    <div className={cx("flex min-w-0 items-start gap-1 rounded border border-line bg-raised", className)}>
      <pre
        className="min-w-0 flex-1 px-2 py-1 font-mono text-sm leading-5 break-words whitespace-pre-wrap"
        role="group"
        aria-label={label}
      >
        {code}
      </pre>
      <CopyButton text={code} label={`Copy: ${label}`} />
    </div>
  );
}
