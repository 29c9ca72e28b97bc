import { describe, expect, it } from "vitest";

import type { CatalogueRoute, OpenApi } from "../api/types";
import { decodeBody, viewsOf } from "../lib/body";
import { flattenConfig } from "../lib/config";
import { limitsOf, schemaRows, typeOf } from "../lib/openapi";
import { asRecorded, bounds, buildRequest, checkValue, emptyForm, targetOf } from "../lib/tryit";

const ROUTE: CatalogueRoute = {
  name: "fixed",
  group: "data",
  method: "POST",
  path: "/v1/fixed/{key}",
  about: "",
  takes_body: true,
  answers: [],
  example: "/v1/fixed/hello",
  params: [
    { name: "key", place: "path", about: "", required: true, type: "string", example: "a b" },
    {
      name: "words",
      place: "query",
      about: "",
      required: false,
      type: "integer",
      default: 50,
      minimum: 1,
      maximum: 5000,
      example: 5,
    },
    { name: "X-H", place: "header", about: "", required: false, type: "string", example: "h" },
  ],
};

describe("the Try-It form", () => {
  it("begins with what has to be given", () => expect(emptyForm(ROUTE).values).toEqual({ "path:key": "a b" }));

  it("becomes a request", () => {
    const request = buildRequest(ROUTE, {
      values: { "path:key": "ü?", "query:words": "7", "header:X-H": "" },
      query: "tag=a\n\ntag=b=c\nflag",
      headers: "X-A: 1\nX-A:2",
      contentType: "text/plain",
      body: "hi",
    });
    expect(request).toEqual({
      method: "POST",
      path_params: { key: "ü?" },
      query_params: { words: ["7"], tag: ["a", "b=c"], flag: [""] },
      headers: { "X-A": ["1", "2"], "Content-Type": ["text/plain"] },
      body: "hi",
    });
    expect(targetOf(ROUTE, request)).toBe("/v1/fixed/%C3%BC%3F?words=7&tag=a&tag=b%3Dc&flag=");
    expect(asRecorded(ROUTE, request, "X-API-Key").headers?.[0]).toEqual(["X-API-Key", "[redacted]"]);
  });

  it("says what is out of bounds, and sends it all the same", () => {
    const words = ROUTE.params[1]!;
    expect(checkValue(words, "0")).toMatch(/^Below 1/);
    expect(checkValue(words, "5001")).toMatch(/^Above 5000/);
    expect(checkValue(words, "1.5")).toMatch(/^Not a whole number/);
    expect(checkValue(words, "")).toBeNull();
    expect(checkValue(ROUTE.params[0]!, "a/b")).toMatch(/slash/);
    expect(checkValue(ROUTE.params[0]!, "")).toMatch(/needed/);
    expect(bounds(words)).toBe("integer, 1 to 5000, default 50");
  });
});

describe("the configuration", () => {
  it("is flat, with the source of the value or of what holds it", () => {
    const rows = flattenConfig(
      {
        server: { name: "x", tls: { enabled: false } },
        api_keys: { file: [{ name: "a", key: "***" }] },
        audit: { redact_keys: ["a", "b"] },
        empty: {},
      },
      {
        "server.name": { source: "environment", detail: "APITEST__SERVER__NAME" },
        "api_keys.file": { source: "file", detail: "c.yaml:7" },
        "server.tls.enabled": { source: "default" },
      },
    );
    expect(rows.map((row) => [row.path, row.value, row.source, row.detail])).toEqual([
      ["server.name", "x", "environment", "APITEST__SERVER__NAME"],
      ["server.tls.enabled", "false", "default", ""],
      ["api_keys.file[0].name", "a", "file", "c.yaml:7"],
      ["api_keys.file[0].key", "***", "file", "c.yaml:7"],
      ["audit.redact_keys", "a, b", "", ""],
      ["empty", "{}", "", ""],
    ]);
  });
});

describe("schemas", () => {
  const document: OpenApi = {
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    paths: {},
    components: {
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
      },
    },
  };
  it("that refer to themselves end", () => {
    const rows = schemaRows(document, { $ref: "#/components/schemas/Node" });
    expect(rows.map((row) => [row.depth, row.name, row.type, row.required])).toEqual([
      [0, "id", "integer", true],
      [0, "next", "Node", false],
      [0, "all", "array of Node", false],
    ]);
    expect(rows[0]!.limits).toBe("1 to 9, default 2");
  });
  it("have types in words", () => {
    expect(typeOf({ type: ["string", "null"] })).toBe("string or null");
    expect(typeOf({ oneOf: [{ type: "string" }, { $ref: "#/x/Y" }] })).toBe("string or Y");
    expect(typeOf({ additionalProperties: { type: "array", items: { type: "string" } } })).toBe(
      "map of array of string",
    );
    expect(limitsOf({ enum: ["a", 1] })).toBe('one of "a", 1');
  });
});

describe("bodies", () => {
  it("are shown as what they are", () => {
    const view = (body: string, type: string, encoding?: "base64") => viewsOf(decodeBody(body, encoding, type))[0];
    expect(view('{"a":1}', "text/plain")).toBe("json");
    expect(view("hello", "application/json")).toBe("json");
    expect(view("hello", "text/html")).toBe("text");
    expect(view(btoa("\xff\xfe"), "application/json", "base64")).toBe("hex");
    expect(view(btoa("\x89PNG"), "image/png", "base64")).toBe("image");
    expect(view("<svg/>", "image/svg+xml")).toBe("image");
    expect(viewsOf(decodeBody("not base64!", "base64", ""))).toContain("hex");
    expect(decodeBody(btoa("h\xc3\xbc"), "base64", "").text).toBe("hü");
  });
});
