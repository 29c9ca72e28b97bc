import { ClipboardCopy, Expand, GitCompareArrows, Search, X } from "lucide-react";
import { useEffect, useEffectEvent, useMemo, useRef, useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";

import { useEvent, useServer } from "../api/queries";
import type { AuditEvent } from "../api/types";
import { marks, setBaseline } from "../audit/marks";
import { toCurl, toFetch, toHttpie } from "../lib/copy";
import { auditLink, type Filters } from "../lib/filters";
import { formatBytes, formatDuration } from "../lib/format";
import { useStore } from "../lib/use-store";
import { visible } from "../lib/text";
import { Button, copyText, cx, IconButton, Skeleton, StatusTag, Tag, Time } from "../ui/basics";
import { Menu } from "../ui/menu";
import { ErrorState } from "../ui/states";
import { Message, Section } from "./message";
import { recordedRequest } from "./recorded";
import { ReplayButton, ReplayResult, useReplay } from "./replay";

interface Props {
  id: string;
  /** Given when it stands beside the list. */
  onClose?: () => void;
}

/** One recorded request: what arrived, what was answered, how long it took. */
export default function Detail({ id, onClose }: Props) {
  const query = useEvent(id);
  const event = query.data;
  if (query.isError && !event) {
    return (
      <div className="flex flex-col">
        {onClose && <Bar onClose={onClose} />}
        <ErrorState error={query.error} title="Event not found" level={2} retry={() => void query.refetch()} />
      </div>
    );
  }
  return event ? <Loaded key={event.id} event={event} onClose={onClose} /> : <Loading onClose={onClose} />;
}

function Bar({ onClose, children }: { onClose?: () => void; children?: ReactNode }) {
  return (
    <div className="sticky top-0 z-10 flex min-h-11 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-2">
      {children}
      {onClose && (
        <IconButton label="Close (Esc)" onClick={onClose} className="ml-auto">
          <X size={16} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

function Loading({ onClose }: { onClose?: () => void }) {
  return (
    <div role="status" aria-label="Loading the event">
      <Bar onClose={onClose}>
        <Skeleton className="h-7 w-80" />
      </Bar>
      <div className="flex flex-col gap-3 p-3">
        <Skeleton className="h-12" />
        <Skeleton className="h-56" />
        <Skeleton className="h-40" />
      </div>
    </div>
  );
}

function Loaded({ event, onClose }: { event: AuditEvent; onClose?: () => void }) {
  const server = useServer();
  const navigate = useNavigate();
  const replay = useReplay(event);
  const [search, setSearch] = useState("");
  const [copied, setCopied] = useState("");
  const baseline = useStore(marks)[0]?.id;
  const box = useRef<HTMLInputElement>(null);
  const base = server.data?.base_url ?? location.origin;
  const original = event.payload?.replayed_from;

  const copy = (what: string, make: typeof toCurl) => {
    void copyText(make(recordedRequest(event), base)).then((done) =>
      setCopied(done ? `${what} copied` : "Copy failed"),
    );
  };
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(""), 1800);
    return () => clearTimeout(timer);
  }, [copied]);

  const may = event.source !== "replay" && !event.payload?.request_truncated;
  const onKey = useEffectEvent((press: KeyboardEvent) => {
    const typing =
      press.target instanceof HTMLElement &&
      press.target.closest("input, textarea, select, [role=menu], [role=dialog]");
    if (typing || press.ctrlKey || press.metaKey || press.altKey) return;
    if (press.key === "r" && may) replay.run();
    else if (press.key === "f") {
      press.preventDefault();
      box.current?.focus();
    } else if (press.key === "Escape") onClose?.();
  });
  useEffect(() => {
    const listen = (press: KeyboardEvent) => onKey(press);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);

  return (
    <article aria-label={`${event.method} ${event.path.slice(0, 200)}`} className="flex flex-col">
      <Bar onClose={onClose}>
        <ReplayButton replay={replay} event={event} />
        <Menu
          label="Copy as"
          align="start"
          trigger={<Button icon={<ClipboardCopy size={14} aria-hidden />}>{copied || "Copy as"}</Button>}
          items={[
            { label: "curl", act: () => copy("curl", toCurl) },
            { label: "HTTPie", act: () => copy("HTTPie", toHttpie) },
            { label: "fetch", act: () => copy("fetch", toFetch) },
            "line",
            {
              label: "Event as JSON",
              act: () => void copyText(JSON.stringify(event, null, 2)).then(() => setCopied("JSON copied")),
            },
            {
              label: "Link",
              act: () =>
                void copyText(`${location.origin}/portal/event/${event.id}`).then(() => setCopied("Link copied")),
            },
          ]}
        />
        <Menu
          label="Compare"
          align="start"
          trigger={<Button icon={<GitCompareArrows size={14} aria-hidden />}>Compare</Button>}
          items={[
            ...(original
              ? [{ label: "Compare with original", act: () => void navigate(`/compare?a=${original}&b=${event.id}`) }]
              : []),
            ...(baseline && baseline !== event.id
              ? [{ label: "Compare with baseline", act: () => void navigate(`/compare?a=${baseline}&b=${event.id}`) }]
              : []),
            {
              label: baseline === event.id ? "Baseline" : "Select as baseline",
              disabled: baseline === event.id,
              act: () => setBaseline(event),
            },
            { label: "Compare with previous request to this path", act: () => void navigate(`/compare?b=${event.id}`) },
          ]}
        />
        <div className="relative min-w-[120px] flex-1">
          <Search size={14} aria-hidden className="pointer-events-none absolute top-[7px] left-2 text-ink-3" />
          <input
            ref={box}
            type="search"
            className="control w-full pl-7"
            placeholder="Search this event (f)"
            aria-label="Search headers, query and bodies"
            value={search}
            onChange={(change) => setSearch(change.target.value)}
            spellCheck={false}
          />
        </div>
        {onClose && (
          <Link
            to={`/event/${event.id}`}
            aria-label="Open full page"
            title="Open full page"
            className="inline-flex size-7 items-center justify-center rounded text-ink-2 hover:bg-hover"
          >
            <Expand size={15} aria-hidden />
          </Link>
        )}
      </Bar>
      <div role="status" className="sr-only">
        {copied}
      </div>
      <div className="@container flex flex-col gap-3 p-3">
        <header className="flex flex-col gap-1">
          <h2 className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
            <StatusTag status={event.status} />
            <span className="shrink-0 font-mono font-semibold">{event.method}</span>
            <span className="min-w-0 font-mono break-all">{visible(event.target.slice(0, 2000))}</span>
          </h2>
          {event.error_message && (
            <p className={event.status >= 500 ? "text-server" : "text-client"}>
              {visible(event.error_message)}
              {event.error_category && <span className="text-ink-3"> ({event.error_category})</span>}
            </p>
          )}
        </header>
        <ReplayResult replay={replay} original={event} search={search} />
        <Overview event={event} />
        <div className="grid items-start gap-3 @4xl:grid-cols-2">
          <Message event={event} side="request" search={search} />
          <Message event={event} side="response" search={search} />
        </div>
      </div>
    </article>
  );
}

function Overview({ event }: { event: AuditEvent }) {
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
        <Fact name="Time">
          <Time value={event.timestamp} as="precise" /> <span className="text-ink-3">local</span>
        </Fact>
        <Fact name="Route">
          {link({ route_name: event.route_name ?? undefined }, event.route_name)}
          {event.endpoint_group && (
            <span className="text-ink-3">
              {" "}
              in {link({ endpoint_group: event.endpoint_group }, event.endpoint_group)}
            </span>
          )}
        </Fact>
        <Fact name="Caller" className="flex flex-wrap items-center gap-x-2">
          {link({ user: event.user_subject ?? undefined }, who)}
          {event.auth_type && <Tag>{event.auth_type}</Tag>}
          {event.api_key_name && event.api_key_name !== who && (
            <span className="text-ink-3">key {event.api_key_name}</span>
          )}
          {event.client_id && <span className="text-ink-3">client {visible(event.client_id)}</span>}
        </Fact>
        <Fact name="Peer" className="font-mono text-sm">
          {event.remote_addr}
        </Fact>
        <Fact name="Host" className="font-mono text-sm">
          {visible(event.host)} <span className="text-ink-3">{event.http_version}</span>
        </Fact>
        <Fact name="User agent">
          {event.user_agent ? visible(event.user_agent.slice(0, 500)) : <span className="text-ink-3">–</span>}
        </Fact>
        <Fact name="Source" className="flex flex-wrap items-center gap-2">
          {event.source}
          {event.payload?.replayed_from && (
            <Link className="link" to={auditLink({}, event.payload.replayed_from)}>
              Original
            </Link>
          )}
        </Fact>
        <Fact name="Bytes">
          {formatBytes(event.bytes_in)} in, {formatBytes(event.bytes_out)} out
        </Fact>
        <Fact name="Instance">{event.instance}</Fact>
        <Fact name="Request id" className="font-mono text-sm" long>
          {link({ request_id: event.request_id }, event.request_id)}
        </Fact>
        <Fact name="Event id" className="font-mono text-sm" long>
          {event.id}
        </Fact>
        {event.session_id && (
          <Fact name="Session" className="font-mono text-sm" long>
            {link({ session: event.session_id }, event.session_id)}
          </Fact>
        )}
      </dl>
      <Timing event={event} />
    </Section>
  );
}

/** A name and its value; `long` ones, such as ids, get a line of their own where there are two columns. */
function Fact({
  name,
  className,
  long,
  children,
}: {
  name: string;
  className?: string;
  long?: boolean;
  children: ReactNode;
}) {
  return (
    <div
      className={cx(
        "grid min-w-0 grid-cols-[80px_minmax(0,1fr)] gap-x-3 py-0.5 leading-5",
        long && "@xl:col-span-2 @5xl:col-span-1",
      )}
    >
      <dt className="text-ink-3">{name}</dt>
      <dd className={cx("min-w-0 leading-5! [overflow-wrap:anywhere]", className)}>{children}</dd>
    </div>
  );
}

/** From the request's head to the first byte of the answer, and on to its end: one line, so that what was carried is in sight. */
function Timing({ event }: { event: AuditEvent }) {
  const total = event.duration_ms;
  const first = event.first_byte_ms ?? null;
  const share = first === null || total <= 0 ? 1 : Math.min(1, Math.max(0, first / total));
  const end = useMemo(() => new Date(Date.parse(event.timestamp) + total), [event.timestamp, total]);
  return (
    <div className="flex flex-col gap-1.5 border-t border-line px-3 py-2" role="group" aria-label="Timing">
      <svg
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        className="h-2 w-full rounded-full"
        role="img"
        aria-label={`Time to first byte ${formatDuration(first)}, total ${formatDuration(total)}`}
      >
        <rect width="100" height="10" fill="var(--raised)" />
        <rect width={share * 100} height="10" fill="var(--accent)" />
        <rect x={share * 100} width={(1 - share) * 100} height="10" fill="var(--redirect)" opacity="0.55" />
      </svg>
      <dl className="flex flex-wrap gap-x-5 gap-y-1">
        <Mark words="Time to first byte" mark="bg-accent">
          {first === null ? <span className="text-ink-3">No response</span> : formatDuration(first)}
        </Mark>
        <Mark words="Download" mark="bg-redirect opacity-60">
          {first === null ? "–" : formatDuration(Math.max(0, total - first))}
        </Mark>
        <Mark words="Total">
          <strong className="font-semibold">{formatDuration(total)}</strong>
        </Mark>
        <Mark words="Finished">{Number.isNaN(end.getTime()) ? "–" : <Time value={end.toISOString()} as="time" />}</Mark>
      </dl>
    </div>
  );
}

function Mark({ words, mark, children }: { words: string; mark?: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="flex items-center gap-1.5 text-ink-3">
        {mark && <span className={cx("size-2 rounded-[1px]", mark)} aria-hidden />} {words}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
