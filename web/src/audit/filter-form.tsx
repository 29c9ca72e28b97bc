import * as Popover from "@radix-ui/react-popover";
import { useState, type ReactElement, type SyntheticEvent } from "react";

import { useMeta } from "../api/queries";
import type { FilterKey, Filters } from "../lib/filters";
import { parseTime, toLocalInput } from "../lib/format";
import { END_NAMES } from "../lib/ends";
import { Button } from "../ui/button";
import { Field, Select } from "../ui/field";
import { FILTER_LABELS } from "./filter-labels";

const VERSIONS = ["HTTP/1.0", "HTTP/1.1", "HTTP/2.0"].map((version) => [version, version] as const);

interface Props {
  trigger: ReactElement;
  filters: Filters;
  onApply: (filters: Filters) => void;
}

/** Form with all filters; opens when mounted. */
export default function AllFilters({ trigger, filters, onApply }: Props) {
  const [open, setOpen] = useState(true);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
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
    <Field label={`${FILTER_LABELS[key]} (one per line, all match)`}>
      <textarea
        className="control resize-y"
        rows={2}
        value={draft[key] ?? ""}
        onChange={(event) => setDraft({ ...draft, [key]: event.target.value })}
        placeholder={hint}
        spellCheck={false}
      />
    </Field>
  );
  const choice = (key: FilterKey, options: readonly (readonly [string, string])[]) => (
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
            setDraft({
              ...draft,
              range: undefined,
              [key]: picked && !Number.isNaN(picked.getTime()) ? picked.toISOString() : undefined,
            });
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
      {choice(
        "endpoint_group",
        values("endpoint_group").map((group) => [group, group] as const),
      )}
      {choice("success", [
        ["true", "Succeeded (200 to 399)"],
        ["false", "Failed"],
      ])}
      {text("min_duration_ms", "250")}
      {text("fingerprint", "3f9a01bc")}
      {text("user", "subject or email")}
      {choice(
        "auth_type",
        values("auth_type").map((type) => [type, type] as const),
      )}
      {choice("source", [
        ["external", "External"],
        ["portal-tryit", "Try-It"],
        ["replay", "Replay"],
      ])}
      {text("session", "session id")}
      {text("request_id", "X-Request-Id")}
      {text("trace_id", "of traceparent: 32 hex digits")}
      {text("test_run", "X-Test-Run")}
      {text("connection", "connection id")}
      {text("remote_addr", "address, with or without port")}
      {choice("http_version", VERSIONS)}
      {choice("ended_by", END_NAMES)}
      {text("rule", "space-before-colon")}
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
