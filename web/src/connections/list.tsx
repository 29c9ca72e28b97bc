import { Cable, RotateCw } from "lucide-react";
import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { RangeSelect } from "../audit/range-select";
import { connectionFilters, connectionQuery, connectionsLink, PROTOCOLS, type ConnectionFilters } from "./filters";
import { connectionsOptions } from "./queries";
import { ConnectionTable } from "./table";
import { END_NAMES } from "../lib/ends";
import { formatCount } from "../lib/format";
import { Button, IconButton } from "../ui/button";
import { Select } from "../ui/field";
import { LiveSearchField } from "../ui/search-field";
import { Empty, ErrorState } from "../ui/states";
import { Skeleton } from "../ui/text";

/** Connections that have ended, also those without a request. */
export function ConnectionList() {
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const search = query.toString();
  const filters = useMemo(() => connectionFilters(new URLSearchParams(search)), [search]);
  const change = (more: ConnectionFilters, replace = false) =>
    void navigate(connectionsLink({ ...filters, ...more }), { replace });
  const [epoch, setEpoch] = useState(0);
  // A new list begins with its first page.
  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-2" role="search" aria-label="Filters">
        <h1 className="mr-2 text-lg font-semibold">Connections</h1>
        <LiveSearchField
          className="min-w-[180px] flex-1 basis-full sm:basis-56"
          aria-label="Peer"
          placeholder="Peer: address, with or without port"
          value={filters.remote_addr ?? ""}
          onChange={(remote_addr) => change({ remote_addr }, true)}
        />
        <Choice
          label="Protocol"
          any="Any protocol"
          value={filters.protocol}
          options={PROTOCOLS}
          onChange={(protocol) => change({ protocol })}
        />
        <Choice
          label="Ended by"
          any="Any end"
          value={filters.ended_by}
          options={END_NAMES}
          onChange={(ended_by) => change({ ended_by })}
        />
        <RangeSelect
          range={filters.range}
          custom={Boolean(filters.from ?? filters.to)}
          onChange={(range) => change({ from: undefined, to: undefined, range })}
        />
        {Object.keys(filters).length > 0 && (
          <Button kind="quiet" onClick={() => void navigate(connectionsLink({}))}>
            Clear all
          </Button>
        )}
        <IconButton label="Reload" onClick={() => setEpoch((before) => before + 1)}>
          <RotateCw size={14} aria-hidden />
        </IconButton>
      </div>
      <List
        key={`${search} ${epoch}`}
        filters={filters}
        epoch={epoch}
        onReload={() => setEpoch((before) => before + 1)}
      />
    </div>
  );
}

function Choice({
  label,
  any,
  value,
  options,
  onChange,
}: {
  label: string;
  any: string;
  value: string | undefined;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}) {
  return (
    <Select
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value)}
      className="flex-1 basis-[104px] sm:w-[132px] sm:flex-none"
    >
      <option value="">{any}</option>
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
      {value && !options.some(([option]) => option === value) && <option>{value}</option>}
    </Select>
  );
}

/** Pages of the list, one after the other. */
function List({ filters, epoch, onReload }: { filters: ConnectionFilters; epoch: number; onReload: () => void }) {
  // A range that ends now must be the same for all pages.
  const [base] = useState(() => connectionQuery(filters).toString());
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const pages = useQueries({ queries: cursors.map((cursor) => connectionsOptions(base, epoch, cursor)) });
  const first = pages[0];
  const last = pages[pages.length - 1]!;
  const connections = pages.flatMap((page) => page.data?.connections ?? []);
  if (first?.isError && !first.data)
    return <ErrorState error={first.error} title="Connections unavailable" level={2} retry={onReload} />;
  if (!first?.data) return <Skeleton className="h-64" />;
  const { total } = first.data;
  if (connections.length === 0) {
    const filtered = base !== "";
    return (
      <div className="card">
        <Empty
          level={2}
          title={filtered ? "No matching connections" : "No connections yet"}
          icon={<Cable size={16} aria-hidden className="text-ink-3" />}
        >
          <p>
            A connection is listed when it has ended, also without a request. Clients usually keep it open for further
            requests, at most for <code className="font-mono">server.keep_alive</code>.
          </p>
        </Empty>
      </div>
    );
  }
  const next = last.data?.next_cursor;
  return (
    <>
      <p className="text-ink-2" role="status">
        {formatCount(total)} {total === 1 ? "connection" : "connections"}; open ones are not listed.
      </p>
      <div className="card overflow-x-auto" tabIndex={0} role="region" aria-label="Connections, newest first">
        <ConnectionTable connections={connections} />
      </div>
      {last.isError && !last.data && <ErrorState error={last.error} compact retry={() => void last.refetch()} />}
      {(next || last.isPending) && (
        <div>
          <Button busy={last.isPending} onClick={() => next && setCursors([...cursors, next])}>
            Show older connections
          </Button>
        </div>
      )}
    </>
  );
}
