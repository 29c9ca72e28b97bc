// Hostile input sent to a real server and viewed in the portal: markup in every field, bodies of all kinds, long
// headers, other time zones.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";

import { HOSTILE, startBinary } from "./binary.mjs";
import { assertAccessible, assertFits, assertHarmless, NARROW, test as base, WIDE } from "./fixtures.mjs";
import { recorded } from "./traffic.mjs";

const XSS = '<img src=x onerror="window.__hacked=1"><script>window.__hacked=1</script>';
/** Markup without a space, for places where none is allowed. */
const TIGHT = XSS.replaceAll(" ", "/");

let server;

const test = base.extend({
  /** Visits a path of the server, signed in. */
  look: async ({ visit }, use) => {
    await use((path, work, options = {}) => visit(server.url + path, work, { key: server.key, ...options }));
  },
});

test.beforeAll(async () => {
  server = await startBinary();
});
test.afterAll(() => server?.close());

const search = (page) => page.getByLabel("Search headers, query and bodies");

/** Sends the bytes of a request and returns the status. */
async function raw(head, body = "") {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), "127.0.0.1");
  let answer = "";
  // A refused request may be answered and cut off while it is still being sent.
  socket.on("error", () => undefined);
  socket.on("data", (data) => (answer += data.toString("latin1")));
  socket.write(`${head.join("\r\n")}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`);
  socket.write(body);
  await once(socket, "close");
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

/** Posts to the echo and returns the id of the event. */
async function record(mark, body, type = "application/json", headers = {}) {
  const answer = await fetch(`${server.url}/v1/echo?mark=${mark}`, {
    method: "POST",
    headers: { "X-API-Key": server.key, "Content-Type": type, "X-Mark": mark, ...headers },
    body,
  });
  await answer.arrayBuffer();
  return (await recorded(server.url, server.key, (events) => events.length > 0, `header=X-Mark:${mark}`))[0].id;
}

test("markup in every captured field is text, on every page that shows it", async ({ look }) => {
  const mark = `xss${Date.now()}`;
  const head = (line) => [
    line,
    `Host: ${new URL(server.url).host}`,
    `X-API-Key: ${HOSTILE.key}`,
    `X-Mark: ${mark}`,
    `User-Agent: ${XSS}`,
    `X-Hostile: ${XSS}`,
    `X-Hostile: "'\`--><svg onload=window.__hacked=1>`,
    `X-Request-Id: ${TIGHT}`,
    `Referer: javascript:window.__hacked=1`,
    `Content-Type: text/html; x="${XSS}"`,
  ];
  assert.equal(await raw(head(`POST /v1/echo?${TIGHT}=${TIGHT} HTTP/1.1`), XSS), 200);
  assert.equal(await raw(head(`GET /v1/${TIGHT} HTTP/1.1`)), 404);
  assert.equal(await raw(head(`GET /v1/fixed/${encodeURIComponent(XSS)} HTTP/1.1`)), 200);
  const events = await recorded(server.url, server.key, (found) => found.length >= 3, `header=X-Mark:${mark}`);
  const posted = events.find((event) => event.method === "POST");
  const refused = events.find((event) => event.status === 404);
  assert.deepEqual(
    [posted.user_agent, posted.request_id, posted.user_subject],
    [XSS, TIGHT, HOSTILE.name],
    "it did arrive",
  );
  const made = await fetch(`${server.url}/api/v1/admin/api-keys`, {
    method: "POST",
    headers: { "X-API-Key": HOSTILE.key, "Content-Type": "application/json" },
    body: JSON.stringify({ name: mark, description: XSS }),
  });
  assert.equal(made.status, 201);

  const filter = `header=${encodeURIComponent(`X-Mark:${mark}`)}`;
  const all =
    "time,method,status,target,route,group,user,auth,in,out,duration,id,request_id,host,agent,error,source,remote";
  await look(`/portal/audit?${filter}`, async (page) => {
    await page.evaluate((columns) => window.localStorage.setItem("api-test.columns", columns), all);
    await page.reload();
    await page.getByRole("grid").getByText("<img src=x").first().waitFor();
    await assertHarmless(page);
    await assertAccessible(page);
  });
  for (const [theme, viewport] of [
    ["light", WIDE],
    ["dark", NARROW],
  ]) {
    await look(
      `/portal/event/${posted.id}`,
      async (page) => {
        for (const what of ["request headers", "query"])
          await page.getByLabel(what, { exact: true }).getByText("<img").first().waitFor();
        for (const side of ["request", "response"]) {
          for (const form of ["Text", "Hex"]) {
            const chosen = page
              .getByRole("radiogroup", { name: `Show ${side} body as` })
              .getByRole("radio", { name: form });
            await chosen.click();
            await page.getByLabel(`${side} body as ${form.toLowerCase()}`).waitFor();
          }
        }
        // Axe considers content below the sticky bar as covered.
        await page.locator("main").evaluate((main) => main.scrollTo(0, 0));
        await assertAccessible(page);
        await search(page).fill("__hacked=1");
        await page.locator("mark").first().waitFor();
        await assertHarmless(page);
        await assertFits(page);
      },
      { theme, viewport },
    );
  }
  await look(`/portal/audit/${refused.id}?${filter}`, async (page) => {
    await page.getByRole("region", { name: "Event" }).getByText("<img src=x").first().waitFor();
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByText("Replay:").waitFor();
    await assertHarmless(page);
  });
  await look(`/portal/compare?a=${posted.id}&b=${refused.id}`, async (page) => {
    await page.getByText(/^[\d,]+ differences?$/).waitFor();
    await page.getByText("<img").first().waitFor();
    await assertHarmless(page);
  });
  await look("/portal/dashboard", async (page) => {
    await page.getByText("Recent requests").waitFor();
    await page.locator("main").getByText("<img").first().waitFor();
    await assertHarmless(page);
  });
  await look("/portal/keys", async (page) => {
    await page.getByRole("row").filter({ hasText: mark }).getByText("<img src=x").first().waitFor();
    await assertHarmless(page);
    await page.getByRole("button", { name: `Revoke ${mark}` }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    // While the dialog is open, nothing else has a role.
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("row").filter({ hasText: mark }).waitFor({ state: "detached" });
  });
  await look("/portal/config", async (page) => {
    await page.getByText("audit.enabled").first().waitFor();
    await page.getByText("<img src=x").first().waitFor();
    await assertHarmless(page);
  });
  await look(
    "/portal/about",
    async (page) => {
      await page.getByText("Gateway cheat sheet").waitFor();
      await page.locator("header").getByText("<img src=x").waitFor();
      await assertHarmless(page);
    },
    { key: HOSTILE.key },
  );
});

test("ten thousand levels of JSON open, search and close", async ({ look }) => {
  const id = await record("deep", `${"[".repeat(10_000)}1${"]".repeat(10_000)}`);
  await look(`/portal/event/${id}`, async (page) => {
    const tree = page.getByRole("tree", { name: "request body as JSON" });
    await page.getByRole("button", { name: "Expand all" }).first().click();
    await tree.focus();
    await page.keyboard.press("End");
    await tree.getByText("↳10,000").waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await tree.getByRole("treeitem").count(), 1);
    await search(page).fill("1");
    await tree.getByText("↳10,000").waitFor();
    await assertAccessible(page);
  });
});

test("broken JSON shows what could be read, and where it breaks", async ({ look }) => {
  const id = await record("broken", '{"order": 4711, "items": [1, 2,, 3], "note": "x');
  await look(`/portal/event/${id}`, async (page) => {
    await page
      .getByText(/Invalid JSON at character 31 /)
      .first()
      .waitFor();
    await page.getByRole("tree", { name: "request body as JSON" }).getByText("4711").waitFor();
    await assertAccessible(page);
  });
});

test("JSON is shown to the digit, and keys that stand twice stand twice", async ({ look }) => {
  const id = await record("digits", '{"big": 12345678901234567890.10, "twice": 1, "twice": 2, "e": 1E400}');
  await look(`/portal/event/${id}`, async (page) => {
    const tree = page.getByRole("tree", { name: "request body as JSON" });
    await tree.getByText("12345678901234567890.10").waitFor();
    await tree.getByText("1E400").waitFor();
    assert.equal(await tree.getByText("twice").count(), 2);
  });
});

test("binary bodies are hex and can be searched, pictures are pictures, broken ones say so", async ({
  browser,
  look,
}) => {
  const binary = await record(
    "binary",
    Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7) % 256)),
    "application/octet-stream",
  );
  await look(`/portal/event/${binary}`, async (page) => {
    await page.getByText("00 07 0e 15").first().waitFor();
    await search(page).fill("0x1c23");
    await page
      .getByText(/^1 of \d+/)
      .first()
      .waitFor();
    await assertAccessible(page);
  });
  const blank = await browser.newPage({ viewport: { width: 96, height: 48 } });
  const image = await record("image", await blank.screenshot(), "image/png");
  await blank.close();
  await look(`/portal/event/${image}`, (page) => page.getByText("96 × 48 px").waitFor());
  const broken = await record("brokenimage", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]), "image/png");
  await look(`/portal/event/${broken}`, (page) => page.getByText("The image can't be shown").waitFor());
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" onload="window.__hacked=1"><script>window.__hacked=1</script></svg>`;
  const svg = await record("svg", drawing, "image/svg+xml");
  await look(`/portal/event/${svg}`, async (page) => {
    await page.getByText("10 × 10 px").waitFor();
    await assertHarmless(page);
  });
});

test("a header as long as one may be is shown, cut, searched; a mebibyte is refused, and that is on record", async ({
  look,
}) => {
  const long = await record("long", "{}", "application/json", { "X-Long": `${"h".repeat(120_000)}needle` });
  await look(`/portal/event/${long}`, async (page) => {
    await page
      .getByLabel("request headers", { exact: true })
      .getByRole("button", { name: /120,006 characters/ })
      .click();
    await page.getByText(/100,006 more characters/).waitFor();
    await search(page).fill("needle");
    await page
      .getByText(/contains a match/)
      .first()
      .waitFor();
    await assertFits(page);
  });
  const mark = `mebibyte${Date.now()}`;
  const status = await raw([
    `GET /v1/headers?mark=${mark} HTTP/1.1`,
    `Host: ${new URL(server.url).host}`,
    `X-API-Key: ${server.key}`,
    `X-Long: ${"h".repeat(1 << 20)}`,
  ]);
  assert.equal(status, 431);
  const [event] = await recorded(server.url, server.key, (events) => events.length > 0, "status=431");
  await look(`/portal/event/${event.id}`, async (page) => {
    await page.getByRole("article").getByText("431").first().waitFor();
    await page.getByText("Overview").waitFor();
    await assertAccessible(page);
  });
});

test("two bodies of a mebibyte and more open, say where they were cut, and can be searched", async ({ look }) => {
  const items = Array.from({ length: 40_000 }, (_, at) => ({ id: at, name: `item ${at}`, tags: ["a", "b"] }));
  const id = await record("large", JSON.stringify(items));
  await look(`/portal/event/${id}`, async (page) => {
    const cut = page.getByText(/truncated: first (?:1 MiB|1024 KiB) of/);
    await cut.nth(1).waitFor();
    assert.equal(await cut.count(), 2);
    await search(page).fill("item 999");
    await page
      .getByText(/^1 of \d+/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Replay" }).and(page.locator(":disabled")).waitFor();
  });
});

test("times are those of the reader's zone, UTC on hover, in each zone", async ({ look }) => {
  const id = await record("zones", "{}");
  const [event] = await recorded(server.url, server.key, (events) => events.length > 0, "header=X-Mark:zones");
  const instant = new Date(event.timestamp);
  const utc = `${instant.toISOString().replace("T", " ").replace("Z", "")} UTC`;
  for (const zone of ["UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu", "Pacific/Pago_Pago"]) {
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat("en-CA", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
      })
        .formatToParts(instant)
        .map(({ type, value }) => [type, value]),
    );
    const clock = `${parts.hour}:${parts.minute}:${parts.second}`;
    const local = `${parts.year}-${parts.month}-${parts.day} ${clock}`;
    await look(
      `/portal/event/${id}`,
      async (page) => {
        const shown = page.getByRole("article").locator("time").first();
        const precise = `${local}.${String(instant.getUTCMilliseconds()).padStart(3, "0")}`;
        assert.deepEqual([await shown.textContent(), await shown.getAttribute("title")], [precise, utc], zone);
      },
      { zone },
    );
    // A local time range is queried in UTC, and shown again as entered.
    await look(
      "/portal/audit?header=X-Mark%3Azones",
      async (page) => {
        await page
          .getByRole("grid")
          .locator("time")
          .filter({ hasText: `${clock}.` })
          .first()
          .waitFor();
        await page.getByRole("button", { name: "All filters" }).click();
        await page.getByLabel("From, local time").fill(`${local.replace(" ", "T")}`);
        await page.getByRole("button", { name: "Apply" }).click();
        await page.waitForURL(
          (url) => url.searchParams.get("from") === new Date(Math.floor(instant / 1000) * 1000).toISOString(),
        );
        await page
          .getByRole("grid")
          .locator("time")
          .filter({ hasText: `${clock}.` })
          .first()
          .waitFor();
        await page.reload();
        await page.getByRole("button", { name: "All filters" }).click();
        // The browser omits zero seconds.
        assert.equal(
          (await page.getByLabel("From, local time").inputValue()).padEnd(19, ":00"),
          local.replace(" ", "T"),
          zone,
        );
      },
      { zone },
    );
  }
});
