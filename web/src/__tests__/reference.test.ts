import { afterEach, describe, expect, it, vi } from "vitest";

import { toCurl, toFetch, toHttpie } from "../lib/copy";
import {
  boundsOf,
  keyHeaderOf,
  readGroups,
  schemaRows,
  searchGroups,
  typeOf,
  type ApiDocument,
  type Operation,
} from "../reference/document";
import { asRecorded, emptyForm, readForm, valueWarning, withContentType, type CallForm } from "../reference/form";
import { networkSender } from "../reference/send";

const DOCUMENT = {
  openapi: "3.1.0",
  info: { title: "t", version: "1" },
  tags: [{ name: "empty" }, { name: "data", description: "Bodies." }],
  security: [{ Key: [] }, { Token: [] }, {}],
  paths: {
    "/v1/fixed/{key}": {
      parameters: [{ $ref: "#/components/parameters/key" }],
      post: {
        operationId: "fixed",
        tags: ["data"],
        summary: "Derived from the key.",
        parameters: [
          {
            name: "words",
            in: "query",
            schema: { type: "integer", minimum: 1, maximum: 5000, default: 50 },
            example: 5,
          },
          { name: "X-H", in: "header", schema: { type: "string" }, example: "h" },
        ],
        requestBody: {
          content: {
            "application/json": { schema: {}, example: { hello: "world" } },
            "text/plain": { schema: { type: "string" }, example: "hello" },
          },
        },
        responses: {
          "200": { description: "Done.", content: { "text/plain": { example: "a" } } },
          "400": { $ref: "#/components/responses/Bad" },
        },
      },
    },
  },
  components: {
    parameters: { key: { name: "key", in: "path", required: true, schema: { type: "string" }, example: "a b" } },
    responses: { Bad: { description: "Refused." } },
    securitySchemes: {
      Key: { type: "apiKey", in: "header", name: "X-Own-Key" },
      Token: { type: "http", scheme: "bearer" },
    },
    schemas: {
      Node: {
        type: "object",
        required: ["id"],
        properties: {
          id: { type: "integer", minimum: 1, maximum: 9, default: 2 },
          next: { $ref: "#/components/schemas/Node" },
          all: { type: "array", items: { $ref: "#/components/schemas/Node" } },
        },
      },
      Loop: { $ref: "#/components/schemas/Loop" },
    },
  },
} as unknown as ApiDocument;

const OPERATION = readGroups(DOCUMENT)[0]!.operations[0]!;
const FORM: CallForm = { values: { "path:key": "a" }, query: "", headers: "", contentType: "", body: "" };

describe("the document", () => {
  it("gives operations by group, with their references followed", () => {
    expect(readGroups(DOCUMENT).map((group) => [group.name, group.about])).toEqual([["data", "Bodies."]]);
    expect(OPERATION.parameters.map((each) => [each.name, each.place, each.required, each.example])).toEqual([
      ["key", "path", true, "a b"],
      ["words", "query", false, 5],
      ["X-H", "header", false, "h"],
    ]);
    expect(OPERATION.responses.map((each) => [each.status, each.about, each.common])).toEqual([
      ["200", "Done.", false],
      ["400", "Refused.", true],
    ]);
    expect(OPERATION.credential).toBe("Optional credential: header X-Own-Key or bearer token");
    expect(keyHeaderOf(DOCUMENT)).toBe("X-Own-Key");
  });
  it("is searched by all words", () => {
    expect(searchGroups(readGroups(DOCUMENT), "FIXED derived")).toHaveLength(1);
    expect(searchGroups(readGroups(DOCUMENT), "fixed other")).toHaveLength(0);
  });
  it("ends where schemas refer to themselves", () => {
    const rows = schemaRows(DOCUMENT, { $ref: "#/components/schemas/Node" });
    expect(rows.map((row) => [row.depth, row.name, row.type, row.required])).toEqual([
      [0, "id", "integer", true],
      [0, "next", "Node", false],
      [0, "all", "array of Node", false],
    ]);
    expect(rows[0]!.bounds).toBe("1 to 9, default 2");
    expect(schemaRows(DOCUMENT, { $ref: "#/components/schemas/Loop" })).toEqual([]);
    expect(schemaRows(DOCUMENT, { $ref: "#/components/schemas/Missing" })).toEqual([]);
  });
  it("has types and bounds in words", () => {
    expect(typeOf({ type: ["string", "null"] })).toBe("string or null");
    expect(typeOf({ oneOf: [{ type: "string" }, { $ref: "#/x/Y" }] })).toBe("string or Y");
    expect(typeOf({ additionalProperties: { type: "array", items: { type: "string" } } })).toBe(
      "map of array of string",
    );
    expect(boundsOf({ enum: ["a", 1] })).toBe('one of "a", 1');
    expect(boundsOf({ minimum: 0, maximum: 2 ** 63 })).toBe("0 to 2⁶³−1");
  });
});

describe("the form", () => {
  it("begins with examples where a value is needed, and of the body", () => {
    const form = emptyForm(OPERATION);
    expect(form.values).toEqual({ "path:key": "a b" });
    expect([form.contentType, form.body]).toEqual(["application/json", '{\n  "hello": "world"\n}']);
  });
  it("changes an example with the content type, but no body that was typed", () => {
    const form = emptyForm(OPERATION);
    expect(withContentType(OPERATION, form, "text/plain").body).toBe("hello");
    expect(withContentType(OPERATION, { ...form, body: "mine" }, "text/plain").body).toBe("mine");
    expect(withContentType(OPERATION, form, "text/p").body).toBe(form.body);
  });
  it("becomes a request", () => {
    const { call, problems } = readForm(OPERATION, {
      values: { "path:key": "ü?", "query:words": "7", "header:X-H": "" },
      query: "tag=a\n\ntag=b=c\nflag",
      headers: "X-A: 1\r\nX-A:2",
      contentType: "text/plain",
      body: "hi",
    });
    expect(problems).toEqual([]);
    expect(call).toMatchObject({
      path: { key: "ü?" },
      query: [
        ["words", "7"],
        ["tag", "a"],
        ["tag", "b=c"],
        ["flag", ""],
      ],
      headers: [
        ["X-A", "1"],
        ["X-A", "2"],
        ["Content-Type", "text/plain"],
      ],
      body: "hi",
      target: "/v1/fixed/%C3%BC%3F?words=7&tag=a&tag=b%3Dc&flag=",
    });
  });
  it.each([
    ["a missing path parameter", { values: {} }, /key/],
    ["a header without a colon", { headers: "X-Demo a" }, /Invalid header: “X-Demo a”/],
    ["a header without a name", { headers: ": a" }, /Invalid header/],
    ["a header whose name has a blank", { headers: "X Demo: a" }, /Invalid header/],
  ])("is not sent with %s", (_, change, message) => {
    const { call, problems } = readForm(OPERATION, { ...FORM, ...change });
    expect(call).toBeNull();
    expect(problems.join()).toMatch(message);
  });
  it("warns of a value out of bounds, and sends it all the same", () => {
    const words = OPERATION.parameters[1]!;
    expect(valueWarning(words, "0")).toMatch(/^Below the minimum \(1\)/);
    expect(valueWarning(words, "5001")).toMatch(/^Above the maximum \(5000\)/);
    expect(valueWarning(words, "1.5")).toMatch(/^Not an integer/);
    expect(valueWarning(words, "")).toBeNull();
    expect(readForm(OPERATION, { ...FORM, values: { "path:key": "a", "query:words": "5001" } }).call?.query).toEqual([
      ["words", "5001"],
    ]);
  });
});

describe("the command", () => {
  const call = readForm(OPERATION, { ...FORM, headers: "X-A: 1" }).call!;
  const base = "http://localhost:8080";
  it("has the credential as a variable, its scheme in front", () => {
    const key = toCurl(asRecorded(call, { name: "X-Own-Key", scheme: "" }), base);
    expect(key).toContain('-H "X-Own-Key: ${X_OWN_KEY}"');
    expect(key).toContain("# set X_OWN_KEY first\n");
    const bearer = asRecorded(call, { name: "Authorization", scheme: "Bearer " });
    expect(toCurl(bearer, base)).toContain('-H "Authorization: Bearer ${AUTHORIZATION}"');
    expect(toHttpie(bearer, base)).toContain('"Authorization:Bearer ${AUTHORIZATION}"');
    expect(toFetch(bearer, base)).toContain('["Authorization", "Bearer " + AUTHORIZATION]');
    expect(toCurl(asRecorded(call, null), base)).not.toContain("set ");
  });
  it("prints a stream as it comes", () => {
    const streaming: Operation = { ...OPERATION, group: "streaming" };
    expect(toCurl(asRecorded({ ...call, operation: streaming }, null), base)).toMatch(/^curl -N /);
    expect(toCurl(asRecorded(call, null), base)).toMatch(/^curl -X /);
  });
});

describe("sending over the network", () => {
  afterEach(() => vi.unstubAllGlobals());
  const call = (change: Partial<CallForm>) => readForm(OPERATION, { ...FORM, ...change }).call!;

  it("keeps the prefix of a path, and tells head and pieces", async () => {
    const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(() =>
      Promise.resolve(new Response("body", { status: 201, headers: { "X-B": "2" } })),
    );
    vi.stubGlobal("fetch", fetched);
    const told: unknown[] = [];
    const ended = await networkSender("http://gw.test/prefix/", ["X-Own-Key", "secret"]).send(
      call({ query: "q=1" }),
      { head: (head) => told.push(head.status), piece: (bytes) => told.push(new TextDecoder().decode(bytes)) },
      new AbortController().signal,
    );
    expect(told).toEqual([201, "body"]);
    expect(ended).toEqual({ truncated: false, eventId: null });
    const [url, init] = fetched.mock.calls[0]!;
    expect(url).toBe("http://gw.test/prefix/v1/fixed/a?q=1");
    expect(init).toMatchObject({ method: "POST", credentials: "omit", headers: [["X-Own-Key", "secret"]] });
  });
  it("refuses what a browser would change in silence", () => {
    const { problems } = networkSender("http://x/", null);
    expect(problems(call({ values: { "path:key": ".." } })).join()).toMatch(/normalise “\.\.”/);
    expect(problems(call({ headers: "X-A: \u2603" })).join()).toMatch(/can't send this value of X-A/);
    expect(problems(call({}))).toEqual([]);
  });
});
