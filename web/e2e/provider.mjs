// The OpenID provider of tests/oidc as a separate process: oidc-provider, with the user dev (password dev).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { tie } from "./binary.mjs";

const FOLDER = join(import.meta.dirname, "../../tests/oidc");

export async function startProvider() {
  const child = spawn(process.execPath, ["provider.mjs"], { cwd: FOLDER, stdio: ["pipe", "pipe", "pipe"] });
  tie(child);
  let log = "";
  child.stderr.on("data", (data) => (log = (log + data).slice(-20_000)));
  const ended = once(child, "exit");
  const first = await Promise.race([once(createInterface(child.stdout), "line"), ended.then(() => null)]);
  if (!first) throw new Error(`the provider did not start; npm ci in tests/oidc?\n${log}`);
  const { issuer } = JSON.parse(first[0]);
  const control = async (what, value) =>
    (await fetch(`${issuer}/_test/${what}`, value && { method: "POST", body: JSON.stringify(value) })).json();
  return {
    issuer,
    /** Registers a server, so that the provider redirects browsers back to it. */
    introduce: (url) => control("settings", { redirects: [`${url}/portal/auth/callback`] }),
    /** Requests by path since its start. */
    counts: () => control("counts"),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
