// All browser tests.
//
//   npm run e2e [-- NAME…]                         pages, work and trouble against the mock
//   PORTAL_BINARY=../target/debug/api-test …       all; what is not about the mock, against servers of that binary
//   PORTAL_URL=… PORTAL_KEY=… …                    pages and work against a server that runs
//
// PORTAL_DATABASE names another database than a file of SQLite. E2E_TALLY: a file that "PASSED FAILED" is added to.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;
if (!existsSync(join(here, "../../static-build/index.html"))) {
  console.error("static-build/ holds no build: npm run build");
  process.exit(1);
}

const names = process.argv.slice(2);
// Trouble needs a server that can be told to misbehave: the mock, whatever the others run against.
const possible = process.env.PORTAL_BINARY ? null : ["pages", "work", "trouble"];
const files = readdirSync(here)
  .filter((name) => name.endsWith(".test.mjs"))
  .map((name) => name.slice(0, -".test.mjs".length))
  .filter((name) => (names.length > 0 ? names.includes(name) : (possible?.includes(name) ?? true)));
const unknown = names.filter((name) => !files.includes(name));
if (unknown.length > 0 || files.length === 0) {
  console.error(`no such browser tests: ${unknown.join(" ")}`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "api-test-tally-"));
const tally = join(folder, "tally");
const args = [
  "--test",
  // One at a time: a browser and a server keep two cores busy.
  "--test-concurrency=1",
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
  `--test-reporter=${join(here, "tally.mjs")}`,
  `--test-reporter-destination=${tally}`,
  ...files.map((name) => join(here, `${name}.test.mjs`)),
];
const child = spawn(process.execPath, args, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
const code = await new Promise((resolve) => child.on("exit", (status) => resolve(status ?? 1)));
const [passed = 0, failed = 0] = existsSync(tally) ? readFileSync(tally, "utf8").trim().split(" ").map(Number) : [];
rmSync(folder, { recursive: true, force: true });
if (process.env.E2E_TALLY) appendFileSync(process.env.E2E_TALLY, `${passed} ${failed}\n`);
console.log(`browser: ${passed} passed, ${failed} failed`);
if (passed === 0) console.error("no browser test ran");
process.exit(code !== 0 || failed > 0 || passed === 0 ? 1 : 0);
