// Failures that no server produces on demand, by faults in front of a real one; and more events than a page holds.
import assert from "node:assert/strict";

import { startFaults } from "./faults.mjs";
import { assertAccessible, assertFits, assertHarmless, assertLoaded, expect, test as base } from "./fixtures.mjs";
import { recorded } from "./traffic.mjs";

const XSS = '<img src=x onerror="window.__hacked=1"><script>window.__hacked=1</script>';
const EVENT = /^GET \/api\/v1\/portal\/audit\/events\/[0-9a-f-]{36}$/;
const LIST = /^GET \/api\/v1\/portal\/audit\/events(?:\?|$)/;
const NO_SESSION = { status: 401, body: { error: "unauthorized" } };
const CUT = /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONTENT_LENGTH_MISMATCH|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;

const test = base.extend({
  /** Server with faults in front of it. */
  faults: async ({ site }, use) => {
    const faults = await startFaults(site.url);
    await use(faults);
    await faults.close();
  },
  /** Visits a path through the faults, signed in. */
  look: async ({ faults, site, visit }, use) => {
    await use((path, work, options = {}) => visit(faults.url + path, work, { key: site.key, ...options }));
  },
});

const signIn = async (page, key) => {
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.getByLabel("API key").fill(key);
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
};
/** Waits until the page knows its user: only then can a session end. */
const signedIn = (page) => expect(page.getByRole("banner").getByText("devkey")).toBeVisible();
const live = (page) => expect(page.locator("main").getByRole("button", { name: /^Live/ })).toBeVisible();

test("markup where no real request can carry it is text as well", async ({ look, faults, site }) => {
  const hostile = (event) => ({
    ...event,
    route_name: XSS,
    endpoint_group: XSS,
    target: XSS,
    path: XSS,
    user_subject: XSS,
    user_name: XSS,
    host: XSS,
    remote_addr: XSS,
    error_message: XSS,
    error_category: XSS,
    request_id: XSS,
    auth_type: XSS,
    source: XSS,
  });
  faults.on(EVENT, { edit: hostile });
  faults.on(LIST, { edit: (list) => ({ ...list, events: list.events.map(hostile) }) });
  await look(`/portal/event/${site.ids[0]}`, async (page) => {
    await page.getByRole("article").getByText("<img src=x").first().waitFor();
    await assertHarmless(page);
    await page.goto(page.url().replace("/event/", "/audit/"));
    await page.getByRole("grid").getByText("<img src=x").first().waitFor();
    await page.getByRole("region", { name: "Event" }).getByText("<img src=x").first().waitFor();
    await assertHarmless(page);
    await assertAccessible(page);
  });
});

test("a header of a mebibyte opens, is cut, and can be searched", async ({ look, faults, site }) => {
  faults.on(EVENT, {
    edit(event) {
      event.payload.request_headers = { "X-Long": [`${"h".repeat((1 << 20) - 6)}needle`] };
      return event;
    },
  });
  await look(`/portal/event/${site.ids[0]}`, async (page) => {
    await page.getByRole("button", { name: /1,048,576 characters/ }).click();
    await expect(page.getByText(/more characters/)).toBeVisible();
    await page.getByLabel("Search headers, query and bodies").fill("needle");
    await expect(page.getByText(/more characters.*contains a match/)).toBeVisible();
    await assertFits(page);
  });
});

test("a slow answer: placeholders of the final size, then the figures", async ({ look, faults }) => {
  let release;
  faults.on(/^GET \/api\/v1\/portal\/dashboard/, { hold: new Promise((resolve) => (release = resolve)) });
  await look("/portal/dashboard", async (page) => {
    await expect(page.locator("main .skeleton").first()).toBeVisible();
    await assertAccessible(page);
    release();
    await expect(page.getByText("Recent requests")).toBeVisible();
    await assertLoaded(page);
  });
});

test("an answer of 500 says so, and trying again helps once the server is well", async ({ look, faults }) => {
  const lift = faults.on(LIST, { status: 500, body: { error: "internal error" } });
  await look(
    "/portal/audit",
    async (page) => {
      await expect(page.locator("main").getByRole("alert").getByText("internal error")).toBeVisible();
      await assertAccessible(page);
      lift();
      await page.locator("main").getByRole("button", { name: "Try again" }).click();
      await expect(page.getByRole("grid").getByRole("row").nth(1)).toBeVisible();
    },
    { refused: /status of 500/ },
  );
});

test("a body that is cut is no answer", async ({ look, faults, site }) => {
  const lift = faults.on(EVENT, { cutAfter: 100 });
  await look(
    `/portal/event/${site.ids[0]}`,
    async (page) => {
      await expect(page.locator("main").getByRole("alert")).toBeVisible();
      lift();
      await page.locator("main").getByRole("button", { name: "Try again" }).click();
      await expect(page.getByText("Request headers")).toBeVisible();
    },
    { refused: CUT },
  );
});

test("a session that ends in the middle of work: sign in, nothing typed is lost", async ({ look, faults, site }) => {
  await look(
    "/portal/endpoints/echo/echo_post",
    async (page) => {
      await signedIn(page);
      const body = page.getByLabel(/^Body/);
      await body.fill('{"typed": "with care"}');
      const lift = faults.on(/^\w+ \/api\//, NO_SESSION);
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
      await assertAccessible(page);
      lift();
      await signIn(page, site.key);
      await expect(body).toHaveValue('{"typed": "with care"}');
      await page.getByRole("button", { name: "Send" }).click();
      await expect(page.getByRole("link", { name: "Open event" })).toBeVisible();
    },
    { refused: /status of 401/ },
  );
});

test("a session that ends under the live tail: it goes on after sign-in", async ({ look, faults, site }) => {
  await look(
    "/portal/audit",
    async (page) => {
      await signedIn(page);
      await live(page);
      const lift = faults.on(/^\w+ \/api\//, NO_SESSION);
      faults.cutStreams();
      await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
      lift();
      await signIn(page, site.key);
      await live(page);
      await fetch(`${site.url}/v1/fixed/after-sign-in`, { headers: { "X-API-Key": site.key } });
      await expect(page.getByRole("gridcell", { name: "/v1/fixed/after-sign-in" })).toBeVisible();
    },
    { refused: new RegExp(`status of 401|${CUT.source}`) },
  );
});

test("a tail that is cut goes on by itself, without a gap", async ({ look, faults, site }) => {
  await look(
    "/portal/audit?endpoint_group=data",
    async (page) => {
      await live(page);
      faults.cutStreams();
      await fetch(`${site.url}/v1/fixed/while-cut`, { headers: { "X-API-Key": site.key } });
      await expect(page.getByRole("gridcell", { name: "/v1/fixed/while-cut" })).toHaveCount(1);
      await live(page);
    },
    { refused: CUT },
  );
});

test("dropped events are a visible warning", async ({ look, faults }) => {
  const dropped = (value) =>
    JSON.parse(JSON.stringify(value, (name, inner) => (name === "dropped_total" ? 1234 : inner)));
  faults.on(/^GET \/api\/v1\/portal\/(?:dashboard|audit\/stats)/, { edit: dropped });
  await look("/portal/dashboard", async (page) => {
    await expect(page.getByText("1,234 events were dropped")).toBeVisible();
    await assertAccessible(page);
  });
});

test("an answer that was cut on the wire is told from one that ended", async ({ faults, visit }) => {
  let cut;
  faults.on(/^GET \/v1\/sized/, { cutAfter: 5000, until: new Promise((resolve) => (cut = resolve)) });
  await visit(
    `${faults.url}/docs#sized`,
    async (page) => {
      await page.getByLabel(/^Kind of credential/).selectOption("key");
      await page.getByLabel("API key", { exact: true }).fill("browser-tests-key-0123456789");
      await page.getByLabel(/^bytes/).fill("100000");
      await page.getByRole("button", { name: "Send" }).click();
      await expect(page.getByLabel("response body so far")).toBeVisible();
      cut();
      await expect(page.getByText(/The connection broke after .* of the body/)).toBeVisible();
      await expect(page.getByLabel("response body as JSON")).toBeVisible();
    },
    { refused: CUT },
  );
});

test("a page whose file is gone after an update: the layout stays, and a reload shows it", async ({ look, faults }) => {
  const lift = faults.on(/^GET \/portal\/assets\/config-/, { status: 404, body: {} });
  await look(
    "/portal/dashboard",
    async (page) => {
      await page.getByText("Recent requests").waitFor();
      await page.getByRole("link", { name: "Config" }).click();
      const alert = page.locator("main").getByRole("alert");
      await expect(alert.getByText("The portal was updated")).toBeVisible();
      await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
      await assertAccessible(page);
      lift();
      await alert.getByRole("button", { name: "Reload" }).click();
      await expect(page.locator("dt").getByText("audit.enabled", { exact: true })).toBeVisible();
    },
    { refused: /status of 404/ },
  );
});

test("a page that can't be fetched while the server is away says so", async ({ look, faults }) => {
  const refused = /status of 50\d/;
  const away = { status: 503, body: {} };
  await look(
    "/portal/dashboard",
    async (page) => {
      await page.getByText("Recent requests").waitFor();
      await page.route(`${faults.url}/portal/dashboard`, (route) =>
        route.request().resourceType() === "fetch" ? route.abort() : route.continue(),
      );
      const lift = faults.on(/^GET \/portal\/assets\/about-/, away);
      await page.getByRole("link", { name: "About" }).click();
      await expect(page.locator("main").getByText("This page could not be loaded")).toBeVisible();
      lift();
      await page.getByRole("button", { name: "Reload" }).click();
      await expect(page.getByRole("heading", { name: "Gateway cheat sheet" })).toBeVisible();
    },
    { refused: new RegExp(`${refused.source}|ERR_FAILED`) },
  );
});

test("a page that fails while it is drawn: the others go on, and trying again helps", async ({
  faults,
  site,
  visit,
}) => {
  const lift = faults.on(/^GET \/api\/v1\/admin\/api-keys/, { edit: () => ({ keys: [null] }) });
  await visit(
    `${faults.url}/portal/keys`,
    async (page, _, { faults: seen }) => {
      await expect(page.locator("main").getByText("This page failed")).toBeVisible();
      await page.getByRole("link", { name: "About" }).click();
      await expect(page.getByRole("heading", { name: "Gateway cheat sheet" })).toBeVisible();
      await page.getByRole("link", { name: "Keys" }).click();
      await expect(page.locator("main").getByText("This page failed")).toBeVisible();
      lift();
      await page.getByRole("button", { name: "Try again" }).click();
      await expect(page.getByText("No keys")).toBeVisible();
      // React and the router tell the console of an error that they caught.
      assert.ok(seen.length > 0 && seen.every((fault) => /reading 'name'|caught/.test(fault)), seen.join("\n"));
      seen.length = 0;
    },
    { key: site.key },
  );
});

test("the page of a link that the pointer rests on is fetched before it is pressed", async ({ look }) => {
  await look("/portal/dashboard", async (page) => {
    await page.getByText("Recent requests").waitFor();
    const file = page.waitForRequest(/assets\/keys-.*\.js$/);
    const data = page.waitForRequest(/\/api\/v1\/admin\/api-keys$/);
    await page.getByRole("link", { name: "Keys" }).hover();
    await Promise.all([file, data]);
    await expect(page).toHaveURL(/dashboard/);
  });
});

test("thousands of events: rows are bounded, and what is not loaded or was skipped is told", async ({
  look,
  faults,
  site,
}) => {
  await look("/portal/audit", async (page) => {
    await live(page);
    const total = page.locator("main").getByText(/^[\d,]+ requests$/);
    await total.waitFor();
    const before = Number((await total.textContent()).replace(/\D/g, ""));
    let left = 3000;
    const worker = async () => {
      while (left-- > 0) {
        const answer = await fetch(`${site.url}/v1/fixed/flood`, { headers: { "X-API-Key": site.key } });
        await answer.arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    await recorded(site.url, site.key, (events) => events.length > 0, "limit=1");
    await expect(page.getByText(`${(before + 3000).toLocaleString("en-US")} requests`, { exact: true })).toBeVisible({
      timeout: 60_000,
    });
    assert.ok((await page.getByRole("row").count()) < 120);
    // The tail holds 2,000 events; the number of those between it and the list is shown in between.
    await page.getByRole("grid").evaluate((grid) => {
      grid.scrollTo(0, 2000 * 28);
    });
    await expect(page.getByText("1,000 events not loaded")).toBeVisible();
    faults.inject('event: lagged\ndata: {"missed":4321}\n\n');
    await expect(page.getByText(/4,321 events skipped/)).toBeVisible();
    await page.getByLabel("Search path, error message and request id").fill("nothing-like-it");
    await page.waitForURL(/q=nothing-like-it/);
    await expect(page.getByText("0 requests", { exact: true })).toBeVisible();
  });
});
