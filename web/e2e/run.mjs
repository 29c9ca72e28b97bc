// All browser tests: against the mock, or with PORTAL_URL (and PORTAL_KEY) against a server that runs.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
if (!existsSync(join(here, "../../static-build/index.html"))) {
  console.error("static-build/ holds no build: npm run build");
  process.exit(1);
}
const names = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith(".test.mjs") && (names.length === 0 || names.some((wanted) => name.startsWith(wanted))))
  // Against a server that can't be told to misbehave, only what a real one can show.
  .filter((name) => !process.env.PORTAL_URL || name !== "trouble.test.mjs")
  .map((name) => join(here, name));
spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files], { stdio: "inherit" }).on("exit", (code) => process.exit(code ?? 1));
