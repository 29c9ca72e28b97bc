// Seeded records: the same seed, the same trail.
import { deflateSync } from "node:zlib";

export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const pick = (next, list) => list[Math.floor(next() * list.length)];
const hex = (next, digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");

/** UUID version 7 of a moment. */
export function uuid7(ms, next) {
  const time = ms.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(next, 3)}-${pick(next, ["8", "9", "a", "b"])}${hex(next, 3)}-${hex(next, 12)}`;
}

const uuid4 = (next) => `${hex(next, 8)}-${hex(next, 4)}-4${hex(next, 3)}-a${hex(next, 3)}-${hex(next, 12)}`;

const ROUTES = [
  ["whoami", "identity", "GET", () => "/v1/whoami", 14],
  ["headers", "identity", "GET", () => "/v1/headers", 8],
  ["fixed", "data", "GET", (next) => `/v1/fixed/order-${Math.floor(next() * 40)}`, 16],
  [
    "lorem",
    "data",
    "GET",
    (next) => `/v1/lorem?words=${5 + Math.floor(next() * 200)}&seed=s${Math.floor(next() * 9)}`,
    8,
  ],
  ["sized", "data", "GET", (next) => `/v1/sized?bytes=${2 ** Math.floor(8 + next() * 14)}`, 6],
  ["echo_post", "echo", "POST", () => "/v1/echo?trace=on&tag=a&tag=b", 14],
  ["echo_put", "echo", "PUT", () => "/v1/echo", 4],
  [
    "status",
    "failure",
    "GET",
    (next) => `/v1/status/${pick(next, [200, 204, 301, 304, 404, 418, 429, 500, 502, 503])}`,
    9,
  ],
  ["flaky", "failure", "GET", (next) => `/v1/flaky?fail_rate=0.2&call_id=${Math.floor(next() * 1000)}`, 7],
  ["slow", "failure", "GET", (next) => `/v1/slow?ms=${pick(next, [50, 200, 800, 2500])}`, 5],
  ["page_cursor", "pagination", "GET", () => "/v1/page/cursor?limit=20&total=400", 4],
  ["streaming_sse", "streaming", "GET", () => "/v1/streaming/sse?count=10&delay_ms=100", 3],
  ["export_csv", "export", "GET", () => "/v1/export/csv?rows=2000", 2],
  ["security_admin", "security", "GET", () => "/v1/security/admin/secret", 1],
  [null, null, "GET", (next) => pick(next, ["/v1/", "/v1/nope", "/v1/orders/17%2F3", "/v1/.env"]), 3],
];
const TOTAL_WEIGHT = ROUTES.reduce((sum, route) => sum + route[4], 0);

function pickRoute(next) {
  let at = next() * TOTAL_WEIGHT;
  return ROUTES.find((route) => (at -= route[4]) < 0) ?? ROUTES[0];
}

const CALLERS = [
  { auth_type: "apikey", api_key_name: "devkey", user_subject: "devkey" },
  { auth_type: "apikey", api_key_name: "gateway-prod", user_subject: "gateway-prod" },
  { auth_type: "bearer", api_key_name: "ci", user_subject: "ci" },
  {
    auth_type: "oauth2",
    user_subject: "8f3c1e52-1f0e-4c1c-a3ff-9a1f",
    user_email: "maria.santos@example.org",
    client_id: "gateway-prod",
  },
  { auth_type: "anonymous", user_subject: "anonymous" },
];
const AGENTS = [
  "curl/8.11.1",
  "kong/3.9",
  "envoy",
  "python-httpx/0.28",
  "Go-http-client/2.0",
  "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
];

const REASONS = {
  401: ["invalid credential", "auth"],
  404: ["no such endpoint", "not_found"],
  418: ["status on request", "requested"],
  429: ["status on request", "requested"],
  499: ["client closed the connection", "client_closed"],
  500: ["failed on request", "requested"],
  502: ["status on request", "requested"],
  503: ["authenticator overloaded", "overloaded"],
};

/** One event at a moment. */
export function makeEvent(ms, next, more = {}) {
  const [route_name, endpoint_group, method, target] = pickRoute(next);
  const raw = target(next);
  const caller = pick(next, CALLERS);
  const asked = /\/status\/(\d+)/.exec(raw)?.[1];
  let status = asked ? Number(asked) : route_name === null ? 404 : 200;
  if (route_name === "flaky" && next() < 0.2) status = 503;
  const luck = next();
  if (luck < 0.012) status = 401;
  else if (luck < 0.02 && !asked) status = 499;
  const slow = /ms=(\d+)/.exec(raw)?.[1];
  const duration =
    (route_name === "slow" ? Number(slow) : route_name === "streaming_sse" ? 1000 : 0) + 0.2 + next() ** 4 * 40;
  const reason = REASONS[status];
  const bytesOut =
    route_name === "sized"
      ? Number(/bytes=(\d+)/.exec(raw)[1])
      : status === 204 || status === 304
        ? 0
        : 120 + Math.floor(next() * 900);
  return {
    id: uuid7(ms, next),
    timestamp: `${new Date(ms).toISOString().slice(0, -1)}${String(Math.floor(next() * 1000)).padStart(3, "0")}Z`,
    duration_ms: Number(duration.toFixed(3)),
    first_byte_ms: Number((duration * (0.3 + next() * 0.6)).toFixed(3)),
    request_id: uuid4(next),
    ...(status === 401 ? {} : caller),
    method,
    path: raw.split("?")[0],
    target: raw,
    host: pick(next, ["upstream.internal:8080", "localhost:8080"]),
    http_version: next() < 0.8 ? "HTTP/1.1" : "HTTP/2.0",
    ...(route_name ? { route_name, endpoint_group } : {}),
    status,
    bytes_in: method === "GET" ? 0 : 40 + Math.floor(next() * 3000),
    bytes_out: bytesOut,
    success: status >= 200 && status < 400,
    ...(reason ? { error_message: reason[0], error_category: reason[1] } : {}),
    remote_addr: `10.2.${Math.floor(next() * 4)}.${Math.floor(next() * 250)}:${30000 + Math.floor(next() * 30000)}`,
    user_agent: pick(next, AGENTS),
    source: "external",
    instance: "api-test-0",
    ...more,
  };
}

/** A picture: vertical bars, so that it shows when it is upside down or cut. */
export function png(width, height) {
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; x += 1) row.set([(x * 255) / width, 90, 200 - (x * 120) / width], 1 + x * 3);
  const raw = Buffer.concat(Array.from({ length: height }, () => row));
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc(data) {
  let value = ~0;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

const XSS = `<img src=x onerror="window.__hacked=1"><script>window.__hacked=1</script>`;

/** Payload of an event, made when it is asked for. */
export function makePayload(event) {
  const json = (value) => JSON.stringify(value);
  const requestHeaders = {
    Accept: ["*/*"],
    ...(event.auth_type === "apikey"
      ? { "X-Api-Key": ["[redacted]"] }
      : event.auth_type === "anonymous"
        ? {}
        : { Authorization: ["[redacted]"] }),
    ...(event.bytes_in ? { "Content-Length": [String(event.bytes_in)], "Content-Type": ["application/json"] } : {}),
    Host: [event.host],
    "User-Agent": [event.user_agent ?? ""],
    Via: ["1.1 edge-a", "1.1 edge-b"],
    "X-Forwarded-For": ["203.0.113.9, 10.2.0.4"],
  };
  const query = {};
  for (const [name, value] of new URLSearchParams(event.target.split("?")[1] ?? "")) (query[name] ??= []).push(value);
  const body = event.bytes_in
    ? json({
        order: 4711,
        customer: { name: "Łukasz Ørsted", email: "lukasz@example.org", vip: false },
        items: [
          { sku: "A-100", qty: 2, price: 19.9 },
          { sku: "B-7", qty: 1, price: 5 },
        ],
        note: null,
      })
    : "";
  const answer = event.success
    ? json({
        method: event.method,
        path: event.path,
        query,
        headers: { Accept: ["*/*"] },
        body_size: event.bytes_in,
        big: "@BIG@",
      }).replace('"@BIG@"', "12345678901234567890.10")
    : json({ error: event.error_message ?? "failed" });
  const payload = {
    request_headers: requestHeaders,
    request_query: event.target.includes("?") ? query : null,
    request_content_type: event.bytes_in ? "application/json" : null,
    request_body: body,
    request_size: event.bytes_in,
    request_truncated: false,
    request_remote_addr: event.remote_addr,
    response_headers: {
      "Content-Length": [String(event.bytes_out)],
      "Content-Type": ["application/json"],
      Date: [new Date(event.timestamp).toUTCString()],
      "X-Request-Id": [event.request_id],
    },
    response_content_type: "application/json",
    response_body: event.bytes_out ? answer : "",
    response_size: event.bytes_out,
    response_truncated: event.bytes_out > 1048576,
    replayed_from: event.replayed_from ?? null,
  };
  return { ...payload, ...event.special?.(event) };
}

/** Records that are hard to show. */
export const SPECIALS = [
  {
    label: "html",
    more: {
      path: `/v1/${XSS}`,
      target: `/v1/${XSS}`,
      user_agent: XSS,
      host: XSS,
      error_message: XSS,
      request_id: XSS,
      user_subject: XSS,
      remote_addr: "10.2.0.9:4000",
    },
    payload: () => ({
      request_headers: { [XSS]: [XSS], "User-Agent": [XSS] },
      request_query: { [XSS]: [XSS] },
      request_body: XSS,
      request_content_type: "text/html",
      response_body: json5(XSS),
      response_content_type: "text/html",
    }),
  },
  {
    label: "image",
    more: {
      method: "GET",
      route_name: "fixed",
      endpoint_group: "data",
      path: "/v1/fixed/logo.png",
      target: "/v1/fixed/logo.png",
      status: 200,
      success: true,
      error_message: undefined,
      error_category: undefined,
    },
    payload: () => ({
      response_body: png(96, 48).toString("base64"),
      response_body_encoding: "base64",
      response_content_type: "image/png",
    }),
  },
  {
    label: "binary",
    more: {
      method: "PUT",
      path: "/v1/echo",
      target: "/v1/echo?api_key=[redacted]&x=1",
      status: 200,
      success: true,
      error_message: undefined,
      error_category: undefined,
      bytes_in: 4096,
    },
    payload: () => ({
      request_body: Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7) % 256)).toString("base64"),
      request_body_encoding: "base64",
      request_content_type: "application/octet-stream",
      request_size: 4096,
    }),
  },
  {
    label: "deep",
    more: {
      method: "POST",
      path: "/v1/echo",
      target: "/v1/echo?deep=1",
      status: 200,
      success: true,
      error_message: undefined,
      error_category: undefined,
      bytes_in: 20001,
    },
    payload: () => ({
      request_body: `${"[".repeat(10000)}1${"]".repeat(10000)}`,
      response_body: `${'{"a":'.repeat(10000)}1${"}".repeat(10000)}`,
    }),
  },
  {
    label: "broken",
    more: {
      method: "POST",
      path: "/v1/echo",
      target: "/v1/echo?broken=1",
      status: 400,
      success: false,
      error_message: "body is not JSON",
      error_category: "bad_request",
      bytes_in: 44,
    },
    payload: () => ({ request_body: '{"order": 4711, "items": [1, 2,, 3], "note": "x' }),
  },
  {
    label: "long-header",
    more: {
      method: "GET",
      path: "/v1/headers",
      target: "/v1/headers",
      status: 200,
      success: true,
      error_message: undefined,
      error_category: undefined,
    },
    payload: () => ({ request_headers: { Accept: ["*/*"], "X-Long": ["h".repeat(1048576)] } }),
  },
  {
    label: "large",
    more: {
      method: "POST",
      path: "/v1/echo",
      target: "/v1/echo?large=1",
      status: 200,
      success: true,
      error_message: undefined,
      error_category: undefined,
      bytes_in: 3145728,
      bytes_out: 1500000,
    },
    payload: () => {
      const rows = [];
      let size = 0;
      for (let at = 0; size < 1048000; at += 1) {
        const row = JSON.stringify({ id: at, name: `item ${at}`, price: (at % 977) / 10, tags: ["a", "b"] });
        rows.push(row);
        size += row.length + 1;
      }
      const text = `[${rows.join(",")}]`;
      return {
        request_body: text.slice(0, 1048576),
        request_truncated: true,
        request_size: 3145728,
        response_body: text,
        response_truncated: true,
        response_size: 1500000,
      };
    },
  },
];

function json5(text) {
  return JSON.stringify({ html: text, rtl: "abc\u202egnp.exe" });
}
