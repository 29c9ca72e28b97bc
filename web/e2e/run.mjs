// All browser tests.
//
//   npm run e2e [-- NAME…]                         against the mock
//   PORTAL_BINARY=../target/debug/api-test …       pages and work against that server, trouble against the mock
//   PORTAL_URL=… PORTAL_KEY=… …                    pages and work against a server that runs
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { startBinary } from "./binary.mjs";

const here = import.meta.dirname;
if (!existsSync(join(here, "../../static-build/index.html"))) {
  console.error("static-build/ holds no build: npm run build");
  process.exit(1);
}

const names = process.argv.slice(2);
const all = readdirSync(here).filter((name) => name.endsWith(".test.mjs") && (names.length === 0 || names.some((wanted) => name.startsWith(wanted))));
// Only the mock can be told to misbehave.
const misbehaving = all.filter((name) => name === "trouble.test.mjs");
const others = all.filter((name) => name !== "trouble.test.mjs");

function run(files, env = {}) {
  if (files.length === 0) return Promise.resolve(0);
  const args = ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files.map((name) => join(here, name))];
  return new Promise((resolve) => spawn(process.execPath, args, { stdio: "inherit", env: { ...process.env, ...env } }).on("exit", (code) => resolve(code ?? 1)));
}

let failed;
if (process.env.PORTAL_BINARY) {
  failed = await run(misbehaving, { PORTAL_URL: "" });
  const server = await startBinary(process.env.PORTAL_BINARY, process.env.PORTAL_DATABASE || undefined);
  failed = (await run(others, { PORTAL_URL: server.url, PORTAL_KEY: server.key })) || failed;
  if (failed) console.error(server.log());
  await server.close();
} else if (process.env.PORTAL_URL) {
  failed = await run(others);
} else {
  failed = await run(all);
}
process.exit(failed);
