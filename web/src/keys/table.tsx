import { Trash2 } from "lucide-react";

import type { ApiKey } from "../model/types";
import { formatAgo, parseTime } from "../lib/format";
import { IconButton } from "../ui/button";
import { Tag, Time } from "../ui/text";

/** Keys, newest first. `now`: when the list was fetched, in ms since 1970. */
export function KeyTable({ keys, now, onRevoke }: { keys: ApiKey[]; now: number; onRevoke: (key: ApiKey) => void }) {
  return (
    <div className="card overflow-x-auto" tabIndex={0} role="region" aria-label="Keys">
      <table className="w-full text-left">
        <thead>
          <tr className="h-8 border-b border-line bg-raised text-sm text-ink-2">
            <th className="px-2 font-normal sm:px-3">Name</th>
            <th className="hidden px-3 font-normal sm:table-cell">Description</th>
            <th className="hidden px-3 font-normal md:table-cell">Created</th>
            <th className="px-2 font-normal sm:px-3">Expires</th>
            <th className="px-2 font-normal sm:px-3">Last used</th>
            <th className="w-10 px-1 sm:w-12 sm:px-3">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.name} className="h-9 border-b border-line/60 last:border-b-0 hover:bg-hover">
              <td
                className="max-w-24 truncate px-2 font-mono text-sm font-semibold sm:max-w-56 sm:px-3"
                title={key.name}
              >
                {key.name}
              </td>
              <td
                className="hidden max-w-72 min-w-32 truncate px-3 text-ink-2 sm:table-cell"
                title={key.description ?? undefined}
              >
                {key.description || <span className="text-ink-3">–</span>}
              </td>
              <td className="hidden px-3 whitespace-nowrap md:table-cell">
                <Time value={key.created_at} as="ago" />{" "}
                <span className="text-ink-3">{key.created_by ? `by ${key.created_by}` : ""}</span>
              </td>
              <td className="px-2 whitespace-nowrap sm:px-3">
                <Expiry value={key.expires_at} now={now} />
              </td>
              <td className="px-2 whitespace-nowrap sm:px-3">
                {key.last_used_at ? (
                  <Time value={key.last_used_at} as="ago" />
                ) : (
                  <span className="text-ink-3">never</span>
                )}
              </td>
              <td className="px-1 sm:px-2">
                <IconButton label={`Revoke ${key.name}`} onClick={() => onRevoke(key)} className="hover:text-server">
                  <Trash2 size={14} aria-hidden />
                </IconButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Expiry({ value, now }: { value: string | null | undefined; now: number }) {
  const date = parseTime(value);
  if (!date) return <span className="text-ink-3">never</span>;
  const left = date.getTime() - now;
  if (left <= 0)
    return (
      <Tag tone="bad" title={date.toISOString()}>
        ✕&nbsp;<span className="hidden sm:inline">expired&nbsp;</span>
        {formatAgo(date)}
      </Tag>
    );
  if (left < 7 * 864e5)
    return (
      <Tag tone="warn" title={date.toISOString()}>
        ▲ {formatAgo(date)}
      </Tag>
    );
  return <Time value={value} as="ago" />;
}
