// Pictures of each page in both themes, over seeded data, or of a server that runs (PORTAL_URL, PORTAL_KEY).
//
//   npm run screenshots [-- [--narrow] [--out DIR] [NAME…]]     default: docs/images, 1440 px; some in 360 px too
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { KEY, start } from "../mock/server.mjs";
import { launch, NARROW, openPage, WIDE } from "./browser.mjs";
import { fewColours } from "./png.mjs";

const words = process.argv.slice(2);
const allNarrow = words.includes("--narrow");
const outAt = words.indexOf("--out");
const out = resolve(outAt >= 0 ? words[outAt + 1] : join(import.meta.dirname, "../../docs/images"));
const only = words.filter((word, at) => !word.startsWith("--") && (outAt < 0 || at !== outAt + 1));
mkdirSync(out, { recursive: true });

const real = process.env.PORTAL_URL;
const server = real ? null : await start({ events: 5000, oidc: true });
const url = real ?? server.url;
const key = real ? (process.env.PORTAL_KEY ?? "") : KEY;

/** The newest events of a kind. */
async function find(query) {
  const answer = await fetch(`${url}/api/v1/portal/audit/events?limit=2&${query}`, {
    headers: { "X-API-Key": key, "X-Requested-With": "XMLHttpRequest" },
  });
  return (await answer.json()).events;
}
const special = (label) => server?.state.events.find((event) => event.label === label);
const [post, before] = await find("route_name=echo_post&success=true&source=external");

const PAGES = {
  "sign-in": { path: "/portal/login", signedIn: false },
  dashboard: { path: "/portal/dashboard?range=24h", narrow: true },
  audit: { path: "/portal/audit", narrow: true },
  "audit-event": { path: `/portal/audit/${post.id}` },
  event: { path: `/portal/event/${post.id}`, narrow: true },
  ...(server
    ? {
        "event-image": { path: `/portal/event/${special("image").id}` },
        "event-html": { path: `/portal/event/${special("html").id}` },
      }
    : {}),
  compare: { path: `/portal/compare?a=${before.id}&b=${post.id}` },
  endpoints: {
    path: "/portal/endpoints/data/lorem",
    act: async (page) => {
      await page.getByLabel(/^words/).fill("5");
      await page.getByLabel(/^seed/).fill("fixed");
      await page.getByRole("button", { name: /^Send/ }).click();
      await page.getByRole("link", { name: "Open event" }).waitFor();
    },
  },
  keys: { path: "/portal/keys" },
  reference: { path: "/docs#lorem", signedIn: false },
  config: { path: "/portal/config" },
  about: { path: "/portal/about" },
};

const browser = await launch();
for (const [name, { path, signedIn = true, narrow, act }] of Object.entries(PAGES)) {
  // Hostile and binary records are for looking at, not for the documentation: ask for them by name.
  if (only.length > 0 ? !only.includes(name) : /^event-/.test(name)) continue;
  for (const theme of ["light", "dark"]) {
    for (const [size, viewport] of narrow || allNarrow
      ? [
          ["", WIDE],
          ["-narrow", NARROW],
        ]
      : [["", WIDE]]) {
      const { page, context, faults } = await openPage(browser, url, { theme, viewport, signedIn, key });
      await page.goto(url + path);
      // The live tail never ends, so the network is never idle there.
      await page.waitForLoadState("networkidle", { timeout: 1500 }).catch(() => undefined);
      await page.evaluate(() => document.fonts.ready);
      await act?.(page);
      await page.waitForTimeout(300);
      const file = join(out, `${name}-${theme}${size}.png`);
      writeFileSync(file, fewColours(await page.screenshot()));
      console.log(file, faults.length > 0 ? faults : "");
      await context.close();
    }
  }
}
await browser.close();
await server?.close();
