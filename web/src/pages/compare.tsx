import { diffLines } from "diff";
import { ArrowLeftRight } from "lucide-react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";

import { fetchEvents, useEvent } from "../api/queries";
import type { AuditEvent } from "../api/types";
import { countChanges, diffFields, diffMaps, pairBodies, type Change, type FieldDiff } from "../lib/diff";
import { auditLink } from "../lib/filters";
import { formatBytes, formatCount } from "../lib/format";
import { visible } from "../lib/text";
import { Button, cx, Skeleton, StatusTag, Time } from "../ui/basics";
import { Empty, ErrorState } from "../ui/states";
import { Rows } from "../event/rows";

/** Two events side by side: what differs is marked, in words and colour. */
export default function Compare() {
  const [query, setQuery] = useSearchParams();
  const navigate = useNavigate();
  const [a, b] = [query.get("a") ?? undefined, query.get("b") ?? undefined];
  const left = useEvent(a);
  const right = useEvent(b);
  const [onlyChanges, setOnlyChanges] = useState(true);
  const missing = useEarlier(a ? undefined : right.data);

  useEffect(() => {
    if (!a && b && missing.id) void navigate(`/compare?a=${missing.id}&b=${b}`, { replace: true });
  }, [a, b, missing.id, navigate]);

  if (!b || (!a && missing.none)) {
    return (
      <Empty title={b ? "No previous request to this path" : "Select two events"}>
        <p>
          In the{" "}
          <Link className="link" to="/audit">
            audit trail
          </Link>
          , mark two rows with <kbd>x</kbd> and press Compare. Or open an event and choose Compare there.
        </p>
      </Empty>
    );
  }
  const failed = left.error ?? right.error;
  if (failed)
    return (
      <ErrorState
        error={failed}
        title="Event not found"
        retry={() => void Promise.all([left.refetch(), right.refetch()])}
      />
    );

  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-lg font-semibold">Compare</h1>
        <Button
          icon={<ArrowLeftRight size={14} aria-hidden />}
          onClick={() => setQuery({ a: b, b: a ?? "" }, { replace: true })}
          disabled={!a}
        >
          Swap
        </Button>
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={onlyChanges}
            onChange={(event) => setOnlyChanges(event.target.checked)}
            className="accent-(--accent)"
          />
          Differences only
        </label>
      </div>
      {left.data && right.data ? (
        <Pair a={left.data} b={right.data} onlyChanges={onlyChanges} />
      ) : (
        <div className="flex flex-col gap-3" role="status" aria-label="Loading both events">
          <Skeleton className="h-16" />
          <Skeleton className="h-64" />
        </div>
      )}
    </div>
  );
}

/** The request before this one on the same path with the same method. */
function useEarlier(event: AuditEvent | undefined): { id: string | null; none: boolean } {
  const [state, setState] = useState<{ id: string | null; none: boolean }>({ id: null, none: false });
  useEffect(() => {
    setState({ id: null, none: false });
    if (!event) return;
    const stop = new AbortController();
    fetchEvents(
      new URLSearchParams({ path: event.path, method: event.method, to: event.timestamp, limit: "20" }),
      stop.signal,
    )
      .then((list) => {
        const found = list.events.find((other) => other.path === event.path && other.id < event.id);
        setState({ id: found?.id ?? null, none: !found });
      })
      .catch(() => setState({ id: null, none: true }));
    return () => stop.abort();
  }, [event]);
  return state;
}

function Pair({ a, b, onlyChanges }: { a: AuditEvent; b: AuditEvent; onlyChanges: boolean }) {
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
              : `${formatBytes(pair.sizes[0])} and ${formatBytes(pair.sizes[1])}`}
          </PartHead>
          {!pair.same &&
            (pair.texts ? (
              <Lines a={pair.texts[0]} b={pair.texts[1]} label={title} onlyChanges={onlyChanges} />
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
    <Link to={auditLink({}, event.id)} className="card flex min-w-0 items-center gap-2 px-3 py-2 hover:bg-hover">
      <span className="flex size-5 shrink-0 items-center justify-center rounded bg-accent-soft font-semibold text-accent">
        {name}
      </span>
      <StatusTag status={event.status} />
      <span className="font-mono text-sm font-semibold">{event.method}</span>
      <span className="min-w-0 flex-1 truncate font-mono text-sm">{visible(event.target.slice(0, 500))}</span>
      {event.source !== "external" && <span className="text-sm text-ink-3">{event.source}</span>}
      <Time value={event.timestamp} className="hidden text-sm text-ink-3 lg:inline" />
    </Link>
  );
}

function PartHead({ title, children }: { title: string; children: ReactNode }) {
  return (
    <header className="flex min-h-8 items-center gap-2 border-line px-3 not-last:border-b">
      <h2 className="flex-1 font-semibold">{title}</h2>
      <span className="text-sm text-ink-3">{children}</span>
    </header>
  );
}

const SIGNS: Record<Change, string> = { same: "", changed: "≠", "only-a": "−", "only-b": "+" };
const WORDS: Record<Change, string> = {
  same: "equal",
  changed: "different",
  "only-a": "only in A",
  "only-b": "only in B",
};

function Part({ title, rows, onlyChanges }: { title: string; rows: FieldDiff[]; onlyChanges: boolean }) {
  const shown = onlyChanges ? rows.filter((row) => row.change !== "same" && !row.expected) : rows;
  const hidden = rows.length - shown.length;
  const changes = countChanges(rows);
  return (
    <section className="card overflow-hidden" aria-label={title}>
      <PartHead title={title}>
        {changes === 0 ? "equal" : `${formatCount(changes)} of ${formatCount(rows.length)} differ`}
      </PartHead>
      {shown.length > 0 && (
        <table className="w-full table-fixed text-left">
          <colgroup>
            <col className="w-7" />
            <col className="w-24 sm:w-44" />
            <col />
            <col />
          </colgroup>
          <thead className="sr-only">
            <tr>
              <th>How</th>
              <th>Name</th>
              <th>A</th>
              <th>B</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => {
              const differs = row.change !== "same" && !row.expected;
              return (
                <tr key={row.name} className="border-t border-line/60 align-top first:border-t-0">
                  <td
                    className={cx("py-1 pl-3 font-mono font-semibold", differs ? "text-client" : "text-ink-3")}
                    title={WORDS[row.change]}
                  >
                    <span aria-hidden>{SIGNS[row.change]}</span>
                    <span className="sr-only">{WORDS[row.change]}</span>
                  </td>
                  <th scope="row" className="py-1 pr-2 pl-2 font-mono text-sm font-normal break-words text-ink-2">
                    {visible(row.name)}
                  </th>
                  <Cell value={row.a} marked={differs} tone="bg-server-soft" />
                  <Cell value={row.b} marked={differs} tone="bg-ok-soft" />
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {hidden > 0 && shown.length > 0 && (
        <p className="border-t border-line/60 px-3 py-1 text-sm text-ink-3">{formatCount(hidden)} equal or ignored</p>
      )}
    </section>
  );
}

function Cell({ value, marked, tone }: { value: string | null; marked: boolean; tone: string }) {
  return (
    <td
      className={cx(
        "px-1.5 py-1 font-mono text-sm [overflow-wrap:anywhere] whitespace-pre-wrap sm:px-2",
        marked && value !== null && tone,
      )}
    >
      {value === null ? (
        <span className="font-sans text-ink-3">missing</span>
      ) : (
        visible(value.length > 4000 ? `${value.slice(0, 4000)} … ${formatCount(value.length)} characters` : value)
      )}
    </td>
  );
}

interface Line {
  kind: Change;
  a: number | null;
  b: number | null;
  text: string;
}

/** Texts beyond this many edits are not aligned: that would take longer than anyone waits. */
const MOST_EDITS = 4000;
const CONTEXT = 3;

function alignLines(a: string, b: string): Line[] | null {
  const changes = diffLines(a, b, { maxEditLength: MOST_EDITS, timeout: 1500 });
  if (!changes) return null;
  const lines: Line[] = [];
  let [left, right] = [0, 0];
  for (const part of changes) {
    const texts = part.value.replace(/\n$/, "").split("\n");
    for (const text of texts) {
      if (part.added) lines.push({ kind: "only-b", a: null, b: ++right, text });
      else if (part.removed) lines.push({ kind: "only-a", a: ++left, b: null, text });
      else lines.push({ kind: "same", a: ++left, b: ++right, text });
    }
  }
  return lines;
}

function Lines({ a, b, label, onlyChanges }: { a: string; b: string; label: string; onlyChanges: boolean }) {
  const lines = useMemo(() => alignLines(a, b), [a, b]);
  const shown = useMemo(() => {
    if (!lines || !onlyChanges) return lines;
    const near = new Set<number>();
    lines.forEach((line, at) => {
      if (line.kind === "same") return;
      for (let other = at - CONTEXT; other <= at + CONTEXT; other += 1) near.add(other);
    });
    return lines.filter((_, at) => near.has(at));
  }, [lines, onlyChanges]);
  if (!shown) {
    return <p className="px-3 py-2">Too many differing lines to compare. Open each event to see its body.</p>;
  }
  return (
    <Rows
      count={shown.length}
      label={`${label}, line by line`}
      wide
      render={(index) => {
        const line = shown[index]!;
        const before = shown[index - 1];
        const skipped =
          before &&
          line.kind === "same" &&
          before.kind === "same" &&
          line.a !== null &&
          before.a !== null &&
          line.a - before.a > 1;
        return (
          <div
            className={cx(
              "flex leading-[18px] whitespace-pre",
              line.kind === "only-a" && "bg-server-soft",
              line.kind === "only-b" && "bg-ok-soft",
              skipped && "border-t border-dashed border-line-strong",
            )}
          >
            <span className="w-12 shrink-0 pr-2 text-right text-ink-3 select-none">{line.a ?? ""}</span>
            <span className="w-12 shrink-0 pr-2 text-right text-ink-3 select-none">{line.b ?? ""}</span>
            <span className="w-4 shrink-0 font-semibold select-none">
              <span aria-hidden>{line.kind === "only-a" ? "−" : line.kind === "only-b" ? "+" : ""}</span>
              <span className="sr-only">{line.kind === "same" ? "" : WORDS[line.kind]}</span>
            </span>
            <span>{visible(line.text.slice(0, 4000))}</span>
          </div>
        );
      }}
    />
  );
}
