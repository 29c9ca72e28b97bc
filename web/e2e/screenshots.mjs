// Pictures of a server of PORTAL_BINARY with some requests on record, or of one that runs (PORTAL_URL, PORTAL_KEY).
//
//   npm run screenshots                           the pictures that the documentation shows, into docs/images
//   npm run screenshots -- --out DIR [NAME…]      every page, or those named, in both themes, wide and narrow
import { chromium } from "@playwright/test";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { startBinary } from "./binary.mjs";
import { CHROMIUM, NARROW, openPage, WIDE } from "./browser.mjs";
import { recorded, traffic } from "./traffic.mjs";

const words = process.argv.slice(2);
const everything = words[0] === "--out";
if (words.length > 0 && (!everything || words.length === 1)) {
  console.error("usage: npm run screenshots [-- --out DIR [NAME…]]");
  process.exit(2);
}
const out = resolve(everything ? words[1] : join(import.meta.dirname, "../../docs/images"));
/** Pages that the documentation shows. */
const DOCUMENTED = ["dashboard", "audit-event", "compare", "reference"];
const only = everything ? words.slice(2) : DOCUMENTED;
mkdirSync(out, { recursive: true });

/** Requests of each bar of the chart, and the width of a bar in ms. */
const BURSTS = [30, 70, 110, 80, 40, 90, 60, 120];
const BUCKET_MS = 10_000;

const built = ["release", "local", "debug"].map((profile) =>
  join(import.meta.dirname, `../../target/${profile}/api-test`),
);
const binary = process.env.PORTAL_BINARY ? resolve(process.env.PORTAL_BINARY) : built.find((path) => existsSync(path));
if (!process.env.PORTAL_URL && !binary) {
  console.error("no binary: make build, or set PORTAL_BINARY or PORTAL_URL");
  process.exit(1);
}
const server = process.env.PORTAL_URL
  ? { url: process.env.PORTAL_URL, key: process.env.PORTAL_KEY ?? "", close: async () => undefined }
  : await startBinary({ binary });
const { url, key } = server;
if (!process.env.PORTAL_URL) {
  let total = 0;
  for (const count of BURSTS) {
    if (total > 0) await new Promise((resolve) => setTimeout(resolve, BUCKET_MS));
    await traffic(url, key, count, (total += count));
  }
}

/** Newest events of the echo. */
const [post, before] = await recorded(
  url,
  key,
  (events) => events.length === 2,
  "limit=2&route_name=echo_post&success=true&source=external",
);

const send = async (page) => {
  await page.getByRole("button", { name: /^Send/ }).click();
  await page.getByRole("heading", { name: /^Response headers/ }).waitFor();
};

const PAGES = {
  "sign-in": { path: "/portal/login", signedIn: false },
  dashboard: { path: "/portal/dashboard?range=15m" },
  audit: { path: "/portal/audit" },
  "audit-event": { path: `/portal/audit/${post.id}` },
  event: { path: `/portal/event/${post.id}` },
  wire: { path: `/portal/event/${post.id}#wire` },
  connections: { path: "/portal/connections" },
  compare: { path: `/portal/compare?a=${before.id}&b=${post.id}` },
  endpoints: {
    path: "/portal/endpoints/data/lorem",
    act: async (page) => {
      await page.getByLabel(/^words/).fill("5");
      await page.getByLabel(/^seed/).fill("fixed");
      await send(page);
    },
  },
  reference: {
    path: "/docs#echo_post",
    signedIn: false,
    act: async (page) => {
      await page.getByLabel("Kind of credential").selectOption("key");
      await page.getByLabel("API key", { exact: true }).fill(key);
      await send(page);
    },
  },
  keys: { path: "/portal/keys" },
  config: { path: "/portal/config" },
  about: { path: "/portal/about" },
};

const browser = await chromium.launch(CHROMIUM);
try {
  for (const [name, { path, signedIn = true, act }] of Object.entries(PAGES)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const theme of everything ? ["light", "dark"] : ["light"]) {
      for (const viewport of everything ? [WIDE, NARROW] : [WIDE]) {
        const { page, context, faults } = await openPage(browser, url, { theme, viewport, key: signedIn ? key : null });
        await page.goto(url + path);
        await page.locator("main").waitFor();
        // The live tail never ends, so the network is never idle there.
        await page.waitForLoadState("networkidle", { timeout: 1500 }).catch(() => undefined);
        await page.evaluate(() => document.fonts.ready);
        await act?.(page);
        await page.waitForTimeout(300);
        const file = join(out, `${name}-${theme}${viewport === NARROW ? "-narrow" : ""}.png`);
        await page.screenshot({ path: file });
        console.log(file, faults.length > 0 ? faults : "");
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
