import { Link } from "react-router";

import type { AuditEvent } from "../model/types";
import { auditLink } from "../lib/filters";
import { visible } from "../lib/text";
import { Tag } from "../ui/text";
import { namedByte } from "./head";
import { isOfBody, sourceOf } from "./words";

/** The rule that a malformed request breaks, with its source. `marked`: the place is marked in the bytes below. */
export function Refusal({ event, marked }: { event: AuditEvent; marked: boolean }) {
  const { rule } = event;
  if (!rule) return null;
  const message = event.error_message ?? "";
  const source = sourceOf(message);
  const at = namedByte(message);
  return (
    <section className="card shrink-0 border-server px-3 py-2" aria-label="Broken rule">
      <h3 className="flex flex-wrap items-center gap-2 font-semibold text-server">
        Malformed request
        <Tag tone="bad">{visible(rule)}</Tag>
      </h3>
      <p className="[overflow-wrap:anywhere]">{visible(message)}</p>
      <p className="flex flex-wrap gap-x-3 text-ink-2">
        {source && (
          <a className="link" href={source.href} target="_blank" rel="noreferrer">
            {source.text}
          </a>
        )}
        <Link className="link" to={auditLink({ rule })}>
          All requests that break this rule
        </Link>
      </p>
      {at !== null && !marked && (
        <p className="text-ink-3">
          {isOfBody(rule)
            ? `Byte ${at} is counted from the start of the encoded body, which is not kept.`
            : `Byte ${at} of the request as it arrived. It is not marked below, because redacted values before it have changed the length, or because it is not among the bytes that were kept.`}
        </p>
      )}
    </section>
  );
}
