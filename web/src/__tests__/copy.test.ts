import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

import { shellQuote, toCurl, toFetch, toHttpie, variableName, type RecordedRequest } from "../lib/copy";
import { REDACTED } from "../lib/redacted";

const encode = (text: string) => new TextEncoder().encode(text);

function request(more: Partial<RecordedRequest> = {}): RecordedRequest {
  return {
    method: "GET",
    target: "/v1/whoami",
    host: "localhost:8080",
    httpVersion: "HTTP/1.1",
    headers: [
      ["User-Agent", "t"],
      ["Accept", "*/*"],
    ],
    body: new Uint8Array(),
    text: "",
    truncated: false,
    ...more,
  };
}
const BASE = "http://localhost:8080";

/** Arguments that a shell passes when the program is replaced. */
function words(command: string, env: Record<string, string> = {}): string[] {
  const script = command
    .replace(/^(?:#.*\n)*/, "")
    .replace(/\bcurl /, `node -e 'console.log(JSON.stringify(process.argv.slice(1)))' -- `)
    .replace(/^http /, `node -e 'console.log(JSON.stringify(process.argv.slice(1)))' -- `);
  return JSON.parse(
    execFileSync("sh", ["-c", script], { env: { ...process.env, ...env }, encoding: "utf8" }),
  ) as string[];
}

const NASTY = [
  "plain",
  "two words",
  "it's",
  `"double"`,
  "$HOME `id` $(id)",
  "back\\slash",
  "new\nline",
  "tab\t",
  "ü 😀",
  "*?[a]",
  "!",
  "--option",
  "",
  "a'b'c''",
  "\u2028",
];

describe("quoting for shells", () => {
  it("gives the shell back what went in", () => {
    for (const text of NASTY) {
      const said = execFileSync("sh", ["-c", `printf %s ${shellQuote(text) || "''"}`], { encoding: "utf8" });
      expect(said).toBe(text);
    }
  });
});

describe("curl", () => {
  it("is short for a plain call", () => {
    expect(toCurl(request(), BASE)).toBe(
      "curl http://localhost:8080/v1/whoami \\\n  -H 'User-Agent: t' \\\n  -H 'Accept: */*'",
    );
  });

  // Starts a shell per value, which is slow on a busy machine.
  it("carries every nasty value through a shell", { timeout: 120_000 }, () => {
    for (const text of NASTY.filter(Boolean)) {
      const given = words(
        toCurl(
          request({
            method: "POST",
            headers: [
              ["X-A", text],
              ["Content-Length", "1"],
            ],
            body: encode(text),
            text,
            target: `/v1/echo?q=${text}`,
          }),
          BASE,
        ),
      );
      expect(given).toContain(`X-A: ${text}`);
      expect(given[given.indexOf("--data-raw") + 1]).toBe(text);
      expect(given.some((word) => word === `${BASE}/v1/echo?q=${text}`)).toBe(true);
    }
  });

  it("puts variables in place of redacted values", () => {
    const command = toCurl(
      request({ headers: [["X-Api-Key", REDACTED]], target: "/v1/x?api_key=[redacted]&b=1" }),
      `${BASE}/`,
    );
    expect(command).toContain("# set API_KEY, X_API_KEY first");
    const given = words(command, { X_API_KEY: "s3 cret", API_KEY: "k$y" });
    expect(given).toContain("X-Api-Key: s3 cret");
    expect(given).toContain("http://localhost:8080/v1/x?api_key=k$y&b=1");
    expect(variableName("1-x")).toBe("VALUE_1_X");
  });

  it("puts a variable in place of each value with a fingerprint, and keeps the names of cookies", () => {
    const cookie = "sid=[redacted:3f9a01bc]; theme=[redacted]";
    const given = request({
      headers: [
        ["Authorization", "[redacted:0000000a]"],
        ["Cookie", cookie],
      ],
      target: "/v1/x?api_key=[redacted:3f9a01bc]&b=[redacted:3f9a01b]",
      notes: ["the body holds a redacted value"],
    });
    const command = toCurl(given, BASE);
    expect(command).toContain("# set API_KEY, AUTHORIZATION, COOKIE_SID, COOKIE_THEME first");
    expect(command).toContain("# the body holds a redacted value\n");
    const values = { API_KEY: "k", AUTHORIZATION: "Bearer t", COOKIE_SID: "s", COOKIE_THEME: "dark" };
    const shell = words(command, values);
    expect(shell).toContain("Authorization: Bearer t");
    expect(shell).toContain("Cookie: sid=s; theme=dark");
    expect(shell).toContain("http://localhost:8080/v1/x?api_key=k&b=[redacted:3f9a01b]");
    expect(toHttpie(given, BASE)).toContain('"Cookie:sid=${COOKIE_SID}; theme=${COOKIE_THEME}"');
    expect(toFetch(given, BASE)).toContain('["Authorization", AUTHORIZATION]');
  });

  it("adds no header that was not there, and leaves out those of the connection", () => {
    const command = toCurl(
      request({
        method: "POST",
        headers: [
          ["Connection", "close"],
          ["Content-Length", "2"],
          ["X-Empty", ""],
        ],
        body: encode("hi"),
        text: "hi",
      }),
      BASE,
    );
    const given = words(command);
    expect(given).toEqual([
      "http://localhost:8080/v1/whoami",
      "-H",
      "X-Empty;",
      "-H",
      "User-Agent:",
      "-H",
      "Accept:",
      "-H",
      "Content-Type:",
      "--data-raw",
      "hi",
    ]);
  });

  it("keeps method, version, host, dots and brackets", () => {
    const given = words(
      toCurl(request({ method: "DELETE", httpVersion: "HTTP/2.0", host: "other", target: "/v1/../a?x[]=1" }), BASE),
    );
    expect(given.slice(0, 6)).toEqual([
      "-X",
      "DELETE",
      "--http2-prior-knowledge",
      "--path-as-is",
      "--globoff",
      "http://localhost:8080/v1/../a?x[]=1",
    ]);
    expect(given).toContain("Host: other");
    expect(words(toCurl(request({ method: "HEAD" }), BASE))[0]).toBe("--head");
    expect(words(toCurl(request({ target: "http://proxy.example/v1/a?b" }), BASE))[0]).toBe(
      "http://localhost:8080/v1/a?b",
    );
  });

  it("pipes what is binary or long", () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at % 256);
    const command = toCurl(request({ method: "PUT", body: bytes, text: null }), BASE);
    const script = command.replace(/curl [\s\S]*?--data-binary @-/, "cat");
    const back = execFileSync("sh", ["-c", script]);
    expect(new Uint8Array(back)).toEqual(bytes);
  });

  it("says what is missing", () => {
    const command = toCurl(request({ truncated: true, headers: null }), BASE);
    expect(command).toMatch(/^# headers were not captured\n# the recorded body is truncated/);
  });
});

describe("HTTPie", () => {
  it("carries values through a shell", () => {
    const given = words(
      toHttpie(
        request({
          method: "POST",
          headers: [
            ["X-A", "it's $x"],
            ["X-Key", REDACTED],
            ["E", ""],
          ],
          body: encode(`{"a":"b'"}`),
          text: `{"a":"b'"}`,
        }),
        BASE,
      ),
      { X_KEY: "v" },
    );
    expect(given).toEqual([
      "--ignore-stdin",
      "--verbose",
      "POST",
      "http://localhost:8080/v1/whoami",
      "X-A:it's $x",
      "X-Key:v",
      "E;",
      "--raw",
      `{"a":"b'"}`,
    ]);
  });
});

describe("fetch", () => {
  it("is JavaScript that sends the same", () => {
    const code = toFetch(
      request({
        method: "POST",
        headers: [
          ["X-A", "</script>\u2028"],
          ["X-A", "2"],
          ["X-Key", REDACTED],
          ["Cookie", "c"],
        ],
        body: encode("b\n"),
        text: "b\n",
      }),
      BASE,
    );
    const calls: unknown[] = [];
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    new Function("fetch", "console", `return (async () => { ${code} })()`)(
      (...call: unknown[]) => {
        calls.push(call);
        return { status: 200, text: () => "" };
      },
      { log: () => undefined },
    );
    expect(calls).toEqual([
      [
        "http://localhost:8080/v1/whoami",
        {
          method: "POST",
          headers: [
            ["X-A", "</script>\u2028"],
            ["X-A", "2"],
            ["X-Key", ""],
          ],
          body: "b\n",
        },
      ],
    ]);
    expect(code).not.toContain("</script>");
    expect(code).toContain("// fetch can't set Host, Cookie");
  });
  it("says when a body can't be sent", () => {
    expect(toFetch(request({ body: encode("x"), text: "x" }), BASE)).toContain("// fetch can't send a body with GET");
  });
});
