/**
 * JSON as a flat outline that preserves each number's digits, duplicate keys and order. `JSON.parse` would lose
 * them, and recursion would fail on ten thousand levels. The lexer is jsonc-parser's; nothing here recurses.
 */
import { createScanner } from "jsonc-parser";

/** Token kinds of jsonc-parser's scanner (a const enum there, which isolated modules can't read). */
const T = {
  OpenBrace: 1,
  CloseBrace: 2,
  OpenBracket: 3,
  CloseBracket: 4,
  Comma: 5,
  Colon: 6,
  Null: 7,
  True: 8,
  False: 9,
  String: 10,
  Number: 11,
  LineBreak: 14,
  Blank: 15,
  Eof: 17,
} as const;

export type JsonKind = "object" | "array" | "string" | "number" | "literal";

/** Maximum number of values; larger documents are left to the text view. */
export const MAX_NODES = 200_000;
/** Maximum number of indented levels; deeper ones are shown as a number. */
export const MAX_INDENT = 24;

/** One value. All offsets are into the document's text. */
export interface JsonNode {
  kind: JsonKind;
  depth: number;
  /** Offset of the key's token, quotes included; -1 without a key. */
  keyStart: number;
  keyEnd: number;
  /** Index among its siblings. */
  position: number;
  start: number;
  end: number;
  parent: number;
  /** Number of children. */
  count: number;
  /** Node after the last descendant. */
  next: number;
}

export interface JsonOutline {
  text: string;
  nodes: JsonNode[];
  /** Syntax error and its position, when the text is not valid JSON. */
  error: { message: string; offset: number } | null;
  /** True when there are more values than listed. */
  cut: boolean;
}

type State = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma" | "done";

/** Parses a document up to its end or its first error. */
export function outlineJson(text: string, maxNodes = MAX_NODES): JsonOutline {
  const scanner = createScanner(text, false);
  const nodes: JsonNode[] = [];
  const stack: number[] = [];
  let state: State = "value";
  let key: { start: number; end: number } | null = null;
  const outline: JsonOutline = { text, nodes, error: null, cut: false };
  const fail = (message: string) => {
    outline.error = { message, offset: scanner.getTokenOffset() };
  };

  for (;;) {
    const token: number = scanner.scan();
    // The scanner accepts comments, but they are not JSON.
    if (token === T.LineBreak || token === T.Blank) continue;
    const start = scanner.getTokenOffset();
    const end = start + scanner.getTokenLength();
    if (token === T.Eof) {
      if (state !== "done") fail(nodes.length === 0 ? "empty" : "ends in the middle");
      break;
    }
    if ((scanner.getTokenError() as number) !== 0 || token > T.Number) {
      fail("unexpected text");
      break;
    }
    if (state === "done") {
      fail("more text after the end");
      break;
    }
    if (state === "colon") {
      if (token !== T.Colon) {
        fail("expected a colon");
        break;
      }
      state = "value";
      continue;
    }
    const top = stack.length > 0 ? nodes[stack[stack.length - 1]!]! : null;
    if (token === T.CloseBrace || token === T.CloseBracket) {
      const wanted = top?.kind === "object" ? T.CloseBrace : T.CloseBracket;
      const mayEnd = state === "comma" || state === "value-or-end" || state === "key-or-end";
      if (!top || token !== wanted || !mayEnd) {
        fail("unexpected bracket");
        break;
      }
      top.end = end;
      top.next = nodes.length;
      stack.pop();
      state = stack.length > 0 ? "comma" : "done";
      continue;
    }
    if (state === "comma") {
      if (token !== T.Comma) {
        fail("expected a comma");
        break;
      }
      state = top?.kind === "object" ? "key" : "value";
      continue;
    }
    if (state === "key" || state === "key-or-end") {
      if (token !== T.String) {
        fail("expected a key");
        break;
      }
      key = { start, end };
      state = "colon";
      continue;
    }
    const kind = kindOf(token);
    if (!kind) {
      fail("expected a value");
      break;
    }
    if (nodes.length >= maxNodes) {
      outline.cut = true;
      break;
    }
    const parent = stack.length > 0 ? stack[stack.length - 1]! : -1;
    nodes.push({
      kind,
      depth: stack.length,
      keyStart: key?.start ?? -1,
      keyEnd: key?.end ?? -1,
      position: top?.count ?? 0,
      start,
      end,
      parent,
      count: 0,
      next: nodes.length + 1,
    });
    if (top) top.count += 1;
    key = null;
    if (kind === "object" || kind === "array") {
      stack.push(nodes.length - 1);
      state = kind === "object" ? "key-or-end" : "value-or-end";
    } else {
      state = stack.length > 0 ? "comma" : "done";
    }
  }
  // Unclosed containers extend to the end of the valid part.
  for (const open of stack) {
    const node = nodes[open]!;
    node.next = nodes.length;
    node.end = text.length;
  }
  return outline;
}

function kindOf(token: number): JsonKind | null {
  switch (token) {
    case T.OpenBrace:
      return "object";
    case T.OpenBracket:
      return "array";
    case T.String:
      return "string";
    case T.Number:
      return "number";
    case T.Null:
    case T.True:
    case T.False:
      return "literal";
    default:
      return null;
  }
}

export function isContainer(node: JsonNode): boolean {
  return node.kind === "object" || node.kind === "array";
}

/** Containers that are closed at first: none in a small document, those below two levels in a large one. */
export function initiallyClosed(outline: JsonOutline): Set<number> {
  const openLevels = outline.nodes.length <= 300 ? MAX_INDENT : 2;
  const closed = new Set<number>();
  outline.nodes.forEach((node, at) => {
    if (isContainer(node) && node.count > 0 && (node.depth >= openLevels || (node.depth > 0 && node.count > 200)))
      closed.add(at);
  });
  return closed;
}

/** Visible nodes, given the `closed` ones. */
export function visibleNodes(outline: JsonOutline, closed: ReadonlySet<number>): number[] {
  const shown: number[] = [];
  for (let at = 0; at < outline.nodes.length;) {
    shown.push(at);
    at = closed.has(at) ? outline.nodes[at]!.next : at + 1;
  }
  return shown;
}

/** Rows of the tree: the visible nodes, and `~at` for the closing bracket of an open container `at`. */
export function visibleRows(outline: JsonOutline, closed: ReadonlySet<number>): number[] {
  const rows: number[] = [];
  const open: number[] = [];
  const close = (upTo: number) => {
    while (open.length > 0 && outline.nodes[open[open.length - 1]!]!.next <= upTo) rows.push(~open.pop()!);
  };
  for (const at of visibleNodes(outline, closed)) {
    close(at);
    rows.push(at);
    const node = outline.nodes[at]!;
    if (isContainer(node) && node.count > 0 && !closed.has(at)) open.push(at);
  }
  close(outline.nodes.length);
  return rows;
}

/** Nodes whose key or own value contains `needle`, ignoring case; at most `limit`. */
export function findNodes(outline: JsonOutline, needle: string, limit = 1000): number[] {
  const wanted = needle.toLowerCase();
  const found: number[] = [];
  if (!wanted) return found;
  const lower = outline.text.toLowerCase();
  // Lower-casing can change lengths (İ) and thereby offsets, so compare value by value.
  const aligned = lower.length === outline.text.length;
  const holds = (start: number, end: number) => {
    if (end - start < wanted.length) return false;
    if (!aligned) return outline.text.slice(start, end).toLowerCase().includes(wanted);
    const at = lower.indexOf(wanted, start);
    return at >= 0 && at + wanted.length <= end;
  };
  for (let at = 0; at < outline.nodes.length && found.length < limit; at += 1) {
    const node = outline.nodes[at]!;
    const inKey = node.keyStart >= 0 && holds(node.keyStart, node.keyEnd);
    if (inKey || (!isContainer(node) && holds(node.start, node.end))) found.push(at);
  }
  return found;
}

/** Opens all ancestors of a node. */
export function reveal(outline: JsonOutline, closed: ReadonlySet<number>, at: number): Set<number> {
  const open = new Set(closed);
  for (let parent = outline.nodes[at]?.parent ?? -1; parent >= 0; parent = outline.nodes[parent]!.parent)
    open.delete(parent);
  return open;
}

/** Path of a value: `$.items[3]["odd key"]`. */
export function pathOf(outline: JsonOutline, at: number): string {
  const parts: string[] = [];
  for (let node = outline.nodes[at]; node && node.parent >= 0; node = outline.nodes[node.parent]) {
    if (node.keyStart < 0) {
      parts.push(`[${node.position}]`);
    } else {
      const key = outline.text.slice(node.keyStart, node.keyEnd);
      parts.push(/^"[A-Za-z_$][\w$]*"$/.test(key) ? `.${key.slice(1, -1)}` : `[${key}]`);
    }
  }
  return `$${parts.reverse().join("")}`;
}

/** The document with one line per value, digits and keys unchanged; `null` when it is not JSON. */
export function prettyJson(text: string): string | null {
  const scanner = createScanner(text, false);
  const out: string[] = [];
  let depth = 0;
  let atStart = true;
  let previous = 0;
  const newline = () => out.push("\n", "  ".repeat(Math.min(depth, MAX_INDENT)));
  for (;;) {
    const token: number = scanner.scan();
    if (token === T.Eof) break;
    if (token === T.LineBreak || token === T.Blank) continue;
    if ((scanner.getTokenError() as number) !== 0 || token > T.Number) return null;
    const offset = scanner.getTokenOffset();
    const value = text.slice(offset, offset + scanner.getTokenLength());
    if (token === T.CloseBrace || token === T.CloseBracket) {
      depth -= 1;
      if (depth < 0) return null;
      if (previous !== T.OpenBrace && previous !== T.OpenBracket) newline();
      out.push(value);
    } else if (token === T.Comma) {
      out.push(",");
    } else if (token === T.Colon) {
      out.push(": ");
    } else {
      if (!atStart && previous !== T.Colon) newline();
      out.push(value);
      if (token === T.OpenBrace || token === T.OpenBracket) depth += 1;
    }
    atStart = false;
    previous = token;
  }
  return depth === 0 && !atStart ? out.join("") : null;
}
