import { useEffect, useMemo, useRef, type ReactNode } from "react";

import { BodyView } from "../event/body-view";
import { NameValueList } from "../event/message";
import { formatBytes, formatDuration } from "../lib/format";
import { visible } from "../lib/text";
import { Section } from "../ui/section";
import { StatusTag } from "../ui/status";
import type { Exchange } from "./use-exchange";

interface Props {
  exchange: Exchange;
  /** Links to the audit event of the call. */
  aside: ReactNode;
}

/** Response to a call, from its first byte on. */
export function Answer({ exchange, aside }: Props) {
  const { head, phase, body, ended } = exchange;
  const running = phase === "waiting" || phase === "receiving";
  return (
    <>
      <p role="status" className="sr-only">
        {summary(exchange)}
      </p>
      <Section
        title={
          <span className="flex flex-wrap items-center gap-x-2">
            Response {head && <StatusTag status={head.status} />}
            <span className="font-normal text-ink-3">{head?.statusText}</span>
            <span className="font-normal text-ink-3">{figures(exchange)}</span>
          </span>
        }
        aside={!running && head && aside}
      >
        <Trouble exchange={exchange} />
        {head?.redirectedTo && (
          <p className="border-b border-line px-3 py-1 text-ink-2">
            The browser followed a redirect to <span className="font-mono text-sm">{head.redirectedTo}</span>.
          </p>
        )}
        {running ? (
          <Preview exchange={exchange} />
        ) : (
          body && (
            <>
              {ended.truncated && (
                <p className="border-b border-line bg-client-soft px-3 py-1.5 text-client">
                  Only the first {formatBytes(body.bytes.length)} is shown. The curl command gets all of it.
                </p>
              )}
              <BodyView body={body} size={body.bytes.length} truncated={false} search="" label="response body" />
            </>
          )
        )}
      </Section>
      {head && (
        <Section title={`Response headers (${head.headers.length})`}>
          <Headers headers={head.headers} />
        </Section>
      )}
    </>
  );
}

function Headers({ headers }: { headers: [string, string][] }) {
  const map = useMemo(() => {
    const grouped: Record<string, string[]> = {};
    for (const [name, value] of headers) (grouped[name] ??= []).push(value);
    return grouped;
  }, [headers]);
  return <NameValueList map={map} search="" label="response headers" none="None" />;
}

/** Beginning of the body while it arrives. Its end stays in view unless the user scrolls up. */
function Preview({ exchange }: { exchange: Exchange }) {
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const pre = box.current;
    if (pre && pre.scrollHeight - pre.scrollTop - pre.clientHeight < 80) pre.scrollTop = pre.scrollHeight;
  }, [exchange.preview]);
  if (exchange.preview === "") return <p className="px-3 py-2 text-ink-3">Waiting for the response…</p>;
  return (
    <pre
      ref={box}
      tabIndex={0}
      role="group"
      aria-label="response body so far"
      className="max-h-96 overflow-auto px-3 py-2 font-mono text-sm break-words whitespace-pre-wrap"
    >
      {visible(exchange.preview)}
    </pre>
  );
}

function figures(exchange: Exchange): string {
  if (!exchange.head) return exchange.phase === "waiting" ? "waiting…" : "";
  return `TTFB ${formatDuration(exchange.ttfb)} · total ${formatDuration(exchange.took)} · ${formatBytes(exchange.bytes)}`;
}

function summary(exchange: Exchange): string {
  const { phase, head, bytes } = exchange;
  if (phase === "waiting" || phase === "receiving") return "Sending";
  if (phase === "complete") return `Response: ${head?.status ?? ""} ${head?.statusText ?? ""}, ${formatBytes(bytes)}`;
  return phase === "cancelled" ? "Cancelled" : "Failed";
}

/** Failed call, with the next step. */
function Trouble({ exchange }: { exchange: Exchange }) {
  const { phase, head, bytes, error } = exchange;
  const after = head ? ` after ${formatBytes(bytes)} of the body` : " before a response came";
  if (phase === "cancelled") return <p className="border-b border-line px-3 py-2 text-ink-2">Cancelled{after}.</p>;
  if (phase === "failed") {
    // fetch reports every network failure as a TypeError.
    const cause = error instanceof Error && !(error instanceof TypeError) ? ` ${error.message}` : "";
    return (
      <p role="alert" className="border-b border-line bg-server-soft px-3 py-2 text-server">
        {head ? `The connection broke${after}.` : "No response reached this page."}
        {cause}{" "}
        {cause === "" &&
          (head
            ? "Send again, or look at the server's log."
            : "The server may be down, or a redirect led to another origin. The curl command shows the cause.")}
      </p>
    );
  }
  const advice = phase === "complete" && head ? adviceFor(head.status, head.headers) : null;
  return advice && <p className="border-b border-line bg-client-soft px-3 py-1.5 text-client">{advice}</p>;
}

function adviceFor(status: number, headers: [string, string][]): string | null {
  if (status === 401) return "The server did not accept the credential. Check its kind and value, then send again.";
  if (status === 403) return "The credential is known, but may not do this.";
  const retry = headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1];
  return (status === 429 || status === 503) && retry ? `Retry-After: send again in ${retry} s.` : null;
}
