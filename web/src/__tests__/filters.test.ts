import { describe, expect, it } from "vitest";

import { auditLink, FILTER_KEYS, filtersFromQuery, filtersToApi, filtersToQuery, type Filters } from "../lib/filters";

describe("filters and the URL", () => {
  it("come back as they went, for every key", () => {
    const filters: Filters = {};
    for (const key of FILTER_KEYS) filters[key] = `${key}=&?#+ %2F ü\u202e`;
    const back = filtersFromQuery(new URLSearchParams(filtersToQuery(filters).toString()));
    expect(back).toEqual(filters);
  });

  it("give equal views equal URLs, whatever the order of setting", () => {
    expect(auditLink({ status: "5xx", method: "GET" })).toBe(auditLink({ method: "GET", status: "5xx" }));
    expect(auditLink({ status: "5xx" }, "id-1")).toBe("/audit/id-1?status=5xx");
    expect(auditLink({})).toBe("/audit");
  });

  it("leave foreign keys alone and drop empty ones", () => {
    const base = new URLSearchParams("tab=x&status=404&range=1h");
    expect(filtersToQuery({ method: " ", q: "a" }, base).toString()).toBe("q=a&tab=x");
    expect(filtersFromQuery(new URLSearchParams("status=&nope=1"))).toEqual({});
  });

  it("repeat headers, one a line", () => {
    const query = filtersToQuery({ header: "A:1\n\n B:2 ", has_header: "Via" });
    expect(query.getAll("header")).toEqual(["A:1", "B:2"]);
    expect(filtersFromQuery(query).header).toBe("A:1\nB:2");
  });

  it("turn a span into a start for the API, and an absolute time wins over it", () => {
    const now = new Date("2026-11-24T12:00:00Z");
    expect(filtersToApi({ range: "1h" }, now).get("from")).toBe("2026-11-24T11:00:00.000Z");
    expect(filtersToApi({ range: "1h" }, now).has("range")).toBe(false);
    expect(filtersToApi({ range: "1h", to: "2026-01-01T00:00:00Z" }, now).has("from")).toBe(false);
    expect(filtersFromQuery(new URLSearchParams("range=1h&from=2026-01-01T00:00:00Z"))).toEqual({
      from: "2026-01-01T00:00:00Z",
    });
    expect(filtersFromQuery(new URLSearchParams("range=toString"))).toEqual({});
  });
});
