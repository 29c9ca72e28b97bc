import { Link } from "react-router";

import type { AuditEvent } from "../model/types";
import { auditLink, type Filters } from "../lib/filters";
import { formatBytes } from "../lib/format";
import { visible } from "../lib/text";
import { Section } from "../ui/section";
import { Tag, Time } from "../ui/text";
import { DetailRow } from "./detail-row";
import { Timing } from "./timing";

/** Caller, route, addresses and sizes of a request. Most values link to requests with the same value. */
export function Overview({ event }: { event: AuditEvent }) {
  const link = (filters: Filters, text: string | null | undefined) =>
    text ? (
      <Link className="link" to={auditLink(filters)} title="Show matching requests">
        {visible(text)}
      </Link>
    ) : (
      <span className="text-ink-3">–</span>
    );
  const who = event.user_email ?? event.user_subject;
  return (
    <Section title="Overview">
      <dl className="grid gap-x-6 px-3 py-2 @xl:grid-cols-2 @5xl:grid-cols-3">
        <DetailRow name="Time">
          <Time value={event.timestamp} as="precise" /> <span className="text-ink-3">local</span>
        </DetailRow>
        <DetailRow name="Route">
          {link({ route_name: event.route_name ?? undefined }, event.route_name)}
          {event.endpoint_group && (
            <span className="text-ink-3">
              {" "}
              in {link({ endpoint_group: event.endpoint_group }, event.endpoint_group)}
            </span>
          )}
        </DetailRow>
        <DetailRow name="Caller" className="flex flex-wrap items-center gap-x-2">
          {link({ user: event.user_subject ?? undefined }, who)}
          {event.auth_type && <Tag>{event.auth_type}</Tag>}
          {event.api_key_name && event.api_key_name !== who && (
            <span className="text-ink-3">key {event.api_key_name}</span>
          )}
          {event.client_id && <span className="text-ink-3">client {visible(event.client_id)}</span>}
        </DetailRow>
        <DetailRow name="Peer" className="font-mono text-sm">
          {event.remote_addr}
        </DetailRow>
        <DetailRow name="Host" className="font-mono text-sm">
          {visible(event.host)} <span className="text-ink-3">{event.http_version}</span>
        </DetailRow>
        <DetailRow name="User agent">
          {event.user_agent ? visible(event.user_agent.slice(0, 500)) : <span className="text-ink-3">–</span>}
        </DetailRow>
        {event.trace_id && (
          <DetailRow name="Trace" className="font-mono text-sm" long>
            {link({ trace_id: event.trace_id }, event.trace_id)}
          </DetailRow>
        )}
        {event.test_run && <DetailRow name="Test run">{link({ test_run: event.test_run }, event.test_run)}</DetailRow>}
        <DetailRow name="Source" className="flex flex-wrap items-center gap-2">
          {event.source}
          {event.payload?.replayed_from && (
            <Link className="link" to={auditLink({}, event.payload.replayed_from)}>
              Original
            </Link>
          )}
        </DetailRow>
        <DetailRow name="Bytes">
          {formatBytes(event.bytes_in)} in, {formatBytes(event.bytes_out)} out
        </DetailRow>
        <DetailRow name="Instance">{event.instance}</DetailRow>
        <DetailRow name="Request id" className="font-mono text-sm" long>
          {link({ request_id: event.request_id }, event.request_id)}
        </DetailRow>
        <DetailRow name="Event id" className="font-mono text-sm" long>
          {event.id}
        </DetailRow>
        {event.session_id && (
          <DetailRow name="Session" className="font-mono text-sm" long>
            {link({ session: event.session_id }, event.session_id)}
          </DetailRow>
        )}
      </dl>
      <Timing event={event} />
    </Section>
  );
}
