import { StatusGlyph } from "../ui/status";
import { statusKind } from "../lib/format";
import type { ApiDocument, Operation, Response } from "./document";
import { MediaBlock } from "./media";
import { Prose } from "./prose";

const TONES = {
  ok: "text-ok",
  redirect: "text-redirect",
  client: "text-client",
  server: "text-server",
  gone: "text-gone",
  info: "text-ink-2",
} as const;

/** Documented responses: the main one open, shared ones at the end. */
export function Responses({ operation, document }: { operation: Operation; document: ApiDocument }) {
  const own = operation.responses.filter((response) => !response.common);
  const common = operation.responses.filter((response) => response.common);
  const main = own.find((response) => response.media.length > 0) ?? own[0];
  return (
    <section className="card overflow-hidden" aria-labelledby="responses">
      <h3 id="responses" className="border-b border-line px-3 py-1.5 font-semibold">
        Responses
      </h3>
      {own.map((response) => (
        <details key={response.status} open={response === main} className="border-b border-line/60">
          <summary className="px-3 py-1.5 hover:bg-hover">
            <Status status={response.status} />{" "}
            <span className="text-ink-2">
              <Prose text={response.about} />
            </span>
          </summary>
          <Content response={response} document={document} />
        </details>
      ))}
      {common.length > 0 && (
        <details>
          <summary className="px-3 py-1.5 text-ink-2 hover:bg-hover">
            Common responses: {common.map((response) => response.status).join(", ")}
          </summary>
          <dl className="kv px-3 pt-1 pb-2">
            {common.map((response) => (
              <div key={response.status} className="contents">
                <dt>
                  <Status status={response.status} />
                </dt>
                <dd className="text-ink-2">
                  <Prose text={response.about} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

function Status({ status }: { status: string }) {
  const kind = statusKind(Number(status) || 0);
  return (
    <span className={`inline-flex items-center gap-1 font-mono text-sm font-semibold ${TONES[kind]}`}>
      <StatusGlyph kind={kind} />
      {status}
    </span>
  );
}

function Content({ response, document }: { response: Response; document: ApiDocument }) {
  return (
    <div className="flex flex-col gap-3 px-3 pt-1 pb-3">
      {response.media.length === 0 && <p className="text-ink-3">No body</p>}
      {response.media.map((media) => (
        <MediaBlock key={media.type} media={media} document={document} />
      ))}
      {response.headers.length > 0 && (
        <p className="text-sm text-ink-3">
          Headers: <span className="font-mono">{response.headers.join(", ")}</span>
        </p>
      )}
    </div>
  );
}
