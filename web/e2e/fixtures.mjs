// Fixtures and assertions of the browser tests.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test as base } from "@playwright/test";
import { writeFileSync } from "node:fs";

import { startBinary } from "./binary.mjs";
import { openPage } from "./browser.mjs";
import { fewOfEachKind, recorded } from "./traffic.mjs";

export { NARROW, WIDE } from "./browser.mjs";
export { expect };

/** A followed link may be faster than the write of its event; the page retries. */
export const NOT_WRITTEN_YET = /status of 404 .*\/api\/v1\/portal\/audit\/events\/[0-9a-f-]{36}$/;

export const test = base.extend({
  /** A server with some requests on record: `url`, `key`, `ids` of the events, newest first. */
  site: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are wanted from the pattern
    async ({}, use) => {
      const server = await startBinary();
      try {
        const calls = await fewOfEachKind(server.url, server.key);
        const events = await recorded(server.url, server.key, (found) => found.length >= calls, `limit=${calls}`);
        await use({ ...server, ids: events.map((event) => event.id) });
      } finally {
        await server.close();
      }
    },
    { scope: "worker" },
  ],

  /**
   * `visit(url, work, options)` opens a page of its own, does `work(page, context, opened)`, and fails on an error on the
   * console, a breach of the content policy and a request to another origin; see `openPage` for the options.
   */
  visit: async ({ browser }, use, info) => {
    let visits = 0;
    await use(async (url, work, options = {}) => {
      const opened = await openPage(browser, url, options);
      const { page, context, faults } = opened;
      visits += 1;
      page.setDefaultTimeout(20_000);
      try {
        await page.goto(url);
        await work(page, context, opened);
        expect(faults).toEqual([]);
      } catch (error) {
        await keep(page, faults, info.outputPath(`visit-${visits}`));
        throw error;
      } finally {
        await context.close();
      }
    });
  },
});

/** Saves a picture, the markup and the faults of a page whose test failed. */
async function keep(page, faults, name) {
  writeFileSync(`${name}.txt`, `${page.url()}\n${faults.join("\n")}\n`);
  try {
    await page.screenshot({ path: `${name}.png`, timeout: 5000 });
    writeFileSync(`${name}.html`, await page.content());
  } catch {
    // The page is closed, but its faults are known.
  }
}

/** Checks a page with axe: WCAG 2.2 AA and best practices. */
export async function assertAccessible(page) {
  const found = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    // Without a page of its own, which the visit would have to know.
    .setLegacyMode(true)
    .analyze();
  const lines = found.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`),
  );
  expect(lines).toEqual([]);
}

/** Checks that no captured content was executed or became an element. */
export async function assertHarmless(page) {
  const found = await page.evaluate(() => ({
    ran: window.__hacked ?? false,
    made: document.querySelectorAll(
      'img[src="x"], script:not([src]), [onerror], [onload], [onmouseover], a[href^="javascript:"]',
    ).length,
  }));
  expect(found).toEqual({ ran: false, made: 0 });
}

/** Checks that nothing is wider than the screen: neither the document nor its scrolling areas. */
export async function assertFits(page) {
  const over = await page.evaluate(() => {
    const main = document.querySelector("main");
    return {
      document: Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
      main: main ? Math.max(0, main.scrollWidth - main.clientWidth) : 0,
    };
  });
  expect(over, "px beyond the screen").toEqual({ document: 0, main: 0 });
}

/** Waits until no placeholder is left and all figures are shown. */
export async function assertLoaded(page) {
  await expect(page.locator(".skeleton")).toHaveCount(0);
}

/** Presses Tab until `locator` has the focus, as with a keyboard alone. */
export async function tabTo(page, locator, presses = 80) {
  await locator.waitFor();
  for (let press = 0; press < presses; press += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${locator} in ${presses} presses`);
}
