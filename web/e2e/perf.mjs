// Figures of the audit list: frames and heap while 100,000 rows are scrolled through, the delay of the live tail, and what
// a thousand events a second do to typing. Prints; asserts nothing.
import { start } from "../mock/server.mjs";
import { launch, openPage } from "./browser.mjs";

const server = await start({ events: 100_000 });
const browser = await launch();
const { page, context } = await openPage(browser, server.url);
await page.goto(`${server.url}/portal/audit`);
await page.getByRole("grid").getByRole("row").nth(1).waitFor();
const cdp = await context.newCDPSession(page);
const heap = async () => {
  await cdp.send("HeapProfiler.collectGarbage");
  return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1048576;
};
console.log(`heap at rest: ${(await heap()).toFixed(1)} MiB`);
const frames = await page.evaluate(async () => {
  const grid = document.querySelector("[role=grid]");
  const times = [];
  let last = performance.now();
  const until = last + 15_000;
  const step = (grid.scrollHeight - grid.clientHeight) / 850;
  await new Promise((resolve) => {
    const tick = (now) => {
      times.push(now - last);
      last = now;
      grid.scrollTop += step;
      if (now < until && grid.scrollTop + grid.clientHeight < grid.scrollHeight - 1) requestAnimationFrame(tick);
      else resolve();
    };
    requestAnimationFrame(tick);
  });
  times.sort((a, b) => a - b);
  return { count: times.length, p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)], worst: times.at(-1), over50: times.filter((time) => time > 50).length, rows: document.querySelectorAll("[role=row]").length };
});
console.log("100,000 rows, top to bottom:", frames);
console.log(`heap after: ${(await heap()).toFixed(1)} MiB`);

await page.evaluate(() => document.querySelector("[role=grid]").scrollTo(0, 0));
await page.waitForTimeout(500);
const delays = [];
for (let n = 0; n < 10; n += 1) {
  const path = `/v1/delay/${n}`;
  const seen = page.waitForFunction((wanted) => [...document.querySelectorAll("[role=gridcell]")].some((cell) => cell.textContent === wanted), path, { polling: "raf" });
  const began = Date.now();
  server.state.emit({ target: path, path });
  await seen;
  delays.push(Date.now() - began);
}
console.log("live tail, event written until row in the page, ms:", delays.sort((a, b) => a - b).join(" "));

let sent = 0;
const flood = setInterval(() => {
  for (let n = 0; n < 20; n += 1) server.state.emit();
  sent += 20;
}, 20);
await page.evaluate(() => {
  window.delays = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.delays.push([entry.name, entry.processingStart - entry.startTime, entry.duration]);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
});
const until = Date.now() + 30_000;
let pressed = 0;
await page.getByRole("grid").focus();
while (Date.now() < until) {
  await page.keyboard.press(pressed % 2 ? "ArrowUp" : "ArrowDown");
  pressed += 1;
  await page.waitForTimeout(200);
}
clearInterval(flood);
const input = await page.evaluate(() => {
  const waits = window.delays.map((entry) => entry[1]).sort((a, b) => a - b);
  const whole = window.delays.map((entry) => entry[2]).sort((a, b) => a - b);
  return { slowerThan16ms: waits.length, worstDelay: waits.at(-1) ?? 0, worstWhole: whole.at(-1) ?? 0 };
});
console.log(`${sent} events in 30 s, ${pressed} keys pressed:`, input, `heap ${(await heap()).toFixed(1)} MiB`);
await browser.close();
await server.close();
