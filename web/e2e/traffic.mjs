// Requests of many kinds against a real server, for figures and pictures.

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

/** Makes `count` requests, some at a time, and waits until the last is recorded. */
export async function traffic(url, key, count) {
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
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`${url}/api/v1/portal/audit/events?limit=1`, { headers: { "X-API-Key": key } });
    const body = await answer.json();
    if (body.total >= count) return;
    if (Date.now() > deadline) throw new Error(`${body.total} of ${count} requests were recorded`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
