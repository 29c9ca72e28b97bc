// Sign-in and sign-out by OIDC at a real, certified provider (tests/oidc), with the real server in a real browser.
import assert from "node:assert/strict";

import { startBinary } from "./binary.mjs";
import { assertAccessible, assertFits, NARROW, NOT_WRITTEN_YET, test as base, WIDE } from "./fixtures.mjs";
import { startProvider } from "./provider.mjs";
import { recorded } from "./traffic.mjs";

const COOKIE = "api_test_session";
/** Expected errors for anonymous callers and for links to new events. */
const REFUSED = new RegExp(`status of 401|${NOT_WRITTEN_YET.source}`);
const VIEW = "/portal/audit?route_name=echo_post&method=POST&header=X-Oidc-Test%3Ayes";

let provider;
let server;

const test = base.extend({
  /**
   * A visit of somebody who is nobody yet. The page's first question who this is is refused; more must not be.
   */
  stranger: async ({ visit }, use) => {
    await use((path, work, options = {}) =>
      visit(server.url + path, work, { provider: provider.issuer, refused: REFUSED, ...options }),
    );
  },
});

test.beforeAll(async () => {
  provider = await startProvider();
  server = await startBinary({ issuer: provider.issuer });
  await provider.introduce(server.url);
});
test.afterAll(async () => {
  await server?.close();
  await provider?.close();
});
// Each test has two requests that its view shows, and one that it does not show.
test.beforeEach(async () => {
  const headers = { "X-API-Key": server.key, "X-Oidc-Test": "yes", "Content-Type": "application/json" };
  for (const n of [1, 2])
    await (await fetch(`${server.url}/v1/echo?n=${n}`, { method: "POST", headers, body: `{"n":${n}}` })).arrayBuffer();
  await (await fetch(`${server.url}/v1/whoami`, { headers })).arrayBuffer();
  await recorded(server.url, server.key, (events) => events.length >= 2, "header=X-Oidc-Test:yes&route_name=echo_post");
});

const button = (page) => page.getByRole("button", { name: "Sign in with your OpenID Connect provider" });
const rows = (page) => page.getByRole("grid").getByRole("row");
const session = async (context) => (await context.cookies(server.url)).find((cookie) => cookie.name === COOKIE);

/** Fills in the provider's form. */
async function atProvider(page, user = "dev", password = "dev") {
  await page.waitForURL((url) => url.origin === provider.issuer);
  await page.getByLabel("User").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Signs in from any page of the portal to the one at `path`, through the provider. */
async function signIn(page, path) {
  await button(page).click();
  await atProvider(page);
  await page.waitForURL(server.url + path);
}

/** Checks the view of `VIEW`: its URL, its filters in the form, and its rows alone. */
async function assertView(page) {
  assert.equal(page.url(), server.url + VIEW);
  await page.getByRole("button", { name: "Remove filter Route" }).waitFor();
  await page.getByRole("button", { name: "Remove filter Header equals" }).waitFor();
  await rows(page).nth(2).waitFor();
  const targets = await page
    .getByRole("gridcell")
    .filter({ hasText: /^\/v1\// })
    .allTextContents();
  assert.ok(targets.length >= 2 && targets.every((target) => target.startsWith("/v1/echo")), targets.join(" "));
}

/** Calls the API with an earlier cookie of the browser. */
const asBefore = (cookie, path, options = {}) =>
  fetch(server.url + path, {
    ...options,
    headers: { Cookie: `${COOKIE}=${cookie}`, "X-Requested-With": "XMLHttpRequest", Origin: server.url },
  });

test("a link leads through the provider to the view that it names; writes, and out again", async ({ stranger }) => {
  await stranger(VIEW, async (page, context, { abroad }) => {
    await page.waitForURL(/\/portal\/login\?return=/);
    await button(page).waitFor();
    assert.deepEqual(abroad, [], "nothing is asked of the provider before one wants to go there");
    await signIn(page, VIEW);
    await assertView(page);
    assert.ok(abroad.length > 0);
    const gone = abroad.length;
    await page.locator("header").getByText("dev@example.test").waitFor();

    const cookie = await session(context);
    assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, "Lax", "/"]);
    const seen = await page.evaluate(
      () => document.cookie + JSON.stringify(sessionStorage) + JSON.stringify(window.localStorage),
    );
    assert.ok(!seen.includes(cookie.value), "no script can read the session");

    // Two writes with the session: a replay, and a key that is created and revoked.
    await rows(page).nth(1).click();
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByText("Replay:").waitFor();
    await page.getByRole("link", { name: "Open event" }).click();
    const event = page.getByRole("region", { name: "Event" });
    await event.getByRole("link", { name: "Original" }).waitFor();
    await event.getByRole("link", { name: "dev@example.test" }).waitFor();
    await page.getByRole("link", { name: "Keys" }).click();
    await page.getByRole("button", { name: "New key" }).click();
    const name = `oidc-${Date.now()}`;
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Create key" }).click();
    const key = (await page.getByText(/^at_[\w-]{20,}$/).textContent()).trim();
    await page.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("row").filter({ hasText: name });
    await row.getByText("dev").first().waitFor();
    const whoami = () =>
      fetch(`${server.url}/v1/whoami`, { headers: { "X-API-Key": key } }).then((answer) => answer.status);
    assert.equal(await whoami(), 200);
    await page.getByRole("button", { name: `Revoke ${name}` }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    // While the dialog is open, nothing else has a role.
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await row.waitFor({ state: "detached" });
    assert.equal(await whoami(), 401);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(/\/portal\/login/);
    await button(page).waitFor();
    assert.equal(await session(context), undefined, "the browser has no session any more");
    assert.equal((await asBefore(cookie.value, "/api/v1/portal/me")).status, 401, "nor has the server");
    await page.goto(server.url + VIEW);
    await page.waitForURL(/\/portal\/login\?return=/);
    await button(page).waitFor();
    assert.equal(abroad.length, gone, "nothing is asked of the provider but during sign-in");
  });
});

test("a wrong password stays at the provider, and the right one then leads back", async ({ stranger }) => {
  await stranger(VIEW, async (page) => {
    await button(page).click();
    await atProvider(page, "dev", "wrong");
    await atProvider(page);
    await page.waitForURL(server.url + VIEW);
    await assertView(page);
  });
});

test("a provider that refuses: a page that says so, no loop, and both ways on", async ({ stranger }) => {
  await stranger(VIEW, async (page, _, { abroad }) => {
    const asked = [];
    page.on(
      "request",
      (request) => new URL(request.url()).pathname === "/portal/auth/login" && asked.push(request.url()),
    );
    await button(page).click();
    await page.waitForURL((url) => url.origin === provider.issuer);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.waitForURL(`${server.url}/portal/login?error=access_denied`);
    const reason = page.getByRole("alert");
    await reason.getByText(/Access denied/).waitFor();
    await reason.getByText("(access_denied)").waitFor();
    await assertAccessible(page);
    // Nothing happens by itself: the page is stable, also after a reload.
    const settled = [asked.length, abroad.length];
    await page.reload();
    await reason.getByText(/Access denied/).waitFor();
    await page.waitForLoadState("networkidle");
    assert.deepEqual([asked.length, abroad.length], settled);
    assert.equal(asked.length, 1);
    // The return path is still known.
    await signIn(page, VIEW);
    await assertView(page);
  });
  await stranger("/portal/login?error=access_denied", async (page) => {
    await page.getByLabel("API key").fill(server.key);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${server.url}/portal/dashboard`);
  });
});

test("a session that ends in the middle of work: sign in at the provider, nothing typed is lost", async ({
  stranger,
}) => {
  const form = "/portal/endpoints/echo/echo_post";
  await stranger(form, async (page, context, { faults }) => {
    await signIn(page, form);
    const typed = { body: '{"typed": "with care"}', header: "X-Typed: by hand", query: "tag=a" };
    await page.locator("textarea").first().fill(typed.body);
    await page.getByText("More headers and query parameters").click();
    await page.getByLabel("Headers, one a line").fill(typed.header);
    await page.getByLabel("Query, one a line").fill(typed.query);
    // The session is ended elsewhere.
    const cookie = await session(context);
    assert.equal((await asBefore(cookie.value, "/portal/auth/logout", { method: "POST" })).status, 204);
    await page.getByRole("button", { name: "Send" }).click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.waitFor();
    await assertAccessible(page);
    await button(dialog).click();
    // The provider may still know the user and skip its form.
    await page.waitForURL((url) => url.origin === provider.issuer || url.pathname === form);
    if (page.url().startsWith(provider.issuer)) await atProvider(page);
    await page.waitForURL(server.url + form);
    await page.getByRole("button", { name: "Send" }).waitFor();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.locator("textarea").first().inputValue(), typed.body);
    assert.equal(await page.getByLabel("Headers, one a line").inputValue(), typed.header);
    assert.equal(await page.getByLabel("Query, one a line").inputValue(), typed.query);
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("link", { name: "Open event" }).click();
    await page.getByRole("region", { name: "Event" }).getByText("by hand").first().waitFor();
    assert.deepEqual(faults, []);
  });
});

test("a session outlives a restart of the server", async ({ stranger }) => {
  await stranger(
    VIEW,
    async (page, context) => {
      await signIn(page, VIEW);
      await assertView(page);
      const { value } = await session(context);
      const banner = page.getByText("The server can't be reached. Showing the last");
      await server.stop();
      try {
        await banner.waitFor();
      } finally {
        await server.start();
      }
      await banner.waitFor({ state: "detached" });
      await assertView(page);
      assert.equal((await session(context)).value, value);
      assert.equal((await asBefore(value, "/api/v1/portal/me")).status, 200);
    },
    {
      refused:
        /status of 401|status of 503|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/,
    },
  );
});

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of [
    ["1440", WIDE],
    ["360", NARROW],
  ]) {
    test(`sign-in with a provider, ${theme}, ${size} px`, async ({ stranger }) => {
      await stranger(
        "/portal/login",
        async (page) => {
          await button(page).waitFor();
          await assertAccessible(page);
          await assertFits(page);
        },
        { theme, viewport, refused: null },
      );
    });
  }
}
