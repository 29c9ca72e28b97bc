import { afterEach, describe, expect, it, vi } from "vitest";

import { ChunkError, loadChunk } from "../lib/chunk";

describe("a file that is fetched on demand", () => {
  afterEach(() => vi.unstubAllGlobals());
  const gone = () => Promise.reject(new TypeError("whatever the browser says"));

  it("is passed on, without a probe", async () => {
    const fetch = vi.fn();
    vi.stubGlobal("fetch", fetch);
    await expect(loadChunk(() => Promise.resolve({ default: 1 }))).resolves.toEqual({ default: 1 });
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each([
    ["updated", () => Promise.resolve(new Response("ok"))],
    ["unreachable", () => Promise.resolve(new Response("bad gateway", { status: 502 }))],
    ["unreachable", () => Promise.reject(new TypeError("Failed to fetch"))],
  ] as const)("that is missing means: %s", async (why, answer) => {
    vi.stubGlobal("fetch", answer);
    vi.stubGlobal("location", { href: "http://localhost/portal/keys" });
    const error: unknown = await loadChunk(gone).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ChunkError);
    expect(error).toMatchObject({ why });
  });
});
