import { Expand, X } from "lucide-react";
import { lazy, Suspense, useEffect, useEffectEvent, useRef, useState, type ReactNode } from "react";
import { Link, useLocation, useNavigate } from "react-router";

import { useEvent } from "../api/queries";
import type { AuditEvent } from "../model/types";
import { loadChunk } from "../lib/chunk";
import { whyNoReplay } from "../lib/redacted";
import { visible } from "../lib/text";
import { IconButton } from "../ui/button";
import { SearchField } from "../ui/search-field";
import { StatusTag } from "../ui/status";
import { Tabs } from "../ui/tabs";
import { Skeleton } from "../ui/text";
import { ErrorState } from "../ui/states";
import { CompareMenu } from "./compare-menu";
import { CopyMenu } from "./copy-menu";
import { Message } from "./message";
import { Overview } from "./overview";
import { ReplayButton, ReplayResult, useReplay } from "./replay";

const WireTab = lazy(() => loadChunk(() => import("../wire/wire-tab")));

const TABS = [
  ["http", "HTTP"],
  ["wire", "Wire"],
] as const;

/** Message of a failure that the request asked the endpoint for. */
const REQUESTED = "The request asked for this failure.";

interface Props {
  id: string;
  /** Set when shown beside the list. */
  onClose?: () => void;
}

/** Recorded request with its response and timing. */
export function Detail({ id, onClose }: Props) {
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
  const replay = useReplay(event);
  const [search, setSearch] = useState("");
  const box = useRef<HTMLInputElement>(null);
  const place = useLocation();
  const navigate = useNavigate();
  // In the address, so that a link opens the same tab.
  const tab = place.hash === "#wire" ? "wire" : "http";
  const whyNot = whyNoReplay(event);
  const cause = event.error_message ?? (event.error_category === "requested" ? REQUESTED : null);
  const onKey = useEffectEvent((press: KeyboardEvent) => {
    const typing =
      press.target instanceof HTMLElement &&
      press.target.closest("input, textarea, select, [role=menu], [role=dialog]");
    if (typing || press.ctrlKey || press.metaKey || press.altKey) return;
    if (press.key === "r" && whyNot === null) replay.run();
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
        <CopyMenu event={event} />
        <CompareMenu event={event} />
        <SearchField
          ref={box}
          className="min-w-[120px] flex-1"
          placeholder="Search this event (f)"
          aria-label="Search headers, query and bodies"
          value={search}
          onChange={setSearch}
        />
        {onClose && (
          <Link
            to={{ pathname: `/event/${event.id}`, hash: place.hash }}
            aria-label="Open full page"
            title="Open full page"
            className="inline-flex size-7 items-center justify-center rounded text-ink-2 hover:bg-hover"
          >
            <Expand size={15} aria-hidden />
          </Link>
        )}
      </Bar>
      <div className="@container flex flex-col gap-3 p-3">
        <header className="flex flex-col gap-1">
          <h2 className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
            <StatusTag status={event.status} />
            <span className="shrink-0 font-mono font-semibold">{event.method}</span>
            <span className="min-w-0 font-mono break-all">{visible(event.target.slice(0, 2000))}</span>
          </h2>
          {cause && (
            <p className={event.status >= 500 ? "text-server" : "text-client"}>
              {visible(cause)}
              {event.error_category && <span className="text-ink-3"> ({event.error_category})</span>}
            </p>
          )}
          {whyNot !== null && <p className="text-ink-3">Replay is off. {whyNot}.</p>}
        </header>
        <ReplayResult replay={replay} original={event} search={search} />
        <Tabs
          label="Levels of the event"
          value={tab}
          options={TABS}
          onChange={(next) =>
            void navigate(
              { ...place, hash: next === "wire" ? "#wire" : "" },
              { replace: true, preventScrollReset: true },
            )
          }
          className="flex min-w-0 flex-col gap-3"
        >
          {tab === "wire" ? (
            <Suspense fallback={<Skeleton className="h-80" />}>
              <WireTab event={event} search={search} />
            </Suspense>
          ) : (
            <>
              <Overview event={event} />
              <div className="grid items-start gap-3 @4xl:grid-cols-2">
                <Message event={event} side="request" search={search} />
                <Message event={event} side="response" search={search} />
              </div>
            </>
          )}
        </Tabs>
      </div>
    </article>
  );
}
