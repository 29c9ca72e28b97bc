import { Columns3, GitCompareArrows, Pause, Play, RotateCw } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Outlet, useLocation, useNavigate, useParams, useSearchParams } from "react-router";

import { live, setLive } from "../api/live";
import { auditView } from "../audit/view";
import { COLUMN_NAMES, defaultColumns } from "../audit/columns";
import { ExportMenu } from "../audit/export";
import { FilterBar } from "../audit/filter-bar";
import FirstCall from "../audit/first-call";
import { EventTable } from "../audit/table";
import { clearMarks, compareLink, marks, toggleMark } from "../audit/marks";
import { useList } from "../audit/use-list";
import { useTail } from "../audit/use-tail";
import { auditLink, countFilters, filtersFromQuery, type Filters } from "../lib/filters";
import { formatCount } from "../lib/format";
import { readStored, writeStored } from "../lib/store";
import { useStore } from "../lib/use-store";
import { Button, IconButton } from "../ui/button";
import { cx } from "../ui/cx";
import { Menu } from "../ui/menu";
import { ErrorState } from "../ui/states";

const CHOSEN = "api-test.columns";

function storedColumns(): string[] | null {
  const known = new Set(COLUMN_NAMES.map(([id]) => id));
  const chosen = readStored("local", CHOSEN)
    ?.split(",")
    .filter((id) => known.has(id));
  return chosen && chosen.length > 0 ? chosen : null;
}

export default function Audit() {
  const { id } = useParams();
  const [query] = useSearchParams();
  const navigate = useNavigate();
  // The tab of the open event.
  const { hash } = useLocation();
  const search = query.toString();
  const filters = useMemo(() => filtersFromQuery(new URLSearchParams(search)), [search]);
  const following = useStore(live);
  const [top, setTop] = useState(true);
  const [columns, setColumns] = useState(storedColumns);
  const marked = useStore(marks);
  const comparison = compareLink(marked);
  const box = useRef<HTMLInputElement>(null);
  const page = useRef<HTMLDivElement>(null);

  const list = useList(filters);
  const { total: matching, first } = list;
  const listed = useMemo(
    () => (matching === undefined ? null : { events: first, more: matching > first.length }),
    [matching, first],
  );
  const tail = useTail(filters, !following || !top, listed);

  // The menu's link restores the last filters.
  useEffect(() => auditView.set(search ? `?${search}` : ""), [search]);

  const { clear } = tail;
  const reload = useCallback(() => {
    clear();
    list.reload();
  }, [clear, list]);

  const change = (next: Filters, how: "push" | "replace") =>
    void navigate(auditLink(next, id) + hash, { replace: how === "replace" });
  const open = (event: string, how: "open" | "follow") =>
    void navigate(auditLink(filters, event) + hash, { replace: how === "follow" || Boolean(id) });
  const close = () => {
    void navigate(auditLink(filters));
    page.current?.querySelector<HTMLElement>("[role=grid]")?.focus();
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [role=menu]");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/") {
        event.preventDefault();
        box.current?.focus();
      } else if (event.key === "p") setLive(!live.get());
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const total = list.total === undefined ? undefined : list.total + tail.rows.length + tail.gap;
  const shown = columns ?? defaultColumns(1200);
  const choose = (next: string[] | null) => {
    writeStored("local", CHOSEN, next?.join(",") ?? null);
    setColumns(next);
  };

  return (
    <div ref={page} className="relative flex min-h-0 flex-1 flex-col">
      <h1 className="sr-only">Audit</h1>
      <FilterBar filters={filters} onChange={change} search={box}>
        <Menu
          label="Columns"
          trigger={<Button icon={<Columns3 size={14} aria-hidden />}>Columns</Button>}
          items={[
            ...COLUMN_NAMES.map(([name, label]) => ({
              label,
              checked: shown.includes(name),
              stay: true,
              disabled: shown.length === 1 && shown.includes(name),
              act: () => choose(shown.includes(name) ? shown.filter((other) => other !== name) : [...shown, name]),
            })),
            "line" as const,
            { label: "Automatic", act: () => choose(null) },
          ]}
        />
        <ExportMenu filters={filters} total={total} />
      </FilterBar>
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-surface px-3 py-1">
        <span className="min-w-[104px]" role="status">
          {total === undefined ? "Counting…" : `${formatCount(total)} ${total === 1 ? "request" : "requests"}`}
        </span>
        {filters.to ? (
          <span className="text-ink-3">Fixed time range; live updates are off.</span>
        ) : (
          <button
            type="button"
            className="flex items-center gap-1.5 rounded px-1.5 hover:bg-hover"
            onClick={() => setLive(!following)}
            aria-pressed={following}
          >
            <span
              className={cx(
                "size-2",
                tail.state === "open" && following ? "rounded-full bg-ok" : "rounded-[1px] bg-client",
              )}
              aria-hidden
            />
            {tail.state === "refused"
              ? "No live tail"
              : !following
                ? "Paused"
                : tail.state === "open"
                  ? "Live"
                  : "Connecting…"}
            {following ? <Pause size={12} aria-hidden /> : <Play size={12} aria-hidden />}
            <span className="sr-only">{following ? "Pause" : "Resume"}</span>
          </button>
        )}
        {tail.error && <span className="text-server">{tail.error}</span>}
        {tail.lagged > 0 && (
          <span className="text-client">
            ▲ {formatCount(tail.lagged)} events skipped (browser too slow). Reload to see them.
          </span>
        )}
        <IconButton label="Reload" onClick={reload} className="size-6">
          <RotateCw size={13} aria-hidden />
        </IconButton>
        <span className="flex-1" />
        {marked.length > 0 ? (
          <span className="flex items-center gap-2">
            {marked.length} of 2 marked
            <Button
              className="h-6"
              disabled={comparison === null}
              icon={<GitCompareArrows size={13} aria-hidden />}
              onClick={() => comparison !== null && void navigate(comparison)}
            >
              Compare marked
            </Button>
            <button type="button" className="text-ink-2 underline" onClick={clearMarks}>
              Clear
            </button>
          </span>
        ) : (
          <span className="hidden text-sm text-ink-3 lg:inline">
            <kbd>↑↓</kbd> move · <kbd>Enter</kbd> open · <kbd>x</kbd> mark to compare · <kbd>/</kbd> search ·{" "}
            <kbd>p</kbd> pause
          </span>
        )}
      </div>
      <div className="relative flex min-h-0 flex-1">
        {list.error && list.total === undefined ? (
          <div className="flex-1">
            <ErrorState error={list.error} retry={reload} title="Events unavailable" level={2} />
          </div>
        ) : (
          <EventTable
            list={list}
            tail={tail}
            columns={columns}
            openId={id}
            marked={marked}
            onOpen={open}
            onClose={close}
            onMark={toggleMark}
            onTop={setTop}
            empty={<FirstCall filtered={countFilters(filters) > 0} />}
          />
        )}
        {id && (
          <section
            aria-label="Event"
            className="absolute inset-0 z-20 flex min-h-0 flex-col overflow-auto border-l border-line bg-canvas xl:static xl:w-[52%] xl:min-w-[560px] xl:shrink-0"
          >
            <Outlet context={close} />
          </section>
        )}
      </div>
    </div>
  );
}
