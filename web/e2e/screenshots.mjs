// Pictures of each page in both themes, wide and narrow, over seeded data.
//
//   npm run screenshots [-- OUTDIR [NAME…]]     default: docs/images/
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { start } from "../mock/server.mjs";
import { launch, NARROW, openPage, WIDE } from "./browser.mjs";

const [out = join(import.meta.dirname, "../../docs/images"), ...only] = process.argv.slice(2);
mkdirSync(resolve(out), { recursive: true });

const server = await start({ events: 5000, oidc: true, dropped: 0 });
const special = (label) => server.state.events.find((event) => event.label === label);
const replayed = server.state.events.find((event) => event.source === "replay");
const post = server.state.events.find((event) => event.route_name === "echo_post" && event.success);

const PAGES = {
  "sign-in": { path: "/portal/login?error=access_denied", signedIn: false },
  dashboard: { path: "/portal/dashboard?range=24h" },
  audit: { path: "/portal/audit" },
  "audit-event": { path: `/portal/audit/${post.id}` },
  event: { path: `/portal/event/${post.id}` },
  "event-image": { path: `/portal/event/${special("image").id}` },
  "event-html": { path: `/portal/event/${special("html").id}` },
  compare: { path: `/portal/compare?a=${replayed.replayed_from}&b=${replayed.id}` },
  endpoints: { path: "/portal/endpoints" },
  "try-it": { path: "/portal/endpoints/data/lorem", act: async (page) => { await page.getByRole("button", { name: /^Send/ }).click(); await page.getByRole("link", { name: "Its audit event" }).waitFor(); } },
  keys: { path: "/portal/keys" },
  discovery: { path: "/portal/discovery" },
  config: { path: "/portal/config" },
  about: { path: "/portal/about" },
};

const browser = await launch();
for (const [name, { path, signedIn = true, act }] of Object.entries(PAGES)) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const theme of ["light", "dark"]) {
    for (const [size, viewport] of [["", WIDE], ["-narrow", NARROW]]) {
      const { page, context, faults } = await openPage(browser, server.url, { theme, viewport, signedIn });
      await page.goto(server.url + path);
      await page.waitForLoadState("networkidle", { timeout: 1500 }).catch(() => undefined);
      await page.evaluate(() => document.fonts.ready);
      await act?.(page);
      await page.waitForTimeout(400);
      const file = join(resolve(out), `${name}-${theme}${size}.png`);
      await page.screenshot({ path: file });
      console.log(file, faults.length > 0 ? faults : "");
      await context.close();
    }
  }
}
await browser.close();
await server.close();
