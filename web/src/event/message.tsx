import { useMemo, useState } from "react";

import type { AuditEvent, MultiMap } from "../model/types";
import { decodeBody } from "../lib/body";
import { formatBytes, formatCount } from "../lib/format";
import { piecesOf } from "../lib/redacted";
import { visible } from "../lib/text";
import { CopyButton } from "../ui/copy";
import { Section } from "../ui/section";
import { Highlight, Tag } from "../ui/text";
import { BodyView } from "./body-view";

/** Request or response: headers, query, body. */
export function Message({ event, side, search }: { event: AuditEvent; side: "request" | "response"; search: string }) {
  const payload = event.payload;
  const body = useMemo(
    () =>
      decodeBody(
        payload?.[`${side}_body`],
        payload?.[`${side}_body_encoding`],
        payload?.[`${side}_content_type`] ?? "",
      ),
    [payload, side],
  );
  if (!payload) {
    return (
      <Section title={side === "request" ? "Request" : "Response"}>
        <p className="px-3 py-2 text-ink-2">
          {event.rule ? (
            "The request was malformed, so it has no headers or body that could be told apart. Its bytes are on the Wire tab."
          ) : (
            <>
              Not captured. Set <code className="font-mono">audit.capture_payloads: true</code> to record headers and
              bodies.
            </>
          )}
        </p>
      </Section>
    );
  }
  const headers = payload[`${side}_headers`];
  const size = payload[`${side}_size`];
  const name = side === "request" ? "request" : "response";
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <Section
        title={`${side === "request" ? "Request" : "Response"} headers`}
        aside={headers ? countValues(headers) : undefined}
      >
        {headers ? (
          <NameValueList map={headers} search={search} label={`${name} headers`} none="None" />
        ) : (
          <p className="px-3 py-2 text-ink-2">Not captured: audit.capture_headers is false.</p>
        )}
      </Section>
      {side === "request" && payload.request_query && Object.keys(payload.request_query).length > 0 && (
        <Section title="Query" aside={countValues(payload.request_query)}>
          <NameValueList map={payload.request_query} search={search} label="query" none="None" />
        </Section>
      )}
      <Section title={`${side === "request" ? "Request" : "Response"} body`} aside={formatBytes(size)}>
        <BodyView
          body={body}
          size={size}
          truncated={payload[`${side}_truncated`]}
          masked={payload[`${side}_masked`].includes("body")}
          search={search}
          label={`${name} body`}
        />
      </Section>
    </div>
  );
}

function countValues(map: MultiMap): string {
  return formatCount(Object.values(map).reduce((sum, values) => sum + values.length, 0));
}

/** Names and values, one line per value. */
export function NameValueList({
  map,
  search,
  label,
  none,
}: {
  map: MultiMap;
  search: string;
  label: string;
  none: string;
}) {
  const rows = Object.entries(map).flatMap(([name, values]) => values.map((value) => [name, value] as const));
  if (rows.length === 0) return <p className="px-3 py-2 text-ink-3">{none}</p>;
  return (
    <dl className="py-1" aria-label={label}>
      {rows.map(([name, value], at) => (
        <div
          key={at}
          className="group grid grid-cols-[minmax(0,1fr)] gap-x-3 px-3 py-0.5 hover:bg-hover sm:grid-cols-[minmax(96px,216px)_minmax(0,1fr)]"
        >
          <dt className="min-w-0 font-mono text-sm leading-5 break-words text-ink-2">
            <Highlight text={visible(name)} search={search} />
          </dt>
          <dd className="flex min-w-0 items-start gap-1">
            <Value value={value} search={search} />
            <CopyButton
              text={value}
              label={`Copy ${name.slice(0, 60)}`}
              className="ml-auto size-5 opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Mark of a redacted value. */
function RedactedMark({ fingerprint, search }: { fingerprint: string | null; search: string }) {
  return (
    <Tag
      title={
        fingerprint
          ? `Redacted before recording. Equal values have equal fingerprints: filter by fingerprint=${fingerprint}`
          : "Redacted before recording; too short for a fingerprint"
      }
    >
      <span className="text-ink-3">▒▒▒</span>&nbsp;redacted
      {fingerprint && (
        <>
          {" "}
          <Highlight text={fingerprint} search={search} />
        </>
      )}
    </Tag>
  );
}

const SHORT = 600;
/** Maximum number of characters, even for "show all". */
const LONG = 20_000;

function Value({ value, search }: { value: string; search: string }) {
  const [all, setAll] = useState(false);
  if (value === "") return <span className="text-ink-3 italic">empty</span>;
  const shown = value.slice(0, all ? LONG : SHORT);
  const hidden = value.length - shown.length;
  const inRest = search !== "" && hidden > 0 && value.slice(shown.length).toLowerCase().includes(search.toLowerCase());
  return (
    <span className="min-w-0 flex-1 font-mono text-sm leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
      {piecesOf(shown).map(({ text, mark }, at) =>
        mark ? (
          <RedactedMark key={at} fingerprint={mark.fingerprint} search={search} />
        ) : (
          <Highlight key={at} text={visible(text)} search={search} />
        ),
      )}
      {hidden > 0 && (
        <>
          …{" "}
          {!all ? (
            <button type="button" className="link font-sans" onClick={() => setAll(true)}>
              {formatCount(value.length)} characters{inRest ? " (contains a match)" : ""}: show more
            </button>
          ) : (
            <span className="font-sans text-ink-3">
              {formatCount(hidden)} more characters{inRest ? " (contains a match)" : ""}
            </span>
          )}
        </>
      )}
    </span>
  );
}
