import { Fragment, useMemo, useState, type ReactNode } from "react";

import { formatBytes, formatCount } from "../lib/format";
import { cx } from "../ui/cx";
import { headLines, lineLength, type HeadLine } from "./head";
import { Octets } from "./octets";
import type { WireField } from "./record";

/** Number of lines and of bytes of a line that are shown at first. */
const FIRST_LINES = 100;
const FIRST_BYTES = 4096;

interface Props {
  head: Uint8Array;
  label: string;
  search: string;
  /** Offset of the byte that breaks a rule. */
  brokenAt?: number | null;
}

/** Head line by line, with the offset of each line and its end. */
export function HeadView({ head, label, search, brokenAt = null }: Props) {
  const { lines, rest } = useMemo(() => headLines(head), [head]);
  const [all, setAll] = useState(false);
  // A marked line must not be hidden.
  const broken = brokenAt === null ? -1 : lines.findIndex((line) => brokenAt < line.at + lineLength(line));
  const few = Math.max(FIRST_LINES, broken + 1);
  const shown = all ? lines : lines.slice(0, few);
  return (
    <div className="max-h-[460px] overflow-auto py-1 font-mono text-sm" tabIndex={0} role="group" aria-label={label}>
      <ol>
        {shown.map((line, at) => (
          <li
            key={line.at}
            className={cx(
              "grid grid-cols-[44px_minmax(0,1fr)] gap-x-2 px-3 leading-5 hover:bg-hover",
              at === broken && "bg-server-soft",
            )}
          >
            <span className="text-right text-ink-3 select-none" title={`Offset of the line: ${line.at}`}>
              {line.at}
            </span>
            <span className="min-w-0">
              <Line line={line} search={search} brokenAt={at === broken ? brokenAt : null} />
            </span>
          </li>
        ))}
      </ol>
      {shown.length < lines.length && (
        <button type="button" className="link mx-3 font-sans" onClick={() => setAll(true)}>
          Show all {formatCount(lines.length)} lines
        </button>
      )}
      {all && rest > 0 && <p className="px-3 font-sans text-ink-3">{formatBytes(rest)} more</p>}
    </div>
  );
}

function Line({ line, search, brokenAt }: { line: HeadLine; search: string; brokenAt: number | null }) {
  const parts: { bytes: Uint8Array; at: number; className?: string; ends?: boolean }[] = [];
  let at = line.at;
  const add = (bytes: Uint8Array, className?: string, ends?: boolean) => {
    if (bytes.length > 0) parts.push({ bytes: bytes.subarray(0, FIRST_BYTES), at, className, ends });
    at += bytes.length;
  };
  if (line.kind === "field") {
    add(line.name, "text-accent");
    add(COLON, "text-ink-3");
    // One space is the usual form.
    add(line.gap, "text-ink-3", line.gap.length > 1 || line.gap[0] === 0x09);
    add(line.value);
  } else add(line.name, line.kind === "start" ? "font-semibold" : undefined);
  const cut = line.name.length > FIRST_BYTES || line.value.length > FIRST_BYTES;
  return (
    <>
      {parts.map((part) => (
        <Fragment key={part.at}>{marked(part.bytes, part.at, brokenAt, part.className, part.ends, search)}</Fragment>
      ))}
      {cut && <span className="font-sans text-ink-3">… {formatBytes(lineLength(line))}</span>}
      {brokenAt !== null && brokenAt >= at && <Broken at={brokenAt} />}
      <End line={line} />
    </>
  );
}

const COLON = Uint8Array.of(0x3a);

/** Part of a line, in which the broken byte is marked. */
function marked(
  bytes: Uint8Array,
  start: number,
  brokenAt: number | null,
  className: string | undefined,
  ends: boolean | undefined,
  search: string,
): ReactNode {
  const at = brokenAt === null ? -1 : brokenAt - start;
  if (at < 0 || at >= bytes.length) return <Octets bytes={bytes} search={search} className={className} ends={ends} />;
  return (
    <>
      <Octets bytes={bytes.subarray(0, at)} search={search} className={className} ends={false} />
      <Broken at={brokenAt!}>
        <Octets bytes={bytes.subarray(at, at + 1)} search="" />
      </Broken>
      <Octets bytes={bytes.subarray(at + 1)} search={search} className={className} ends={false} />
    </>
  );
}

function Broken({ at, children }: { at: number; children?: ReactNode }) {
  return (
    <mark className="bg-server! px-0.5 text-surface! [&_*]:bg-transparent! [&_*]:text-surface!">
      {children}
      <span className={children ? "sr-only" : "font-sans"}>◄ byte {at}</span>
    </mark>
  );
}

function End({ line }: { line: HeadLine }) {
  if (line.end === "crlf")
    return (
      <span className="text-ink-3 select-none" aria-hidden title="CR LF">
        \r\n
      </span>
    );
  if (line.end === "none") return <span className="text-ink-3 select-none"> (no line end)</span>;
  return (
    <span className="rounded-[2px] bg-client-soft text-client" title="LF without CR">
      \n
    </span>
  );
}

/** Fields of HTTP/2, trailers, or fields of an interim response: in order, with their case. */
export function FieldList({ fields, label, search }: { fields: readonly WireField[]; label: string; search: string }) {
  const [all, setAll] = useState(false);
  const shown = all ? fields : fields.slice(0, FIRST_LINES);
  return (
    <div className="max-h-[460px] overflow-auto py-1 font-mono text-sm" tabIndex={0} role="group" aria-label={label}>
      <ol>
        {shown.map(([name, value], at) => (
          <li key={at} className="grid grid-cols-[44px_minmax(0,1fr)] gap-x-2 px-3 leading-5 hover:bg-hover">
            <span className="text-right text-ink-3 select-none">{at + 1}</span>
            <span className="min-w-0">
              <Octets bytes={name.subarray(0, FIRST_BYTES)} search={search} className="text-accent" />
              <span className="text-ink-3">: </span>
              {value.length === 0 ? (
                <span className="text-ink-3 italic">empty</span>
              ) : (
                <Octets bytes={value.subarray(0, FIRST_BYTES)} search={search} />
              )}
              {value.length > FIRST_BYTES && (
                <span className="font-sans text-ink-3">… {formatBytes(value.length)}</span>
              )}
            </span>
          </li>
        ))}
      </ol>
      {shown.length < fields.length && (
        <button type="button" className="link mx-3 font-sans" onClick={() => setAll(true)}>
          Show all {formatCount(fields.length)} fields
        </button>
      )}
    </div>
  );
}
