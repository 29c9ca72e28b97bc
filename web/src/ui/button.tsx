import type { ButtonHTMLAttributes, ReactNode } from "react";

import { cx } from "./cx";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "plain" | "primary" | "danger" | "quiet";
  /** Icon before the text, 14 px. */
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

/** Icon button; its label is read aloud and shown on hover. */
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
