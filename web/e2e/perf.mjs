// Figures of the audit list and of an event: frames and heap while 100,000 rows are scrolled through, a thousand events a
// second in the tail (both over the mock, which can hold and send so many); the delay of the tail and two bodies of 1 MiB
// against the real binary. Prints; asserts nothing.
//
//   PORTAL_BINARY=../target/release/api-test node e2e/perf.mjs
//
// A frame that took long says little on a busy machine: the browser may not have had a processor. So each task of the page's
// main thread is told twice, by the clock and by the processor time that it used.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { start } from "../mock/server.mjs";
import { startBinary } from "./binary.mjs";
import { launch, openPage } from "./browser.mjs";

const browser = await launch();
const worst = (values) => Math.max(0, ...values);
const round = (value) => Math.round(value * 10) / 10;

/** Tasks of the page's main thread while `work` ran: how many, and how long the longest took. */
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

/** 100,000 rows from top to bottom in about 15 s, then a flood of events. */
async function overMock() {
  const server = await start({ events: 100_000 });
  const { page, context } = await openPage(browser, server.url);
  await page.goto(`${server.url}/portal/audit`);
  await page.getByRole("grid").getByRole("row").nth(1).waitFor();
  const cdp = await context.newCDPSession(page);
  const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    return `${round((await cdp.send("Runtime.getHeapUsage")).usedSize / 1048576)} MiB`;
  };
  console.log("heap at rest:", await heap());
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
  console.log("heap after:", await heap());

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
  // By the clock, so that a timer that comes late loses nothing.
  const flood = setInterval(() => {
    for (const due = Date.now() - began; sent < due; sent += 1) server.state.emit();
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
  console.log(`${sent} events in 30 s, ${pressed} keys pressed:`, input, "heap", await heap());
  await context.close();
  await server.close();
}

/** What needs a real server: when its answer is there, and bodies that it recorded. */
async function overBinary(binary) {
  const server = await startBinary({ binary });
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
    // The page's file is fetched once, with the first event that is opened.
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
  } finally {
    await context.close();
    await server.close();
  }
}

const binary = resolve(process.env.PORTAL_BINARY ?? join(import.meta.dirname, "../../target/release/api-test"));
if (existsSync(binary)) await overBinary(binary);
else console.log(`no ${binary}: make build, or set PORTAL_BINARY`);
await overMock();
await browser.close();
