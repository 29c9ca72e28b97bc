// User workflows: look, follow, replay, compare, try, create a key.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:http";

import { openPage } from "./browser.mjs";
import { assertAccessible, expect, NARROW, NOT_WRITTEN_YET, tabTo, test as base } from "./fixtures.mjs";

const test = base.extend({
  /** Visits a path of the site, signed in. */
  look: async ({ site, visit }, use) => {
    await use((path, work, options = {}) => visit(site.url + path, work, { key: site.key, ...options }));
  },
  /** Sends a request that is recorded. */
  happen: async ({ site }, use) => {
    await use(async (path) => {
      await (await fetch(site.url + path, { headers: { "X-API-Key": site.key } })).arrayBuffer();
    });
  },
});

test("sign-in says what is wrong with a key, and comes back to where one was", async ({ look, site }) => {
  await look(
    "/portal/audit?status=4xx",
    async (page) => {
      await page.waitForURL(/\/portal\/login\?return=/);
      await page.getByText("No key? The tests have one in DEV_KEY.").waitFor();
      await page.getByLabel("API key").fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("Invalid API key").waitFor();
      await page.getByLabel("API key").fill(site.key);
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/portal\/audit\?status=4xx$/);
      await page.getByRole("grid").waitFor();
    },
    { key: null, refused: /status of 401/ },
  );
});

test("keyboard alone: dashboard, audit, event, replay, comparison, and back", async ({ look }) => {
  await look(
    "/portal/dashboard",
    async (page) => {
      await tabTo(page, page.getByRole("link", { name: "Audit", exact: true }));
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/portal\/audit$/);
      const grid = page.getByRole("grid");
      await grid.getByRole("row").nth(1).waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("/v1/echo");
      await page.waitForURL(/\?q=%2Fv1%2Fecho$/);
      await grid.getByRole("row").nth(2).waitFor();
      await page.waitForFunction(() =>
        [...document.querySelectorAll("[role=row] [role=gridcell]")]
          .filter((cell) => cell.textContent.startsWith("/v1/"))
          .every((cell) => cell.textContent.startsWith("/v1/echo")),
      );
      await tabTo(page, grid);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/portal\/audit\/[0-9a-f-]{36}\?q=/);
      const event = page.getByRole("region", { name: "Event" });
      const shown = () => event.getByText(new URL(page.url()).pathname.split("/").at(-1), { exact: true }).waitFor();
      await shown();
      // A replay can't be replayed: use an original.
      while (await page.getByRole("button", { name: "Replay" }).isDisabled()) {
        const before = page.url();
        await page.keyboard.press("ArrowDown");
        await page.waitForURL((url) => url.href !== before);
        await shown();
      }
      await page.keyboard.press("r");
      await page.getByText("Replay:").waitFor();
      await tabTo(page, page.getByRole("link", { name: "Compare with original" }));
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/portal\/compare\?a=/);
      await page.getByText(/^[\d,]+ differences?$/).waitFor();
      // Alt and an arrow belong to the browser and are missing without a window.
      await page.goBack();
      await page.waitForURL(/\/portal\/audit\/[0-9a-f-]{36}\?q=/);
      await shown();
      await page.keyboard.press("Escape");
      await page.waitForURL(/\/portal\/audit\?q=%2Fv1%2Fecho$/);
    },
    { refused: NOT_WRITTEN_YET },
  );
});

test("live tail: what happens shows, a pause counts, resuming shows", async ({ look, happen }) => {
  await look("/portal/audit", async (page) => {
    await page.locator("main").getByRole("button", { name: /^Live/ }).waitFor();
    await happen("/v1/fixed/live-1");
    await page.getByRole("gridcell", { name: "/v1/fixed/live-1" }).waitFor();
    await page.keyboard.press("p");
    await page
      .locator("main")
      .getByRole("button", { name: /Paused/ })
      .waitFor();
    for (const n of [2, 3, 4]) await happen(`/v1/fixed/live-${n}`);
    const more = page.getByRole("button", { name: /^↑ 3 new$/ });
    await more.waitFor();
    assert.equal(await page.getByRole("gridcell", { name: "/v1/fixed/live-4" }).count(), 0);
    await more.click();
    await page.getByRole("gridcell", { name: "/v1/fixed/live-4" }).waitFor();
  });
});

test("filters live in the URL: a link gives the same view", async ({ look }) => {
  await look("/portal/audit", async (page) => {
    await page.getByRole("grid").getByRole("row").nth(1).waitFor();
    await page.getByLabel("Status", { exact: true }).selectOption("4xx");
    await page.waitForURL(/status=4xx/);
    await page.getByRole("button", { name: "All filters" }).click();
    await page.getByLabel("Path contains").fill("/v1/");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/path=%2Fv1%2F/);
    await page.getByText("Path contains").waitFor();
    const counted = page.getByText(/^\d[\d,]* requests?$/);
    await counted.waitFor();
    const [url, before] = [page.url(), await counted.textContent()];
    await page.goto(url);
    await counted.waitFor();
    assert.equal(await counted.textContent(), before);
    assert.equal(await page.getByLabel("Status", { exact: true }).inputValue(), "4xx");
    await page.getByRole("button", { name: "Remove filter Path contains" }).click();
    await page.waitForURL((next) => !next.searchParams.has("path"));
  });
});

test("a filter that can't be read is named", async ({ look }) => {
  await look(
    "/portal/audit?status=abc",
    async (page) => {
      await page
        .getByRole("alert")
        .getByText(/status/)
        .first()
        .waitFor();
    },
    { refused: /status of 400/ },
  );
});

test("Try-It sends, shows the answer, and links to its event", async ({ look }) => {
  await look(
    "/portal/endpoints",
    async (page) => {
      await page.getByLabel("Search endpoints").fill("lorem");
      await page.getByRole("link", { name: /\/v1\/lorem/ }).click();
      await page.getByLabel(/^words/).fill("5");
      await page.getByLabel(/^seed/).fill("fixed");
      await page
        .getByLabel("curl command of this request", { exact: true })
        .getByText("/v1/lorem?words=5&seed=fixed")
        .waitFor();
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("Est dolor commodo").first().waitFor();
      await page.getByRole("link", { name: "Open event" }).click();
      await page.getByText("portal-tryit").first().waitFor();
    },
    { refused: NOT_WRITTEN_YET },
  );
});

test("a key is made, shown once, and revoked", async ({ look }) => {
  const name = `e2e-${Date.now()}`;
  await look("/portal/keys", async (page) => {
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("button", { name: "Create key" }).click();
    await page.getByText("Enter a name").waitFor();
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Create key" }).click();
    await page.getByText(/^at_[\w-]{20,}/).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("cell", { name, exact: true }).waitFor();
    await page.getByRole("button", { name: `Revoke ${name}` }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    // While the dialog is open, nothing else has a role.
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("cell", { name, exact: true }).waitFor({ state: "detached" });
  });
});

test("commands are copied", async ({ look, site }) => {
  await look(`/portal/event/${site.ids[0]}`, async (page, context) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    for (const [name, sign] of [
      ["curl", "curl "],
      ["HTTPie", "http --"],
      ["fetch", "await fetch("],
    ]) {
      await page.getByRole("button", { name: /Copy as|copied/ }).click();
      await page.getByRole("menuitem", { name, exact: true }).click();
      await page.getByRole("button", { name: `${name} copied` }).waitFor();
      assert.ok((await page.evaluate(() => navigator.clipboard.readText())).includes(sign));
    }
  });
});

test("matching rows are exported, in both forms", async ({ look }) => {
  await look("/portal/audit?endpoint_group=identity", async (page) => {
    await page.getByRole("grid").getByRole("row").nth(1).waitFor();
    for (const [name, ending] of [
      ["NDJSON", ".ndjson"],
      ["HAR 1.2", ".har"],
    ]) {
      await page.getByRole("button", { name: "Export" }).click();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("menuitem", { name }).click(),
      ]);
      assert.ok(download.suggestedFilename().endsWith(ending), download.suggestedFilename());
      const text = readFileSync(await download.path(), "utf8");
      if (ending === ".har") assert.equal(JSON.parse(text).log.version, "1.2");
      else
        assert.ok(
          text
            .trim()
            .split("\n")
            .every((line) => JSON.parse(line).endpoint_group === "identity"),
        );
    }
  });
});

test("columns are chosen and kept, times tell UTC, the theme switches", async ({ look }) => {
  await look("/portal/audit", async (page) => {
    await page.getByRole("grid").getByRole("row").nth(1).waitFor();
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Request id" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Request id" }).waitFor();
    await page.reload();
    await page.getByRole("columnheader", { name: "Request id" }).waitFor();
    assert.match(
      (await page.getByRole("grid").locator("time").first().getAttribute("title")) ?? "",
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/,
    );
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    await page.getByRole("button", { name: /^Theme:/ }).click();
    await page.getByRole("button", { name: /^Theme: light/ }).click();
    assert.equal(await theme(), "dark");
    await page.reload();
    assert.equal(await theme(), "dark");
  });
});

test("an event that is not there says so, and what to do", async ({ look }) => {
  await look(
    "/portal/event/019a8d10-0000-7000-8000-000000000001",
    async (page) => {
      await page.getByText("Event not found").first().waitFor();
      await page.getByText("audit.retention_days").waitFor();
    },
    { refused: NOT_WRITTEN_YET },
  );
});

test("the first page needs no more than 150 KiB of compressed JavaScript, in either coding", async ({
  browser,
  site,
}) => {
  const { page, context } = await openPage(browser, site.url, { key: site.key });
  const scripts = new Set();
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") scripts.add(response.url());
  });
  await page.goto(`${site.url}/portal/`);
  await page.getByRole("img", { name: /Requests over time/ }).waitFor();
  await page.waitForLoadState("networkidle");
  await context.close();
  for (const coding of ["gzip", "br"]) {
    let bytes = 0;
    for (const url of scripts) bytes += await encodedLength(url, coding);
    console.log(`first page: ${(bytes / 1024).toFixed(1)} KiB of JavaScript, ${coding}`);
    assert.ok(bytes > 10_000 && bytes <= 150 * 1024, `${bytes} bytes`);
  }
});

/** Bytes of a body as it is sent in a coding; `fetch` would decode it. */
async function encodedLength(url, coding) {
  const [response] = await once(get(url, { headers: { "Accept-Encoding": coding } }), "response");
  let bytes = 0;
  for await (const piece of response) bytes += piece.length;
  return bytes;
}

test("a narrow screen has the pages in a drawer, and the event over the list", async ({ look }) => {
  await look(
    "/portal/audit",
    async (page) => {
      await page.getByRole("button", { name: "Pages" }).click();
      const drawer = page.getByRole("dialog", { name: "Pages" });
      await drawer.waitFor();
      await assertAccessible(page);
      await drawer.getByRole("link", { name: "Audit" }).click();
      await expect(drawer).toHaveCount(0);
      await page.getByRole("grid").getByRole("row").nth(2).click();
      await expect(page.getByText("Overview")).toBeVisible();
      await page.getByRole("button", { name: "Close (Esc)" }).click();
      await expect(page.getByText("Overview")).toHaveCount(0);
    },
    { viewport: NARROW },
  );
});

test("the reference at /docs: search, a typed credential, a stream that shows as it comes, cancel", async ({
  site,
  visit,
}) => {
  await visit(`${site.url}/docs`, async (page) => {
    await page.getByLabel("Search endpoints").fill("ndjson");
    await page.getByRole("link", { name: /streaming\/ndjson/ }).click();
    await expect(page).toHaveTitle(/^streaming_ndjson · /);
    await page.getByLabel("Kind of credential").selectOption("key");
    await expect(page.getByText("Enter the credential")).toBeVisible();
    await page.getByLabel("API key", { exact: true }).fill(site.key);
    await page.getByLabel(/^count/).fill("3");
    await page.getByLabel(/^delay_ms/).fill("50");
    const command = page.getByLabel("curl command of this request", { exact: true });
    await expect(command).toContainText("curl -N ");
    await expect(command).toContainText('-H "X-API-Key: ${X_API_KEY}"');
    await expect(command).not.toContainText(site.key);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByRole("heading", { name: /^Response 200/ })).toBeVisible();
    await expect(page.getByLabel("response body as JSON")).toBeVisible();
    // A stream of minutes: its first pieces are shown, then it is cancelled.
    await page.getByLabel(/^count/).fill("1000");
    await page.getByLabel(/^delay_ms/).fill("1000");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByLabel("response body so far")).not.toBeEmpty();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByText(/^Cancelled after [\d.]+ .+ of the body/)).toBeVisible();
    // The credential is kept per tab.
    await page.goto(`${site.url}/docs#whoami`);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByLabel("response body as JSON").getByText('"devkey"').first()).toBeVisible();
  });
});

test("the reference at /docs runs nothing of the portal", async ({ site, visit }) => {
  await visit(`${site.url}/docs`, async (page) => {
    const paths = new Set();
    page.on("request", (request) => paths.add(new URL(request.url()).pathname));
    await page.reload();
    await page.getByRole("link", { name: /streaming\/ndjson/ }).waitFor();
    await page.waitForLoadState("networkidle");
    assert.ok(paths.has("/docs") && paths.has("/openapi.json"), [...paths].join(" "));
    assert.deepEqual(
      [...paths].filter((path) => !/^\/(docs(\/|$)|openapi\.json$|favicon\.svg$)/.test(path)),
      [],
    );
  });
});

test("a large answer is cut in-process, and whole over the network", async ({ look, site }) => {
  await look("/portal/endpoints/data/sized", async (page) => {
    await page.getByLabel(/^bytes/).fill("2000000");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByText("Only the first 1 MiB is shown.")).toBeVisible();
    await page.getByRole("radio", { name: "Over the network" }).click();
    await page.getByLabel("Kind of credential").selectOption("key");
    await page.getByLabel("API key", { exact: true }).fill(site.key);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByText("Only the first")).toHaveCount(0);
    await expect(page.getByRole("heading", { name: /^Response 200 .*1\.9\d? MiB/ })).toBeVisible();
    await page.getByRole("link", { name: "Open event" }).click();
    await page.waitForURL(/\/portal\/audit\?request_id=/);
    await expect(page.getByRole("gridcell", { name: "/v1/sized?bytes=2000000" })).toBeVisible();
  });
});

test("the form names what it can't send, and sends nothing", async ({ look }) => {
  await look("/portal/endpoints/data/lorem", async (page) => {
    const sent = [];
    page.on("request", (request) => /tryit/.test(request.url()) && sent.push(request.url()));
    await page.getByText("More headers and query parameters").click();
    const headers = page.getByLabel("Headers, one a line");
    await headers.fill("X-Demo a");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByRole("alert").getByText("Invalid header: “X-Demo a”")).toBeVisible();
    await expect(page.getByLabel("curl command of this request", { exact: true })).toHaveCount(0);
    await headers.fill("Authorization: Bearer x");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByRole("alert").getByText(/Authorization is not sent in-process/)).toBeVisible();
    assert.deepEqual(sent, []);
    await headers.fill("X-Demo: a");
    await page.getByLabel(/^words/).fill("9999999");
    await expect(page.getByText("Above the maximum (5000). It will still be sent.")).toBeVisible();
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByRole("heading", { name: /^Response/ }).first()).toBeVisible();
    assert.equal(sent.length, 1);
  });
});
