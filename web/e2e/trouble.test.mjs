// What goes wrong: input that means harm, a session that ends, a server that is away, nothing recorded. Against the mock,
// which can be told to misbehave.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { KEY, start } from "../mock/server.mjs";
import { axe } from "./axe.mjs";
import { launch, NARROW } from "./browser.mjs";
import { assertFits, assertHarmless, visit as visitPage } from "./visit.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function visit(options, path, work, pageOptions = {}) {
  const server = await start({ events: 200, ...options });
  try {
    await visitPage(
      browser,
      server.url + (typeof path === "function" ? path(server) : path),
      (page) => work(page, server),
      pageOptions,
    );
  } finally {
    await server.close().catch(() => undefined);
  }
}

const special = (server, label) => server.state.events.find((event) => event.label === label).id;

test("markup where no real request can carry it (names, host, error) is text as well", async () => {
  await visit(
    {},
    (server) => `/portal/event/${special(server, "html")}`,
    async (page) => {
      await page.getByText("<img src=x").first().waitFor();
      await page.getByRole("radiogroup", { name: "Show request body as" }).getByRole("radio", { name: "Text" }).click();
      await assertHarmless(page);
      await page.goto(page.url().replace("/event/", "/audit/"));
      await page.getByRole("grid").getByText("<img src=x").first().waitFor();
      await assertHarmless(page);
      assert.deepEqual(await axe(page), []);
    },
  );
});

test("a header of a mebibyte, and two bodies of one, open and can be searched", async () => {
  await visit(
    {},
    (server) => `/portal/event/${special(server, "long-header")}`,
    async (page, server) => {
      await page.getByRole("button", { name: /1,048,576 characters/ }).click();
      await page.getByText(/more characters/).waitFor();
      await assertFits(page);
      await page.goto(`${server.url}/portal/event/${special(server, "large")}`);
      await page
        .getByText(/truncated: first/)
        .first()
        .waitFor();
      await page.getByLabel("Search headers, query and bodies").fill("item 999");
      await page
        .getByText(/^1 of 11/)
        .first()
        .waitFor();
    },
  );
});

test("a session that ends in the middle of work: sign in, nothing typed is lost", async () => {
  await visit(
    {},
    "/portal/endpoints/echo/echo_post",
    async (page, server) => {
      await page.locator("textarea").first().fill('{"typed": "with care"}');
      server.state.refuse = true;
      await page.getByRole("button", { name: "Send" }).click();
      const dialog = page.getByRole("dialog", { name: "Your session has ended" });
      await dialog.waitFor();
      assert.deepEqual(await axe(page), []);
      server.state.refuse = false;
      await dialog.getByLabel("API key").fill(KEY);
      await dialog.getByRole("button", { name: "Sign in with API key" }).click();
      await dialog.waitFor({ state: "detached" });
      assert.equal(await page.locator("textarea").first().inputValue(), '{"typed": "with care"}');
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("link", { name: "Open event" }).waitFor();
    },
    { refused: /status of 401/ },
  );
});

test("a session that ends under the live tail: it goes on after sign-in", async () => {
  await visit(
    {},
    "/portal/audit",
    async (page, server) => {
      await page.locator("main").getByRole("button", { name: /Live/ }).waitFor();
      server.state.refuse = true;
      for (const stream of [...server.state.streams]) stream.response.destroy();
      const dialog = page.getByRole("dialog", { name: "Your session has ended" });
      await dialog.waitFor();
      server.state.refuse = false;
      await dialog.getByLabel("API key").fill(KEY);
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await page.locator("main").getByRole("button", { name: /Live/ }).waitFor();
      server.state.emit({ target: "/v1/after-sign-in", path: "/v1/after-sign-in" });
      await page.getByRole("gridcell", { name: "/v1/after-sign-in" }).waitFor();
    },
    { refused: /status of 401|ERR_INCOMPLETE_CHUNKED_ENCODING/ },
  );
});

test("audit off says how to switch it on", async () => {
  for (const path of ["/portal/dashboard", "/portal/audit"]) {
    await visit(
      { audit: false },
      path,
      async (page) => {
        await page.getByText("audit.enabled: true").first().waitFor();
        assert.deepEqual(await axe(page), []);
      },
      { refused: /status of 503/ },
    );
  }
});

test("an empty database gives a line that makes a first row, and the row then shows", async () => {
  await visit({ events: 0 }, "/portal/dashboard", async (page) => {
    await page.getByText("/v1/whoami").first().waitFor();
    assert.deepEqual(await axe(page), []);
  });
  await visit({ events: 0 }, "/portal/audit", async (page, server) => {
    await page.getByText("/v1/whoami").first().waitFor();
    await page.locator("main").getByRole("button", { name: /^Live/ }).waitFor();
    server.state.emit({ target: "/v1/first", path: "/v1/first" });
    await page.getByRole("gridcell", { name: "/v1/first" }).waitFor();
  });
});

test("dropped events are a visible warning", async () => {
  await visit({ dropped: 1234 }, "/portal/dashboard", async (page) => {
    await page.getByText("1,234 events were dropped").waitFor();
    assert.deepEqual(await axe(page), []);
  });
});

test("a narrow screen has the pages in a drawer, and the event over the list", async () => {
  await visit(
    {},
    "/portal/audit",
    async (page) => {
      await page.getByRole("button", { name: "Pages" }).click();
      const drawer = page.getByRole("dialog", { name: "Pages" });
      await drawer.waitFor();
      assert.deepEqual(await axe(page), []);
      await drawer.getByRole("link", { name: "Audit" }).click();
      await drawer.waitFor({ state: "detached" });
      await page.getByRole("grid").getByRole("row").nth(2).click();
      await page.getByText("Overview").waitFor();
      await page.getByRole("button", { name: "Close (Esc)" }).click();
      await page.getByText("Overview").waitFor({ state: "detached" });
    },
    { viewport: NARROW },
  );
});

test("thousands of events: the page answers, rows are bounded, what is not held or was skipped is said", async () => {
  await visit({}, "/portal/audit", async (page, server) => {
    await page.locator("main").getByRole("button", { name: /^Live/ }).waitFor();
    const total = page.locator("main").getByText(/^[\d,]+ requests$/);
    await total.waitFor();
    const before = Number((await total.textContent()).replace(/\D/g, ""));
    for (let beat = 0; beat < 60; beat += 1) {
      for (let each = 0; each < 50; each += 1) server.state.emit();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await page.getByText(`${(before + 3000).toLocaleString("en-US")} requests`, { exact: true }).waitFor();
    const rows = await page.evaluate(() => document.querySelectorAll('[role="row"]').length);
    assert.ok(rows < 120, `${rows} rows in the page`);
    // The tail holds 2,000; what lies between them and the list is told where it would stand.
    await page.getByRole("grid").evaluate((grid) => grid.scrollTo(0, 2000 * 28));
    await page.getByText("1,000 events not loaded").waitFor();
    for (const { response } of server.state.streams) response.write('event: lagged\ndata: {"missed":4321}\n\n');
    await page.getByText(/4,321 events skipped/).waitFor();
    await page.getByLabel("Search path, error message and request id").fill("nothing-like-it");
    await page.waitForURL(/q=nothing-like-it/);
    await page.getByText("0 requests", { exact: true }).waitFor();
  });
});
