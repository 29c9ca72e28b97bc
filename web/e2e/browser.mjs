// Starts the browser for tests, pictures and figures.
import { join } from "node:path";

/** Folder for pictures of failures, and the servers' logs. */
export const OUT = process.env.E2E_OUT ?? join(import.meta.dirname, "../../target/e2e");

/** Debian's Chromium, or the one in CHROMIUM. */
export const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb"],
};

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 360, height: 740 };

/**
 * A page, and a list of faults: whatever must never happen on it. `key`: the API key of its tab, `null` for none.
 * `provider`: the one other origin that may be gone to; requests to it are in `abroad`. `refused`: a pattern for the loads
 * that a test makes fail, as the browser writes them to the console, URL at the end.
 */
export async function openPage(
  browser,
  url,
  { theme = "light", viewport = WIDE, key = null, zone = "Europe/Berlin", provider = null, refused = null } = {},
) {
  const context = await browser.newContext({
    viewport,
    colorScheme: theme,
    timezoneId: zone,
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  const faults = [];
  const abroad = [];
  const origin = new URL(url).origin;
  await context.addInitScript(
    ([secret, own]) => {
      if (location.origin !== own) return;
      if (secret && !sessionStorage.getItem("api-test.key") && !sessionStorage.getItem("test.entered")) {
        sessionStorage.setItem("api-test.key", secret);
        sessionStorage.setItem("test.entered", "1");
      }
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`),
      );
    },
    [key, origin],
  );
  const page = await context.newPage();
  context.on("request", (request) => {
    const target = request.url();
    if (provider && target.startsWith(`${provider}/`)) abroad.push(`${request.method()} ${target}`);
    else if (!target.startsWith(`${origin}/`) && !target.startsWith("data:") && !target.startsWith("blob:"))
      faults.push(`left the origin: ${target}`);
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    // The provider's own pages are not ours.
    if (provider && message.location().url.startsWith(`${provider}/`)) return;
    const said = `${message.text()} ${message.location().url}`;
    if (/Failed to load resource/.test(said) && refused?.test(said)) return;
    faults.push(`console: ${said}`);
  });
  return { page, context, faults, abroad };
}
