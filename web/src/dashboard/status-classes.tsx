import { Link } from "react-router";

import type { Dashboard } from "../model/types";
import type { Filters } from "../lib/filters";
import { formatCompact, formatPercent, STATUS_WORDS, type StatusKind } from "../lib/format";
import { cx } from "../ui/cx";
import { StatusGlyph } from "../ui/status";

const CLASSES: [StatusKind, string][] = [
  ["ok", "2xx"],
  ["redirect", "3xx"],
  ["client", "4xx"],
  ["server", "5xx"],
  ["gone", "499"],
];
const INKS: Record<StatusKind, string> = {
  ok: "text-ok",
  redirect: "text-redirect",
  client: "text-client",
  server: "text-server",
  gone: "text-gone",
  info: "text-ink-3",
};

/** Counts and shares of the status classes, each with a link to its requests. */
export function StatusClasses({
  data,
  link,
}: {
  data: Dashboard["status_classes"] | undefined;
  link: (more: Filters) => string;
}) {
  const total = (data ?? []).reduce((sum, entry) => sum + entry.count, 0);
  return (
    <ul className="flex flex-col px-1 pb-2">
      {CLASSES.map(([kind, name]) => {
        const count = data?.find((entry) => entry.class === name)?.count ?? 0;
        const share = total > 0 ? count / total : 0;
        return (
          <li key={kind}>
            <Link
              to={link({ status: name })}
              className="grid h-8 grid-cols-[52px_minmax(0,1fr)_64px_52px] items-center gap-2 rounded px-2 hover:bg-hover"
              title={STATUS_WORDS[kind]}
            >
              <span className={cx("flex items-center gap-1.5 font-mono", INKS[kind])}>
                <StatusGlyph kind={kind} />
                {name}
              </span>
              <svg
                className={cx("h-1.5 w-full rounded-full", INKS[kind])}
                aria-hidden
                preserveAspectRatio="none"
                viewBox="0 0 100 1"
              >
                <rect width="100" height="1" fill="var(--raised)" />
                <rect width={count > 0 ? Math.max(share * 100, 0.8) : 0} height="1" fill="currentColor" />
              </svg>
              <span className="text-right">{data ? formatCompact(count) : "–"}</span>
              <span className="text-right text-ink-3">{data ? formatPercent(share) : ""}</span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
