import { useMemo } from "react";
import { Link } from "react-router";

import type { AuditEvent } from "../model/types";
import { countChanges, diffFields, diffMaps, pairBodies, type FieldDiff } from "../lib/diff";
import { auditLink } from "../lib/filters";
import { formatBytes, formatCount } from "../lib/format";
import { maskedInComparison } from "../lib/redacted";
import { visible } from "../lib/text";
import { StatusTag } from "../ui/status";
import { Time } from "../ui/text";
import { Lines } from "./lines";
import { Part, PartHead } from "./part";

/** Comparison of two events: their heads, and the differences in each part. */
export function Pair({ a, b, onlyChanges }: { a: AuditEvent; b: AuditEvent; onlyChanges: boolean }) {
  const parts: [string, FieldDiff[]][] = useMemo(
    () => [
      ["Overview", diffFields(a, b)],
      ["Query", diffMaps(a.payload?.request_query, b.payload?.request_query, false)],
      ["Request headers", diffMaps(a.payload?.request_headers, b.payload?.request_headers, true)],
      ["Response headers", diffMaps(a.payload?.response_headers, b.payload?.response_headers, true)],
    ],
    [a, b],
  );
  const bodies = useMemo(
    () =>
      [
        ["Request body", pairBodies(a.payload, b.payload, "request")],
        ["Response body", pairBodies(a.payload, b.payload, "response")],
      ] as const,
    [a, b],
  );
  const differing =
    parts.reduce((sum, [, rows]) => sum + countChanges(rows), 0) + bodies.filter(([, pair]) => !pair.same).length;
  const masked = maskedInComparison(a, b);
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <Head name="A" event={a} />
        <Head name="B" event={b} />
      </div>
      <p role="status">
        {differing === 0
          ? "No differences (times, IDs and addresses ignored)."
          : `${formatCount(differing)} ${differing === 1 ? "difference" : "differences"}`}
      </p>
      {masked && <p className="text-sm text-ink-2">{masked}</p>}
      {parts.map(([title, rows]) => (
        <Part key={title} title={title} rows={rows} onlyChanges={onlyChanges} />
      ))}
      {bodies.map(([title, pair]) => (
        <section key={title} className="card overflow-hidden" aria-label={title}>
          <PartHead title={title}>
            {pair.same
              ? pair.sizes[0] === 0
                ? "both empty"
                : `equal, ${formatBytes(pair.sizes[0])}`
              : `${formatBytes(pair.sizes[0])} and ${formatBytes(pair.sizes[1])}${pair.formattingOnly ? ", equal JSON with different formatting" : ""}`}
          </PartHead>
          {!pair.same &&
            (pair.texts ? (
              <Lines
                a={pair.texts[0]}
                b={pair.texts[1]}
                label={title}
                onlyChanges={onlyChanges}
                blanks={pair.formattingOnly}
              />
            ) : (
              <p className="px-3 py-2">
                Binary. First difference at byte {formatCount(pair.firstDifference)} (0x
                {pair.firstDifference.toString(16)}). See Hex in each event.
              </p>
            ))}
        </section>
      ))}
    </>
  );
}

function Head({ name, event }: { name: string; event: AuditEvent }) {
  return (
    <Link
      to={auditLink({}, event.id)}
      className="card flex min-w-0 flex-wrap items-center gap-2 px-3 py-2 hover:bg-hover"
    >
      <span className="flex size-5 shrink-0 items-center justify-center rounded bg-accent-soft font-semibold text-accent">
        {name}
      </span>
      <StatusTag status={event.status} />
      <span className="font-mono text-sm font-semibold">{event.method}</span>
      <span className="min-w-24 flex-1 truncate font-mono text-sm">{visible(event.target.slice(0, 500))}</span>
      {event.source !== "external" && <span className="text-sm text-ink-3">{event.source}</span>}
      <Time value={event.timestamp} as="precise" className="text-sm text-ink-3" />
    </Link>
  );
}
