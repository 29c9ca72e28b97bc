// A real server for the tests: the binary that PORTAL_BINARY names, on a free port, with a database of its own
// (PORTAL_DATABASE; SQLite in a temporary folder without it).
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { OUT } from "./browser.mjs";

const KEY = "browser-tests-key-0123456789";
/** Second key, whose name is markup. */
export const HOSTILE = { name: '<img src=x onerror="window.__hacked=1">', key: "hostile-key-of-the-tests-0123456789" };
const GROUPS = ["identity", "data", "failure", "echo", "streaming", "pagination", "methods", "security", "export"];

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const tied = new Set();
process.once("exit", () => {
  for (const child of tied) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

/** Stops a child when this process ends for any reason. */
export function tie(child) {
  tied.add(child);
  child.once("exit", () => tied.delete(child));
}

/**
 * Starts one. `database`: its URL, `null` for a new file of SQLite; `audit: false`: nothing is recorded, no database; `issuer`: of an OpenID provider.
 * `stop` and `start` are a restart on the same port with the same database.
 */
export async function startBinary({
  binary = process.env.PORTAL_BINARY,
  database = process.env.PORTAL_DATABASE,
  audit = true,
  issuer,
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), "api-test-e2e-"));
  const port = await freePort();
  // Cookies do not know ports: with another host's name than the provider it is another site, as in real life.
  const url = `http://${issuer ? "localhost" : "127.0.0.1"}:${port}`;
  const config = join(folder, "config.yaml");
  writeFileSync(
    config,
    `server:
  address: "127.0.0.1:${port}"
  base_url: ${url}
  max_header_bytes: 128KiB
  shutdown: {grace_period: 5s, pre_shutdown_delay: 0s}
api_keys:
  file:
    - {name: devkey, key: "${KEY}", description: Browser tests}
    - {name: '${HOSTILE.name}', key: "${HOSTILE.key}"}
  db: {enabled: ${audit}}
${audit ? `database: {url: "${database || `sqlite:${join(folder, "audit.sqlite")}`}"}` : ""}
audit: {enabled: ${audit}}
${issuer ? `oidc: {enabled: true, issuer: "${issuer}", client_id: api-test-portal, client_secret: portal-secret-for-tests}` : ""}
portal:
  enabled: true
  cookie_secret: "0123456789abcdef0123456789abcdef"
  key_hint: "The tests have one in \`DEV_KEY\`."
endpoints:
${GROUPS.map((group) => `  ${group}: {enabled: true}`).join("\n")}
`,
  );
  let log = "";
  let child;
  let ended;
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 8000);
    await ended;
    clearTimeout(timer);
  };
  const start = async () => {
    // Nothing of this environment: a setting in it would be another server.
    child = spawn(binary, ["--config", config], {
      env: { PATH: process.env.PATH ?? "" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    tie(child);
    child.stderr.on("data", (data) => (log = (log + data).slice(-100_000)));
    let gone = false;
    ended = new Promise((resolve) => child.on("exit", () => resolve((gone = true))));
    const deadline = Date.now() + 60_000;
    for (;;) {
      const ready = await fetch(`${url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      if (gone || Date.now() > deadline) {
        await stop();
        throw new Error(`the server did not start:\n${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const close = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(OUT, { recursive: true });
    writeFileSync(join(OUT, `server-${port}.log`), log);
  };
  try {
    await start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return { url, key: KEY, start, stop, close, log: () => log };
}
