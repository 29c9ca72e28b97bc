import { describe, expect, it } from "vitest";

import { connectionFilters, connectionQuery, connectionsLink, type ConnectionFilters } from "../connections/filters";

describe("filters of connections", () => {
  it("come back from the URL as they went", () => {
    const filters: ConnectionFilters = {
      remote_addr: "[::1]:80",
      protocol: "http/1",
      ended_by: "timeout",
      range: "1h",
    };
    const link = connectionsLink(filters);
    expect(link).toBe("/connections?remote_addr=%5B%3A%3A1%5D%3A80&protocol=http%2F1&ended_by=timeout&range=1h");
    expect(connectionFilters(new URL(link, "http://a").searchParams)).toEqual(filters);
    expect(connectionsLink({ remote_addr: " " })).toBe("/connections");
  });

  it("turn a range that ends now into a start; an absolute time wins over it", () => {
    const now = new Date("2026-11-24T12:00:00Z");
    expect(connectionQuery({ range: "1h" }, now).toString()).toBe("from=2026-11-24T11%3A00%3A00.000Z");
    expect(connectionQuery({ range: "1h", to: "2026-01-01T00:00:00Z" }, now).has("from")).toBe(false);
    expect(connectionFilters(new URLSearchParams("range=1h&from=2026-01-01T00:00:00Z&nope=1&protocol="))).toEqual({
      from: "2026-01-01T00:00:00Z",
    });
  });
});
