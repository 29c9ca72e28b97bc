import { ExternalLink } from "lucide-react";
import { useEffect, useState } from "react";

import { keyHeader } from "../api/client";
import { useServer } from "../api/queries";
import { formatDateTime, formatSpan } from "../lib/format";
import { CodeLine, Skeleton, Time } from "../ui/basics";
import { ErrorState } from "../ui/states";
import { Section } from "../event/message";

const LINKS: [href: string, name: string, what: string][] = [
  ["/docs", "/docs", "API reference with a form for each endpoint"],
  ["/openapi.json", "/openapi.json", "the document, as JSON"],
  ["/openapi.yaml", "/openapi.yaml", "the document, as YAML"],
  ["/api/v1/portal/openapi.json", "/api/v1/portal/openapi.json", "the portal's own API"],
  ["/healthz", "/healthz", "the process lives"],
  ["/readyz", "/readyz", "it takes requests"],
  ["/metrics", "/metrics", "figures for Prometheus"],
];

/** Lines that show what a gateway changes; each says what to look for in the event. */
function cheatSheet(base: string, header: string): [title: string, look: string, code: string][] {
  const key = `-H "${header}: $APITEST_DEV_KEY"`;
  return [
    [
      "Does the gateway reach this server?",
      "200 with the caller's identity; an event with the gateway's address.",
      `curl -sS ${key} ${base}/v1/whoami`,
    ],
    [
      "Which headers does it add, change or take away?",
      "Compare what you sent with the request headers of the event.",
      `curl -sS ${key} -H 'X-Demo: a' -H 'X-Demo: b' ${base}/v1/headers`,
    ],
    [
      "Does the path arrive as it was sent?",
      "The event's target is raw: dots, escapes and doubled slashes must be the same.",
      `curl -sS --path-as-is ${key} '${base}/v1/fixed/a%2F..%2Fb?q=%20+&q=2'`,
    ],
    [
      "Is the body the same, byte for byte?",
      "The echo's body_size, and Hex in the event.",
      `curl -sS ${key} -H 'Content-Type: application/json' --data-raw '{"n": 12345678901234567890}' ${base}/v1/echo`,
    ],
    [
      "Does it retry, and when?",
      "One call by the client, several events with different request ids.",
      `curl -sS ${key} '${base}/v1/status/503'`,
    ],
    [
      "Where is its time-out?",
      "Raise ms until the gateway answers in the server's place: the event then has status 499.",
      `curl -sS ${key} '${base}/v1/slow?ms=5000'`,
    ],
    [
      "Does it buffer streams?",
      "Lines must come one by one, not all at the end.",
      `curl -sSN ${key} '${base}/v1/streaming/sse?count=5&delay_ms=500'`,
    ],
    [
      "What is its largest body?",
      "A length that is cut, or 502, tells the limit.",
      `curl -sS -o /dev/null -w '%{http_code} %{size_download}\\n' ${key} '${base}/v1/sized?bytes=33554432'`,
    ],
    [
      "Does it cache?",
      "The second call leaves no event when the gateway answered it.",
      `curl -sS ${key} ${base}/v1/fixed/cache-test; curl -sS ${key} ${base}/v1/fixed/cache-test`,
    ],
    [
      "Does it stop what it should?",
      "No event may appear for a path that the gateway forbids.",
      `curl -sS ${key} ${base}/v1/security/admin/secret`,
    ],
  ];
}

export default function About() {
  const server = useServer();
  const info = server.data;
  const base = info?.base_url ?? location.origin;
  const now = useNow();
  if (server.isError && !info)
    return <ErrorState error={server.error} title="No details" retry={() => void server.refetch()} />;
  // Counted by this browser's clock from when the answer came: the server's may differ.
  const started = info && server.dataUpdatedAt ? new Date(server.dataUpdatedAt - info.uptime_seconds * 1000) : null;
  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <h1 className="text-lg font-semibold">About</h1>
      <div className="grid gap-3 lg:grid-cols-2">
        <Section level={2} title="This server">
          {info ? (
            <dl className="kv px-3 py-2">
              <dt>Name</dt>
              <dd>{info.name}</dd>
              <dt>Version</dt>
              <dd>{info.version}</dd>
              <dt>Commit</dt>
              <dd className="font-mono text-sm">{info.commit}</dd>
              <dt>Built from</dt>
              <dd>
                <Time value={info.date} />
              </dd>
              <dt>Up for</dt>
              <dd title={started ? `since ${formatDateTime(started)} local` : undefined}>
                {started ? formatSpan((now - started.getTime()) / 1000) : "–"}
              </dd>
              <dt>Instance</dt>
              <dd>{info.instance}</dd>
              <dt>Base URL</dt>
              <dd className="font-mono text-sm">{base}</dd>
            </dl>
          ) : (
            <Skeleton className="m-3 h-36" />
          )}
        </Section>
        <Section level={2} title="Links">
          <ul className="px-3 py-2">
            {LINKS.map(([href, name, what]) => (
              <li key={href} className="flex min-h-6 flex-wrap items-center gap-x-2">
                <a
                  className="link flex items-center gap-1 font-mono text-sm"
                  href={href}
                  target="_blank"
                  rel="noreferrer"
                >
                  {name}
                  <ExternalLink size={11} aria-hidden />
                  <span className="sr-only">(opens a new tab)</span>
                </a>
                <span className="text-ink-3">{what}</span>
              </li>
            ))}
          </ul>
        </Section>
      </div>
      <Section
        level={2}
        title="Gateway cheat sheet"
        aside="call through the gateway: put its address in place of this one"
      >
        <div className="grid gap-x-4 gap-y-3 p-3 xl:grid-cols-2">
          {cheatSheet(base, keyHeader()).map(([title, look, code]) => (
            <div key={title} className="flex min-w-0 flex-col gap-1">
              <h3 className="font-semibold">{title}</h3>
              <CodeLine label={title} code={code} />
              <p className="text-sm text-ink-3">{look}</p>
            </div>
          ))}
        </div>
      </Section>
    </div>
  );
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
