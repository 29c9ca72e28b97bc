import { CircleAlert, Inbox } from "lucide-react";
import type { ReactNode } from "react";

import { ApiError, isAuditOff } from "../api/errors";
import { Button } from "./button";

export function Empty({
  title,
  children,
  icon,
  level = 1,
}: {
  title: string;
  children?: ReactNode;
  icon?: ReactNode;
  level?: 1 | 2;
}) {
  const Heading = `h${level}` as const;
  return (
    <div className="mx-auto flex w-full max-w-[640px] flex-col gap-2 px-4 py-10">
      <Heading className="flex items-center gap-2 font-semibold text-ink">
        {icon ?? <Inbox size={16} aria-hidden className="text-ink-3" />}
        {title}
      </Heading>
      <div className="flex flex-col gap-2 text-ink-2">{children}</div>
    </div>
  );
}

/** True when title and next step repeat the server's message. */
const isSaid = (error: unknown) => isAuditOff(error) || (error instanceof ApiError && error.status === 404);

/** Next step, depending on the error. */
function adviceFor(error: unknown): ReactNode {
  if (isAuditOff(error)) {
    return (
      <>
        audit.enabled is false. Set <code className="font-mono">audit.enabled: true</code> and{" "}
        <code className="font-mono">database.url</code> (for example{" "}
        <code className="font-mono">sqlite:data/api-test.sqlite</code>) in the configuration file, or{" "}
        <code className="font-mono">APITEST__AUDIT__ENABLED=true</code> in the environment, and restart the server.
      </>
    );
  }
  if (!(error instanceof ApiError)) return "Try again or reload.";
  switch (error.status) {
    case 0:
      return "Reconnecting…";
    case 400:
      return null;
    case 401:
      return "Sign in again.";
    case 403:
      return "You don't have permission.";
    case 404:
      return "It may have expired: audit.retention_days says how long events are kept.";
    case 503:
      return error.retryAfter
        ? `Try again in ${error.retryAfter} s.`
        : "Try again later. See the server log and /readyz.";
    default:
      return error.status >= 500 ? "See the server log for the cause." : "Try again.";
  }
}

export function ErrorState({
  error,
  retry,
  action = "Try again",
  title,
  advice = adviceFor(error),
  compact,
  level = 1,
}: {
  error: unknown;
  retry?: () => void;
  /** Label of the button that calls `retry`. */
  action?: string;
  title?: string;
  /** Next step; by default the one for this kind of error. */
  advice?: ReactNode;
  compact?: boolean;
  level?: 1 | 2;
}) {
  const Heading = compact ? "p" : (`h${level}` as const);
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div
      role="alert"
      className={compact ? "flex flex-col gap-1 p-3" : "mx-auto flex w-full max-w-[640px] flex-col gap-2 px-4 py-10"}
    >
      <Heading className="flex items-start gap-2 font-semibold">
        <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-server" />
        <span className="min-w-0 break-words">{title ?? message}</span>
      </Heading>
      {title && !isSaid(error) && <div className="break-words text-ink-2">{message}</div>}
      <div className="text-ink-2">{advice}</div>
      {retry && (
        <div>
          <Button onClick={retry}>{action}</Button>
        </div>
      )}
    </div>
  );
}
