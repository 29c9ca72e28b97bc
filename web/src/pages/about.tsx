import { ExternalLink } from "lucide-react";
import { useEffect, useState } from "react";

import { Actors } from "../about/actors";
import { keyHeader } from "../api/client";
import { useServer } from "../api/queries";
import { formatDateTime, formatSpan } from "../lib/format";
import { CodeLine } from "../ui/copy";
import { Section } from "../ui/section";
import { Skeleton, Time } from "../ui/text";
import { ErrorState } from "../ui/states";

const LINKS: [href: string, name: string, what: string][] = [
  ["/docs", "/docs", "API reference, with Try-It"],
  ["/openapi.json", "/openapi.json", "OpenAPI document (JSON)"],
  ["/openapi.yaml", "/openapi.yaml", "OpenAPI document (YAML)"],
  ["/api/v1/portal/openapi.json", "/api/v1/portal/openapi.json", "OpenAPI document of the portal API"],
  ["/healthz", "/healthz", "liveness"],
  ["/readyz", "/readyz", "readiness"],
  ["/metrics", "/metrics", "Prometheus metrics"],
];

/** Commands that show changes made by a gateway; each says what to look for in the event. */
function cheatSheet(base: string, header: string): [title: string, look: string, code: string][] {
  const key = `-H "${header}: $APITEST_DEV_KEY"`;
  return [
    [
      "Does the gateway reach this server?",
      "200 with the caller's identity; an event with the gateway's address.",
      `curl -sS ${key} ${base}/v1/whoami`,
    ],
    [
      "Which headers does it add, change or remove?",
      "Compare what you sent with the request headers of the event.",
      `curl -sS ${key} -H 'X-Demo: a' -H 'X-Demo: b' ${base}/v1/headers`,
    ],
    [
      "Does the path arrive as it was sent?",
      "The event's target is raw: dots, escapes and double slashes must match.",
      `curl -sS --path-as-is ${key} '${base}/v1/fixed/a%2F..%2Fb?q=%20+&q=2'`,
    ],
    [
      "Is the body the same, byte for byte?",
      "Compare body_size of the echo and Hex in the event.",
      `curl -sS ${key} -H 'Content-Type: application/json' --data-raw '{"n": 12345678901234567890}' ${base}/v1/echo`,
    ],
    ["Does it retry, and when?", "One call, several events.", `curl -sS ${key} '${base}/v1/status/503'`],
    [
      "What is its timeout?",
      "Raise ms until the gateway responds itself. The event then has status 499.",
      `curl -sS ${key} '${base}/v1/slow?ms=5000'`,
    ],
    [
      "Does it buffer streams?",
      "Lines must arrive one by one, not all at the end.",
      `curl -sSN ${key} '${base}/v1/streaming/sse?count=5&delay_ms=500'`,
    ],
    [
      "What is its body size limit?",
      "A truncated body or a 502 shows the limit.",
      `curl -sS -o /dev/null -w '%{http_code} %{size_download}\\n' ${key} '${base}/v1/sized?bytes=33554432'`,
    ],
    [
      "Does it cache?",
      "A cached second call leaves no event.",
      `curl -sS ${key} ${base}/v1/fixed/cache-test; curl -sS ${key} ${base}/v1/fixed/cache-test`,
    ],
    [
      "Does it block forbidden paths?",
      "A blocked path leaves no event.",
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
    return <ErrorState error={server.error} title="Server details unavailable" retry={() => void server.refetch()} />;
  // Measured by this browser's clock since the response, because the server's clock may differ.
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
              <dt>Commit date</dt>
              <dd>
                <Time value={info.date} />
              </dd>
              <dt>Uptime</dt>
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
      <Actors />
      <Section level={2} title="Gateway cheat sheet" aside="Replace the address with your gateway's.">
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
