import type { ReactNode } from "react";

import type { ApiDocument, Operation } from "./document";
import { MediaBlock } from "./media";
import { Method } from "./method";
import { Prose } from "./prose";
import { Responses } from "./responses";
import { TryIt, type Transport } from "./try-it";

interface Props {
  operation: Operation;
  document: ApiDocument;
  transports: Transport[];
  baseUrl: string;
  /** Link back to the list, where that is hidden. */
  back: ReactNode;
  /** Links beside the name. */
  links: ReactNode;
}

/** Operation: documentation, form and response. */
export function OperationView({ operation, document, transports, baseUrl, back, links }: Props) {
  return (
    <article className="@container flex flex-col gap-3 p-3 sm:p-4">
      <header className="flex flex-col gap-1">
        {back}
        <h2 className="flex flex-wrap items-center gap-2 text-lg">
          <Method method={operation.method} />
          <span className="min-w-0 font-mono break-all">{operation.path}</span>
        </h2>
        {operation.deprecated && <p className="text-client">Deprecated</p>}
        <p className="text-ink-2">
          <Prose text={operation.summary} />
        </p>
        {operation.description && (
          <p className="text-ink-2">
            <Prose text={operation.description} />
          </p>
        )}
        <p className="flex flex-wrap gap-x-4 text-ink-3">
          <span>
            <code className="font-mono text-sm">{operation.id}</code> in {operation.group}
          </span>
          {operation.credential && <span>{operation.credential}</span>}
          {links}
        </p>
      </header>
      <TryIt operation={operation} transports={transports} baseUrl={baseUrl}>
        {operation.body && (
          <section className="card" aria-labelledby="request-body">
            <h3 id="request-body" className="border-b border-line px-3 py-1.5 font-semibold">
              Request body{operation.body.required ? ", required" : ""}
            </h3>
            <div className="flex flex-col gap-3 px-3 py-2">
              {operation.body.about && (
                <p className="text-ink-2">
                  <Prose text={operation.body.about} />
                </p>
              )}
              {operation.body.media.map((media) => (
                <MediaBlock key={media.type} media={media} document={document} />
              ))}
            </div>
          </section>
        )}
        <Responses operation={operation} document={document} />
      </TryIt>
    </article>
  );
}
