import { lazy, Suspense, useMemo, useState } from "react";

import { imageUrl, viewsOf, type Body, type BodyView as View } from "../lib/body";
import { loadChunk } from "../lib/chunk";
import { formatBytes } from "../lib/format";
import { CopyButton } from "../ui/copy";
import { SegmentedControl } from "../ui/segmented-control";
import { Skeleton, Tag } from "../ui/text";
import { HexView } from "./hex-view";
import { JsonTree } from "./json-tree";

const TextView = lazy(() => loadChunk(() => import("./text-view")));

const NAMES: Record<View, string> = { json: "JSON", text: "Text", hex: "Hex", image: "Image" };

interface Props {
  body: Body;
  /** Size on the wire in bytes. */
  size: number;
  truncated: boolean;
  /** Values in the body were redacted. */
  masked?: boolean;
  search: string;
  label: string;
}

/** Body with a choice of views. */
export function BodyView({ body, size, truncated, masked = false, search, label }: Props) {
  const views = useMemo(() => viewsOf(body), [body]);
  const [chosen, setChosen] = useState<View | null>(null);
  const view = chosen && views.includes(chosen) ? chosen : views[0]!;
  if (body.bytes.length === 0) {
    return <p className="px-3 py-2 text-ink-3">{size > 0 ? `${formatBytes(size)}, not captured` : "Empty"}</p>;
  }
  return (
    <div>
      <div className="flex flex-wrap items-center gap-2 px-3 py-1.5">
        <SegmentedControl
          label={`Show ${label} as`}
          value={view}
          options={views.map((each) => [each, NAMES[each]] as const)}
          onChange={setChosen}
        />
        <span className="min-w-0 truncate text-ink-3">
          {formatBytes(size)}
          {body.contentType ? ` · ${body.contentType}` : " · no Content-Type"}
        </span>
        {truncated && (
          <Tag tone="warn" title="Limit: audit.max_payload_bytes">
            ▲ truncated: first {formatBytes(body.bytes.length)} of {formatBytes(size)}
          </Tag>
        )}
        {masked && (
          <Tag
            tone="warn"
            title={`Redacted before recording: ${formatBytes(body.bytes.length)} here, ${formatBytes(size)} on the wire`}
          >
            ▲ redacted values masked
          </Tag>
        )}
        <span className="flex-1" />
        {body.text !== null && <CopyButton text={body.text} label={`Copy ${label}`} />}
      </div>
      <div className="border-t border-line">
        {view === "json" && <JsonTree text={body.text ?? ""} search={search} label={`${label} as JSON`} />}
        {view === "text" && (
          <Suspense fallback={<Skeleton className="m-2 h-24" />}>
            <TextView text={body.text ?? ""} search={search} label={`${label} as text`} />
          </Suspense>
        )}
        {view === "hex" && <HexView bytes={body.bytes} search={search} label={`${label} as hex`} />}
        {view === "image" && <Picture body={body} label={label} truncated={truncated} />}
      </div>
    </div>
  );
}

function Picture({ body, label, truncated }: { body: Body; label: string; truncated: boolean }) {
  const url = useMemo(() => imageUrl(body), [body]);
  const [size, setSize] = useState<string | null>(null);
  const [broken, setBroken] = useState(false);
  if (broken) {
    return (
      <p className="px-3 py-2 text-client">
        The image can&apos;t be shown: {truncated ? "its body was truncated" : "its bytes don't match Content-Type"}.
        See Hex.
      </p>
    );
  }
  return (
    <figure className="flex flex-col items-start gap-2 p-3">
      <img
        src={url}
        alt={label}
        className="max-h-[420px] max-w-full border border-line bg-[repeating-conic-gradient(var(--raised)_0_25%,var(--surface)_0_50%)] bg-[length:16px_16px]"
        onLoad={(event) => setSize(`${event.currentTarget.naturalWidth} × ${event.currentTarget.naturalHeight} px`)}
        onError={() => setBroken(true)}
      />
      <figcaption className="h-5 text-ink-3">{size}</figcaption>
    </figure>
  );
}
