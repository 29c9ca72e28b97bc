// One visit: a page, what is done there, and what must not have happened meanwhile.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openPage } from "./browser.mjs";

/** Where pictures of what failed, and the servers' logs, are left. */
export const OUT = process.env.E2E_OUT ?? join(import.meta.dirname, "../../target/e2e");

/** An event that is followed at once may not be written yet: the page asks again. */
export const NOT_WRITTEN_YET = /status of 404 .*\/api\/v1\/portal\/audit\/events\/[0-9a-f-]{36}$/;

/** Opens `url`, does `work(page, context, visit)`, and asserts that there were no faults; see `openPage` for the options. */
export async function visit(browser, url, work, options = {}) {
  const opened = await openPage(browser, url, options);
  const { page, context, faults } = opened;
  page.setDefaultTimeout(20_000);
  try {
    await page.goto(url);
    await work(page, context, opened);
    assert.deepEqual(faults, []);
  } catch (error) {
    await keep(page, faults, error);
    throw error;
  } finally {
    await context.close();
  }
}

/** Leaves a picture, the markup and the faults of a page whose test failed. */
async function keep(page, faults, error) {
  mkdirSync(OUT, { recursive: true });
  const name = join(OUT, `${Date.now()}-${new URL(page.url()).pathname.replace(/\W+/g, "-").slice(0, 60)}`);
  try {
    await page.screenshot({ path: `${name}.png`, timeout: 5000 });
    writeFileSync(`${name}.html`, await page.content());
  } catch {
    // The page is gone; its faults are not.
  }
  writeFileSync(`${name}.txt`, `${page.url()}\n${error.stack}\n${faults.join("\n")}\n`);
  console.log(`kept: ${name}.*`);
}

/** Nothing that was captured has run, or has become an element. */
export async function assertHarmless(page) {
  const found = await page.evaluate(() => ({
    ran: window.__hacked,
    made: document.querySelectorAll(
      'img[src="x"], script:not([src]), [onerror], [onload], [onmouseover], a[href^="javascript:"]',
    ).length,
  }));
  assert.deepEqual(found, { ran: undefined, made: 0 });
}

/** Nothing is wider than the screen: neither the document nor what scrolls inside it as the page. */
export async function assertFits(page) {
  const over = await page.evaluate(() => {
    const main = document.querySelector("main");
    return {
      document: document.documentElement.scrollWidth - window.innerWidth,
      main: main ? main.scrollWidth - main.clientWidth : 0,
    };
  });
  assert.ok(over.document <= 0 && over.main <= 0, `wider than the screen, in px: ${JSON.stringify(over)}`);
}

/** Presses Tab until `locator` has the focus: what a keyboard alone can reach. */
export async function tabTo(page, locator, presses = 80) {
  await locator.waitFor();
  for (let press = 0; press < presses; press += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not reach ${locator} in ${presses} presses`);
}
