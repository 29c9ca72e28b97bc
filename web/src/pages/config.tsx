import { TriangleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";

import { useServer } from "../api/queries";
import { flattenConfig, type ConfigRow } from "../lib/config";
import { formatCount } from "../lib/format";
import { CopyButton } from "../ui/copy";
import { LiveSearchField } from "../ui/search-field";
import { SegmentedControl } from "../ui/segmented-control";
import { Highlight, Skeleton, Tag } from "../ui/text";
import { ErrorState } from "../ui/states";

type Which = "all" | "set";

/** Effective configuration of the server, with the origin of each value. */
export default function Config() {
  const server = useServer();
  const [query, setQuery] = useSearchParams();
  const search = query.get("q") ?? "";
  const [which, setWhich] = useState<Which>("all");
  const rows = useMemo(() => flattenConfig(server.data?.config, server.data?.sources), [server.data]);
  const sections = useMemo(() => {
    const wanted = search.toLowerCase();
    const shown = rows.filter(
      (row) =>
        (which === "all" || (row.source !== "default" && row.source !== "")) &&
        `${row.path} ${row.value} ${row.source}`.toLowerCase().includes(wanted),
    );
    const map = new Map<string, ConfigRow[]>();
    for (const row of shown) {
      const section = row.path.split(/[.[]/, 1)[0]!;
      map.set(section, [...(map.get(section) ?? []), row]);
    }
    return [...map];
  }, [rows, search, which]);
  if (server.isError && !server.data)
    return <ErrorState error={server.error} title="Configuration unavailable" retry={() => void server.refetch()} />;
  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-lg font-semibold">Config</h1>
        <LiveSearchField
          className="min-w-44 flex-1 basis-44 sm:max-w-72"
          placeholder="Key or value"
          aria-label="Search the configuration"
          value={search}
          onChange={(next) => setQuery(next ? { q: next } : {}, { replace: true })}
        />
        <SegmentedControl
          label="Which values"
          value={which}
          options={[
            ["all", "All"],
            ["set", "Overrides only"],
          ]}
          onChange={setWhich}
        />
        <CopyButton text={() => JSON.stringify(server.data?.config, null, 2)} label="Copy the configuration">
          Copy as JSON
        </CopyButton>
      </div>
      <p className="text-ink-2">
        Secrets are masked. Each key can be set by an environment variable, for example{" "}
        <code className="font-mono">audit.enabled</code> by <code className="font-mono">APITEST__AUDIT__ENABLED</code>;
        changes need a restart.
      </p>
      {(server.data?.warnings ?? []).map((warning) => (
        <p key={`${warning.key}${warning.message}`} className="flex gap-2 rounded bg-client-soft px-3 py-2 text-client">
          <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
          <span className="min-w-0 break-words">{warning.message}</span>
        </p>
      ))}
      {!server.data && <Skeleton className="h-96" />}
      {sections.map(([section, entries]) => (
        <section key={section} className="card overflow-hidden" aria-label={section}>
          <header className="flex h-8 items-center border-b border-line bg-raised px-3">
            <h2 className="flex-1 font-mono text-sm font-semibold">{section}</h2>
            <span className="text-sm text-ink-3">{formatCount(entries.length)}</span>
          </header>
          <dl>
            {entries.map((row) => (
              <div
                key={row.path}
                className="group grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-3 border-b border-line/60 px-3 py-1 last:border-b-0 hover:bg-hover sm:grid-cols-[minmax(0,280px)_minmax(0,1fr)_auto]"
              >
                <dt className="min-w-0 font-mono text-sm leading-5 break-words text-ink-2">
                  <Highlight text={row.path} search={search} />
                </dt>
                <dd className="order-3 col-span-2 min-w-0 font-mono text-sm leading-5 [overflow-wrap:anywhere] sm:order-none sm:col-span-1">
                  {row.value === "" ? (
                    <span className="font-sans text-ink-3 italic">empty</span>
                  ) : (
                    <Highlight text={row.value} search={search} />
                  )}
                </dd>
                <dd className="text-right leading-5">
                  <Source row={row} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {server.data && sections.length === 0 && <p className="text-ink-2">No matches</p>}
    </div>
  );
}

function Source({ row }: { row: ConfigRow }) {
  if (row.source === "" || row.source === "default")
    return <span className="text-sm text-ink-3">{row.source || "–"}</span>;
  return (
    <Tag tone={row.source === "environment" ? "accent" : "plain"} title={row.detail || undefined}>
      {row.source}
      {row.detail && <span className="hidden pl-1 lg:inline">{row.detail.split("/").pop()}</span>}
    </Tag>
  );
}
