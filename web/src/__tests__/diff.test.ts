import { describe, expect, it } from "vitest";

import type { AuditEvent } from "../api/types";
import { countChanges, diffFields, diffMaps, pairBodies } from "../lib/diff";

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
    expect(binary).toEqual({ texts: null, same: false, firstDifference: 2, sizes: [2, 3] });
    expect(pairBodies(null, undefined, "request").same).toBe(true);
  });
});
