import { afterEach, describe, expect, it, vi } from "vitest";

import { ahead, call } from "../api/client";
import { firstCalls, PAGE } from "../api/paths";
import { pageAt } from "../pages";

describe("what is fetched before the libraries are there", () => {
  const calls = (path: string, search = "") => firstCalls(path, new URLSearchParams(search));
  const me = "/api/v1/portal/me";

  it("is what the page will ask for, letter by letter", () => {
    expect(calls("/")).toEqual(["/api/v1/portal/dashboard?range=1h", me]);
    expect(calls("/dashboard", "range=7d")).toEqual(["/api/v1/portal/dashboard?range=7d", me]);
    expect(calls("/dashboard", "range=9d")).toEqual(["/api/v1/portal/dashboard?range=1h", me]);
    expect(calls("/audit/0193", "status=4xx&q=%2Fv1")).toEqual([
      `/api/v1/portal/audit/events?q=%2Fv1&status=4xx&limit=${String(PAGE)}`,
      me,
    ]);
  });
  it("is no list of a span that ends now, and nothing at sign-in", () => {
    expect(calls("/audit", "range=1h")).toEqual([me]);
    expect(calls("/auditors")).toEqual([me]);
    expect(calls("/login")).toEqual([]);
  });
  it.each([
    ["", "dashboard"],
    ["/", "dashboard"],
    ["/audit/0193", "audit"],
    ["/login", "login"],
    ["/toString", "nowhere"],
    ["/nope/audit", "nowhere"],
  ] as const)("page of %s is %s", (path, name) => expect(pageAt(path)).toBe(name));
});

describe("a call sent ahead", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("answers the first who asks, and nobody after", async () => {
    const answers = [{ n: 1 }, { n: 2 }];
    const fetched = vi.fn(() => Promise.resolve(new Response(JSON.stringify(answers.shift()))));
    vi.stubGlobal("fetch", fetched);
    ahead("/thing");
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(await call("/thing")).toEqual({ n: 1 });
    expect(await call("/thing")).toEqual({ n: 2 });
    expect(fetched).toHaveBeenCalledTimes(2);
  });
  it("tells its failure to who asks", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn(() => Promise.resolve(new Response('{"error":"no"}', { status: 400 }))),
    );
    ahead("/thing");
    await expect(call("/thing")).rejects.toThrow("no");
  });
  it("is not taken by a write, nor by a call with another key", async () => {
    const fetched = vi.fn(() => Promise.resolve(new Response("{}")));
    vi.stubGlobal("fetch", fetched);
    ahead("/thing");
    await call("/thing", { method: "POST" });
    await call("/thing", { key: "other" });
    expect(fetched).toHaveBeenCalledTimes(3);
  });
});
