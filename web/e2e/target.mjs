// What pages and work run against: a server of PORTAL_BINARY, one that runs already (PORTAL_URL, PORTAL_KEY), or the mock.
import { KEY, start } from "../mock/server.mjs";
import { startBinary } from "./binary.mjs";

export async function target() {
  if (process.env.PORTAL_BINARY) {
    const server = await startBinary();
    try {
      return { ...(await withTraffic(server.url, server.key)), close: server.close };
    } catch (error) {
      await server.close();
      throw error;
    }
  }
  if (process.env.PORTAL_URL) return withTraffic(process.env.PORTAL_URL, process.env.PORTAL_KEY ?? "");
  const server = await start({ events: 600 });
  return {
    url: server.url,
    key: KEY,
    ids: server.state.events.slice(0, 10).map((event) => event.id),
    close: server.close,
    mock: server,
  };
}

async function withTraffic(url, key) {
  const calls = await traffic(url, key);
  const events = await recorded(url, key, (found) => found.length >= calls, `limit=${calls}`);
  return { url, key, ids: events.map((event) => event.id), close: async () => undefined };
}

/** Asks for events until `enough` is said of them: they are written a moment after the answer. */
export async function recorded(url, key, enough, query = "limit=100") {
  const headers = { "X-API-Key": key, "X-Requested-With": "XMLHttpRequest" };
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`${url}/api/v1/portal/audit/events?${query}`, { headers });
    const body = await answer.json();
    if (answer.ok && enough(body.events)) return body.events;
    if (Date.now() > deadline) throw new Error(`no events: ${answer.status} ${JSON.stringify(body).slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Real calls, so that every page has something to show; how many. */
async function traffic(url, key) {
  const headers = { "X-API-Key": key };
  const calls = [
    "/v1/whoami",
    "/v1/headers",
    "/v1/fixed/a",
    "/v1/fixed/b%2Fc",
    "/v1/status/404",
    "/v1/status/503",
    "/v1/lorem?words=5&seed=fixed",
    "/v1/slow?ms=20",
    "/v1/nope",
    "/v1/flaky?fail_rate=1",
    "/v1/sized?bytes=2048",
  ];
  for (const path of calls) await (await fetch(url + path, { headers })).arrayBuffer();
  for (const n of [1, 2]) {
    await (
      await fetch(`${url}/v1/echo?n=${n}`, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify({ n, html: "<script>window.__hacked=1</script>" }),
      })
    ).arrayBuffer();
  }
  await (await fetch(`${url}/v1/whoami`, { headers: { "X-API-Key": "wrong" } })).arrayBuffer();
  return calls.length + 3;
}
