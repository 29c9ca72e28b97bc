import { afterEach, describe, expect, it, vi } from "vitest";

import { api, connection, dataOf, deliver, send, session, setApiKey } from "../api/client";
import { ApiError, isAuditOff, isPassing } from "../api/errors";

function answers(...responses: (() => Response | Promise<Response>)[]) {
  const requests: Request[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    requests.push(request);
    return Promise.resolve((responses.shift() ?? (() => new Response("{}")))());
  });
  return requests;
}
const refusal =
  (status: number, body: unknown, headers = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const me = () => dataOf(api.GET("/api/v1/portal/me"));

afterEach(() => {
  vi.unstubAllGlobals();
  setApiKey(null, "X-API-Key");
  session.set("unknown");
  connection.set("up");
});

describe("a call", () => {
  it("carries the key of the tab, in the header that the server wants, or a key to try", async () => {
    const requests = answers();
    setApiKey("mine", "X-Own-Key");
    await me();
    await send("/api/v1/portal/me", {}, { key: "other" });
    setApiKey(null);
    await me();
    expect(requests.map((request) => request.headers.get("X-Own-Key"))).toEqual(["mine", "other", null]);
    expect(requests[0]!.headers.get("X-Requested-With")).toBe("XMLHttpRequest");
    expect(requests[0]!.credentials).toBe("same-origin");
  });

  it("fails with the server's message and code", async () => {
    answers(
      refusal(503, { error: "audit.enabled is false", code: "audit_disabled" }, { "Retry-After": "3" }),
      refusal(404, { title: "Not Found", detail: "no such event", code: "event_not_found" }),
      () => new Response("<html>", { status: 502, statusText: "Bad Gateway" }),
    );
    const off: unknown = await me().catch((error: unknown) => error);
    expect(off).toMatchObject({
      status: 503,
      message: "audit.enabled is false",
      code: "audit_disabled",
      retryAfter: 3,
    });
    expect([isAuditOff(off), isPassing(off)]).toEqual([true, false]);
    expect(isPassing(new ApiError(503, "overloaded"))).toBe(true);
    const missing: unknown = await me().catch((error: unknown) => error);
    expect(missing).toMatchObject({ status: 404, message: "no such event", code: "event_not_found" });
    expect([isAuditOff(missing), isPassing(missing)]).toEqual([false, false]);
    await expect(me()).rejects.toMatchObject({ status: 502, message: "502 Bad Gateway", code: "" });
  });

  it("tells that the server is away, and that it is back", async () => {
    answers(() => Promise.reject(new TypeError("network")));
    await expect(me()).rejects.toMatchObject({ status: 0 });
    expect(connection.get()).toBe("down");
    await me();
    expect(connection.get()).toBe("up");
  });

  it("says nothing of the connection when it was given up", async () => {
    const stop = new AbortController();
    stop.abort();
    answers(() => Promise.reject(new DOMException("given up", "AbortError")));
    const request = new Request("http://localhost/", { signal: stop.signal });
    await expect(deliver(request)).rejects.not.toBeInstanceOf(ApiError);
    expect(connection.get()).toBe("up");
  });

  it("ends the session on 401, unless the refusal is the caller's own", async () => {
    const refused = refusal(401, { error: "unauthorized" });
    answers(refused, refused, refused);
    await send("/x", {}, { ownRefusal: true }).catch(() => undefined);
    expect(session.get()).toBe("unknown");
    await me().catch(() => undefined);
    expect(session.get()).toBe("out");
    session.set("in");
    await me().catch(() => undefined);
    expect(session.get()).toBe("ended");
  });

  it("fails when the body is no JSON", async () => {
    answers(() => new Response("{"));
    await expect(me()).rejects.toThrow("Invalid response: not JSON.");
  });
});
