import * as Popover from "@radix-ui/react-popover";
import { ListFilter, Search, X } from "lucide-react";
import { useEffect, useRef, useState, type SyntheticEvent, type ReactNode, type RefObject } from "react";

import { useMeta } from "../api/queries";
import { FILTER_KEYS, FILTER_LABELS, isRange, RANGE_WORDS, RANGES, type FilterKey, type Filters, type Range } from "../lib/filters";
import { formatDateTime, parseTime, toLocalInput } from "../lib/format";
import { Button, Field, Select } from "../ui/basics";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const STATUSES: [string, string][] = [
  ["2xx", "2xx success"],
  ["3xx", "3xx redirect"],
  ["4xx", "4xx client error"],
  ["5xx", "5xx server error"],
  ["499", "499 client left"],
];

interface Props {
  filters: Filters;
  onChange: (filters: Filters, how: "push" | "replace") => void;
  search: RefObject<HTMLInputElement | null>;
  children?: ReactNode;
}

/** The filters that are used most, a form for all others, and what is set. */
export function FilterBar({ filters, onChange, search, children }: Props) {
  const set = (more: Filters) => onChange({ ...filters, ...more }, "push");
  const chips = FILTER_KEYS.filter((key) => filters[key] && !["q", "method"].includes(key) && !(key === "status" && STATUSES.some(([value]) => value === filters.status)));
  const custom = Boolean(filters.from ?? filters.to);
  return (
    <div className="flex flex-col gap-2 border-b border-line bg-surface px-3 py-2" role="search" aria-label="Filters">
      <div className="flex flex-wrap items-center gap-2">
        <SearchBox value={filters.q ?? ""} onChange={(q) => onChange({ ...filters, q }, "replace")} input={search} />
        <Select aria-label="Status" value={filters.status ?? ""} onChange={(event) => set({ status: event.target.value })} className="min-w-0 flex-1 basis-20 sm:w-[124px] sm:flex-none">
          <option value="">Any status</option>
          {STATUSES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
          {filters.status && !STATUSES.some(([value]) => value === filters.status) && <option value={filters.status}>{filters.status}</option>}
        </Select>
        <Select aria-label="Method" value={filters.method ?? ""} onChange={(event) => set({ method: event.target.value })} className="min-w-0 flex-1 basis-20 sm:w-[108px] sm:flex-none">
          <option value="">Any method</option>
          {[...METHODS, ...(filters.method && !METHODS.includes(filters.method) ? [filters.method] : [])].map((method) => (
            <option key={method}>{method}</option>
          ))}
        </Select>
        <Select
          aria-label="Time span"
          value={custom ? "custom" : (filters.range ?? "")}
          onChange={(event) => {
            const value = event.target.value;
            set({ from: undefined, to: undefined, range: isRange(value) ? value : undefined });
          }}
          className="min-w-0 flex-1 basis-20 sm:w-[116px] sm:flex-none"
        >
          <option value="">All times</option>
          {(Object.keys(RANGES) as Range[]).map((range) => (
            <option key={range} value={range}>
              {RANGE_WORDS[range]}
            </option>
          ))}
          {custom && <option value="custom">From, to …</option>}
        </Select>
        <AllFilters filters={filters} onApply={(next) => onChange(next, "push")} />
        {children}
      </div>
      {chips.length > 0 && (
        <ul className="flex flex-wrap gap-1.5" aria-label="Set filters">
          {chips.map((key) => (
            <li key={key} className="flex h-6 max-w-full min-w-0 items-center gap-1 rounded bg-accent-soft pl-2 text-accent">
              <span className="text-sm">{FILTER_LABELS[key]}</span>
              <span className="min-w-0 truncate font-semibold" title={filters[key]}>
                {show(key, filters[key]!)}
              </span>
              <button type="button" aria-label={`Remove filter ${FILTER_LABELS[key]}`} className="flex size-6 items-center justify-center rounded hover:bg-hover" onClick={() => set({ [key]: undefined })}>
                <X size={12} aria-hidden />
              </button>
            </li>
          ))}
          <li>
            <button type="button" className="h-6 px-1 text-ink-2 underline" onClick={() => onChange({}, "push")}>
              Clear all
            </button>
          </li>
        </ul>
      )}
    </div>
  );
}

function show(key: FilterKey, value: string): string {
  if (key !== "from" && key !== "to") return value.replaceAll("\n", ", ");
  const date = parseTime(value);
  return date ? formatDateTime(date) : value;
}

/** Searches while one types, a moment after the last key. */
function SearchBox({ value, onChange, input }: { value: string; onChange: (value: string) => void; input: RefObject<HTMLInputElement | null> }) {
  const [draft, setDraft] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setDraft(value);
    }
  }, [value]);
  useEffect(() => {
    if (draft === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = draft;
      onChange(draft);
    }, 300);
    return () => clearTimeout(timer);
  });
  return (
    <div className="relative min-w-[180px] flex-1 basis-full sm:basis-56">
      <Search size={14} aria-hidden className="pointer-events-none absolute top-[7px] left-2 text-ink-3" />
      <input
        ref={input}
        type="search"
        className="control w-full pl-7"
        aria-label="Search path, error message and request id"
        placeholder="Path, error or request id"
        title="Case counts"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        spellCheck={false}
      />
    </div>
  );
}

function AllFilters({ filters, onApply }: { filters: Filters; onApply: (filters: Filters) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button icon={<ListFilter size={14} aria-hidden />}>All filters</Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label="All filters"
          className="z-40 max-h-[var(--radix-popover-content-available-height)] w-[min(560px,calc(100vw-16px))] overflow-auto rounded-md border border-line bg-surface p-3 shadow-pop"
        >
          <FilterForm
            filters={filters}
            onApply={(next) => {
              setOpen(false);
              onApply(next);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function FilterForm({ filters, onApply }: { filters: Filters; onApply: (filters: Filters) => void }) {
  const [draft, setDraft] = useState<Filters>(filters);
  const meta = useMeta();
  const values = (key: FilterKey) => meta.data?.filters.find((filter) => filter.name === key)?.values ?? [];
  const text = (key: FilterKey, hint?: string, list?: string) => (
    <Field label={FILTER_LABELS[key]}>
      <input
        className="control"
        value={draft[key] ?? ""}
        onChange={(event) => setDraft({ ...draft, [key]: event.target.value })}
        placeholder={hint}
        list={list}
        spellCheck={false}
        inputMode={key === "min_duration_ms" ? "decimal" : undefined}
      />
    </Field>
  );
  const lines = (key: FilterKey, hint: string) => (
    <Field label={`${FILTER_LABELS[key]}, one a line; all must hold`}>
      <textarea className="control resize-y" rows={2} value={draft[key] ?? ""} onChange={(event) => setDraft({ ...draft, [key]: event.target.value })} placeholder={hint} spellCheck={false} />
    </Field>
  );
  const choice = (key: FilterKey, options: (readonly [string, string])[]) => (
    <Field label={FILTER_LABELS[key]}>
      <Select value={draft[key] ?? ""} onChange={(event) => setDraft({ ...draft, [key]: event.target.value })}>
        <option value="">Any</option>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </Select>
    </Field>
  );
  const time = (key: "from" | "to") => {
    const date = parseTime(draft[key]);
    return (
      <Field label={`${FILTER_LABELS[key]}, local time`}>
        <input
          type="datetime-local"
          step={1}
          className="control"
          value={date ? toLocalInput(date) : ""}
          onChange={(event) => {
            const picked = event.target.value ? new Date(event.target.value) : null;
            setDraft({ ...draft, range: undefined, [key]: picked && !Number.isNaN(picked.getTime()) ? picked.toISOString() : undefined });
          }}
        />
      </Field>
    );
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onApply(draft);
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-x-3 gap-y-2 sm:grid-cols-2">
      <datalist id="routes">
        {values("route_name").map((route) => (
          <option key={route} value={route} />
        ))}
      </datalist>
      {text("path", "part of the path")}
      {text("status", "404 or 4xx")}
      {text("route_name", "route", "routes")}
      {choice("endpoint_group", values("endpoint_group").map((group) => [group, group] as const))}
      {choice("success", [["true", "Succeeded, 200 to 399"], ["false", "Failed"]])}
      {text("min_duration_ms", "250")}
      {text("user", "subject or mail address")}
      {choice("auth_type", values("auth_type").map((type) => [type, type] as const))}
      {choice("source", [["external", "Network"], ["portal-tryit", "Try-It"], ["replay", "Replay"]])}
      {text("session", "session id")}
      {text("request_id", "X-Request-Id")}
      <span className="hidden sm:block" />
      {lines("header", "Content-Type:application/json")}
      {lines("has_header", "X-Forwarded-For")}
      {time("from")}
      {time("to")}
      <div className="flex gap-2 pt-1 sm:col-span-2">
        <Button type="submit" kind="primary">
          Apply
        </Button>
        <Button onClick={() => onApply({})}>Clear all</Button>
      </div>
    </form>
  );
}
