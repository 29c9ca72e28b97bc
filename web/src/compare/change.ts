import type { Change } from "../lib/diff";

export const SIGNS: Record<Change, string> = { same: "", changed: "≠", "only-a": "−", "only-b": "+" };
export const WORDS: Record<Change, string> = {
  same: "equal",
  changed: "different",
  "only-a": "only in A",
  "only-b": "only in B",
};
