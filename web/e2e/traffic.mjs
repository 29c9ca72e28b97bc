// Sends requests of many kinds to a real server, and returns their events.

const JSON_TYPE = { "Content-Type": "application/json" };
const KINDS = [
  (n) => [`/v1/whoami?n=${n}`],
  (n) => [`/v1/fixed/item-${n}`],
  (n) => [
    `/v1/echo?n=${n}&tag=a&tag=b`,
    {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ order: n, items: [{ sku: "A-17", count: 2 }], note: "ünïcode" }),
    },
  ],
  () => ["/v1/headers", { headers: { "X-Demo": "a", Authorization: "Bearer not-a-known-token" } }],
  (n) => [`/v1/lorem?words=${5 + (n % 40)}&seed=fixed`],
  (n) => [`/v1/status/${[200, 301, 404, 429, 503][n % 5]}`, { redirect: "manual" }],
  () => ["/v1/flaky?fail_rate=0.4"],
  (n) => [`/v1/sized?bytes=${1 << (n % 14)}`],
  (n) => [`/v1/slow?ms=${n % 30}`],
  () => ["/v1/no/such/path"],
];

/** Sends `count` requests, several at a time, and waits until `total` are recorded. */
export async function traffic(url, key, count, total = count) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const n = next++;
      const [path, options = {}] = KINDS[(n * 7) % KINDS.length](n);
      const answer = await fetch(url + path, { ...options, headers: { "X-API-Key": key, ...options.headers } });
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await recordedTotal(url, key, total);
}

/** Waits until that many are recorded. */
async function recordedTotal(url, key, count) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`${url}/api/v1/portal/audit/events?limit=1`, { headers: { "X-API-Key": key } });
    const body = await answer.json();
    if (body.total >= count) return;
    if (Date.now() > deadline) throw new Error(`${body.total} of ${count} requests were recorded`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Polls events until `enough` returns true: they are written a moment after the response. */
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

/** Sends a few requests, so that every page has content; returns their number. */
export async function fewOfEachKind(url, key) {
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
