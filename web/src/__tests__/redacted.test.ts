import { describe, expect, it } from "vitest";

import type { AuditEvent } from "../model/types";
import { maskedInComparison, maskedNotes, piecesOf, whyNoReplay } from "../lib/redacted";

function event(payload: object | null, more: object = {}): AuditEvent {
  const captured = { request_headers: {}, request_truncated: false, request_masked: [], response_masked: [] };
  const whole = payload && { ...captured, ...payload };
  return { source: "external", path: "/v1/echo", payload: whole, ...more } as unknown as AuditEvent;
}

describe("redacted values", () => {
  it("are told from what was sent", () => {
    expect(piecesOf("sid=[redacted:3f9a01bc]; a=[redacted]")).toEqual([
      { text: "sid=" },
      { text: "[redacted:3f9a01bc]", mark: { fingerprint: "3f9a01bc" } },
      { text: "; a=" },
      { text: "[redacted]", mark: { fingerprint: null } },
    ]);
    for (const text of ["", "redacted", "[redacted:3f9a01b]", "[redacted:3F9A01BC]"]) {
      expect(piecesOf(text)).toEqual(text ? [{ text }] : []);
    }
  });

  it("keep a request from being replayed where the server would refuse", () => {
    expect(whyNoReplay(event({}))).toBeNull();
    expect(whyNoReplay(event({ request_masked: ["query", "headers"] }))).toBeNull();
    for (const [payload, more, why] of [
      [{ request_masked: ["body"] }, {}, "body holds a redacted"],
      [{ request_masked: ["path"] }, {}, "path holds a redacted"],
      [{ request_truncated: true }, {}, "truncated"],
      [{ request_headers: null }, {}, "capture_headers"],
      [null, {}, "capture_payloads"],
      [null, { rule: "bare-lf" }, "Malformed"],
      [{}, { source: "replay" }, "Replays"],
      [{}, { path: "/healthz" }, "under /v1/"],
    ] as const) {
      expect(whyNoReplay(event(payload, more))).toContain(why);
    }
  });

  it("are named where a copy or a comparison lacks them", () => {
    expect(maskedNotes(event({ request_masked: ["headers", "body"] }))).toEqual([
      "the body holds a redacted value: put the real one in its place",
    ]);
    expect(maskedNotes(event(null))).toEqual([]);
    expect(maskedInComparison(event({}), event(null))).toBeNull();
    expect(maskedInComparison(event({}), event({ response_masked: ["body"] }))).toContain("fingerprints");
  });
});
