import type { ReactNode } from "react";

import { cx } from "../ui/cx";

/** Name and value; `long` values, such as ids, get their own line in two-column layouts. */
export function DetailRow({
  name,
  className,
  long,
  children,
}: {
  name: string;
  className?: string;
  long?: boolean;
  children: ReactNode;
}) {
  return (
    <div
      className={cx(
        "grid min-w-0 grid-cols-[80px_minmax(0,1fr)] gap-x-3 py-0.5 leading-5",
        long && "@xl:col-span-2 @5xl:col-span-1",
      )}
    >
      <dt className="text-ink-3">{name}</dt>
      <dd className={cx("min-w-0 leading-5! [overflow-wrap:anywhere]", className)}>{children}</dd>
    </div>
  );
}
