// The Wire tab of an event, and the connections: requests that no HTTP client sends, over raw sockets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";

import { assertAccessible, assertFits, assertHarmless, assertLoaded, expect, test, WIDE } from "./fixtures.mjs";
import { recorded } from "./traffic.mjs";

const PHONE = { width: 390, height: 844 };

/** Sends bytes (each character is one) and closes the sending side when `answers` responses have arrived. */
async function exchange(site, text, answers = 1) {
  const socket = connect(Number(new URL(site.url).port), "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (data) => {
    received += data;
    if (received.split("HTTP/1.1 ").length > answers) socket.end();
  });
  socket.write(Buffer.from(text, "latin1"));
  await once(socket, "close");
  return received;
}

/** Waits for an event whose target contains a text. */
async function eventOf(site, part, query = "limit=100") {
  const events = await recorded(
    site.url,
    site.key,
    (found) => found.some((event) => event.target.includes(part)),
    query,
  );
  return events.find((event) => event.target.includes(part));
}

const head = (site, line, ...fields) =>
  [line, `Host: 127.0.0.1`, `X-API-Key: ${site.key}`, ...fields].join("\r\n") + "\r\n\r\n";

/** Two requests in one write: an odd one with a chunked body, and one behind it. */
const pipelined = (site, name) =>
  head(
    site,
    `POST /v1/echo?n=${name}&q=caf\xc3\xa9 HTTP/1.1`,
    "x-DEMO:\t a  b ",
    "X-Demo: caf\xe9",
    "Transfer-Encoding: chunked",
    `X-Test-Run: ${name}`,
  ) +
  "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n" +
  head(site, `GET /v1/fixed/${name} HTTP/1.1`, `X-Test-Run: ${name}`);

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of [
    ["1440", WIDE],
    ["390", PHONE],
  ]) {
    test(`Wire tab, connection and connections, ${theme}, ${size} px`, async ({ site, visit }) => {
      const name = `wire-${theme}-${size}`;
      await exchange(site, pipelined(site, name), 2);
      const { id, connection_id: connection } = await eventOf(site, `n=${name}`);
      await exchange(site, `GET /v1/fixed/bad-${name} HTTP/1.1\r\nHost: a\r\nX-Space : b\r\n\r\n`);
      const bad = await eventOf(site, `bad-${name}`);
      for (const [path, sign] of [
        [`/portal/event/${id}#wire`, "Request head"],
        [`/portal/event/${bad.id}#wire`, "space-before-colon"],
        ["/portal/connections", /connections?; open ones are not listed/],
        [`/portal/connections/${connection}`, "Facts"],
      ]) {
        await visit(
          site.url + path,
          async (page) => {
            await page.locator("main").getByText(sign).filter({ visible: true }).first().waitFor();
            await assertLoaded(page);
            await assertAccessible(page);
            await assertFits(page);
            await assertHarmless(page);
          },
          // The row of a connection is written a moment after its end.
          { theme, viewport, key: site.key, refused: /status of 404 .*\/audit\/connections\// },
        );
      }
    });
  }
}

test("a head is shown byte for byte, with framing, chunks, trailers and its connection", async ({ site, visit }) => {
  await exchange(site, pipelined(site, "bytes"), 2);
  const { id } = await eventOf(site, "n=bytes");
  await visit(
    `${site.url}/portal/event/${id}`,
    async (page) => {
      await page.getByRole("tab", { name: "Wire" }).click();
      await page.waitForURL(/#wire$/);
      const lines = page.getByRole("group", { name: "request head, byte for byte" }).getByRole("listitem");
      await expect(lines.nth(0)).toContainText("POST /v1/echo?n=bytes&q=café HTTP/1.1\\r\\n");
      await expect(lines.nth(1)).toContainText("Host: 127.0.0.1");
      await expect(lines.nth(2)).toContainText(/X-API-Key: ▒▒▒\s*redacted [0-9a-f]{8}/);
      await expect(lines.nth(3)).toContainText("x-DEMO:→·a··b·\\r\\n");
      await expect(lines.nth(4)).toContainText("X-Demo: caf\\xE9\\r\\n");
      await expect(page.getByText("2: 3, 2 bytes")).toBeVisible();
      await expect(page.getByText("chunk 1: ;a=b")).toBeVisible();
      const trailers = page.getByRole("group", { name: "request trailers, in order" });
      await expect(trailers).toContainText("X-Sum: 1");
      await expect(page.getByText("Complete: the whole response was sent")).toBeVisible();
      await expect(page.getByText("Request 1 on this connection")).toBeVisible();
      const timeline = page.getByRole("table", { name: /Moments of the exchange/ });
      await expect(timeline.getByRole("row", { name: /^Request body/ })).toBeVisible();
      await expect(timeline.getByRole("row", { name: /^Response/ })).toBeVisible();
      const sent = page.getByRole("group", { name: "response head, byte for byte" });
      await expect(sent).toContainText("HTTP/1.1 200 OK\\r\\n");
      await page.getByRole("link", { name: "Its requests" }).click();
      await page.waitForURL(/\/portal\/audit\?connection=[0-9a-f-]{36}$/);
      await page.getByText(/^2 requests$/).waitFor();
      await page.getByRole("button", { name: "Remove filter Connection" }).waitFor();
    },
    { key: site.key },
  );
});

test("a head can be copied as text and as base64", async ({ site, visit }) => {
  await exchange(site, head(site, "GET /v1/fixed/copied HTTP/1.1", "X-Eight: \xe9"));
  const { id } = await eventOf(site, "/v1/fixed/copied");
  await visit(
    `${site.url}/portal/event/${id}#wire`,
    async (page, context) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const copied = () => page.evaluate(() => navigator.clipboard.readText());
      await page.getByRole("button", { name: "Copy request head as text" }).click();
      await expect.poll(copied).toMatch(/^GET \/v1\/fixed\/copied HTTP\/1\.1\r?\nHost: 127\.0\.0\.1\r?\n/);
      await page.getByRole("button", { name: "base64" }).first().click();
      await expect.poll(copied).toMatch(/^R0VUIC92MS9/);
      const bytes = Buffer.from(await copied(), "base64").toString("latin1");
      assert.match(bytes, /\r\nX-Eight: \xe9\r\n\r\n$/);
      assert.ok(!bytes.includes(site.key));
    },
    { key: site.key },
  );
});

test("a malformed request has its rule, and its place in the bytes", async ({ site, visit }) => {
  for (const [name, fields, rule, sign] of [
    ["space", "X-Space : b", "space-before-colon", "X-Space"],
    ["fold", "X-A: b\r\n fold", "line-folding", "fold"],
    ["lf", "X-A: b\nX-B: c", "bare-lf", "X-A"],
  ]) {
    await exchange(site, `GET /v1/fixed/odd-${name} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`);
    const { id } = await eventOf(site, `odd-${name}`, `rule=${rule}`);
    await visit(
      `${site.url}/portal/event/${id}#wire`,
      async (page) => {
        const refusal = page.getByRole("region", { name: "Broken rule" });
        await expect(refusal).toContainText(rule);
        await expect(refusal.getByRole("link", { name: /^RFC 9112, section/ })).toHaveAttribute(
          "href",
          /^https:\/\/www\.rfc-editor\.org\/rfc\/rfc9112\.html#section-/,
        );
        const marked = page.getByRole("listitem").filter({ has: page.locator("mark") });
        await expect(marked).toHaveCount(1);
        await expect(marked).toContainText(sign);
        await expect(marked.locator("mark")).toContainText(/◄ byte \d+/);
        await refusal.getByRole("link", { name: "All requests that break this rule" }).click();
        await page.waitForURL(new RegExp(`/portal/audit\\?rule=${rule}$`));
        await page
          .getByRole("gridcell", { name: `odd-${name}` })
          .first()
          .waitFor();
      },
      { key: site.key },
    );
  }
});

test("a connection without a request is listed with its first bytes; filters are in the URL", async ({
  site,
  visit,
}) => {
  await exchange(site, "\x16\x03\x01 no http at all\r\n\r\n");
  await visit(
    `${site.url}/portal/connections?protocol=none`,
    async (page) => {
      const row = page.getByRole("row").filter({ hasText: "\\x16\\x03\\x01 no http at all" });
      // Its row is written a moment after its end.
      await expect(async () => {
        await page.getByRole("button", { name: "Reload" }).click();
        await expect(row.first()).toBeVisible({ timeout: 1000 });
      }).toPass();
      await row.first().getByRole("link").first().click();
      await page.waitForURL(/\/portal\/connections\/[0-9a-f-]{36}$/);
      await page.getByRole("group", { name: "First bytes as hex" }).getByText("16 03 01 20").waitFor();
      await page.getByText(/^malformed request: method with a byte/).waitFor();
      await page.goBack();
      await page.getByLabel("Ended by").selectOption("timeout");
      await page.waitForURL(/\?protocol=none&ended_by=timeout$/);
      await page.getByText("No matching connections").waitFor();
      await page.getByRole("button", { name: "Clear all" }).click();
      await page.waitForURL(/\/portal\/connections$/);
    },
    { key: site.key },
  );
});

test("a connection that is still open has a page with its requests so far", async ({ site, visit }) => {
  const socket = connect(Number(new URL(site.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(head(site, "GET /v1/fixed/still-open HTTP/1.1"));
  await once(socket, "data");
  const { id } = await eventOf(site, "still-open");
  await visit(
    `${site.url}/portal/event/${id}#wire`,
    async (page) => {
      await page.getByRole("link", { name: "Connection", exact: true }).click();
      await page.getByText("Still open, or not recorded").waitFor();
      await page.getByRole("link", { name: "/v1/fixed/still-open" }).click();
      await page.waitForURL(new RegExp(`/portal/event/${id}#wire$`));
    },
    { key: site.key, refused: /status of 404 .*\/audit\/connections\// },
  );
  socket.destroy();
});

test("the tab stays when one moves through the list", async ({ site, visit }) => {
  await visit(
    `${site.url}/portal/audit`,
    async (page) => {
      const grid = page.getByRole("grid");
      await grid.getByRole("row").nth(2).click();
      const event = page.getByRole("region", { name: "Event" });
      await event.getByRole("tab", { name: "Wire" }).click();
      await event.getByRole("heading", { name: "Timeline" }).waitFor();
      const before = new URL(page.url()).pathname;
      await grid.focus();
      await page.keyboard.press("ArrowDown");
      await page.waitForURL((url) => url.pathname !== before && url.hash === "#wire");
      await event.getByRole("heading", { name: "Timeline" }).waitFor();
      await event.getByRole("tab", { name: "Wire" }).press("ArrowLeft");
      await page.waitForURL((url) => url.hash === "");
      await event.getByRole("heading", { name: "Overview" }).waitFor();
    },
    { key: site.key },
  );
});
