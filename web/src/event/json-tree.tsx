import { useId, useMemo, useState, type KeyboardEvent } from "react";

import { formatCount } from "../lib/format";
import {
  findNodes,
  initiallyClosed,
  isContainer,
  MAX_INDENT,
  MAX_NODES,
  outlineJson,
  pathOf,
  reveal,
  visibleRows,
  type JsonNode,
  type JsonOutline,
} from "../lib/json";
import { visible } from "../lib/text";
import { cx } from "../ui/cx";
import { Highlight } from "../ui/text";
import { copyText } from "../ui/copy";
import { Rows } from "./rows";
import { SearchSteps, useSteps } from "./steps";

/** Maximum number of characters of a value in its row; the text view shows all. */
const SHOWN = 2000;

const COLOURS: Record<JsonNode["kind"], string> = {
  object: "text-ink-3",
  array: "text-ink-3",
  string: "text-ok",
  number: "text-redirect",
  literal: "text-gone",
};

/** JSON tree that preserves digits, order and duplicate keys, to any depth. Only visible rows are rendered. */
export function JsonTree({ text, search, label }: { text: string; search: string; label: string }) {
  const outline = useMemo(() => outlineJson(text), [text]);
  // A new text resets the folding.
  const [shown, setShown] = useState({ outline, version: 0 });
  if (shown.outline !== outline) setShown({ outline, version: shown.version + 1 });
  return <Tree key={shown.version} outline={outline} search={search} label={label} />;
}

function Tree({ outline, search, label }: { outline: JsonOutline; search: string; label: string }) {
  const id = useId();
  const { text } = outline;
  const [closed, setClosed] = useState<ReadonlySet<number>>(() => initiallyClosed(outline));
  const [active, setActive] = useState(0);
  const [moved, setMoved] = useState<{ index: number } | null>(null);
  const shown = useMemo(() => visibleRows(outline, closed), [outline, closed]);
  const found = useMemo(() => findNodes(outline, search), [outline, search]);
  const hits = useMemo(() => new Set(found), [found]);
  const { current, count, step } = useSteps(found);

  // Unfolds and scrolls to a match once.
  const [revealed, setRevealed] = useState<number | undefined>(undefined);
  if (revealed !== current) {
    setRevealed(current);
    if (current !== undefined) {
      const open = reveal(outline, closed, current);
      setClosed(open);
      setActive(current);
      setMoved({ index: visibleRows(outline, open).indexOf(current) });
    }
  }

  const toggle = (at: number, open?: boolean) =>
    setClosed((before) => {
      const next = new Set(before);
      if (open ?? next.has(at)) next.delete(at);
      else next.add(at);
      return next;
    });
  const all = (open: boolean) => {
    const next = new Set<number>();
    if (!open) outline.nodes.forEach((node, at) => isContainer(node) && node.count > 0 && at > 0 && next.add(at));
    setClosed(next);
  };

  /** Moves to a row, or past it in the direction of `step`: a closing bracket is not a value. */
  const go = (row: number, step: 1 | -1) => {
    let index = Math.max(0, Math.min(shown.length - 1, row));
    while (index >= 0 && index < shown.length && shown[index]! < 0) index += step;
    const at = shown[index];
    if (at === undefined) return;
    setActive(at);
    setMoved({ index });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = shown.indexOf(active);
    const node = outline.nodes[active];
    if (!node) return;
    const folds = isContainer(node) && node.count > 0;
    if (event.key === "ArrowDown") go(row + 1, 1);
    else if (event.key === "ArrowUp") go(row - 1, -1);
    else if (event.key === "Home") go(0, 1);
    else if (event.key === "End") go(shown.length - 1, -1);
    else if (event.key === "PageDown") go(row + 20, row + 20 < shown.length ? 1 : -1);
    else if (event.key === "PageUp") go(row - 20, -1);
    else if (event.key === "ArrowRight") {
      if (folds && closed.has(active)) toggle(active, true);
      else go(row + 1, 1);
    } else if (event.key === "ArrowLeft") {
      if (folds && !closed.has(active)) toggle(active, false);
      else if (node.parent >= 0) go(shown.indexOf(node.parent), -1);
    } else if ((event.key === "Enter" || event.key === " ") && folds) toggle(active);
    else if (event.key === "c") void copyText(text.slice(node.start, node.end));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div>
      <SearchSteps search={search} count={count} step={step} />
      {outline.error && (
        <p role="alert" className="border-b border-line bg-client-soft px-2 py-1 text-client">
          Invalid JSON at character {formatCount(outline.error.offset)} ({outline.error.message}). Partial tree below.
        </p>
      )}
      {outline.nodes.length > 0 && (
        <Rows
          count={shown.length}
          role="tree"
          label={label}
          at={moved}
          onKeyDown={onKeyDown}
          onRowClick={(row) => {
            const at = shown[row];
            const node = at === undefined || at < 0 ? undefined : outline.nodes[at];
            if (at === undefined || !node) return;
            setActive(at);
            if (isContainer(node) && node.count > 0) toggle(at);
          }}
          activeId={shown.includes(active) ? `${id}${active}` : undefined}
          wide
          render={(row) => {
            const at = shown[row]!;
            if (at < 0) return <Closing node={outline.nodes[~at]!} />;
            const node = outline.nodes[at]!;
            const folds = isContainer(node) && node.count > 0;
            const open = folds && !closed.has(at);
            return (
              <div
                role="treeitem"
                id={`${id}${at}`}
                aria-level={node.depth + 1}
                aria-posinset={node.position + 1}
                aria-setsize={outline.nodes[node.parent]?.count ?? 1}
                aria-expanded={folds ? open : undefined}
                aria-selected={at === active}
                title={pathOf(outline, at).slice(0, 300)}
                className={cx(
                  "flex w-max min-w-full items-center pr-2 leading-[18px] whitespace-pre",
                  at === active ? "group-focus/rows:bg-selected" : "hover:bg-hover",
                )}
                style={{ paddingLeft: indentOf(node) }}
              >
                {node.depth > MAX_INDENT && <span className="pr-1.5 text-ink-3">↳{formatCount(node.depth)}</span>}
                <span className="w-3.5 shrink-0 text-ink-3" aria-hidden>
                  {folds ? (open ? "▾" : "▸") : ""}
                </span>
                <Label node={node} text={text} search={hits.has(at) ? search : ""} />
                <Value
                  node={node}
                  text={text}
                  search={hits.has(at) ? search : ""}
                  open={open}
                  current={at === current}
                />
              </div>
            );
          }}
        />
      )}
      <div className="flex flex-wrap items-center gap-x-3 border-t border-line px-2 py-1 text-sm text-ink-3">
        <span>{formatCount(outline.nodes.length)} values</span>
        <button type="button" className="underline" onClick={() => all(true)}>
          Expand all
        </button>
        <button type="button" className="underline" onClick={() => all(false)}>
          Collapse all
        </button>
        <span>
          <kbd>c</kbd> copies the value
        </span>
        {outline.cut && <span>Showing the first {formatCount(MAX_NODES)}. See Text for the rest.</span>}
      </div>
    </div>
  );
}

const indentOf = (node: JsonNode) => 8 + Math.min(node.depth, MAX_INDENT) * 14;

function countWord(node: JsonNode): string {
  if (node.kind === "object") return node.count === 1 ? "key" : "keys";
  return node.count === 1 ? "item" : "items";
}

/** Closing bracket of an open object or array. */
function Closing({ node }: { node: JsonNode }) {
  return (
    <div
      aria-hidden
      className="flex w-max min-w-full items-center pr-2 leading-[18px] text-ink-3"
      style={{ paddingLeft: indentOf(node) }}
    >
      <span className="w-3.5 shrink-0" />
      {node.kind === "object" ? "}" : "]"}
    </div>
  );
}

function Label({ node, text, search }: { node: JsonNode; text: string; search: string }) {
  if (node.keyStart < 0) return node.parent >= 0 ? <span className="pr-1.5 text-ink-3">{node.position}:</span> : null;
  const key = text.slice(node.keyStart + 1, Math.min(node.keyEnd - 1, node.keyStart + SHOWN));
  return (
    <span className="pr-1.5 text-ink">
      <span className="text-ink-3">&quot;</span>
      <Highlight text={visible(key)} search={search} />
      <span className="text-ink-3">&quot;:</span>
    </span>
  );
}

function Value({
  node,
  text,
  search,
  open,
  current,
}: {
  node: JsonNode;
  text: string;
  search: string;
  open: boolean;
  current: boolean;
}) {
  if (isContainer(node)) {
    const [left, right] = node.kind === "object" ? ["{", "}"] : ["[", "]"];
    if (node.count === 0) return <span className="text-ink-3">{left + right}</span>;
    return (
      <span className="text-ink-3">
        {left}
        {open ? "" : `…${right}`}{" "}
        <span className="font-sans">
          {formatCount(node.count)} {countWord(node)}
        </span>
      </span>
    );
  }
  const long = node.end - node.start > SHOWN;
  return (
    <span className={cx(COLOURS[node.kind], current && "outline-2 outline-accent")}>
      <Highlight text={visible(text.slice(node.start, long ? node.start + SHOWN : node.end))} search={search} />
      {long && <span className="text-ink-3"> … {formatCount(node.end - node.start)} characters</span>}
    </span>
  );
}
