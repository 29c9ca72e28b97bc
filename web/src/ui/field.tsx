import type { ComponentProps, ReactNode } from "react";

import { cx } from "./cx";

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
