// States of a real server: nothing recorded yet, audit off, down, and a key that expires during work.
import assert from "node:assert/strict";

import { startBinary } from "./binary.mjs";
import { assertAccessible, assertFits, assertLoaded, expect, NARROW, test, WIDE } from "./fixtures.mjs";

/** Runs `work` with its own server. */
async function withServer(options, work) {
  const server = await startBinary(options);
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const call = (server, path) =>
  fetch(server.url + path, { headers: { "X-API-Key": server.key } }).then((answer) => answer.arrayBuffer());
const EMPTY = { database: null };

test("an empty database: each page says what makes a first row, and the row then shows", async ({ visit }) => {
  await withServer(EMPTY, async (server) => {
    const own = (path, work, options) => visit(server.url + path, work, { key: server.key, ...options });
    for (const [theme, viewport] of [
      ["light", WIDE],
      ["dark", NARROW],
    ]) {
      for (const path of ["/portal/dashboard", "/portal/audit", "/portal/keys"]) {
        await own(
          path,
          async (page) => {
            if (path === "/portal/keys") await page.getByRole("button", { name: "New key" }).first().waitFor();
            else await page.locator("main").getByText(`${server.url}/v1/whoami`).first().waitFor();
            await assertLoaded(page);
            await assertAccessible(page);
            await assertFits(page);
          },
          { theme, viewport },
        );
      }
    }
    await own("/portal/audit", async (page) => {
      await page.locator("main").getByText(`${server.url}/v1/whoami`).first().waitFor();
      await page.locator("main").getByRole("button", { name: /^Live/ }).waitFor();
      await call(server, "/v1/whoami");
      await page.getByRole("gridcell", { name: "/v1/whoami" }).waitFor();
      await page.getByText(/^1 request$/).waitFor();
    });
  });
});

test("audit off: the pages that need it say how to switch it on, the others work", async ({ visit }) => {
  await withServer({ audit: false }, async (server) => {
    const own = (path, work, options) =>
      visit(server.url + path, work, { key: server.key, refused: /status of 503/, ...options });
    for (const [path, theme, viewport] of [
      ["/portal/dashboard", "light", WIDE],
      ["/portal/audit", "dark", NARROW],
    ]) {
      await own(
        path,
        async (page) => {
          await page.locator("main").getByText("audit.enabled: true").first().waitFor();
          await page
            .locator("main")
            .getByText(/audit\.enabled is false/)
            .first()
            .waitFor();
          await assertAccessible(page);
          await assertFits(page);
        },
        { theme, viewport },
      );
    }
    await own("/portal/endpoints/identity/whoami", async (page) => {
      await page.getByRole("button", { name: "Send" }).click();
      await expect(page.getByRole("heading", { name: /^Response 200/ })).toBeVisible();
      await expect(
        page.getByRole("tree", { name: "response body as JSON" }).getByText('"devkey"').first(),
      ).toBeVisible();
    });
    await own("/portal/keys", async (page) => {
      await page
        .locator("main")
        .getByText(/api_keys\.db|key store/i)
        .first()
        .waitFor();
    });
    await own("/portal/config", async (page) => {
      await page.getByText("audit.enabled").first().waitFor();
    });
  });
});

test("a server that restarts: a banner, nothing typed is lost, and on by itself", async ({ visit }) => {
  await withServer({}, async (server) => {
    await call(server, "/v1/fixed/before");
    const away = "The server can't be reached";
    const refused =
      /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_NETWORK_CHANGED|status of 503/;
    await visit(
      `${server.url}/portal/audit?endpoint_group=data`,
      async (page) => {
        await page.getByRole("gridcell", { name: "/v1/fixed/before" }).first().waitFor();
        await page.locator("main").getByRole("button", { name: /^Live/ }).waitFor();
        await server.stop();
        await page.getByRole("alert").getByText(away).waitFor();
        await assertAccessible(page);
        await page.getByRole("gridcell", { name: "/v1/fixed/before" }).first().waitFor();
        await server.start();
        await page.getByText(`${away}. Showing the last`).waitFor({ state: "detached" });
        await page.locator("main").getByRole("button", { name: /^Live/ }).waitFor();
        await call(server, "/v1/fixed/after");
        await page.getByRole("gridcell", { name: "/v1/fixed/after" }).waitFor();
        assert.equal(page.url(), `${server.url}/portal/audit?endpoint_group=data`);
      },
      { key: server.key, refused },
    );
    await visit(
      `${server.url}/portal/endpoints/echo/echo_post`,
      async (page) => {
        await page.locator("textarea").first().fill("typed before the restart");
        await server.stop();
        await page.getByRole("button", { name: "Send" }).click();
        await page.getByText(away).first().waitFor();
        await server.start();
        await page.getByRole("banner").waitFor();
        await page.getByText(`${away}. Showing the last`).waitFor({ state: "detached" });
        assert.equal(await page.locator("textarea").first().inputValue(), "typed before the restart");
        await page.getByRole("button", { name: "Send" }).click();
        await page.getByRole("link", { name: "Open event" }).waitFor();
      },
      { key: server.key, refused },
    );
  });
});

test("a key that is revoked in the middle of work: sign in with another, nothing typed is lost", async ({ visit }) => {
  await withServer({}, async (server) => {
    const admin = (path, options) =>
      fetch(`${server.url}/api/v1/admin/api-keys${path}`, {
        ...options,
        headers: { "X-API-Key": server.key, "Content-Type": "application/json" },
      });
    const name = `short-${Date.now()}`;
    const { plaintext } = await (await admin("", { method: "POST", body: JSON.stringify({ name }) })).json();
    await visit(
      `${server.url}/portal/endpoints/data/lorem`,
      async (page) => {
        // Only a signed-in session can end.
        await expect(page.getByRole("banner").getByText(name)).toBeVisible();
        await page.getByLabel(/^words/).fill("7");
        await page.getByLabel(/^seed/).fill("with care");
        assert.equal((await admin(`/${name}`, { method: "DELETE" })).status, 204);
        await page.getByRole("button", { name: "Send" }).click();
        const dialog = page.getByRole("dialog", { name: "Your session has ended" });
        await dialog.waitFor();
        await dialog.getByLabel("API key").fill(plaintext);
        await page.keyboard.press("Enter");
        await dialog.getByText("Invalid API key").waitFor();
        await dialog.getByLabel("API key").fill(server.key);
        await page.keyboard.press("Enter");
        await dialog.waitFor({ state: "detached" });
        assert.equal(new URL(page.url()).pathname, "/portal/endpoints/data/lorem");
        assert.equal(await page.getByLabel(/^words/).inputValue(), "7");
        assert.equal(await page.getByLabel(/^seed/).inputValue(), "with care");
        await page.getByRole("button", { name: "Send" }).click();
        await page.getByRole("link", { name: "Open event" }).waitFor();
        await page
          .getByText("/v1/lorem?words=7&seed=with%20care")
          .or(page.getByText("/v1/lorem?words=7&seed=with+care"))
          .first()
          .waitFor();
      },
      { key: plaintext, refused: /status of 401/ },
    );
  });
});
