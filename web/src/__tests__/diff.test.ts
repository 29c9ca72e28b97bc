import { describe, expect, it } from "vitest";

import type { AuditEvent } from "../model/types";
import { alignLines, isCut, nearChanges } from "../lib/align";
import { countChanges, diffFields, diffMaps, pairBodies } from "../lib/diff";
import { compareEvents } from "../lib/events";

const event = (more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: "a",
  timestamp: "2026-11-24T12:00:00Z",
  duration_ms: 1,
  request_id: "r",
  method: "GET",
  path: "/v1/x",
  target: "/v1/x",
  host: "h",
  http_version: "HTTP/1.1",
  status: 200,
  bytes_in: 0,
  bytes_out: 1,
  success: true,
  remote_addr: "1:1",
  source: "external",
  instance: "i",
  ...more,
});

describe("two events", () => {
  it("differ in fields, and what always differs is told apart", () => {
    const rows = diffFields(
      event(),
      event({ id: "b", request_id: "s", status: 404, success: false, error_message: "no" }),
    );
    const changed = rows.filter((row) => row.change !== "same").map((row) => [row.name, row.change, row.expected]);
    expect(changed).toEqual([
      ["status", "changed", false],
      ["success", "changed", false],
      ["error_message", "only-b", false],
      ["request_id", "changed", true],
      ["id", "changed", true],
    ]);
    expect(countChanges(rows)).toBe(3);
    expect(countChanges(diffFields(event(), event({ id: "b", duration_ms: 9 })))).toBe(0);
  });

  it("differ in headers by name in either case, values in order", () => {
    const rows = diffMaps(
      { "X-A": ["1", "2"], Via: ["a"], Date: ["x"] },
      { "x-a": ["2", "1"], Date: ["y"], New: [""] },
      true,
    );
    expect(rows.map((row) => [row.name, row.change, row.expected])).toEqual([
      ["Date", "changed", true],
      ["New", "only-b", false],
      ["Via", "only-a", false],
      ["X-A", "changed", false],
    ]);
    expect(diffMaps(null, undefined, false)).toEqual([]);
  });

  it("differ in bodies: JSON by value a line, binary by its first byte", () => {
    const json = pairBodies({ request_body: '{"a":1,"b":2}' }, { request_body: '{"a":1,"b":3}' }, "request");
    expect(json.same).toBe(false);
    expect(json.texts?.[0].split("\n")).toHaveLength(4);
    expect(json.firstDifference).toBe(11);
    const binary = pairBodies(
      { response_body: btoa("\xff\x01"), response_body_encoding: "base64" },
      { response_body: btoa("\xff\x01\x02"), response_body_encoding: "base64" },
      "response",
    );
    expect(binary).toEqual({ texts: null, same: false, formattingOnly: false, firstDifference: 2, sizes: [2, 3] });
    expect(pairBodies(null, undefined, "request").same).toBe(true);
  });

  it("differ in blanks alone: the texts as they are, so that the difference shows", () => {
    const pair = pairBodies({ request_body: '{"a": 1}' }, { request_body: '{"a":1}\n' }, "request");
    expect(pair.same).toBe(false);
    expect(pair.formattingOnly).toBe(true);
    expect(pair.texts).toEqual(['{"a": 1}', '{"a":1}\n']);
    expect(alignLines(...pair.texts!)?.filter((line) => line.kind !== "same")).toHaveLength(2);
    const equal = pairBodies({ request_body: "{}" }, { request_body: "{}" }, "request");
    expect([equal.same, equal.formattingOnly]).toEqual([true, false]);
  });
});

describe("aligned lines", () => {
  it("keep the numbers of both sides", () => {
    expect(alignLines("a\nb\nc\n", "a\nx\nc\nd\n")).toEqual([
      { kind: "same", a: 1, b: 1, text: "a" },
      { kind: "only-a", a: 2, b: null, text: "b" },
      { kind: "only-b", a: null, b: 2, text: "x" },
      { kind: "same", a: 3, b: 3, text: "c" },
      { kind: "only-b", a: null, b: 4, text: "d" },
    ]);
  });
  it("show what differs with three neighbours, and where lines were left out", () => {
    const text = Array.from({ length: 30 }, (_, at) => `line ${at + 1}`);
    const other = text.map((line, at) => (at === 4 || at === 24 ? `${line}!` : line));
    const near = nearChanges(alignLines(text.join("\n"), other.join("\n"))!);
    expect(near.map((line) => line.a ?? line.b)).toEqual([2, 3, 4, 5, 5, 6, 7, 8, 22, 23, 24, 25, 25, 26, 27, 28]);
    expect(near.filter((line, at) => isCut(near[at - 1], line)).map((line) => line.a)).toEqual([22]);
  });
  it("are given up beyond a bound of edits", () => {
    const many = (mark: string) => Array.from({ length: 5000 }, (_, at) => `${mark}${at}`).join("\n");
    expect(alignLines(many("a"), many("b"))).toBeNull();
  });
});

describe("the order of events", () => {
  it("is time, then id: ids of one millisecond are not in the order of time", () => {
    const direct = { id: "019a-7f43", timestamp: "2026-11-24T12:00:00.506305Z" };
    const gateway = { id: "019a-7d9b", timestamp: "2026-11-24T12:00:00.506664Z" };
    expect(compareEvents(direct, gateway)).toBe(-1);
    expect(compareEvents(gateway, direct)).toBe(1);
    expect(compareEvents({ ...direct, timestamp: gateway.timestamp }, gateway)).toBe(1);
    expect(compareEvents(direct, direct)).toBe(0);
    expect(compareEvents({ id: "b", timestamp: "2026-11-24T12:00:00Z" }, direct)).toBe(-1);
    expect(compareEvents({ id: "b", timestamp: "2026-11-24T13:00:00.5+01:00" }, direct)).toBe(-1);
  });
});
