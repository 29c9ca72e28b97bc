// Types of the portal API from its own document: npm run api-types. Needs a server: PORTAL_BACKEND, PORTAL_KEY.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import openapiTS, { astToString } from "openapi-typescript";

const backend = process.env.PORTAL_BACKEND ?? "http://127.0.0.1:8080";
const answer = await fetch(`${backend}/api/v1/portal/openapi.json`, {
  headers: { "X-API-Key": process.env.PORTAL_KEY ?? "" },
});
if (!answer.ok) {
  console.error(`${backend}/api/v1/portal/openapi.json: ${answer.status} ${await answer.text()}`);
  process.exit(1);
}
const out = join(import.meta.dirname, "../src/model/schema.ts");
writeFileSync(
  out,
  `/** Made by \`npm run api-types\`; not to be edited. */\n${astToString(await openapiTS(await answer.json()))}`,
);
console.log(out);
