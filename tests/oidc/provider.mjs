// A real OpenID provider on loopback: oidc-provider, with the clients and the user for the tests, and an API at /_test/
// for rotating its keys, shortening its tokens and injecting faults.
//
// node provider.mjs [PORT]. Prints a line of JSON, {"issuer": "http://127.0.0.1:PORT"}, once it accepts connections. It ends when
// its standard input is closed, so that it does not outlive a killed test.
//
// Control (JSON in, JSON out):
//   POST /_test/rotate   {"keep": false}          new keys for every algorithm; keep: the old ones stay published
//   POST /_test/mode     {"mode": "ok"}           ok, down, slow, html, wrong-issuer; for all but /_test/
//   POST /_test/settings {"ttl": 600, "alg": "RS256", "redirects": ["http://…"], "slow_ms": 10000,
//                         "auth_method": "client_secret_post",   the only way in which it takes client secrets
//                         "odd_keys": true,                      publishes the keys "weak" and "encrypt" as well
//                         "id_token": {"header": {}, "claims": {}, "key": "weak"}}   changes to ID tokens; null removes
//                                                                a claim; {"raw": "…"} is sent in place of the ID token
//   POST /_test/sign     {"header": {}, "claims": {}}   a JWT with exactly these claims, signed by the current key, or
//                         by an odd one ("key": "weak")
//   GET  /_test/counts                            requests by path since the start
//   GET  /_test/jwks                              the public keys, whatever the mode

import { createServer } from "node:http";
import { createPrivateKey, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { SignJWT, exportJWK, generateKeyPair, importJWK } from "jose";
import Provider from "oidc-provider";

// Standard output has the address, and is not read afterwards.
console.info = console.error;
console.warn = console.error;

const ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
const USER = { name: "dev", password: "dev", email: "dev@example.test" };
const AUDIENCE = "urn:api-test";

const counts = {};
const settings = {
  ttl: 600,
  alg: "RS256",
  redirects: [],
  slow_ms: 10_000,
  auth_method: undefined,
  odd_keys: false,
  id_token: undefined,
};
let mode = "ok";
let generation = 0;
let keys = [];
let oddKeys;
let provider;
let issuer;

async function newKeys() {
  generation += 1;
  return Promise.all(
    ALGORITHMS.map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      const jwk = await exportJWK(privateKey);
      return {
        ...jwk,
        alg,
        use: "sig",
        kid: `${alg.toLowerCase()}-${generation}`,
      };
    }),
  );
}

// RSA keys that must not verify tokens: one is too small, one is for encryption.
function makeOddKeys() {
  const rsa = (modulusLength) =>
    generateKeyPairSync("rsa", { modulusLength }).privateKey.export({
      format: "jwk",
    });
  return {
    weak: { ...rsa(1024), kid: "weak" },
    encrypt: { ...rsa(2048), kid: "encrypt", key_ops: ["encrypt"] },
  };
}

function clients() {
  const redirects = ["http://127.0.0.1:9/callback", ...settings.redirects];
  const secretly = settings.auth_method ? { token_endpoint_auth_method: settings.auth_method } : {};
  return [
    {
      client_id: "api-test-portal",
      client_secret: "portal-secret-for-tests",
      ...secretly,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: redirects,
    },
    {
      client_id: "api-test-public",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: redirects,
    },
    {
      client_id: "plexara-cc",
      client_secret: "cc-secret-for-tests",
      ...secretly,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    },
    {
      client_id: "plexara-ac",
      client_secret: "ac-secret-for-tests",
      ...secretly,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: redirects,
    },
  ];
}

function makeProvider() {
  provider = new Provider(issuer, {
    clients: clients(),
    clientAuthMethods: settings.auth_method ? [settings.auth_method, "none"] : undefined,
    jwks: { keys },
    cookies: { keys: ["cookie-secret-for-tests"] },
    scopes: ["openid", "profile", "email", "read", "write"],
    claims: {
      openid: ["sub"],
      profile: ["preferred_username", "name"],
      email: ["email", "email_verified"],
    },
    conformIdTokenClaims: false,
    pkce: { required: (_ctx, client) => client.clientId !== "plexara-ac" },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: id,
        name: "Dev",
        email: USER.email,
        email_verified: true,
      }),
    }),
    extraTokenClaims: (_ctx, token) => (token.accountId ? { email: USER.email } : undefined),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => (client.clientId.startsWith("plexara-") ? AUDIENCE : undefined),
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => ({
          audience: resource,
          scope: "read write",
          accessTokenFormat: "jwt",
          accessTokenTTL: settings.ttl,
          jwt: { sign: { alg: settings.alg } },
        }),
      },
    },
    interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    // The user has consented to everything requested.
    loadExistingGrant: async (ctx) => {
      const { client, session, params } = ctx.oidc;
      const grant = new ctx.oidc.provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope(params.scope ?? "openid");
      for (const resource of Object.keys(ctx.oidc.resourceServers ?? {})) {
        grant.addResourceScope(resource, "read write");
      }
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => {
      ctx.type = "json";
      ctx.body = out;
    },
  });
}

async function body(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
  }
  return text;
}

function json(response, value, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function publicKeys(all = keys) {
  return all.map(({ d, p, q, dp, dq, qi, ...rest }) => rest);
}

async function sign({ header, claims, key: odd }) {
  if (odd !== undefined) {
    // Signed manually, because no library signs with such a key.
    const parts = [{ alg: "RS256", kid: odd, ...header }, claims];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    const privateKey = createPrivateKey({ key: oddKeys[odd], format: "jwk" });
    return {
      token: `${signed}.${signBytes("sha256", Buffer.from(signed), privateKey).toString("base64url")}`,
    };
  }
  const alg = header?.alg ?? settings.alg;
  const key = keys.find((known) => known.alg === alg);
  const jwt = new SignJWT(claims).setProtectedHeader({
    alg,
    kid: key.kid,
    ...header,
  });
  return { token: await jwt.sign(await importJWK(key, alg)) };
}

// Response of the token endpoint, with the configured ID token in place of its own.
async function exchange(request, response) {
  const { authorization, "content-type": type } = request.headers;
  const headers = {
    "x-raw": "1",
    "content-type": type,
    ...(authorization && { authorization }),
  };
  const real = await fetch(`${issuer}/token`, {
    method: "POST",
    headers,
    body: await body(request),
  });
  const answer = await real.json();
  if (answer.id_token) {
    answer.id_token = settings.id_token.raw ?? (await changed(answer.id_token, settings.id_token));
  }
  return json(response, answer, real.status);
}

async function changed(idToken, { header, claims: changes, key: odd }) {
  const claims = JSON.parse(Buffer.from(idToken.split(".")[1], "base64url").toString("utf8"));
  for (const [name, value] of Object.entries(changes ?? {})) {
    claims[name] = value ?? undefined;
  }
  return (await sign({ header, claims, key: odd })).token;
}

async function control(path, request, response) {
  const text = await body(request);
  const asked = text === "" ? {} : JSON.parse(text);
  switch (path) {
    case "rotate": {
      const fresh = await newKeys();
      keys = asked.keep ? [...fresh, ...keys] : fresh;
      makeProvider();
      return json(response, { kids: keys.map((key) => key.kid) });
    }
    case "mode":
      mode = asked.mode;
      return json(response, { mode });
    case "settings":
      Object.assign(settings, asked);
      oddKeys ??= settings.odd_keys ? makeOddKeys() : undefined;
      makeProvider();
      return json(response, settings);
    case "sign":
      return json(response, await sign(asked));
    case "counts":
      return json(response, counts);
    case "jwks":
      return json(response, { keys: publicKeys() });
    default:
      return json(response, { error: "no such control" }, 404);
  }
}

const FORM = `<!doctype html><title>Sign in</title><form method="post">
<label>User <input name="user" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button name="do" value="sign-in">Sign in</button> <button name="do" value="cancel">Cancel</button></form>`;

async function signIn(request, response) {
  if (request.method !== "POST") {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(FORM);
    return;
  }
  const form = new URLSearchParams(await body(request));
  if (form.get("do") === "cancel") {
    const refusal = {
      error: "access_denied",
      error_description: "the user said no",
    };
    await provider.interactionFinished(request, response, refusal);
  } else if (form.get("user") === USER.name && form.get("password") === USER.password) {
    await provider.interactionFinished(request, response, {
      login: { accountId: USER.name },
    });
  } else {
    response.writeHead(403, { "content-type": "text/html" });
    response.end(FORM);
  }
}

async function discoveryOf(other) {
  const real = await (
    await fetch(`${issuer}/.well-known/openid-configuration`, {
      headers: { "x-raw": "1" },
    })
  ).json();
  return { ...real, issuer: other };
}

async function serve(request, response) {
  const path = new URL(request.url, issuer).pathname;
  if (path.startsWith("/_test/")) {
    return control(path.slice("/_test/".length), request, response);
  }
  if (request.headers["x-raw"] === undefined) {
    counts[path] = (counts[path] ?? 0) + 1;
    if (mode === "down") {
      return request.socket.destroy();
    }
    if (mode === "slow") {
      await sleep(settings.slow_ms);
    }
    if (mode === "html") {
      response.writeHead(200, { "content-type": "text/html" });
      return response.end("<!doctype html><title>Maintenance</title><p>Back soon.");
    }
    if (mode === "wrong-issuer" && path === "/.well-known/openid-configuration") {
      return json(response, await discoveryOf("https://other.example.test"));
    }
  }
  const raw = request.headers["x-raw"] !== undefined;
  if (path === "/token" && settings.id_token && !raw) {
    return exchange(request, response);
  }
  if (path === "/jwks" && oddKeys && !raw) {
    return json(response, {
      keys: publicKeys([...Object.values(oddKeys), ...keys]),
    });
  }
  if (path.startsWith("/sign-in/")) {
    return signIn(request, response);
  }
  return provider.callback()(request, response);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) {
      json(response, { error: String(error) }, 500);
    }
  });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1");
await once(server, "listening");
issuer = `http://127.0.0.1:${server.address().port}`;
keys = await newKeys();
makeProvider();
console.log(JSON.stringify({ issuer }));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
