// Lighthouse on the dashboard and the audit list, signed in, against the real binary with some thousand recorded requests.
// Prints the median of some runs for each page and preset, and fails when a figure misses its bound.
//
//   PORTAL_BINARY=../target/release/api-test npm run lighthouse [-- --runs N] [--preset desktop|mobile] [--out DIR]
//
// Lighthouse is fetched by npx in the version below and is no dependency: 200 packages that no build needs.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { startBinary } from "./binary.mjs";
import { traffic } from "./traffic.mjs";

/** The last version that runs on Node.js 20. */
const LIGHTHOUSE = "lighthouse@12.8.2";
const BOUNDS = { performance: 95, accessibility: 100 };
const EVENTS = 3000;
const PAGES = { dashboard: "/portal/dashboard?range=24h", audit: "/portal/audit" };
const PRESETS = { desktop: ["--preset=desktop"], mobile: [] };

const words = process.argv.slice(2);
const option = (name, otherwise) => (words.includes(name) ? words[words.indexOf(name) + 1] : otherwise);
const runs = Number(option("--runs", "3"));
const presets = option("--preset") ? [option("--preset")] : Object.keys(PRESETS);
const pages = option("--page") ? [option("--page")] : Object.keys(PAGES);
const keep = option("--out");
const out = keep ? resolve(keep) : mkdtempSync(join(tmpdir(), "api-test-lighthouse-"));
mkdirSync(out, { recursive: true });

const run = promisify(execFile);
const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const binary = resolve(process.env.PORTAL_BINARY ?? join(import.meta.dirname, "../../target/release/api-test"));
const server = await startBinary({ binary });
let missed = 0;
try {
  await traffic(server.url, server.key, EVENTS);
  for (const preset of presets) {
    for (const page of pages) {
      const reports = [];
      for (let at = 0; at < runs; at += 1) {
        const file = join(out, `${page}-${preset}-${at}.json`);
        await run(
          "npx",
          [
            "--yes",
            LIGHTHOUSE,
            server.url + PAGES[page],
            ...PRESETS[preset],
            "--quiet",
            "--output=json",
            `--output-path=${file}`,
            "--only-categories=performance,accessibility",
            // Like a session cookie: every call is signed in from the first one, with an empty cache.
            `--extra-headers=${JSON.stringify({ "X-API-Key": server.key })}`,
            "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage",
          ],
          { env: { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? "/usr/bin/chromium" }, maxBuffer: 1 << 26 },
        );
        reports.push(JSON.parse(readFileSync(file, "utf8")));
      }
      const score = (category) => Math.round(middle(reports.map((report) => report.categories[category].score)) * 100);
      const figure = (audit) => middle(reports.map((report) => report.audits[audit].numericValue));
      const scores = { performance: score("performance"), accessibility: score("accessibility") };
      console.log(
        `${page}, ${preset}: performance ${scores.performance} (${reports.map((report) => Math.round(report.categories.performance.score * 100)).join(" ")}), accessibility ${scores.accessibility};`,
        `FCP ${Math.round(figure("first-contentful-paint"))} ms, LCP ${Math.round(figure("largest-contentful-paint"))} ms, TBT ${Math.round(figure("total-blocking-time"))} ms,`,
        `CLS ${figure("cumulative-layout-shift").toFixed(3)}, speed index ${Math.round(figure("speed-index"))} ms`,
      );
      for (const [name, bound] of Object.entries(BOUNDS)) if (scores[name] < bound) missed += 1;
    }
  }
} finally {
  await server.close();
  if (!keep) rmSync(out, { recursive: true, force: true });
}
if (missed > 0) console.error(`${missed} figures are below ${JSON.stringify(BOUNDS)}`);
process.exit(missed > 0 ? 1 : 0);
