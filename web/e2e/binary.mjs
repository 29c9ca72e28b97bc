// A real server for the tests: the binary that PORTAL_BINARY names, on a free port, with a database of its own
// (PORTAL_DATABASE; SQLite in a temporary folder without it).
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KEY = "browser-tests-key-0123456789";
const GROUPS = ["identity", "data", "failure", "echo", "streaming", "pagination", "methods", "security", "export"];

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export async function startBinary(binary, database) {
  const folder = mkdtempSync(join(tmpdir(), "api-test-e2e-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, "config.yaml");
  writeFileSync(
    config,
    `server:
  address: "127.0.0.1:${port}"
  base_url: ${url}
  shutdown: {grace_period: 5s, pre_shutdown_delay: 0s}
api_keys:
  file: [{name: devkey, key: "${KEY}", description: Browser tests}]
  db: {enabled: true}
database:
  url: "${database ?? `sqlite:${join(folder, "audit.sqlite")}`}"
audit:
  enabled: true
portal:
  enabled: true
  cookie_secret: "0123456789abcdef0123456789abcdef"
endpoints:
${GROUPS.map((group) => `  ${group}: {enabled: true}`).join("\n")}
`,
  );
  let log = "";
  // Nothing of this environment: a setting in it would be another server.
  const child = spawn(binary, ["--config", config], { env: { PATH: process.env.PATH ?? "" }, stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", (data) => (log = (log + data).slice(-20_000)));
  let gone = false;
  const ended = new Promise((resolve) => child.on("exit", () => resolve((gone = true))));
  const close = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 8000);
    await ended;
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + 20_000;
  for (;;) {
    if (gone || Date.now() > deadline) {
      await close();
      throw new Error(`the server did not start:\n${log}`);
    }
    const ready = await fetch(`${url}/readyz`).then((answer) => answer.ok, () => false);
    if (ready) return { url, key: KEY, close, log: () => log };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
