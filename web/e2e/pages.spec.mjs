// Every page, in both themes, wide and narrow: no finding of axe, no error on the console, no refused resource, no
// request to another origin, nothing wider than the screen.
import { assertAccessible, assertFits, assertHarmless, assertLoaded, NARROW, test, WIDE } from "./fixtures.mjs";

const PAGES = [
  ["sign-in", () => "/portal/login?error=access_denied", "Sign in with API key"],
  ["dashboard", () => "/portal/dashboard", "Recent requests"],
  ["audit", () => "/portal/audit", "request"],
  ["audit with an event", ({ ids }) => `/portal/audit/${ids[0]}`, "Overview"],
  ["event", ({ ids }) => `/portal/event/${ids[1]}`, "Overview"],
  ["compare", ({ ids }) => `/portal/compare?a=${ids[0]}&b=${ids[1]}`, /^(?:[\d,]+ differences?|No differences)/],
  ["endpoints", () => "/portal/endpoints", "/v1/whoami"],
  ["try it", () => "/portal/endpoints/data/lorem", "Returns filler text"],
  ["reference", () => "/docs#echo_post", "Request body"],
  ["keys", () => "/portal/keys", "New key"],
  ["config", () => "/portal/config", "audit.enabled"],
  ["about", () => "/portal/about", "Gateway cheat sheet"],
  ["no page", () => "/portal/nowhere", "Page not found"],
];

/** Looks don't depend on the database: with E2E_FEW each page has two of the four. */
const few = Boolean(process.env.E2E_FEW);

for (const [name, path, sign] of PAGES) {
  for (const theme of ["light", "dark"]) {
    for (const [size, viewport] of [
      ["1440", WIDE],
      ["360", NARROW],
    ]) {
      if (few && (theme === "light") !== (size === "1440")) continue;
      test(`${name}, ${theme}, ${size} px`, async ({ site, visit }) => {
        const key = ["sign-in", "reference"].includes(name) ? null : site.key;
        await visit(
          site.url + path(site),
          async (page) => {
            await page.locator("main").getByText(sign, { exact: false }).filter({ visible: true }).first().waitFor();
            await assertLoaded(page);
            await assertAccessible(page);
            await assertFits(page);
            await assertHarmless(page);
          },
          { theme, viewport, key },
        );
      });
    }
  }
}
