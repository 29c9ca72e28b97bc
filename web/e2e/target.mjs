// What the tests run against: the mock, or a real server that PORTAL_URL and PORTAL_KEY name.
import { KEY, start } from "../mock/server.mjs";

export async function target() {
  const url = process.env.PORTAL_URL;
  if (!url) {
    const server = await start({ events: 600 });
    return { url: server.url, key: KEY, ids: server.state.events.slice(0, 10).map((event) => event.id), close: server.close, mock: server };
  }
  const key = process.env.PORTAL_KEY ?? "";
  const headers = { "X-API-Key": key, "X-Requested-With": "XMLHttpRequest" };
  await traffic(url, key);
  const deadline = Date.now() + 5000;
  for (;;) {
    const answer = await fetch(`${url}/api/v1/portal/audit/events?limit=10`, { headers });
    const body = await answer.json();
    if (answer.ok && body.events.length >= 10) return { url, key, ids: body.events.map((event) => event.id), close: async () => undefined };
    if (Date.now() > deadline) throw new Error(`no events: ${answer.status} ${JSON.stringify(body).slice(0, 200)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Real calls, so that every page has something to show. */
async function traffic(url, key) {
  const headers = { "X-API-Key": key };
  const calls = ["/v1/whoami", "/v1/headers", "/v1/fixed/a", "/v1/fixed/b%2Fc", "/v1/status/404", "/v1/status/503", "/v1/lorem?words=5&seed=fixed", "/v1/slow?ms=20", "/v1/nope", "/v1/flaky?fail_rate=1", "/v1/sized?bytes=2048"];
  for (const path of calls) await (await fetch(url + path, { headers })).arrayBuffer();
  for (const n of [1, 2]) {
    await (await fetch(`${url}/v1/echo?n=${n}`, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify({ n, html: "<script>window.__hacked=1</script>" }) })).arrayBuffer();
  }
  await (await fetch(`${url}/v1/whoami`, { headers: { "X-API-Key": "wrong" } })).arrayBuffer();
}
