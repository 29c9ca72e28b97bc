import { describe, expect, it } from "vitest";

import {
  formatAgo,
  formatBytes,
  formatDuration,
  formatPercent,
  formatSpan,
  formatTime,
  parseTime,
  statusKind,
  toLocalInput,
} from "../lib/format";

describe("figures", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [1048576, "1 MiB"],
    [Number.NaN, "–"],
  ])("bytes %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
  it.each([
    [0, "0.00 ms"],
    [0.004, "4 µs"],
    [0.0003, "1 µs"],
    [0.0994, "99 µs"],
    [0.0996, "0.10 ms"],
    [0.4211, "0.42 ms"],
    [9.996, "10.0 ms"],
    [99.96, "100 ms"],
    [999.6, "1.00 s"],
    [1240, "1.24 s"],
    [59_996, "1 min"],
    [125_000, "2 min 5 s"],
    [null, "–"],
  ])("duration %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
  it.each([
    [0, "0%"],
    [1, "100%"],
    [0.00001, "<0.01%"],
    [0.0004, "0.04%"],
    [0.125, "12.5%"],
    [0.99999, "100.0%"],
  ])("share %s", (share, text) => expect(formatPercent(share)).toBe(text));
  it.each([
    [0, "0 s"],
    [59.6, "1 min"],
    [3600, "1 h"],
    [90061, "1 d 1 h"],
  ])("span %s", (seconds, text) => expect(formatSpan(seconds)).toBe(text));
});

describe("times", () => {
  it("are local, to the millisecond", () => {
    const date = new Date(2026, 10, 24, 4, 3, 2, 1);
    expect(formatTime(date)).toBe("04:03:02.001");
    expect(new Date(toLocalInput(date)).getTime()).toBe(date.getTime() - 1);
  });
  it("that can't be read are null", () => {
    expect(parseTime("yesterday")).toBeNull();
    expect(parseTime(undefined)).toBeNull();
    expect(parseTime("2026-11-24T12:00:00.123456Z")?.toISOString()).toBe("2026-11-24T12:00:00.123Z");
  });
  it("ago and to come", () => {
    const now = new Date("2026-11-24T12:00:00Z");
    expect(formatAgo(new Date("2026-11-24T11:59:48Z"), now)).toBe("12 s ago");
    expect(formatAgo(new Date("2026-11-27T12:00:00Z"), now)).toBe("in 3 d");
    expect(formatAgo(new Date("2027-02-22T11:59:58Z"), now)).toBe("in 90 d");
    expect(formatAgo(new Date("2026-11-22T12:00:02Z"), now)).toBe("1 d ago");
    expect(formatAgo(now, now)).toBe("just now");
  });
});

describe("kinds of answers", () => {
  it.each([
    [101, "info"],
    [204, "ok"],
    [304, "redirect"],
    [404, "client"],
    [499, "gone"],
    [503, "server"],
  ])("%s is %s", (status, kind) => expect(statusKind(status)).toBe(kind));
});
