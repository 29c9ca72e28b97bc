// Pictures of each page in both themes, of a server of PORTAL_BINARY with some requests on record, or of one that runs
// (PORTAL_URL, PORTAL_KEY).
//
//   npm run screenshots [-- [--narrow] [--out DIR] [NAME…]]     default: docs/images, 1440 px; some in 360 px too
import { chromium } from "@playwright/test";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { startBinary } from "./binary.mjs";
import { CHROMIUM, NARROW, openPage, WIDE } from "./browser.mjs";
import { recorded, traffic } from "./traffic.mjs";

const words = process.argv.slice(2);
const allNarrow = words.includes("--narrow");
const outAt = words.indexOf("--out");
const out = resolve(outAt >= 0 ? words[outAt + 1] : join(import.meta.dirname, "../../docs/images"));
const only = words.filter((word, at) => !word.startsWith("--") && (outAt < 0 || at !== outAt + 1));
mkdirSync(out, { recursive: true });

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
if (!process.env.PORTAL_URL) await traffic(url, key, 600);

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
  dashboard: { path: "/portal/dashboard?range=15m", narrow: true },
  audit: { path: "/portal/audit", narrow: true },
  "audit-event": { path: `/portal/audit/${post.id}` },
  event: { path: `/portal/event/${post.id}`, narrow: true },
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
  for (const [name, { path, signedIn = true, narrow, act }] of Object.entries(PAGES)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const theme of ["light", "dark"]) {
      for (const viewport of narrow || allNarrow ? [WIDE, NARROW] : [WIDE]) {
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
