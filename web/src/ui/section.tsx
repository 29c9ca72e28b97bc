import type { ReactNode } from "react";

import { cx } from "./cx";

/** Card with a heading. */
export function Section({
  title,
  aside,
  children,
  className,
  level = 3,
}: {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
  level?: 2 | 3;
}) {
  const Heading = `h${level}` as const;
  return (
    <section className={cx("card shrink-0 overflow-hidden", className)}>
      <header className="flex min-h-8 flex-wrap items-center gap-x-2 border-line px-3 py-1 not-last:border-b">
        <Heading className="flex-1 font-semibold">{title}</Heading>
        {aside && <span className="text-sm text-ink-3">{aside}</span>}
      </header>
      {children}
    </section>
  );
}
