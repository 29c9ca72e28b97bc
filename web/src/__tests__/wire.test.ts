import { describe, expect, it } from "vitest";

import { endWords } from "../lib/ends";
import { glyphsOf } from "../wire/glyphs";
import { headLines, lineLength, namedByte, placeInRecord } from "../wire/head";
import { factsOf, shownBytes, wireOf } from "../wire/record";
import { formatSigned, timelineOf } from "../wire/timeline";
import { framingWords, isOfBody, sourceOf } from "../wire/words";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (data: Uint8Array) => String.fromCharCode(...data);

describe("bytes on the page", () => {
  const shown = (data: string, options?: { ends?: boolean }) =>
    glyphsOf(bytes(data), options).map(({ kind, text }) => [kind, text]);

  it("show what text would hide", () => {
    expect(shown(" a b  c\t")).toEqual([
      ["blank", "·"],
      ["plain", "a b"],
      ["blank", "··"],
      ["plain", "c"],
      ["blank", "→"],
    ]);
    expect(shown("a\0\r\n\x7f")).toEqual([
      ["plain", "a"],
      ["control", "\\0"],
      ["control", "\\r"],
      ["control", "\\n"],
      ["control", "\\x7F"],
    ]);
    expect(shown(" ", { ends: false })).toEqual([["plain", " "]]);
    expect(shown("")).toEqual([]);
  });

  it("tell UTF-8 from bytes that are none, and both from escapes", () => {
    expect(shown("/caf\xc3\xa9")).toEqual([
      ["plain", "/caf"],
      ["wide", "é"],
    ]);
    expect(shown("/caf\xe9")).toEqual([
      ["plain", "/caf"],
      ["byte", "\\xE9"],
    ]);
    expect(shown("%C3%A9")).toEqual([["plain", "%C3%A9"]]);
    // Cut, too long and out of range.
    for (const broken of ["\xc3", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"])
      expect(shown(broken).every(([kind]) => kind === "byte")).toBe(true);
    // An override of the direction of writing.
    expect(shown("\xe2\x80\xae")).toEqual([["wide", "�"]]);
  });

  it("show redacted values as marks", () => {
    expect(glyphsOf(bytes("a=[redacted:3f9a01bc]; b=[redacted]"))).toEqual([
      { kind: "plain", text: "a=" },
      { kind: "redacted", text: "[redacted:3f9a01bc]", fingerprint: "3f9a01bc" },
      { kind: "plain", text: "; b=" },
      { kind: "redacted", text: "[redacted]", fingerprint: null },
    ]);
  });
});

describe("a head", () => {
  const HEAD =
    "GET /a HTTP/1.1\r\nHost: a\r\nX-Demo:\t a \r\nx-demo:b\n fold\r\nno colon\r\nX-Empty:\r\nspace : x\r\n\r\n";

  it("is split as it came, with each line's end", () => {
    const { lines, rest } = headLines(bytes(HEAD));
    expect(rest).toBe(0);
    expect(lines.map(({ kind, name, gap, value, end }) => [kind, text(name), text(gap), text(value), end])).toEqual([
      ["start", "GET /a HTTP/1.1", "", "", "crlf"],
      ["field", "Host", " ", "a", "crlf"],
      ["field", "X-Demo", "\t ", "a ", "crlf"],
      ["field", "x-demo", "", "b", "lf"],
      ["fold", " fold", "", "", "crlf"],
      ["other", "no colon", "", "", "crlf"],
      ["field", "X-Empty", "", "", "crlf"],
      ["field", "space ", " ", "x", "crlf"],
      ["empty", "", "", "", "crlf"],
    ]);
  });

  it("loses no byte, whatever it is", () => {
    for (const head of [HEAD, "", "\r\n", "\n\n", "\r\r\n", "GET", "\r\nGET / HTTP/1.1\r", "a\rb\nc", ":\r\n:\r\n"]) {
      const { lines } = headLines(bytes(head));
      expect(lines.reduce((sum, line) => sum + lineLength(line), 0)).toBe(head.length);
      let at = 0;
      for (const line of lines) {
        expect(line.at).toBe(at);
        at += lineLength(line);
      }
    }
  });

  it("has a bound on its lines", () => {
    const { lines, rest } = headLines(bytes("a\n".repeat(10)), 4);
    expect([lines.length, rest]).toEqual([4, 12]);
  });

  it("has the byte that the message names, unless a redacted value moved it", () => {
    expect(namedByte("malformed request: no Host field (RFC 9112, section 3.2), byte 47")).toBe(47);
    expect(namedByte("malformed request: head too large")).toBeNull();
    expect(namedByte(null)).toBeNull();
    expect(placeInRecord(bytes("abc"), 1)).toBe(1);
    expect(placeInRecord(bytes("abc"), 3)).toBeNull();
    const head = bytes("K: [redacted:3f9a01bc]\r\nX : y");
    expect(placeInRecord(head, 2)).toBe(2);
    expect(placeInRecord(head, 12)).toBeNull();
    expect(placeInRecord(head, 25)).toBeNull();
  });
});

describe("the record below HTTP", () => {
  const DOCUMENT = {
    request: {
      raw_head: "R0VUIC8=",
      raw_head_encoding: "base64",
      fields: [["Host", "a"], ["X", { base64: "/w==" }], ["odd"]],
      framing: "chunked",
      chunks: { count: 2, sizes: [3, 2], extensions: [{ chunk: 0, text: ";a=b" }] },
      trailers: [["X-T", "1"]],
      head_ms: 1.5,
      body_first_ms: 0.5,
      body_last_ms: 4,
      expect: ["100-continue"],
      continue_ms: 0.25,
      wire_bytes: 80,
    },
    response: {
      head: "HTTP/1.1 200 OK\r\n\r\n",
      interim: [{ status: 103, fields: [["Link", "</a>"]], ms: 2 }],
      framing: "length",
      length: 5,
      first_byte_ms: 5,
      last_byte_ms: 7.5,
      stalled_ms: 1,
      steps: [
        { step: "read", ms: 3 },
        { step: "piece", ms: 5, last_ms: 7, count: 3, bytes: 30 },
      ],
      steps_left_out: 2,
    },
    connection: {
      peer: "127.0.0.1:1",
      local_port: 8080,
      opened: "2026-11-27T12:00:00Z",
      idle_ms: 2,
      stream: 3,
      settings: { INITIAL_WINDOW_SIZE: 65535 },
      frames: [
        { ms: -0.2, from: "client", type: "HEADERS", flags: ["END_HEADERS"], length: 20, stream: 3 },
        { ms: 4, from: "client", type: "RST_STREAM", length: 4, stream: 3, code: 8 },
        { ms: 5 },
      ],
      tls: {
        version: "1.3",
        resumed: false,
        client_certificate: { subject: "CN=a" },
        alpn_offered: ["h2", "http/1.1"],
      },
    },
    reset_code: 8,
  };

  it("is read", () => {
    const wire = wireOf({ wire: DOCUMENT })!;
    expect(text(wire.request!.head)).toBe("GET /");
    expect(wire.request!.fields.map((pair) => pair.map(text))).toEqual([
      ["Host", "a"],
      ["X", "\xff"],
    ]);
    expect(wire.request!.chunks).toEqual(DOCUMENT.request.chunks);
    expect(wire.request!.expect.map(text)).toEqual(["100-continue"]);
    expect(text(wire.response!.head)).toContain("200 OK");
    expect(wire.response!.interim[0]).toMatchObject({ status: 103, reason: "Early Hints", ms: 2 });
    expect(wire.response!.steps).toEqual([
      { name: "read", ms: 3, lastMs: null, count: 1, bytes: null },
      { name: "piece", ms: 5, lastMs: 7, count: 3, bytes: 30 },
    ]);
    expect(wire.connection!.tls).toEqual([
      ["version", "1.3"],
      ["resumed", "no"],
      ["client certificate subject", "CN=a"],
      ["alpn offered", "h2, http/1.1"],
    ]);
    expect(wire.connection!.settings).toEqual([["INITIAL WINDOW SIZE", "65535"]]);
    expect(
      wire.connection!.frames.map(({ ms, type, facts }) => [ms, type, facts.map((fact) => fact.join(" "))]),
    ).toEqual([
      [-0.2, "HEADERS", ["flags END_HEADERS", "length 20"]],
      [4, "RST_STREAM", ["length 4", "code 8"]],
    ]);
    expect([wire.connection!.stream, wire.resetCode]).toEqual([3, 8]);
  });

  it("may lack anything, and have anything in any place", () => {
    expect(wireOf({})).toBeNull();
    expect(wireOf({ wire: null })).toBeNull();
    expect(wireOf({ wire: {} })).toEqual({ request: null, response: null, connection: null, resetCode: null });
    const odd = {
      request: { fields: 5, chunks: [], expect: {}, head_ms: "1", raw_head: 7 },
      response: [],
      connection: 1,
    };
    const wire = wireOf({ wire: odd })!;
    expect(wire.request).toMatchObject({ fields: [], chunks: null, expect: [], headMs: null });
    expect([wire.response, wire.connection]).toEqual([null, null]);
    expect(shownBytes({ base64: 5 })).toHaveLength(0);
    expect(factsOf({ tlvs: [{ type: 2, value: { base64: "AA==" } }], none: null })).toEqual([
      ["tlvs 1 type", "2"],
      ["tlvs 1 value", "base64 AA=="],
      ["none", "–"],
    ]);
  });

  it("has a timeline, from the first byte of the head to the last of the response", () => {
    const { rows, from, to, leftOut } = timelineOf({ duration_ms: 8, first_byte_ms: 5 }, wireOf({ wire: DOCUMENT })!);
    expect(rows.map((row) => [row.name, row.from, row.to])).toEqual([
      ["Request head", -1.5, 0],
      ["Waiting for the response", 0, 5],
      ["100 Continue", 0.25, 0.25],
      ["Request body", 0.5, 4],
      ["103 Early Hints", 2, 2],
      ["Step: read", 3, 3],
      ["Step: piece × 3", 5, 7],
      ["Response", 5, 7.5],
    ]);
    expect([from, to, leftOut]).toEqual([-1.5, 8, 2]);
    expect([-1.5, 0, 2, null].map(formatSigned)).toEqual(["−1.50 ms", "0", "2.00 ms", "–"]);
  });

  it("has the times of the event where it has none of the response", () => {
    const rest = { ...DOCUMENT, response: null };
    const { rows } = timelineOf({ duration_ms: 8, first_byte_ms: 5 }, wireOf({ wire: rest })!);
    expect(rows[rows.length - 1]).toMatchObject({ name: "Response", from: 5, to: 8 });
    const none = timelineOf({ duration_ms: 8, first_byte_ms: null }, wireOf({ wire: {} })!);
    expect(none).toEqual({ rows: [], leftOut: 0, from: 0, to: 8 });
  });
});

describe("words", () => {
  it("say how an exchange ended, with the code of HTTP/2", () => {
    expect(endWords("client_reset", 8)).toContain("code 8 (CANCEL)");
    expect(endWords("client_reset", 99)).toContain("code 99 (unknown)");
    expect(endWords("complete")).toBe("Complete: the whole response was sent");
    expect(endWords("toString")).toBe("toString");
  });

  it("say how a body ends, and link the source of a rule", () => {
    expect(framingWords("length", 5)).toBe("Content-Length: 5");
    expect(framingWords("new", null)).toBe("new");
    expect(sourceOf("space before the colon (RFC 9112, section 5.1), byte 47")).toEqual({
      text: "RFC 9112, section 5.1",
      href: "https://www.rfc-editor.org/rfc/rfc9112.html#section-5.1",
    });
    expect(sourceOf("no rule")).toBeNull();
    expect([isOfBody("bad-trailer"), isOfBody("bare-lf")]).toEqual([true, false]);
  });
});
