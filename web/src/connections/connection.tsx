import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { connectionsLink } from "./filters";
import { connectionOptions, MAX_REQUESTS } from "./queries";
import { firstBytes, openFor, ProtocolTags } from "./table";
import { HexView } from "../event/hex-view";
import type { AuditEvent, Connection as Row } from "../model/types";
import { connectionEndWords } from "../lib/ends";
import { auditLink } from "../lib/filters";
import { formatBytes, formatCount, formatDuration } from "../lib/format";
import { visible } from "../lib/text";
import { Section } from "../ui/section";
import { MethodTag, StatusTag } from "../ui/status";
import { ErrorState } from "../ui/states";
import { Skeleton, Time } from "../ui/text";
import { FactRow, FactRows, Facts } from "../wire/connection-facts";
import { factsOf } from "../wire/record";

/** One connection: its facts, and its requests. */
export function Connection({ id }: { id: string }) {
  const { data, error, isError, refetch } = useQuery(connectionOptions(id));
  if (isError && !data)
    return (
      <ErrorState
        error={error}
        title="Connection not found"
        advice="A connection is recorded when it has ended, and kept for audit.retention_days."
        retry={() => void refetch()}
      />
    );
  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h1 className="text-lg font-semibold">Connection</h1>
        <span className="font-mono text-sm [overflow-wrap:anywhere] text-ink-2">{visible(id)}</span>
      </div>
      {!data ? (
        <Skeleton className="h-64" />
      ) : (
        <>
          {data.connection ? (
            <Ended connection={data.connection} />
          ) : (
            <p className="card px-3 py-2 text-ink-2">
              Still open, or not recorded: a connection is recorded when it has ended. These are its requests so far.
            </p>
          )}
          <Requests id={id} events={data.events} total={data.connection?.requests} />
        </>
      )}
    </div>
  );
}

function Ended({ connection }: { connection: Row }) {
  const { remote_addr: peer, error_message: problem } = connection;
  const tls = factsOf(connection.tls);
  const proxy = factsOf(connection.proxy);
  const bytes = firstBytes(connection);
  return (
    <>
      <Section title="Facts" level={2} aside={<ProtocolTags connection={connection} />}>
        <Facts>
          <FactRow name="Ended">
            {connectionEndWords(connection.ended_by)}
            {problem && <span className="block text-server">{visible(problem)}</span>}
          </FactRow>
          <FactRow name="Peer">
            <Link className="link font-mono text-sm" to={connectionsLink({ remote_addr: withoutPort(peer) })}>
              {visible(peer)}
            </Link>
          </FactRow>
          <FactRow name="Local port">{connection.local_port}</FactRow>
          <FactRow name="Opened">
            <Time value={connection.opened} as="precise" />
          </FactRow>
          <FactRow name="Closed">
            <Time value={connection.closed} as="precise" />{" "}
            <span className="whitespace-nowrap text-ink-3">after {formatDuration(openFor(connection))}</span>
          </FactRow>
          <FactRow name="Bytes">
            {formatBytes(connection.bytes_in)} in, {formatBytes(connection.bytes_out)} out
            {tls && <span className="text-ink-3">, without TLS</span>}
          </FactRow>
          <FactRow name="Instance">{visible(connection.instance)}</FactRow>
          {tls && <FactRows facts={tls} prefix="TLS" />}
          {proxy && <FactRows facts={proxy} prefix="PROXY" />}
        </Facts>
      </Section>
      {bytes.length > 0 && (
        <Section title="First bytes" level={2} aside={formatBytes(bytes.length)}>
          <HexView bytes={bytes} search="" label="First bytes as hex" />
        </Section>
      )}
    </>
  );
}

/** Address without its port; IPv6 addresses lose their brackets. */
function withoutPort(peer: string): string {
  return peer.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function Requests({ id, events, total }: { id: string; events: AuditEvent[]; total: number | undefined }) {
  const shown = events.slice(0, MAX_REQUESTS);
  return (
    <Section
      title="Requests"
      level={2}
      aside={
        <Link className="link" to={auditLink({ connection: id })}>
          In the audit list
        </Link>
      }
    >
      {total !== undefined && total > shown.length && shown.length > 0 && (
        <p className="px-3 pt-2 text-ink-3">
          {formatCount(shown.length)} of {formatCount(total)} requests: those on record, at most{" "}
          {formatCount(MAX_REQUESTS)}.
        </p>
      )}
      {shown.length === 0 ? (
        <p className="px-3 py-2 text-ink-3">
          {total ? "None on record: only requests under /v1/ are." : "No request was understood."}
        </p>
      ) : (
        <ol className="py-1">
          {shown.map((event) => (
            <li key={event.id} className="flex items-center gap-3 px-3 py-1 hover:bg-hover">
              <span className="w-8 shrink-0 text-right text-ink-3">{event.request_on_connection}</span>
              <Time value={event.timestamp} as="time" className="hidden font-mono text-sm text-ink-2 sm:inline" />
              <StatusTag status={event.status} />
              <MethodTag method={event.method} />
              <Link
                className="link min-w-0 flex-1 truncate font-mono text-sm"
                to={{ pathname: `/event/${event.id}`, hash: "#wire" }}
              >
                {visible(event.target.slice(0, 500)) || "(no target)"}
              </Link>
              <span className="hidden whitespace-nowrap text-ink-2 sm:inline">{formatDuration(event.duration_ms)}</span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
