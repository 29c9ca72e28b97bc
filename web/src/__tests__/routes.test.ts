import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { listPageQuery, PAGE, queryClient } from "../api/options";
import { prepare, routesAt } from "../routes";

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

  const calls = async (address: string) => {
    prepare(address);
    await vi.waitFor(() => expect(queryClient.isFetching()).toBe(0));
    return asked;
  };
  const me = "/api/v1/portal/me";
  const event = "/api/v1/portal/audit/events/0193";

  it.each([
    ["/", ["/api/v1/portal/dashboard?range=1h", me]],
    ["/dashboard?range=7d", ["/api/v1/portal/dashboard?range=7d", me]],
    ["/dashboard?range=9d", ["/api/v1/portal/dashboard?range=1h", me]],
    ["/audit?status=4xx&q=%2Fv1", [`/api/v1/portal/audit/events?q=%2Fv1&status=4xx&limit=${PAGE}`, me]],
    ["/audit/0193", [`/api/v1/portal/audit/events?limit=${PAGE}`, event, me]],
    ["/event/0193", [event, me]],
    ["/compare?a=0193&b=0194", [event, event.replace("0193", "0194"), me]],
    ["/login?return=%2Fportal%2Faudit", ["/api/v1/portal/wellknown"]],
    ["/auditors", [me]],
  ])("%s asks for %j", async (address, expected) => expect(await calls(address)).toEqual(expected));

  it("is no list of a range that ends now: it is another question each moment", async () => {
    expect(await calls("/audit?range=1h")).toEqual([me]);
  });

  it("is asked for once, however often the page is prepared", async () => {
    await calls("/audit");
    expect(await calls("/audit")).toHaveLength(2);
  });

  it.each([
    ["/", ["dashboard"], {}],
    ["/audit", ["audit"], {}],
    ["/audit/0193", ["audit", ":id"], { id: "0193" }],
    ["/audit/0193/more", ["*"], {}],
    ["/event/a%2Fb", ["event/:id"], { id: "a/b" }],
    ["/event/%zz", ["event/:id"], { id: "%zz" }],
    ["/event", ["*"], {}],
    ["/endpoints", ["endpoints/:group?/:route?"], {}],
    ["/endpoints/data/lorem", ["endpoints/:group?/:route?"], { group: "data", route: "lorem" }],
    ["/login", ["login"], {}],
    ["/login/more", ["*"], {}],
    ["/toString", ["*"], {}],
  ])("the address %s leads through %j with %j", (path, expected, params) => {
    const found = routesAt(path);
    expect(found.routes.map((route) => route.path)).toEqual(expected);
    expect(found.params).toEqual(params);
  });
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
