import { ExternalLink, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { useOpenApi } from "../api/queries";
import type { MediaType, OpenApi, Schema } from "../api/types";
import { answersOf, limitsOf, listOperations, resolve, schemaRows, typeOf, type ListedOperation } from "../lib/openapi";
import { cx, CopyButton, Skeleton, Tag } from "../ui/basics";
import { ErrorState } from "../ui/states";

/** The API as its document describes it. */
export default function Discovery() {
  const api = useOpenApi();
  const [query, setQuery] = useSearchParams();
  const [search, setSearch] = useState("");
  const document_ = api.data;
  const operations = useMemo(() => (document_ ? listOperations(document_) : []), [document_]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return operations.filter((each) => {
      const text = `${each.id} ${each.method} ${each.path} ${each.tag} ${each.operation.summary ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [operations, search]);
  const open = query.get("op");
  if (api.isError && !document_)
    return <ErrorState error={api.error} title="No document" retry={() => void api.refetch()} />;
  return (
    <div className="flex flex-col gap-3 p-3 sm:p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-lg font-semibold">Discovery</h1>
        <div className="relative min-w-44 flex-1 basis-44 sm:max-w-72">
          <Search size={14} aria-hidden className="pointer-events-none absolute top-[7px] left-2 text-ink-3" />
          <input
            type="search"
            className="control w-full pl-7"
            placeholder="Path, name or purpose"
            aria-label="Search operations"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <span className="flex flex-wrap gap-x-4">
          {["/docs", "/openapi.json", "/openapi.yaml"].map((href) => (
            <a
              key={href}
              className="link flex items-center gap-1 font-mono text-sm"
              href={href}
              target="_blank"
              rel="noreferrer"
            >
              {href}
              <ExternalLink size={11} aria-hidden />
              <span className="sr-only">(opens a new tab)</span>
            </a>
          ))}
        </span>
      </div>
      {document_ ? (
        <>
          <p className="text-ink-2">
            {document_.info.title} {document_.info.version}, OpenAPI {document_.openapi}: {operations.length}{" "}
            operations. {document_.info.description}.
          </p>
          <Security document_={document_} />
          {(document_.tags ?? []).map((tag) => {
            const group = shown.filter((each) => each.tag === tag.name);
            return group.length === 0 ? null : (
              <section key={tag.name} className="card overflow-hidden" aria-label={tag.name}>
                <header className="flex min-h-8 flex-wrap items-center gap-x-2 border-b border-line bg-raised px-3 py-1.5">
                  <h2 className="font-semibold">{tag.name}</h2>
                  <span className="text-ink-3">{tag.description}</span>
                </header>
                {group.map((each) => (
                  <Entry
                    key={each.id}
                    entry={each}
                    document_={document_}
                    open={open === each.id}
                    onToggle={(id) => setQuery(id ? { op: id } : {}, { replace: true })}
                  />
                ))}
              </section>
            );
          })}
          {shown.length === 0 && <p className="text-ink-2">Nothing is called so. Clear the search to see all.</p>}
        </>
      ) : (
        <Skeleton className="h-96" />
      )}
    </div>
  );
}

function Security({ document_ }: { document_: OpenApi }) {
  const schemes = Object.entries(document_.components?.securitySchemes ?? {});
  if (schemes.length === 0) return null;
  return (
    <p className="flex flex-wrap items-center gap-2 text-ink-2">
      Callers show one of:
      {schemes.map(([name, scheme]) => (
        <Tag key={name} title={scheme.description}>
          <span className="font-mono">
            {scheme.type === "apiKey"
              ? `${scheme.in ?? ""} ${scheme.name ?? ""}`
              : `Authorization: ${scheme.scheme ?? scheme.type}`}
          </span>
        </Tag>
      ))}
    </p>
  );
}

function Entry({
  entry,
  document_,
  open,
  onToggle,
}: {
  entry: ListedOperation;
  document_: OpenApi;
  open: boolean;
  onToggle: (id: string | null) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open) box.current?.scrollIntoView({ block: "nearest" });
  }, [open]);
  return (
    <div ref={box} className="border-b border-line/60 last:border-b-0">
      <h3>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onToggle(open ? null : entry.id)}
          className="flex min-h-8 w-full flex-wrap items-center gap-x-2 px-3 py-1 text-left hover:bg-hover focus-visible:-outline-offset-2"
        >
          <span className="w-3 text-ink-3" aria-hidden>
            {open ? "▾" : "▸"}
          </span>
          <span className="w-[62px] font-mono text-sm font-semibold text-ink-2">{entry.method}</span>
          <span className="font-mono text-sm break-all sm:min-w-64">{entry.path}</span>
          <span className="min-w-40 flex-1 truncate text-ink-3">{entry.operation.summary}</span>
        </button>
      </h3>
      {open && <Body entry={entry} document_={document_} />}
    </div>
  );
}

function Body({ entry, document_ }: { entry: ListedOperation; document_: OpenApi }) {
  const { operation } = entry;
  const parameters = (operation.parameters ?? []).map((parameter) => resolve(document_, parameter)!);
  const answers = answersOf(document_, operation);
  return (
    <div className="flex flex-col gap-4 px-3 pt-1 pb-4 sm:pl-8">
      <p className="text-ink-2">
        {operation.description}{" "}
        <Link className="link" to={`/endpoints/${encodeURIComponent(entry.tag)}/${encodeURIComponent(entry.id)}`}>
          Try it
        </Link>
      </p>
      {parameters.length > 0 && (
        <Block title="Parameters">
          <dl className="flex flex-col">
            {parameters.map((parameter) => (
              <div
                key={`${parameter.in}${parameter.name}`}
                className="grid gap-x-3 border-t border-line/60 py-1 first:border-t-0 sm:grid-cols-[180px_minmax(0,1fr)]"
              >
                <dt className="flex flex-wrap items-start gap-1.5">
                  <span className="font-mono text-sm">{parameter.name}</span>
                  <Tag>{parameter.in}</Tag>
                  {parameter.required && <span className="text-sm text-server">required</span>}
                </dt>
                <dd className="text-ink-2">
                  {parameter.description}{" "}
                  <span className="text-ink-3">
                    {[typeOf(parameter.schema), limitsOf(parameter.schema)].filter(Boolean).join(", ")}
                    {parameter.example !== undefined && `; for instance ${JSON.stringify(parameter.example)}`}
                  </span>
                </dd>
              </div>
            ))}
          </dl>
        </Block>
      )}
      {operation.requestBody && (
        <Block title={`Body${operation.requestBody.required ? ", required" : ""}`}>
          {operation.requestBody.description && <p className="pb-1 text-ink-2">{operation.requestBody.description}</p>}
          {Object.entries(operation.requestBody.content ?? {}).map(([type, media]) => (
            <Media key={type} type={type} media={media} document_={document_} />
          ))}
        </Block>
      )}
      <Block title="Answers">
        <div className="flex flex-col gap-3">
          {answers
            .filter(([, , shared]) => !shared)
            .map(([status, answer]) => (
              <div key={status}>
                <p className="flex flex-wrap gap-x-2">
                  <span className="font-mono font-semibold">{status}</span>
                  <span className="text-ink-2">{answer.description}</span>
                </p>
                {answer.headers && (
                  <p className="text-sm text-ink-3">
                    Headers: <span className="font-mono">{Object.keys(answer.headers).join(", ")}</span>
                  </p>
                )}
                {Object.entries(answer.content ?? {}).map(([type, media]) => (
                  <Media key={type} type={type} media={media} document_={document_} />
                ))}
              </div>
            ))}
          <p className="flex flex-wrap gap-x-3 gap-y-1 text-ink-3">
            As everywhere:
            {answers
              .filter(([, , shared]) => shared)
              .map(([status, answer]) => (
                <span key={status} title={answer.description}>
                  <span className="font-mono">{status}</span>{" "}
                  {answer.description?.split(/[;:]|\.(?:\s|$)/, 1)[0]!.replaceAll("`", "")}
                </span>
              ))}
          </p>
        </div>
      </Block>
    </div>
  );
}

function Block({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title}>
      <h4 className="pb-1 text-sm font-semibold text-ink-3">{title}</h4>
      {children}
    </section>
  );
}

function Media({ type, media, document_ }: { type: string; media: MediaType; document_: OpenApi }) {
  const example: unknown = media.example ?? Object.values(media.examples ?? {})[0]?.value;
  const text = example === undefined ? null : typeof example === "string" ? example : JSON.stringify(example, null, 2);
  return (
    <div className="flex flex-col gap-2 pt-1">
      <p className="text-sm text-ink-3">
        <span className="font-mono">{type}</span>
        {media.schema && <> · {typeOf(media.schema)}</>}
      </p>
      <div className={cx("grid items-start gap-3", text !== null && "lg:grid-cols-2")}>
        <SchemaTable schema={media.schema} document_={document_} />
        {text !== null && (
          <div className="flex min-w-0 items-start rounded border border-line bg-raised">
            <pre
              className="max-h-80 min-w-0 flex-1 overflow-auto px-2 py-1 font-mono text-sm whitespace-pre-wrap"
              tabIndex={0}
              role="group"
              aria-label={`Example of ${type}`}
            >
              {text}
            </pre>
            <CopyButton text={text} label="Copy the example" />
          </div>
        )}
      </div>
    </div>
  );
}

function SchemaTable({ schema, document_ }: { schema: Schema | undefined; document_: OpenApi }) {
  const rows = useMemo(() => schemaRows(document_, schema), [document_, schema]);
  if (rows.length === 0)
    return <p className="text-sm text-ink-3">{limitsOf(schema) || "No properties are declared."}</p>;
  return (
    <dl className="min-w-0 rounded border border-line">
      {rows.map((row, at) => (
        <div
          key={at}
          className="border-b border-line/60 px-2 py-1 last:border-b-0"
          style={{ paddingLeft: 8 + row.depth * 16 }}
        >
          <dt className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-mono text-sm">{row.name}</span>
            <span className="text-sm text-ink-3">
              {[row.type, row.limits].filter(Boolean).join(", ")}
              {row.required ? "" : ", optional"}
            </span>
          </dt>
          {row.description && <dd className="text-sm text-ink-2">{row.description}</dd>}
        </div>
      ))}
    </dl>
  );
}
