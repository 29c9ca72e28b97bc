import { describe, expect, it } from "vitest";

import { decodeBody, viewsOf } from "../lib/body";
import { flattenConfig } from "../lib/config";

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
