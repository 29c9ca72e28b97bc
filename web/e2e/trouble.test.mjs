// What goes wrong: input that means harm, a session that ends, a server that is away, nothing recorded. Against the mock,
// which can be told to misbehave.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { KEY, start } from "../mock/server.mjs";
import { axe } from "./axe.mjs";
import { launch, NARROW, openPage } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function visit(options, path, work, pageOptions = {}) {
  const server = await start({ events: 200, ...options });
  const { page, context, faults } = await openPage(browser, server.url, pageOptions);
  page.setDefaultTimeout(10_000);
  try {
    await page.goto(server.url + (typeof path === "function" ? path(server) : path));
    await work(page, server, faults);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
    await server.close().catch(() => undefined);
  }
}

const special = (server, label) => server.state.events.find((event) => event.label === label).id;
const harmless = async (page) => assert.equal(await page.evaluate(() => window.__hacked), undefined);

test("markup in every captured field is text", async () => {
  await visit({}, (server) => `/portal/event/${special(server, "html")}`, async (page) => {
    await page.getByText("<img src=x").first().waitFor();
    await page.getByRole("radiogroup", { name: "Show request body as" }).getByRole("radio", { name: "Text" }).click();
    await harmless(page);
    await page.goto(page.url().replace("/event/", "/audit/"));
    await page.getByRole("grid").getByText("<img src=x").first().waitFor();
    await harmless(page);
    assert.deepEqual(await axe(page), []);
  });
});

test("ten thousand levels of JSON open, search and close", async () => {
  await visit({}, (server) => `/portal/event/${special(server, "deep")}`, async (page) => {
    const tree = page.getByRole("tree", { name: "request body as JSON" });
    await tree.waitFor();
    await page.getByRole("button", { name: "Open all" }).first().click();
    await tree.focus();
    await page.keyboard.press("End");
    await tree.getByText("↳10,000").waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await tree.getByRole("treeitem").count(), 1);
    await page.getByLabel("Search headers, query and bodies").fill("1");
    await tree.getByText("↳10,000").waitFor();
    assert.deepEqual(await axe(page), []);
  });
});

test("broken JSON shows what could be read, and where it breaks", async () => {
  await visit({}, (server) => `/portal/event/${special(server, "broken")}`, async (page) => {
    await page.getByText(/Not JSON from character/).waitFor();
    await page.getByText("4711").waitFor();
  });
});

test("binary bodies are hex, pictures are pictures", async () => {
  await visit({}, (server) => `/portal/event/${special(server, "binary")}`, async (page, server) => {
    await page.getByText("00 07 0e 15").first().waitFor();
    await page.getByLabel("Search headers, query and bodies").fill("0x 1c 23".replace(" ", ""));
    await page.getByText(/^1 of \d+/).first().waitFor();
    await page.goto(`${server.url}/portal/event/${special(server, "image")}`);
    await page.getByText("96 × 48 px").waitFor();
  });
});

test("a header of a mebibyte, and two bodies of one, open and can be searched", async () => {
  await visit({}, (server) => `/portal/event/${special(server, "long-header")}`, async (page, server) => {
    await page.getByRole("button", { name: /1,048,576 characters/ }).click();
    await page.getByText(/more characters/).waitFor();
    const began = Date.now();
    await page.goto(`${server.url}/portal/event/${special(server, "large")}`);
    await page.getByText(/truncated: the first/).first().waitFor();
    console.log(`two bodies of 1 MiB: page loaded and shown in ${Date.now() - began} ms`);
    await page.getByLabel("Search headers, query and bodies").fill("item 999");
    await page.getByText(/^1 of 11/).first().waitFor();
  });
});

test("a session that ends in the middle of work: sign in, nothing typed is lost", async () => {
  await visit({}, "/portal/endpoints/echo/echo_post", async (page, server) => {
    await page.locator("textarea").first().fill('{"typed": "with care"}');
    server.state.refuse = true;
    await page.getByRole("button", { name: "Send" }).click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.waitFor();
    assert.deepEqual(await axe(page), []);
    server.state.refuse = false;
    await dialog.getByLabel("API key").fill(KEY);
    await dialog.getByRole("button", { name: "Sign in with the key" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.locator("textarea").first().inputValue(), '{"typed": "with care"}');
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("link", { name: "Its audit event" }).waitFor();
  });
});

test("a session that ends under the live tail: it goes on after sign-in", async () => {
  await visit({}, "/portal/audit", async (page, server) => {
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
  });
});

test("a server that is away: a banner, and on by itself when it is back", async () => {
  const server = await start({ events: 50 });
  const port = Number(new URL(server.url).port);
  const { page, context } = await openPage(browser, server.url);
  page.setDefaultTimeout(15_000);
  await page.goto(`${server.url}/portal/audit`);
  await page.getByRole("grid").getByRole("row").nth(1).waitFor();
  await server.close();
  await page.getByText("The server can't be reached").waitFor();
  const again = await start({ events: 60, port });
  await page.getByText("The server can't be reached").waitFor({ state: "detached" });
  await page.locator("main").getByRole("button", { name: /Live/ }).waitFor();
  again.state.emit({ target: "/v1/after-restart", path: "/v1/after-restart" });
  await page.getByRole("gridcell", { name: "/v1/after-restart" }).waitFor();
  await context.close();
  await again.close();
});

test("a provider that refuses: back on the sign-in page, with a reason, and a way on", async () => {
  await visit({ oidc: true }, "/portal/audit?status=5xx", async (page) => {
    await page.getByRole("button", { name: "Sign in with your provider" }).click();
    await page.getByText(/The provider refused/).waitFor();
    await page.getByLabel("API key").fill(KEY);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/portal\/audit\?status=5xx$/);
  }, { signedIn: false });
});

test("audit off says how to switch it on", async () => {
  for (const path of ["/portal/dashboard", "/portal/audit", "/portal/event"]) {
    await visit({ audit: false }, path, async (page) => {
      await page.getByText("audit.enabled: true").first().waitFor();
      assert.deepEqual(await axe(page), []);
    });
  }
});

test("an empty database gives a line that makes a first row, and the row then shows", async () => {
  await visit({ events: 0 }, "/portal/dashboard", async (page) => {
    await page.getByText("/v1/whoami").first().waitFor();
    assert.deepEqual(await axe(page), []);
  });
  await visit({ events: 0 }, "/portal/audit", async (page, server) => {
    await page.getByText("/v1/whoami").first().waitFor();
    await page.waitForTimeout(300);
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
  await visit({}, "/portal/audit", async (page) => {
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
  }, { viewport: NARROW });
});

test("a thousand events a second: the page answers, memory is bounded, what is skipped is said", async () => {
  await visit({}, "/portal/audit", async (page, server) => {
    await page.locator("main").getByRole("button", { name: /Live/ }).waitFor();
    await page.waitForTimeout(300);
    for (let beat = 0; beat < 60; beat += 1) {
      for (let each = 0; each < 50; each += 1) server.state.emit();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await page.waitForTimeout(500);
    const count = await page.evaluate(() => document.querySelectorAll('[role="row"]').length);
    assert.ok(count < 120, `${count} rows in the page`);
    const began = Date.now();
    await page.getByLabel("Search path, error message and request id").fill("x");
    console.log(`typing after 3,000 events: ${Date.now() - began} ms`);
    const total = page.getByText(/^[\d,]+ requests$/);
    await page.getByLabel("Search path, error message and request id").fill("");
    await total.waitFor();
  });
});
