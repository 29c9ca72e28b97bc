// Stands in for the server while the pages are built and tested: the portal API over seeded records, and the built pages
// under the strict policy. No dependency.
//
//   node mock/server.mjs [--port 8090] [--events 5000] [--rate 3] [--audit off] [--oidc on] [--open on] [--delay MS]
//   node mock/server.mjs --backend http://127.0.0.1:8080     the built pages here, all calls to a real server
import { readFileSync, existsSync, statSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { extname, join, normalize } from "node:path";

import { makeEvent, makePayload, random, SPECIALS, uuid7 } from "./data.mjs";

const here = import.meta.dirname;
const BUILD = join(here, "../../static-build");
const OPENAPI = JSON.parse(readFileSync(join(here, "openapi.json"), "utf8"));
export const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
export const KEY = "dev-key-for-tests";

/** Starts a server; `options.now` fixes the end of the trail. */
export async function start(options = {}) {
  const {
    port = 0,
    events: count = 5000,
    rate = 0,
    audit = true,
    oidc = false,
    open = false,
    delay = 0,
    now = Date.now(),
    dropped = 0,
  } = options;
  const next = random(7);
  const state = {
    events: [],
    audit,
    dropped,
    oidc,
    open,
    delay,
    keys: [],
    sessions: new Set(),
    streams: new Set(),
    refuse: false,
    calls: [],
  };
  // Newest first; a working day's curve with a burst near its end.
  let at = now - 1500;
  for (let made = 0; made < count; made += 1) {
    state.events.push(makeEvent(Math.floor(at), next));
    at -= (made < count * 0.3 ? 2500 : 18_000) * (0.2 + next() * 1.6);
  }
  if (count > 0) {
    SPECIALS.forEach((special, index) => {
      const event = makeEvent(now - 60_000 - index * 7000, next, special.more);
      Object.defineProperty(event, "special", { value: special.payload, enumerable: false });
      Object.defineProperty(event, "label", { value: special.label, enumerable: false });
      state.events.push(event);
    });
    const original = state.events.find((event) => event.route_name === "echo_post" && event.success);
    if (original) state.events.push(replayOf(original, now - 30_000, next));
    state.events.sort((a, b) => (a.id < b.id ? 1 : -1));
  }
  state.keys = [
    {
      name: "gateway-prod",
      description: "Kong in front of production",
      created_by: "maria.santos@example.org",
      created_at: iso(now - 40 * 864e5),
      expires_at: iso(now + 50 * 864e5),
      last_used_at: iso(now - 4000),
    },
    {
      name: "loadtest",
      description: "k6 on the test bench",
      created_by: "devkey",
      created_at: iso(now - 9 * 864e5),
      expires_at: iso(now - 864e5),
      last_used_at: iso(now - 2 * 864e5),
    },
    {
      name: "spare",
      description: null,
      created_by: "devkey",
      created_at: iso(now - 3600e3),
      expires_at: null,
      last_used_at: null,
    },
  ];
  const publish = (event) => {
    state.events.unshift(event);
    for (const stream of state.streams) {
      if (matches(event, stream.query))
        stream.response.write(`id: ${event.id}\nevent: audit\ndata: ${JSON.stringify(event)}\n\n`);
    }
  };
  state.publish = publish;
  state.emit = (more) => {
    const event = makeEvent(Date.now(), next, more);
    publish(event);
    return event;
  };
  const timer = rate > 0 ? setInterval(() => state.emit(), 1000 / rate) : null;
  const started = now - 93_784_000;
  const server = createServer((request, response) => {
    void handle(request, response, { state, next, started, now }).catch((error) => {
      console.error(error);
      if (!response.headersSent) send(response, 500, { error: "mock failed" });
    });
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  state.base = address;
  return {
    url: address,
    state,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

const iso = (ms) => new Date(ms).toISOString();

function replayOf(original, ms, next) {
  const { id, ...rest } = original;
  const event = {
    ...rest,
    id: uuid7(ms, next),
    timestamp: iso(ms),
    request_id: `${original.request_id.slice(0, -4)}beef`,
    source: "replay",
    duration_ms: original.duration_ms * 1.2,
  };
  Object.defineProperty(event, "replayed_from", { value: id, enumerable: false });
  if (original.special) Object.defineProperty(event, "special", { value: original.special, enumerable: false });
  return event;
}

function send(response, status, body, headers = {}) {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers });
  response.end(text);
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

async function handle(request, response, context) {
  const { state } = context;
  const url = new URL(request.url, "http://mock");
  const path = url.pathname;
  if (path === "/healthz" || path === "/readyz") return void response.end("ok");
  if (path === "/openapi.json") return send(response, 200, { ...OPENAPI, servers: [{ url: state.base }] });
  if (path === "/docs")
    return void response
      .writeHead(200, { "Content-Type": "text/html" })
      .end("<!doctype html><title>docs</title><h1>docs</h1>");
  if (path === "/portal/auth/login")
    return void response.writeHead(302, { Location: "/portal/login?error=access_denied" }).end();
  if (path === "/portal/auth/logout") return void response.writeHead(204).end();
  if (path === "/portal" || path.startsWith("/portal/")) return page(path, response, request);
  if (!path.startsWith("/api/v1/")) return send(response, 404, { error: "no such endpoint" });
  state.calls.push(`${request.method} ${path}`);
  if (state.delay) await new Promise((resolve) => setTimeout(resolve, state.delay));
  if (path === "/api/v1/portal/wellknown")
    return send(response, 200, {
      name: "api-test",
      version: "0.1.0",
      oidc_enabled: state.oidc,
      api_key_header: "X-API-Key",
    });
  if (state.refuse || (!state.open && request.headers["x-api-key"] !== KEY)) {
    return send(response, 401, { error: "unauthorized" }, { "WWW-Authenticate": 'Bearer realm="api-test-portal"' });
  }
  if (request.headers["x-requested-with"] !== "XMLHttpRequest")
    return send(response, 403, { error: "X-Requested-With is missing" });
  const name = path.slice("/api/v1/".length);
  if (name.startsWith("portal/audit/"))
    return audit(name.slice("portal/audit/".length), url.searchParams, request, response, context);
  if (name.startsWith("admin/")) return admin(name, request, response, context);
  switch (name) {
    case "portal/me":
      return send(response, 200, { subject: "devkey", auth_type: "apikey", api_key_name: "devkey" });
    case "portal/server":
    case "portal/config":
      return send(response, 200, serverInfo(context));
  }
  if (name === "portal/dashboard") return dashboard(url.searchParams.get("range") ?? "1h", request, response, context);
  if (name === "portal/endpoints") return send(response, 200, catalogue());
  const tryit = /^portal\/tryit\/([^/]+)\/([^/]+)$/.exec(name);
  if (tryit && request.method === "POST")
    return tryIt(tryit[1], tryit[2], JSON.parse(await readBody(request)), response, context);
  send(response, 404, { error: "no such endpoint" });
}

function page(path, response, request) {
  if (path === "/portal") return void response.writeHead(308, { Location: "/portal/" }).end();
  const name = normalize(path.slice("/portal/".length));
  const isFile = /\.[^/]+$/.test(name);
  const file = join(BUILD, isFile ? name : "index.html");
  if (!file.startsWith(BUILD) || !existsSync(file) || !statSync(file).isFile())
    return send(response, 404, { error: "no such endpoint" });
  const headers = {
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    Vary: "Accept-Encoding",
  };
  const packed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "")
    ? [".br", "br"]
    : /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")
      ? [".gz", "gzip"]
      : null;
  if (packed && existsSync(file + packed[0])) {
    return void response
      .writeHead(200, { ...headers, "Content-Encoding": packed[1] })
      .end(readFileSync(file + packed[0]));
  }
  response.writeHead(200, headers).end(readFileSync(file));
}

const FIELDS = {
  method: "method",
  route_name: "route_name",
  endpoint_group: "endpoint_group",
  auth_type: "auth_type",
  session: "session_id",
  source: "source",
  request_id: "request_id",
};

function matches(event, query) {
  for (const [key, value] of query) {
    if (FIELDS[key] && event[FIELDS[key]] !== value) return false;
    if (key === "path" && !event.path.includes(value)) return false;
    if (key === "user" && event.user_subject !== value && event.user_email !== value) return false;
    if (key === "success" && String(event.success) !== value) return false;
    if (
      key === "status" &&
      !(/^\dxx$/.test(value) ? String(event.status)[0] === value[0] : String(event.status) === value)
    )
      return false;
    if (key === "min_duration_ms" && event.duration_ms < Number(value)) return false;
    if (key === "from" && event.timestamp < new Date(value).toISOString()) return false;
    if (key === "to" && event.timestamp >= new Date(value).toISOString()) return false;
    if (
      key === "q" &&
      ![event.path, event.error_message, event.request_id].some((text) =>
        text?.toLowerCase().includes(value.toLowerCase()),
      )
    )
      return false;
    if (
      key === "has_header" &&
      !Object.keys(makePayload(event).request_headers).some((name) => name.toLowerCase() === value.toLowerCase())
    )
      return false;
    if (key === "header") {
      const [name, ...rest] = value.split(":");
      const found = Object.entries(makePayload(event).request_headers).find(
        ([given]) => given.toLowerCase() === name.toLowerCase(),
      );
      if (!found?.[1].includes(rest.join(":").trim())) return false;
    }
  }
  return true;
}

function badFilter(query) {
  if (query.has("status") && !/^(?:[1-5]\d\d|[1-5]xx)$/.test(query.get("status")))
    return "status: expected a status such as 404 or a class such as 4xx";
  if (query.has("min_duration_ms") && !(Number(query.get("min_duration_ms")) >= 0))
    return "min_duration_ms: expected a number of milliseconds";
  for (const key of ["from", "to"])
    if (query.has(key) && Number.isNaN(Date.parse(query.get(key)))) return `${key}: expected an RFC 3339 time`;
  return null;
}

async function audit(what, query, request, response, { state, next }) {
  if (!state.audit) return send(response, 503, { error: "audit.enabled is false: no request is recorded" });
  const bad = badFilter(query);
  if (bad) return send(response, 400, { error: bad });
  if (what === "stream") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": stream open\n\n");
    const stream = { response, query };
    state.streams.add(stream);
    const beat = setInterval(() => response.write(": beat\n\n"), 15_000);
    response.on("close", () => {
      clearInterval(beat);
      state.streams.delete(stream);
    });
    return;
  }
  const single = /^events\/(.+)$/.exec(what);
  if (single) {
    const event = state.events.find((entry) => entry.id === single[1]);
    if (!/^[0-9a-f-]{36}$/.test(single[1])) return send(response, 400, { error: "id: not a UUID" });
    return event
      ? send(response, 200, { ...event, payload: makePayload(event) })
      : send(response, 404, { error: "no such event" });
  }
  const replay = /^replay\/(.+)$/.exec(what);
  if (replay) {
    const event = state.events.find((entry) => entry.id === replay[1]);
    if (!event) return send(response, 404, { error: "no such event" });
    if (event.source === "replay")
      return send(response, 400, { error: "this event is a replay itself: replay its original" });
    const payload = makePayload(event);
    if (payload.request_truncated)
      return send(response, 400, { error: "the body was truncated when it was captured, so it can't be sent again" });
    const made = replayOf(event, Date.now(), next);
    setTimeout(() => state.publish(made), 150);
    return send(response, 200, {
      replayed_from: event.id,
      status: event.status,
      headers: { ...payload.response_headers, "X-Request-Id": [made.request_id] },
      body: payload.response_body,
      ...(payload.response_body_encoding ? { body_encoding: payload.response_body_encoding } : {}),
      body_truncated: false,
      event_id: made.id,
    });
  }
  let found = state.events.filter((event) => matches(event, query));
  const now = Date.now();
  const from = query.get("from") ?? iso(now - 3600e3);
  const to = query.get("to") ?? iso(now);
  switch (what) {
    case "events": {
      const limit = Number(query.get("limit") ?? 50);
      let offset = Number(query.get("offset") ?? 0);
      if (query.has("cursor")) offset = found.findIndex((event) => event.id === query.get("cursor")) + 1;
      const events = found.slice(offset, offset + limit);
      const more = offset + limit < found.length;
      return send(response, 200, {
        events,
        total: found.length,
        limit,
        offset,
        ...(more ? { next_cursor: events.at(-1).id } : {}),
      });
    }
    case "stats": {
      const times = found.map((event) => event.duration_ms).sort((a, b) => a - b);
      const quantile = (share) =>
        times.length ? times[Math.min(times.length - 1, Math.ceil(share * times.length) - 1)] : null;
      const success = found.filter((event) => event.success).length;
      return send(response, 200, {
        from,
        to,
        total: found.length,
        errors: found.length - success,
        success,
        error_rate: found.length ? (found.length - success) / found.length : 0,
        p50_ms: quantile(0.5),
        p95_ms: quantile(0.95),
        p99_ms: quantile(0.99),
        dropped_total: state.dropped,
        queue_depth: state.streams.size % 7,
        queue_capacity: 4096,
      });
    }
    case "timeseries": {
      const seconds = Number(query.get("bucket_seconds") ?? 60);
      const first = Math.floor(Date.parse(from) / 1000 / seconds) * seconds;
      const last = Math.floor(Date.parse(to) / 1000 / seconds) * seconds;
      if (!query.has("from")) found = found.filter((event) => event.timestamp >= from);
      const buckets = [];
      for (let at = first; at <= last; at += seconds)
        buckets.push({ time: iso(at * 1000), count: 0, errors: 0, avg_duration_ms: 0 });
      for (const event of found) {
        const bucket = buckets[Math.floor((Date.parse(event.timestamp) / 1000 - first) / seconds)];
        if (!bucket) continue;
        bucket.count += 1;
        bucket.errors += event.success ? 0 : 1;
        bucket.avg_duration_ms += (event.duration_ms - bucket.avg_duration_ms) / bucket.count;
      }
      return send(response, 200, { from, to, bucket_seconds: seconds, buckets });
    }
    case "breakdown": {
      const dimension = query.get("dimension") ?? "endpoint_group";
      const field = { user: "user_subject" }[dimension] ?? dimension;
      const groups = new Map();
      for (const event of found) {
        const key = event[field] === undefined ? "" : String(event[field]);
        const group = groups.get(key) ?? { key, count: 0, errors: 0, avg_duration_ms: 0 };
        group.count += 1;
        group.errors += event.success ? 0 : 1;
        group.avg_duration_ms += (event.duration_ms - group.avg_duration_ms) / group.count;
        groups.set(key, group);
      }
      const top = Number(query.get("top") ?? 10);
      return send(response, 200, {
        from,
        to,
        dimension,
        groups: [...groups.values()].sort((a, b) => b.count - a.count).slice(0, top),
      });
    }
    case "meta":
      return send(response, 200, meta());
    case "export.ndjson":
      response.writeHead(200, {
        "Content-Type": query.get("format") === "har" ? "application/json" : "application/x-ndjson",
      });
      if (query.get("format") === "har")
        return void response.end(
          JSON.stringify({ log: { version: "1.2", creator: { name: "api-test", version: "0" }, entries: [] } }),
        );
      for (const event of found) response.write(`${JSON.stringify(event)}\n`);
      return void response.end();
  }
  send(response, 404, { error: "no such endpoint" });
}

/** All of it at once, out of the single questions. */
async function dashboard(range, request, response, context) {
  if (!context.state.audit) return audit("stats", new URLSearchParams(), request, response, context);
  const span = { "15m": [900, 15], "1h": [3600, 60], "24h": [86400, 1800], "7d": [604800, 7200] }[range];
  if (!span) return send(response, 400, { error: "range must be 15m, 1h, 24h or 7d" });
  const from = iso(Date.now() - span[0] * 1000);
  const to = iso(Date.now());
  const ask = async (what, more) => {
    let text = "";
    const catcher = { writeHead: () => catcher, end: (body) => (text = body) };
    await audit(what, new URLSearchParams({ from, to, ...more }), request, catcher, context);
    return JSON.parse(text);
  };
  const statuses = (await ask("breakdown", { dimension: "status", top: "1000" })).groups;
  const routes = (await ask("breakdown", { dimension: "route_name", top: "1000" })).groups;
  const count = (name) =>
    statuses
      .filter((group) => (name === "499" ? group.key === name : group.key !== "499" && group.key[0] === name[0]))
      .reduce((sum, group) => sum + group.count, 0);
  send(response, 200, {
    range,
    from,
    to,
    stats: await ask("stats", {}),
    timeseries: await ask("timeseries", { bucket_seconds: String(span[1]) }),
    status_classes: ["1xx", "2xx", "3xx", "4xx", "5xx", "499"].map((name) => ({ class: name, count: count(name) })),
    slowest_routes: [...routes].sort((a, b) => b.avg_duration_ms - a.avg_duration_ms).slice(0, 10),
    failing_routes: routes
      .filter((group) => group.errors > 0)
      .sort((a, b) => b.errors - a.errors)
      .slice(0, 10),
    recent: (await ask("events", { limit: "12" })).events,
  });
}

async function admin(name, request, response, { state }) {
  const parts = name.split("/").slice(1);
  if (parts[0] !== "api-keys" && parts[0] !== "keys") return send(response, 404, { error: "no such endpoint" });
  if (request.method === "GET") return send(response, 200, { keys: state.keys });
  if (request.method === "POST") {
    const given = JSON.parse(await readBody(request));
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(given.name ?? ""))
      return send(response, 400, { error: "name: 1 to 64 letters, digits, dots, dashes or underscores" });
    if (state.keys.some((key) => key.name === given.name))
      return send(response, 409, { error: `a key named "${given.name}" exists` });
    const key = {
      name: given.name,
      description: given.description ?? null,
      created_by: "devkey",
      created_at: iso(Date.now()),
      expires_at: given.expires_at ?? null,
      last_used_at: null,
    };
    state.keys.unshift(key);
    return send(response, 201, { key, plaintext: "at_9mV3xkQ2pLr8sT5wYzA1bC4dE6fG7hJ0kN-uPqRvXyM" });
  }
  if (request.method === "DELETE") {
    const at = state.keys.findIndex((key) => key.name === decodeURIComponent(parts[1] ?? ""));
    if (at < 0) return send(response, 404, { error: "no such key" });
    state.keys.splice(at, 1);
    return void response.writeHead(204).end();
  }
  send(response, 405, { error: "method not allowed" });
}

function tryIt(group, route, given, response, { state }) {
  for (const [path, operations] of Object.entries(OPENAPI.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (operation.operationId !== route || !operation.tags.includes(group)) continue;
      let target = path;
      for (const name of path.match(/(?<=\{)[^}]+(?=\})/g) ?? []) {
        const value = given.path_params?.[name];
        if (!value) return send(response, 400, { error: `path parameter ${name} is missing` });
        if (value.includes("/")) return send(response, 400, { error: `path parameter ${name} must not hold a slash` });
        target = target.replace(`{${name}}`, encodeURIComponent(value));
      }
      const query = new URLSearchParams(
        Object.entries(given.query_params ?? {}).flatMap(([name, values]) => values.map((value) => [name, value])),
      );
      const full = query.size ? `${target}?${query}` : target;
      const event = state.emit({
        method: method.toUpperCase(),
        path: target,
        target: full,
        route_name: route,
        endpoint_group: group,
        status: 200,
        success: true,
        source: "portal-tryit",
        error_message: undefined,
        error_category: undefined,
      });
      const example = Object.values(Object.values(operation.responses)[0]?.content ?? {})[0]?.example ?? { ok: true };
      return send(response, 200, {
        dispatched_to: full,
        method: method.toUpperCase(),
        status: 200,
        headers: { "Content-Type": ["application/json"], "X-Request-Id": [event.request_id] },
        body: typeof example === "string" ? example : JSON.stringify(example),
        body_truncated: false,
        event_id: event.id,
      });
    }
  }
  send(response, 404, { error: "no such endpoint" });
}

/** The shape of `GET endpoints`, out of the document. */
function catalogue() {
  const groups = OPENAPI.tags.map((tag) => ({ name: tag.name, about: tag.description, routes: [] }));
  for (const [path, operations] of Object.entries(OPENAPI.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const group = groups.find((entry) => entry.name === operation.tags[0]);
      group.routes.push({
        name: operation.operationId,
        group: group.name,
        method: method.toUpperCase(),
        path,
        about: operation.summary,
        params: (operation.parameters ?? []).map((param) => ({
          name: param.name,
          place: param.in,
          about: param.description ?? "",
          required: Boolean(param.required),
          type: param.schema?.type,
          ...(param.schema?.default === undefined ? {} : { default: param.schema.default }),
          ...(param.schema?.minimum === undefined
            ? {}
            : { minimum: param.schema.minimum, maximum: param.schema.maximum }),
          example: param.example,
        })),
        takes_body: Boolean(operation.requestBody),
        answers: Object.entries(operation.responses)
          .filter(([, answer]) => !answer.$ref)
          .map(([status, answer]) => {
            const [media_type, content] = Object.entries(answer.content ?? {})[0] ?? [];
            return {
              status,
              about: answer.description,
              headers: [],
              ...(media_type ? { media_type, example: content.example } : {}),
            };
          }),
        example: path,
      });
    }
  }
  return { groups };
}

function meta() {
  const routes = catalogue().groups;
  const filter = (name, values) => ({
    name,
    type: values ? "word" : "text",
    about: name,
    example: "",
    repeatable: name.includes("header"),
    ...(values ? { values } : {}),
  });
  return {
    filters: [
      filter("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
      filter("status", ["1xx", "2xx", "3xx", "4xx", "5xx"]),
      filter(
        "route_name",
        routes.flatMap((group) => group.routes.map((route) => route.name)),
      ),
      filter(
        "endpoint_group",
        routes.map((group) => group.name),
      ),
      filter("auth_type", ["anonymous", "apikey", "bearer", "oauth2"]),
      filter("source", ["external", "portal-tryit", "replay"]),
      ...[
        "from",
        "to",
        "path",
        "user",
        "session",
        "success",
        "request_id",
        "q",
        "header",
        "has_header",
        "min_duration_ms",
      ].map((name) => filter(name)),
    ],
    dimensions: ["endpoint_group", "route_name", "status", "auth_type", "user", "method", "path", "success"],
    limits: {
      page_default: 50,
      page_max: 1000,
      buckets_max: 10000,
      top_default: 10,
      top_max: 1000,
      question_seconds: 30,
    },
    features: {
      store: "sqlite",
      payloads: true,
      headers: true,
      max_payload_bytes: 1048576,
      retention_days: 7,
      formats: ["ndjson", "har"],
    },
  };
}

function serverInfo({ state, started, now }) {
  const info = {
    name: "api-test",
    version: "0.1.0",
    commit: "794154a2ab04",
    date: "2026-11-24T13:35:57Z",
    started_at: iso(started),
    instance: "api-test-0:8080",
    uptime_seconds: Math.floor((now - started) / 1000),
    base_url: state.base,
    config: {
      server: {
        name: "api-test",
        address: ":8080",
        base_url: state.base,
        workers: 2,
        read_header_timeout: "10s",
        max_header_bytes: "64KiB",
        max_body_bytes: "64MiB",
        shutdown: { grace_period: "25s", pre_shutdown_delay: "2s" },
        tls: { enabled: false },
      },
      auth: { allow_anonymous: false },
      api_keys: {
        header_name: "X-API-Key",
        query_param_name: "api_key",
        file: [{ name: "devkey", key: "***", description: "The key that make run prints" }],
        db: { enabled: true },
      },
      database: {
        url: "postgres://api:***@db:5432/apitest?sslmode=require",
        max_open_conns: 25,
        max_idle_conns: 5,
        conn_max_lifetime: "1h",
      },
      audit: {
        enabled: state.audit,
        retention_days: 7,
        buffer_size: 4096,
        redact_keys: ["password", "token", "secret", "authorization"],
        capture_payloads: true,
        capture_headers: true,
        max_payload_bytes: "1MiB",
      },
      portal: { enabled: true, cookie_name: "api_test_session", cookie_secret: "***", cookie_secure: false },
      endpoints: { identity: { enabled: true }, data: { enabled: true } },
    },
    warnings: [
      { key: "server.base_url", message: "server.base_url is a loopback address: gateways elsewhere can't use it" },
    ],
    sources: {
      "server.name": "default",
      "server.address": "file",
      "server.base_url": "environment",
      "server.workers": "default",
      "api_keys.file": "file",
      "api_keys.db.enabled": "environment",
      "database.url": "environment",
      "audit.enabled": "file",
      "portal.cookie_secret": "environment",
      "portal.enabled": "file",
      "endpoints.identity.enabled": "file",
      "endpoints.data.enabled": "file",
    },
  };
  for (const [key, source] of Object.entries(info.sources)) {
    const variable = `APITEST__${key.toUpperCase().replaceAll(".", "__")}`;
    info.sources[key] = {
      source,
      ...(source === "file"
        ? { detail: "api-test.yaml:12", line: 12 }
        : source === "environment"
          ? { detail: variable }
          : {}),
    };
  }
  const leaves = (value, path) => {
    if (value && typeof value === "object" && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) leaves(inner, path ? `${path}.${key}` : key);
    else info.sources[path] ??= { source: "default" };
  };
  leaves(info.config, "");
  return info;
}

/** Serves the built pages, and passes all else on to a server that runs. */
export async function front(backend, port = 0) {
  const target = new URL(backend);
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://mock").pathname;
    if (path.startsWith("/portal/") && !path.startsWith("/portal/auth/")) return page(path, response, request);
    const onward = ask(
      { host: target.hostname, port: target.port, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

if (process.argv[1] === import.meta.filename) {
  const flag = (name, fallback) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? fallback : process.argv[at + 1];
  };
  const backend = flag("backend", null);
  if (backend) {
    console.log(`${(await front(backend, Number(flag("port", 8090)))).url}/portal/ in front of ${backend}`);
  } else {
    await alone(flag);
  }
}

async function alone(flag) {
  const server = await start({
    port: Number(flag("port", 8090)),
    events: Number(flag("events", 5000)),
    rate: Number(flag("rate", 3)),
    audit: flag("audit", "on") === "on",
    oidc: flag("oidc", "off") === "on",
    open: flag("open", "off") === "on",
    delay: Number(flag("delay", 0)),
  });
  console.log(`${server.url}/portal/  key: ${KEY}`);
}
