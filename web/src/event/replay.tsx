import { RotateCcw } from "lucide-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "react-router";

import { fetchEvents } from "../api/options";
import { api, dataOf } from "../api/client";
import type { AuditEvent, Replay } from "../model/types";
import { decodeBody } from "../lib/body";
import { auditLink } from "../lib/filters";
import { whyNoReplay } from "../lib/redacted";
import { Button } from "../ui/button";
import { Section } from "../ui/section";
import { StatusTag } from "../ui/status";
import { ErrorState } from "../ui/states";
import { BodyView } from "./body-view";
import { NameValueList } from "./message";

export interface ReplayState {
  busy: boolean;
  result: Replay | null;
  error: unknown;
  run: () => void;
}

/** Replays the recorded request. */
export function useReplay(event: AuditEvent): ReplayState {
  const replay = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/portal/audit/replay/{id}", { params: { path: { id: event.id } } })),
  });
  return {
    busy: replay.isPending,
    result: replay.data ?? null,
    error: replay.error,
    run: () => {
      if (!replay.isPending) replay.mutate();
    },
  };
}

/** First value of a header, ignoring the case of its name. */
function headerOf(headers: Replay["headers"], name: string): string | undefined {
  return Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1][0];
}

export function ReplayButton({ replay, event }: { replay: ReplayState; event: AuditEvent }) {
  const whyNot = whyNoReplay(event);
  return (
    <Button
      kind="primary"
      busy={replay.busy}
      disabled={whyNot !== null}
      title={whyNot === null ? "Send this request again (r)" : undefined}
      onClick={replay.run}
      icon={<RotateCcw size={14} aria-hidden />}
    >
      {replay.busy ? "Sending…" : "Replay"}
    </Button>
  );
}

/** Response to the replay, with a link to its own event. */
export function ReplayResult({
  replay,
  original,
  search,
}: {
  replay: ReplayState;
  original: AuditEvent;
  search: string;
}) {
  const { result, error } = replay;
  const body = useMemo(
    () =>
      result ? decodeBody(result.body, result.body_encoding, headerOf(result.headers, "content-type") ?? "") : null,
    [result],
  );
  const made = useReplayEvent(result);
  if (error) {
    return (
      <div className="card">
        <ErrorState error={error} title="Replay failed" compact />
      </div>
    );
  }
  if (!result || !body) return null;
  const requestId = headerOf(result.headers, "x-request-id");
  return (
    <Section
      title={
        <span className="flex items-center gap-2" role="status">
          Replay: <StatusTag status={result.status} />
          {result.status === original.status ? (
            <span className="font-normal text-ink-3">same as original</span>
          ) : (
            <span className="font-normal text-client">▲ original: {original.status}</span>
          )}
        </span>
      }
      aside={
        made ? (
          <span className="flex gap-3">
            <Link className="link" to={auditLink({}, made)}>
              Open event
            </Link>
            <Link className="link" to={`/compare?a=${original.id}&b=${made}`}>
              Compare with original
            </Link>
          </span>
        ) : requestId ? (
          <Link className="link" to={auditLink({ request_id: requestId })}>
            Find event
          </Link>
        ) : undefined
      }
    >
      <BodyView
        body={body}
        size={body.bytes.length}
        truncated={result.body_truncated}
        search={search}
        label="replay body"
      />
      <details className="border-t border-line" open={search !== ""}>
        <summary className="px-3 py-1.5 text-ink-2">Response headers</summary>
        <NameValueList map={result.headers} search={search} label="replay headers" none="No headers" />
      </details>
    </Section>
  );
}

/** Attempts to find the replay's own event, and pause between them in ms: it is written a moment after the response. */
const TRIES = 12;
const PAUSE_MS = 250;

/** Id of the replay's own event; `null` until known. */
function useReplayEvent(result: Replay | null): string | null {
  const requestId = result ? headerOf(result.headers, "x-request-id") : undefined;
  const found = useQuery({
    queryKey: ["replay-event", requestId],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ request_id: requestId!, source: "replay", limit: "1" });
      return (await fetchEvents(query, signal)).events[0]?.id ?? null;
    },
    enabled: Boolean(result && !result.event_id && requestId),
    refetchInterval: ({ state }) => (state.data === null && state.dataUpdateCount < TRIES ? PAUSE_MS : false),
  });
  return result?.event_id ?? found.data ?? null;
}
