// Browser tests with the real binary and Debian's Chromium, one test at a time. Run by scripts/e2e.sh; nothing is
// downloaded.
import { defineConfig } from "@playwright/test";

import { CHROMIUM, OUT } from "./e2e/browser.mjs";

export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.mjs",
  // A browser and a server keep two cores busy.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  // A run empties its folder, so each database has its own.
  outputDir: `${OUT}/${process.env.PORTAL_DATABASE ? "postgres" : "sqlite"}`,
  reporter: [["list"], ["./e2e/summary.mjs"]],
  use: { launchOptions: CHROMIUM },
});
