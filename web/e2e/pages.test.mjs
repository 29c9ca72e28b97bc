// Every page, in both themes, wide and narrow: nothing that axe finds, no error on the console, no refused resource, no
// request to elsewhere, nothing that is wider than the screen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe } from "./axe.mjs";
import { launch, NARROW, WIDE } from "./browser.mjs";
import { target } from "./target.mjs";
import { assertFits, assertHarmless, visit } from "./visit.mjs";

let browser;
let site;
before(async () => {
  site = await target();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const PAGES = [
  ["sign-in", () => "/portal/login?error=access_denied", "Sign in with API key"],
  ["dashboard", () => "/portal/dashboard", "Recent requests"],
  ["audit", () => "/portal/audit", "request"],
  ["audit with an event", ({ ids }) => `/portal/audit/${ids[0]}`, "Overview"],
  ["event", ({ ids }) => `/portal/event/${ids[1]}`, "Overview"],
  ["compare", ({ ids }) => `/portal/compare?a=${ids[0]}&b=${ids[1]}`, "Differences only"],
  ["endpoints", () => "/portal/endpoints", "/v1/whoami"],
  ["try it", () => "/portal/endpoints/data/lorem", "Returns filler text"],
  ["reference", () => "/docs#echo_post", "Request body"],
  ["keys", () => "/portal/keys", "New key"],
  ["config", () => "/portal/config", "audit.enabled"],
  ["about", () => "/portal/about", "Gateway cheat sheet"],
  ["no page", () => "/portal/nowhere", "Page not found"],
];

/** Looks depend on no database: with E2E_FEW each page has two of the four. */
const few = Boolean(process.env.E2E_FEW);

for (const [name, path, sign] of PAGES) {
  for (const theme of ["light", "dark"]) {
    for (const [size, viewport] of [
      ["1440", WIDE],
      ["360", NARROW],
    ]) {
      if (few && (theme === "light") !== (size === "1440")) continue;
      test(`${name}, ${theme}, ${size} px`, async () => {
        const signedIn = name !== "sign-in";
        await visit(
          browser,
          site.url + path(site),
          async (page) => {
            await page.locator("main").getByText(sign, { exact: false }).filter({ visible: true }).first().waitFor();
            await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
            assert.deepEqual(await axe(page), []);
            await assertFits(page);
            await assertHarmless(page);
          },
          { theme, viewport, signedIn, key: site.key },
        );
      });
    }
  }
}
