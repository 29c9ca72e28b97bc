import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { listPageQuery, PAGE, prefetch, queryClient } from "../api/options";
import { pageAt } from "../pages";

describe("what is fetched before the libraries are there", () => {
  let asked: string[] = [];
  beforeEach(() => {
    asked = [];
    queryClient.clear();
    vi.stubGlobal("fetch", (request: Request) => {
      const { pathname, search } = new URL(request.url);
      asked.push(pathname + search);
      return Promise.resolve(new Response('{"events":[]}'));
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  const calls = async (path: string, search = "") => {
    prefetch(path, new URLSearchParams(search));
    await vi.waitFor(() => expect(queryClient.isFetching()).toBe(0));
    return asked;
  };
  const me = "/api/v1/portal/me";

  it.each([
    ["/", "", "/api/v1/portal/dashboard?range=1h"],
    ["/dashboard", "range=7d", "/api/v1/portal/dashboard?range=7d"],
    ["/dashboard", "range=9d", "/api/v1/portal/dashboard?range=1h"],
    ["/audit/0193", "status=4xx&q=%2Fv1", `/api/v1/portal/audit/events?q=%2Fv1&status=4xx&limit=${PAGE}`],
  ])("%s?%s asks for %s", async (path, search, first) => expect(await calls(path, search)).toEqual([first, me]));

  it("is no list of a range that ends now, and nothing at sign-in", async () => {
    expect(await calls("/audit", "range=1h")).toEqual([me]);
    queryClient.clear();
    expect(await calls("/auditors")).toEqual([me, me]);
    expect(await calls("/login")).toHaveLength(2);
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

describe("a page of the audit list", () => {
  const place = (page: number, base = "status=4xx") => ({ base, epoch: 0, page });
  const first = { events: [{ timestamp: "2026-11-24T12:00:00.123456Z" }] };
  const query = (...given: Parameters<typeof listPageQuery>) => listPageQuery(...given).toString();

  it("is asked for by the cursor of the page before it", () => {
    expect(query(place(0), undefined, undefined)).toBe("status=4xx&limit=50");
    expect(query(place(3), { next_cursor: "abc" }, first)).toBe("status=4xx&limit=50&cursor=abc");
  });
  it("is asked for by its offset after a jump, up to the newest listed event", () => {
    expect(query(place(3), undefined, first)).toBe("status=4xx&limit=50&offset=150&to=2026-11-24T12%3A00%3A00.124Z");
    expect(query(place(3, "to=2026-11-24T00%3A00%3A00Z"), undefined, first)).toBe(
      "to=2026-11-24T00%3A00%3A00Z&limit=50&offset=150",
    );
    expect(query(place(3), undefined, { events: [] })).toBe("status=4xx&limit=50&offset=150");
  });
});
