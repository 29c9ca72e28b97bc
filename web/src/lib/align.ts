/** Alignment of two texts, line by line. */
import { diffLines } from "diff";

import type { Change } from "./diff";

export interface AlignedLine {
  kind: Change;
  /** Number of the line in A, from 1; `null` when it is only in B. */
  a: number | null;
  b: number | null;
  text: string;
}

/** Maximum number of edits. Aligning more would take too long. */
const MAX_EDITS = 4000;
const TIMEOUT_MS = 1500;
/** Number of equal lines shown around each difference. */
const CONTEXT = 3;

/** Aligns two texts; `null` when they differ in too many lines. */
export function alignLines(a: string, b: string): AlignedLine[] | null {
  const changes = diffLines(a, b, { maxEditLength: MAX_EDITS, timeout: TIMEOUT_MS });
  if (!changes) return null;
  const lines: AlignedLine[] = [];
  let [left, right] = [0, 0];
  for (const part of changes) {
    for (const text of part.value.replace(/\n$/, "").split("\n")) {
      if (part.added) lines.push({ kind: "only-b", a: null, b: ++right, text });
      else if (part.removed) lines.push({ kind: "only-a", a: ++left, b: null, text });
      else lines.push({ kind: "same", a: ++left, b: ++right, text });
    }
  }
  return lines;
}

/** Returns the different lines, each with its neighbours. */
export function nearChanges(lines: readonly AlignedLine[]): AlignedLine[] {
  const near = new Set<number>();
  lines.forEach((line, at) => {
    if (line.kind === "same") return;
    for (let other = at - CONTEXT; other <= at + CONTEXT; other += 1) near.add(other);
  });
  return lines.filter((_, at) => near.has(at));
}

/** True when lines between these two neighbours are hidden. */
export function isCut(before: AlignedLine | undefined, line: AlignedLine): boolean {
  if (before?.kind !== "same" || line.kind !== "same") return false;
  return line.a !== null && before.a !== null && line.a - before.a > 1;
}
