import { ListFilter, X } from "lucide-react";
import type { ReactNode, RefObject } from "react";

import { countFilters, FILTER_KEYS, type FilterKey, type Filters } from "../lib/filters";
import { formatDateTime, parseTime } from "../lib/format";
import { Button } from "../ui/button";
import { Select } from "../ui/field";
import { LazyPopup } from "../ui/lazy-popup";
import { LiveSearchField } from "../ui/search-field";
import { FILTER_LABELS } from "./filter-labels";
import { RangeSelect } from "./range-select";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const STATUSES: [string, string][] = [
  ["2xx", "2xx success"],
  ["3xx", "3xx redirect"],
  ["4xx", "4xx client error"],
  ["5xx", "5xx server error"],
  ["499", "499 client closed"],
];

interface Props {
  filters: Filters;
  onChange: (filters: Filters, how: "push" | "replace") => void;
  search: RefObject<HTMLInputElement | null>;
  children?: ReactNode;
}

/** Most used filters, a form for all others, and the active ones. */
export function FilterBar({ filters, onChange, search, children }: Props) {
  const set = (more: Filters) => onChange({ ...filters, ...more }, "push");
  const chips = FILTER_KEYS.filter(
    (key) =>
      filters[key] &&
      !["q", "method"].includes(key) &&
      !(key === "status" && STATUSES.some(([value]) => value === filters.status)),
  );
  const custom = Boolean(filters.from ?? filters.to);
  return (
    <div className="flex flex-col gap-2 border-b border-line bg-surface px-3 py-2" role="search" aria-label="Filters">
      <div className="flex flex-wrap items-center gap-2">
        <LiveSearchField
          ref={search}
          className="min-w-[180px] flex-1 basis-full sm:basis-56"
          aria-label="Search path, error message and request id"
          placeholder="Path, error or request id (case-sensitive)"
          value={filters.q ?? ""}
          onChange={(q) => onChange({ ...filters, q }, "replace")}
        />
        <Select
          aria-label="Status"
          value={filters.status ?? ""}
          onChange={(event) => set({ status: event.target.value })}
          className="flex-1 basis-[104px] sm:w-[124px] sm:flex-none"
        >
          <option value="">Any status</option>
          {STATUSES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
          {filters.status && !STATUSES.some(([value]) => value === filters.status) && (
            <option value={filters.status}>{filters.status}</option>
          )}
        </Select>
        <Select
          aria-label="Method"
          value={filters.method ?? ""}
          onChange={(event) => set({ method: event.target.value })}
          className="flex-1 basis-[104px] sm:w-[108px] sm:flex-none"
        >
          <option value="">Any method</option>
          {[...METHODS, ...(filters.method && !METHODS.includes(filters.method) ? [filters.method] : [])].map(
            (method) => (
              <option key={method}>{method}</option>
            ),
          )}
        </Select>
        <RangeSelect
          range={filters.range}
          custom={custom}
          onChange={(range) => set({ from: undefined, to: undefined, range })}
        />
        <AllFilters filters={filters} onApply={(next) => onChange(next, "push")} />
        {children}
      </div>
      {countFilters(filters) > 0 && (
        <ul className="flex flex-wrap gap-1.5" aria-label="Active filters">
          {chips.map((key) => (
            <li
              key={key}
              className="flex h-6 max-w-full min-w-0 items-center gap-1 rounded bg-accent-soft pl-2 text-accent"
            >
              <span className="text-sm">{FILTER_LABELS[key]}</span>
              <span className="min-w-0 truncate font-semibold" title={filters[key]}>
                {show(key, filters[key]!)}
              </span>
              <button
                type="button"
                aria-label={`Remove filter ${FILTER_LABELS[key]}`}
                className="flex size-6 items-center justify-center rounded hover:bg-hover"
                onClick={() => set({ [key]: undefined })}
              >
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

const loadForm = () => import("./filter-form");

function AllFilters({ filters, onApply }: { filters: Filters; onApply: (filters: Filters) => void }) {
  const trigger = <Button icon={<ListFilter size={14} aria-hidden />}>All filters</Button>;
  return (
    <LazyPopup
      load={loadForm}
      trigger={trigger}
      kind="dialog"
      show={(AllFiltersForm) => <AllFiltersForm trigger={trigger} filters={filters} onApply={onApply} />}
    />
  );
}
