// Debian's Chromium, headless, by playwright-core: nothing is downloaded.
import { chromium } from "playwright-core";

import { KEY } from "../mock/server.mjs";

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 360, height: 740 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb"],
  });
}

/** A page that is signed in, and a list of what must never happen on it. */
export async function openPage(browser, url, { theme = "light", viewport = WIDE, signedIn = true, key = KEY } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, timezoneId: "Europe/Berlin", locale: "en-GB", reducedMotion: "reduce" });
  const faults = [];
  await context.addInitScript(
    ([secret, enter]) => {
      if (enter && !sessionStorage.getItem("api-test.key") && !sessionStorage.getItem("test.entered")) {
        sessionStorage.setItem("api-test.key", secret);
        sessionStorage.setItem("test.entered", "1");
      }
      document.addEventListener("securitypolicyviolation", (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));
    },
    [key, signedIn],
  );
  const page = await context.newPage();
  const origin = new URL(url).origin;
  page.on("request", (request) => {
    const target = request.url();
    if (!target.startsWith(origin) && !target.startsWith("data:") && !target.startsWith("blob:")) faults.push(`left the origin: ${target}`);
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    // A refused call is logged by the browser itself; tests that provoke one look at the page.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  return { page, context, faults };
}
