import { statusKind, STATUS_WORDS, type StatusKind } from "../lib/format";
import { cx } from "./cx";

const STATUS_STYLES: Record<StatusKind, string> = {
  ok: "bg-ok-soft text-ok",
  redirect: "bg-redirect-soft text-redirect",
  client: "bg-client-soft text-client",
  server: "bg-server-soft text-server",
  gone: "bg-gone-soft text-gone",
  info: "bg-raised text-ink-2",
};

/** Shape for each kind, so that colour is not the only sign. */
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
      title={status ? `${status}: ${STATUS_WORDS[kind]}` : "No response head was sent"}
    >
      <StatusGlyph kind={kind} />
      {status || "none"}
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
