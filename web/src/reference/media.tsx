import { useMemo } from "react";

import { CopyButton } from "../ui/copy";
import { boundsOf, schemaRows, typeOf, type ApiDocument, type Media, type Schema } from "./document";
import { Prose } from "./prose";

/** Content of one media type: schema and example. */
export function MediaBlock({ media, document }: { media: Media; document: ApiDocument }) {
  const { example } = media;
  const text = example === undefined ? null : typeof example === "string" ? example : JSON.stringify(example, null, 2);
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm text-ink-3">
        <span className="font-mono">{media.type}</span>
        {media.schema && <> · {typeOf(media.schema)}</>}
      </p>
      <SchemaTable schema={media.schema} document={document} />
      {text !== null && (
        <div className="flex min-w-0 items-start rounded border border-line bg-raised">
          <pre
            className="max-h-80 min-w-0 flex-1 overflow-auto px-2 py-1 font-mono text-sm break-words whitespace-pre-wrap"
            tabIndex={0}
            role="group"
            aria-label={`Example of ${media.type}`}
          >
            {text}
          </pre>
          <CopyButton text={text} label="Copy example" />
        </div>
      )}
    </div>
  );
}

function SchemaTable({ schema, document }: { schema: Schema | undefined; document: ApiDocument }) {
  const rows = useMemo(() => schemaRows(document, schema), [document, schema]);
  if (rows.length === 0) {
    const bounds = schema && !("$ref" in schema) ? boundsOf(schema) : "";
    return bounds ? <p className="text-sm text-ink-3">{bounds}</p> : null;
  }
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
              {[row.type, row.bounds].filter(Boolean).join(", ")}
              {row.required ? "" : ", optional"}
            </span>
          </dt>
          {row.about && (
            <dd className="text-sm text-ink-2">
              <Prose text={row.about} />
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}
