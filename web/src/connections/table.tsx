import { Link } from "react-router";

import type { Connection } from "../model/types";
import { decodeBody } from "../lib/body";
import { connectionEndWords, END_NAMES } from "../lib/ends";
import { auditLink } from "../lib/filters";
import { formatBytes, formatCount, formatDuration } from "../lib/format";
import { visible } from "../lib/text";
import { Tag, Time } from "../ui/text";
import { Octets } from "../wire/octets";
import { PROTOCOLS } from "./filters";

/** Number of first bytes in a row. */
const SHORT = 48;

/** How long a connection was open, in ms. */
export const openFor = ({ opened, closed }: Connection): number => Math.max(0, Date.parse(closed) - Date.parse(opened));

export const firstBytes = (connection: Connection): Uint8Array =>
  decodeBody(connection.first_bytes, connection.first_bytes_encoding, "").bytes;

const nameIn = (names: readonly (readonly [string, string])[], value: string) =>
  names.find(([known]) => known === value)?.[1] ?? value;

export function ProtocolTags({ connection }: { connection: Connection }) {
  return (
    <span className="inline-flex gap-1">
      <Tag tone={connection.protocol === "none" ? "warn" : "plain"}>{nameIn(PROTOCOLS, connection.protocol)}</Tag>
      {connection.tls && <Tag>TLS</Tag>}
      {connection.proxy && <Tag>PROXY</Tag>}
    </span>
  );
}

const cell = "px-2 sm:px-3";

/** Connections, newest first. */
export function ConnectionTable({ connections }: { connections: readonly Connection[] }) {
  return (
    <table className="w-full text-left">
      <thead>
        <tr className="h-8 border-b border-line bg-raised text-sm text-ink-2">
          <th className={`${cell} font-normal`}>Opened</th>
          <th className={`${cell} hidden font-normal sm:table-cell`}>Peer</th>
          <th className={`${cell} hidden font-normal lg:table-cell`}>Protocol</th>
          <th className={`${cell} font-normal`}>Requests, or first bytes</th>
          <th className={`${cell} font-normal`}>Ended by</th>
          <th className={`${cell} hidden text-right font-normal md:table-cell`}>Open for</th>
          <th className={`${cell} hidden text-right font-normal lg:table-cell`}>In</th>
          <th className={`${cell} hidden text-right font-normal lg:table-cell`}>Out</th>
        </tr>
      </thead>
      <tbody>
        {connections.map((connection) => (
          <tr key={connection.id} className="h-8 border-b border-line/60 last:border-b-0 hover:bg-hover">
            <td className={`${cell} whitespace-nowrap`}>
              <Link className="link" to={`/connections/${connection.id}`}>
                <Time value={connection.opened} as="time" className="font-mono text-sm" />
              </Link>
            </td>
            <td className={`${cell} hidden font-mono text-sm whitespace-nowrap sm:table-cell`}>
              {visible(connection.remote_addr)}
            </td>
            <td className={`${cell} hidden lg:table-cell`}>
              <ProtocolTags connection={connection} />
            </td>
            <td className={`${cell} max-w-32 truncate sm:max-w-64`}>
              {connection.requests > 0 ? (
                <Link className="link" to={auditLink({ connection: connection.id })}>
                  {formatCount(connection.requests)} {connection.requests === 1 ? "request" : "requests"}
                </Link>
              ) : (
                <First connection={connection} />
              )}
            </td>
            <td className={`${cell} whitespace-nowrap`} title={connectionEndWords(connection.ended_by)}>
              {nameIn(END_NAMES, connection.ended_by)}
            </td>
            <td className={`${cell} hidden text-right whitespace-nowrap md:table-cell`}>
              {formatDuration(openFor(connection))}
            </td>
            <td className={`${cell} hidden text-right whitespace-nowrap text-ink-2 lg:table-cell`}>
              {formatBytes(connection.bytes_in)}
            </td>
            <td className={`${cell} hidden text-right whitespace-nowrap text-ink-2 lg:table-cell`}>
              {formatBytes(connection.bytes_out)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function First({ connection }: { connection: Connection }) {
  const bytes = firstBytes(connection);
  if (bytes.length === 0) return <span className="text-ink-3">no bytes</span>;
  return <Octets bytes={bytes.subarray(0, SHORT)} search="" className="font-mono text-sm" />;
}
