import { useMemo } from "react";
import { Link } from "react-router";

import type { AuditEvent } from "../model/types";
import { toBase64 } from "../lib/body";
import { endWords } from "../lib/ends";
import { auditLink } from "../lib/filters";
import { formatBytes, formatCount, formatDuration } from "../lib/format";
import { visible } from "../lib/text";
import { CopyButton } from "../ui/copy";
import { Section } from "../ui/section";
import { Empty } from "../ui/states";
import { Tag, Time } from "../ui/text";
import { FactRow, FactRows, Facts } from "./connection-facts";
import { Frames } from "./frames";
import { FieldList, HeadView } from "./head-view";
import { namedByte, placeInRecord } from "./head";
import { wireOf, type Chunks, type WireRecord, type WireRequest, type WireResponse } from "./record";
import { Octets } from "./octets";
import { Refusal } from "./refusal";
import { TimelineView } from "./timeline-view";
import { framingWords, isOfBody } from "./words";

/** Exchange below HTTP: heads byte for byte, framing, times, and the connection. */
export default function WireTab({ event, search }: { event: AuditEvent; search: string }) {
  const wire = useMemo(() => wireOf(event), [event]);
  if (!wire) {
    return (
      <Empty level={2} title="No record below HTTP">
        <p>
          {event.source === "external"
            ? "This event has none. Events of earlier versions of the server have none."
            : "The server sent this request itself, so it was never on a connection."}
        </p>
      </Empty>
    );
  }
  const head = wire.request?.head ?? new Uint8Array();
  const named = namedByte(event.error_message);
  const guess = named !== null && event.rule && !isOfBody(event.rule) ? placeInRecord(head, named) : null;
  const brokenAt = event.rule ? (wire.request?.brokenAt ?? guess) : null;
  const parts = [...(event.payload?.request_masked ?? []), ...(event.payload?.response_masked ?? [])];
  const masked = (event.fingerprints?.length ?? 0) > 0 || parts.length > 0;
  return (
    <div className="@container flex min-w-0 flex-col gap-3">
      <Refusal event={event} marked={brokenAt !== null} />
      {masked && (
        <p className="text-ink-2">
          <Tag tone="warn">▲ redacted values masked</Tag> Masked values have another length than the ones that arrived;
          everything else is byte for byte.
        </p>
      )}
      <Section title="Timeline">
        <TimelineView event={event} wire={wire} />
      </Section>
      <div className="grid items-start gap-3 @4xl:grid-cols-2">
        <RequestPart request={wire.request} event={event} search={search} brokenAt={brokenAt} />
        <ResponsePart response={wire.response} event={event} search={search} />
      </div>
      <ConnectionPart event={event} wire={wire} />
      <Frames frames={wire.connection?.frames ?? []} />
    </div>
  );
}

/** Buttons that copy a head. */
function CopyHead({ head, name }: { head: Uint8Array; name: string }) {
  if (head.length === 0) return null;
  return (
    <span className="flex items-center gap-1 font-normal">
      {formatBytes(head.length)}
      <CopyButton text={() => new TextDecoder().decode(head)} label={`Copy ${name} head as text`} className="size-6" />
      <CopyButton text={() => toBase64(head)} label={`Copy ${name} head as base64`} className="h-6 px-1.5 text-sm">
        base64
      </CopyButton>
    </span>
  );
}

function HeadPart({
  head,
  fields,
  name,
  event,
  search,
  brokenAt = null,
}: {
  head: Uint8Array;
  fields: WireRequest["fields"];
  name: "request" | "response";
  event: AuditEvent;
  search: string;
  brokenAt?: number | null;
}) {
  const title = name === "request" ? (event.rule ? "Request as received" : "Request head") : "Response head";
  return (
    <Section title={title} aside={<CopyHead head={head} name={name} />}>
      {head.length > 0 ? (
        <HeadView head={head} label={`${name} head, byte for byte`} search={search} brokenAt={brokenAt} />
      ) : fields.length > 0 ? (
        <FieldList fields={fields} label={`${name} fields, in order`} search={search} />
      ) : (
        <p className="px-3 py-2 text-ink-3">Not recorded</p>
      )}
    </Section>
  );
}

function RequestPart({
  request,
  event,
  search,
  brokenAt,
}: {
  request: WireRequest | null;
  event: AuditEvent;
  search: string;
  brokenAt: number | null;
}) {
  if (!request) return null;
  const { head, fields, framing, length, chunks, trailers, expect, continueMs, bytes, broken } = request;
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <HeadPart head={head} fields={fields} name="request" event={event} search={search} brokenAt={brokenAt} />
      <Section title="Request framing">
        <Facts>
          {!event.rule || framing ? <FactRow name="Body">{framingWords(framing, length)}</FactRow> : null}
          <FactRow name="Arrived">
            {formatBytes(event.bytes_in)} of body{bytes === null ? "" : `, ${formatBytes(bytes)} with head and framing`}
          </FactRow>
          <ChunkRows chunks={chunks} />
          {expect.length > 0 && (
            <FactRow name="Expect">
              <code className="font-mono text-sm">
                {expect.map((value) => visible(new TextDecoder().decode(value)) || "(empty)").join(", ")}
              </code>
              {continueMs === null ? "; no 100 was sent" : `; 100 sent after ${formatDuration(continueMs)}`}
            </FactRow>
          )}
        </Facts>
      </Section>
      {broken.length > 0 && (
        <Section title="Where the body breaks its framing" aside={formatBytes(broken.length)}>
          <p className="px-3 py-2 font-mono text-sm">
            <Octets bytes={broken} search={search} />
          </p>
        </Section>
      )}
      <Trailers fields={trailers} name="request" search={search} />
    </div>
  );
}

function ResponsePart({
  response,
  event,
  search,
}: {
  response: WireResponse | null;
  event: AuditEvent;
  search: string;
}) {
  if (!response) return null;
  const { head, fields, framing, length, chunks, trailers, interim, stalledMs, bytes } = response;
  const bare = framing === null && bytes === null && chunks === null;
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {interim.map(({ status, reason, fields: lines, ms }, at) => (
        <Section
          key={at}
          title={`Interim response ${status} ${reason}`.trim()}
          aside={ms === null ? undefined : `after ${formatDuration(ms)}`}
        >
          {lines.length > 0 ? (
            <FieldList fields={lines} label={`fields of interim response ${at + 1}`} search={search} />
          ) : (
            <p className="px-3 py-2 text-ink-3">No fields</p>
          )}
        </Section>
      ))}
      <HeadPart head={head} fields={fields} name="response" event={event} search={search} />
      {!bare && (
        <Section title="Response framing">
          <Facts>
            <FactRow name="Body">{framingWords(framing, length)}</FactRow>
            <FactRow name="Sent">
              {formatBytes(event.bytes_out)} of body
              {bytes === null ? "" : `, ${formatBytes(bytes)} with head and framing`}
            </FactRow>
            <ChunkRows chunks={chunks} />
            {stalledMs !== null && <FactRow name="Stalled">{formatDuration(stalledMs)}</FactRow>}
          </Facts>
        </Section>
      )}
      <Trailers fields={trailers} name="response" search={search} />
    </div>
  );
}

function ChunkRows({ chunks }: { chunks: Chunks | null }) {
  if (!chunks) return null;
  const { count, sizes, extensions } = chunks;
  return (
    <>
      <FactRow name="Chunks">
        {formatCount(count)}
        {sizes.length > 0 && (
          <>
            : <span className="font-mono text-sm">{sizes.join(", ")}</span> bytes
            {count > sizes.length && ` (first ${formatCount(sizes.length)})`}
          </>
        )}
      </FactRow>
      {extensions.length > 0 && (
        <FactRow name="Extensions">
          <ul className="font-mono text-sm">
            {extensions.map(({ chunk, text }, at) => (
              <li key={at}>
                <span className="text-ink-3">{chunk === count ? "last chunk: " : `chunk ${chunk + 1}: `}</span>
                {visible(text)}
              </li>
            ))}
          </ul>
        </FactRow>
      )}
    </>
  );
}

function Trailers({ fields, name, search }: { fields: WireRequest["trailers"]; name: string; search: string }) {
  if (fields.length === 0) return null;
  return (
    <Section title={`${name === "request" ? "Request" : "Response"} trailers`} aside={formatCount(fields.length)}>
      <FieldList fields={fields} label={`${name} trailers, in order`} search={search} />
    </Section>
  );
}

function ConnectionPart({ event, wire }: { event: AuditEvent; wire: WireRecord }) {
  const { connection, resetCode } = wire;
  const { connection_id: id, request_on_connection: place } = event;
  return (
    <Section
      title="Connection"
      aside={
        id && (
          <span className="flex flex-wrap gap-x-3">
            <Link className="link" to={`/connections/${id}`}>
              Connection
            </Link>
            <Link className="link" to={auditLink({ connection: id })}>
              Its requests
            </Link>
          </span>
        )
      }
    >
      <Facts wide>
        {event.ended_by && <FactRow name="Ended">{endWords(event.ended_by, resetCode)}</FactRow>}
        {place != null && <FactRow name="Position">Request {formatCount(place)} on this connection</FactRow>}
        {connection && (
          <>
            {connection.peer && <FactRow name="Peer">{connection.peer}</FactRow>}
            {connection.localPort !== null && <FactRow name="Local port">{connection.localPort}</FactRow>}
            {connection.opened && (
              <FactRow name="Opened">
                <Time value={connection.opened} as="precise" />
              </FactRow>
            )}
            {connection.idleMs !== null && (
              <FactRow name="Idle before">{formatDuration(connection.idleMs)} before this request</FactRow>
            )}
            {connection.stream !== null && <FactRow name="HTTP/2 stream">{connection.stream}</FactRow>}
            {connection.settings && <FactRows facts={connection.settings} prefix="Setting" />}
            <FactRow name="TLS">{connection.tls ? "yes" : "no, plain"}</FactRow>
            {connection.tls && <FactRows facts={connection.tls} prefix="TLS" />}
            {connection.proxy && <FactRows facts={connection.proxy} prefix="PROXY" />}
          </>
        )}
      </Facts>
    </Section>
  );
}
