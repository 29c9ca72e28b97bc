/** Differences between two recorded events, part by part. */
import type { AuditEvent, AuditPayload, MultiMap } from "../model/types";
import { decodeBody } from "./body";
import { prettyJson } from "./json";

export type Change = "same" | "changed" | "only-a" | "only-b";

export interface FieldDiff {
  name: string;
  a: string | null;
  b: string | null;
  change: Change;
  /** Always differs: time, ids, durations. */
  expected: boolean;
}

const FIELDS: [name: keyof AuditEvent, expected?: boolean][] = [
  ["method"],
  ["target"],
  ["path"],
  ["host"],
  ["http_version"],
  ["status"],
  ["success"],
  ["error_message"],
  ["error_category"],
  ["route_name"],
  ["endpoint_group"],
  ["auth_type"],
  ["api_key_name"],
  ["user_subject"],
  ["user_email"],
  ["client_id"],
  ["session_id"],
  ["source"],
  ["instance"],
  ["user_agent"],
  ["bytes_in"],
  ["bytes_out"],
  ["remote_addr", true],
  ["duration_ms", true],
  ["first_byte_ms", true],
  ["timestamp", true],
  ["request_id", true],
  ["id", true],
];

const EXPECTED_HEADERS = new Set(["date", "x-request-id", "age", "x-plexara-replay-from"]);

function show(value: AuditEvent[keyof AuditEvent]): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function change(a: string | null, b: string | null): Change {
  if (a === b) return "same";
  if (a === null) return "only-b";
  return b === null ? "only-a" : "changed";
}

export function diffFields(a: AuditEvent, b: AuditEvent): FieldDiff[] {
  return FIELDS.map(([name, expected]) => {
    const [left, right] = [show(a[name]), show(b[name])];
    return { name, a: left, b: right, change: change(left, right), expected: expected ?? false };
  }).filter((field) => field.a !== null || field.b !== null);
}

/** Headers or query parameters, name by name; header names are compared without regard to case. */
export function diffMaps(
  a: MultiMap | null | undefined,
  b: MultiMap | null | undefined,
  foldCase: boolean,
): FieldDiff[] {
  const key = (name: string) => (foldCase ? name.toLowerCase() : name);
  const rows = new Map<string, { name: string; a: string | null; b: string | null }>();
  for (const [side, map] of [
    ["a", a],
    ["b", b],
  ] as const) {
    for (const [name, values] of Object.entries(map ?? {})) {
      const row = rows.get(key(name)) ?? { name, a: null, b: null };
      row[side] = [...(row[side] === null ? [] : [row[side]]), ...values].join("\n");
      rows.set(key(name), row);
    }
  }
  return [...rows.values()]
    .sort((left, right) => (key(left.name) < key(right.name) ? -1 : 1))
    .map((row) => ({
      ...row,
      change: change(row.a, row.b),
      expected: foldCase && EXPECTED_HEADERS.has(row.name.toLowerCase()),
    }));
}

export interface BodyPair {
  /**
   * Texts to compare by lines. JSON has one line per value, unless only its formatting differs. `null` when
   * either is binary.
   */
  texts: [a: string, b: string] | null;
  same: boolean;
  /** The JSON is equal, token by token; only white space differs. */
  formattingOnly: boolean;
  /** Offset of the first different byte; -1 for none. */
  firstDifference: number;
  sizes: [a: number, b: number];
}

/** Parts of a payload that belong to a body. */
type Bodies = Partial<AuditPayload> | null | undefined;

function bodyOf(payload: Bodies, side: "request" | "response") {
  return decodeBody(
    payload?.[`${side}_body`],
    payload?.[`${side}_body_encoding`],
    payload?.[`${side}_content_type`] ?? "",
  );
}

export function pairBodies(a: Bodies, b: Bodies, side: "request" | "response"): BodyPair {
  const [left, right] = [bodyOf(a, side), bodyOf(b, side)];
  const shorter = Math.min(left.bytes.length, right.bytes.length);
  let firstDifference = -1;
  for (let at = 0; at < shorter; at += 1) {
    if (left.bytes[at] !== right.bytes[at]) {
      firstDifference = at;
      break;
    }
  }
  if (firstDifference < 0 && left.bytes.length !== right.bytes.length) firstDifference = shorter;
  const same = firstDifference < 0;
  const sizes: [number, number] = [left.bytes.length, right.bytes.length];
  if (left.text === null || right.text === null) {
    return { texts: null, same, formattingOnly: false, firstDifference, sizes };
  }
  const pretty = [prettyJson(left.text), prettyJson(right.text)] as const;
  const formattingOnly = !same && pretty[0] !== null && pretty[0] === pretty[1];
  const texts: [string, string] = formattingOnly
    ? [left.text, right.text]
    : [pretty[0] ?? left.text, pretty[1] ?? right.text];
  return { texts, same, formattingOnly, firstDifference, sizes };
}

/** Number of rows with a real difference. */
export function countChanges(rows: FieldDiff[]): number {
  return rows.filter((row) => row.change !== "same" && !row.expected).length;
}
