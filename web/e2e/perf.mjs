// Figures of the audit list and of an event, against the real binary: frames and heap while 100,000 rows (or ROWS) are
// scrolled through, a thousand events a second in the tail, the delay of the tail, two bodies of 1 MiB. Prints them, and fails when
// one misses its bound.
//
//   PORTAL_BINARY=../target/release/api-test npm run perf [-- ROWS]
//
// A frame that took long says little on a busy machine: the browser may not have had a processor. So each task of the page's
// main thread is told twice, by the clock and by the processor time that it used.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { chromium } from "@playwright/test";

import { startBinary } from "./binary.mjs";
import { CHROMIUM, openPage } from "./browser.mjs";
import { traffic } from "./traffic.mjs";

/** Number of rows to scroll through. */
const ROWS = Number(process.argv[2] ?? 100_000);

const missed = [];
/** Records a figure above its bound. */
function bound(name, figure, most) {
  if (!(figure <= most)) missed.push(`${name}: ${figure}, at most ${most}`);
}

const browser = await chromium.launch(CHROMIUM);
const worst = (values) => Math.max(0, ...values);
const round = (value) => Math.round(value * 10) / 10;

/** Returns the number and the longest duration of tasks on the page's main thread during `work`. */
async function traced(page, work) {
  await browser.startTracing(page, {
    categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"],
  });
  const result = await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const busy = new Map();
  for (const event of traceEvents) {
    if (event.ph === "X" && event.name === "RunTask") {
      const thread = `${event.pid}/${event.tid}`;
      busy.set(thread, [...(busy.get(thread) ?? []), { wall: event.dur / 1000, cpu: (event.tdur ?? 0) / 1000 }]);
    }
  }
  const mains = new Set(
    traceEvents
      .filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain")
      .map((event) => `${event.pid}/${event.tid}`),
  );
  const tasks =
    [...busy]
      .filter(([thread]) => mains.has(thread))
      .map(([, all]) => all)
      .sort((a, b) => b.length - a.length)[0] ?? [];
  return {
    result,
    tasks: {
      count: tasks.length,
      "longest by the clock, ms": round(worst(tasks.map((task) => task.wall))),
      "over 50 ms by the clock": tasks.filter((task) => task.wall > 50).length,
      "longest by processor time, ms": round(worst(tasks.map((task) => task.cpu))),
      "over 50 ms by processor time": tasks.filter((task) => task.cpu > 50).length,
    },
  };
}

/** Scrolls through all rows in about 15 s, then sends a flood of events. */
async function overRows(server) {
  await traffic(server.url, server.key, ROWS);
  const { page, context } = await openPage(browser, server.url, { key: server.key });
  await page.goto(`${server.url}/portal/audit`);
  await page.getByRole("grid").getByRole("row").nth(1).waitFor();
  const cdp = await context.newCDPSession(page);
  const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    return round((await cdp.send("Runtime.getHeapUsage")).usedSize / 1048576);
  };
  console.log("heap at rest, MiB:", await heap());
  const scroll = () =>
    page.evaluate(async () => {
      const grid = document.querySelector("[role=grid]");
      grid.scrollTop = 0;
      const times = [];
      let last = performance.now();
      const until = last + 15_000;
      const step = (grid.scrollHeight - grid.clientHeight) / 850;
      await new Promise((done) => {
        const tick = (now) => {
          times.push(now - last);
          last = now;
          grid.scrollTop += step;
          if (now < until && grid.scrollTop + grid.clientHeight < grid.scrollHeight - 1) requestAnimationFrame(tick);
          else done();
        };
        requestAnimationFrame(tick);
      });
      times.sort((a, b) => a - b);
      const at = (share) => Math.round(times[Math.floor((times.length - 1) * share)] * 10) / 10;
      return {
        frames: times.length,
        p50: at(0.5),
        p99: at(0.99),
        worst: at(1),
        over50: times.filter((time) => time > 50).length,
        rowsInThePage: document.querySelectorAll("[role=row]").length,
      };
    });
  const { result, tasks } = await traced(page, scroll);
  console.log("100,000 rows, top to bottom, ms between frames:", result);
  console.log("  tasks of the main thread:", tasks);
  bound("tasks over 50 ms of processor time", tasks["over 50 ms by processor time"], 0);
  bound("rows in the page", result.rowsInThePage, 120);
  const after = await heap();
  console.log("heap after, MiB:", after);
  bound("heap after scrolling, MiB", after, 150);

  await page.evaluate(() => {
    document.querySelector("[role=grid]").scrollTo(0, 0);
    window.delays = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        window.delays.push([entry.processingStart - entry.startTime, entry.duration]);
    }).observe({ type: "event", durationThreshold: 16, buffered: true });
  });
  await page.waitForTimeout(500);
  const began = Date.now();
  let sent = 0;
  // By the clock, so that a late timer loses nothing.
  let answered = 0;
  const flood = setInterval(() => {
    for (const due = Date.now() - began; sent < due; sent += 1) {
      fetch(`${server.url}/v1/fixed/flood`, { headers: { "X-API-Key": server.key } })
        .then((answer) => answer.arrayBuffer())
        .then(
          () => (answered += 1),
          () => undefined,
        );
    }
  }, 20);
  let pressed = 0;
  await page.getByRole("grid").focus();
  while (Date.now() < began + 30_000) {
    await page.keyboard.press(pressed % 2 ? "ArrowUp" : "ArrowDown");
    pressed += 1;
    await page.waitForTimeout(200);
  }
  clearInterval(flood);
  const input = await page.evaluate(() => ({
    "slower than 16 ms": window.delays.length,
    "longest input delay, ms": Math.round(Math.max(0, ...window.delays.map(([delay]) => delay))),
    "longest until painted, ms": Math.round(Math.max(0, ...window.delays.map(([, whole]) => whole))),
  }));
  const flooded = await heap();
  console.log(`${answered} of ${sent} events in 30 s, ${pressed} keys pressed:`, input, "heap, MiB:", flooded);
  bound("longest input delay, ms", input["longest input delay, ms"], 100);
  bound("heap after the flood, MiB", flooded, 150);
  await context.close();
}

/** Measures the delay of the tail, and an event with two large bodies. */
async function overFewRows(server) {
  const headers = { "X-API-Key": server.key };
  const { page, context } = await openPage(browser, server.url, { key: server.key });
  try {
    await fetch(`${server.url}/v1/whoami`, { headers });
    await page.goto(`${server.url}/portal/audit`);
    await page.getByRole("grid").getByRole("row").nth(1).waitFor();
    await page.getByRole("button", { name: /^Live/ }).first().waitFor();
    await page.waitForTimeout(1000);
    const delays = [];
    for (let n = 0; n < 20; n += 1) {
      const path = `/v1/fixed/delay-${n}`;
      const seen = page.waitForFunction(
        (wanted) =>
          [...document.querySelectorAll("[role=gridcell]")].some((cell) => cell.textContent === wanted) && Date.now(),
        path,
        { polling: "raf" },
      );
      await (await fetch(server.url + path, { headers })).arrayBuffer();
      const answered = Date.now();
      delays.push((await (await seen).jsonValue()) - answered);
      await page.waitForTimeout(150);
    }
    delays.sort((a, b) => a - b);
    console.log(
      `live tail, answer received until row in the page, ms: median ${delays[delays.length >> 1]}, worst ${delays.at(-1)} of ${delays.length}`,
    );
    bound("live tail, median, ms", delays[delays.length >> 1], 300);

    const text = JSON.stringify(
      Array.from({ length: 9000 }, (_, at) => ({ at, id: `order-${at}`, note: "ünïcode and words", price: at / 7 })),
    );
    const body = `${text.slice(0, -1)},"${"x".repeat(1048500 - Buffer.byteLength(text))}"]`;
    await (
      await fetch(`${server.url}/v1/echo`, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body,
      })
    ).arrayBuffer();
    const newest = async () =>
      (await (await fetch(`${server.url}/api/v1/portal/audit/events?limit=1&route_name=echo_post`, { headers })).json())
        .events[0];
    let event = await newest();
    for (let tries = 0; !event && tries < 50; tries += 1) {
      await page.waitForTimeout(100);
      event = await newest();
    }
    const row = page.getByRole("grid").getByRole("row").filter({ hasText: "/v1/echo" }).first();
    await row.waitFor();
    // The page's file is fetched once, with the first opened event.
    await page.getByRole("grid").getByRole("row").filter({ hasText: "/v1/fixed/delay-3" }).first().click();
    await page.getByText("Request headers").waitFor();
    const opened = [];
    for (let n = 0; n < 5; n += 1) {
      await page.goto(`${server.url}/portal/audit`);
      await row.waitFor();
      await page.waitForTimeout(700);
      opened.push(
        await row.evaluate(
          (element) =>
            new Promise((done) => {
              const began = performance.now();
              element.click();
              const look = () => {
                if (document.querySelectorAll("[role=tree]").length >= 2)
                  requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - began))));
                else requestAnimationFrame(look);
              };
              look();
            }),
        ),
      );
    }
    opened.sort((a, b) => a - b);
    console.log(
      `event with bodies of ${event.bytes_in} and ${event.bytes_out} bytes, pressed until both trees are painted, ms: median ${opened[2]}, all ${opened.join(" ")}`,
    );
    bound("event of two bodies of 1 MiB, median, ms", opened[2], 500);
  } finally {
    await context.close();
  }
}

const binary = resolve(process.env.PORTAL_BINARY ?? join(import.meta.dirname, "../../target/release/api-test"));
if (!existsSync(binary)) {
  console.error(`no ${binary}: make build, or set PORTAL_BINARY`);
  process.exit(1);
}
try {
  for (const measure of [overFewRows, overRows]) {
    const server = await startBinary({ binary });
    try {
      await measure(server);
    } finally {
      await server.close();
    }
  }
} finally {
  await browser.close();
}
for (const one of missed) console.error(`missed: ${one}`);
process.exit(missed.length > 0 ? 1 : 0);
