import { beforeEach, describe, expect, it } from "vitest";

import { clearMarks, compareLink, marks, setBaseline, toggleMark } from "../audit/marks";

const mark = (id: string, second: number) => ({ id, timestamp: `2026-11-24T12:00:0${second}Z` });

describe("marks for comparison", () => {
  beforeEach(clearMarks);

  it("are two at most, and compared in the order of time", () => {
    toggleMark(mark("new", 3));
    expect(compareLink(marks.get())).toBeNull();
    toggleMark(mark("old", 1));
    expect(compareLink(marks.get())).toBe("/compare?a=old&b=new");
    toggleMark(mark("middle", 2));
    expect(marks.get().map(({ id }) => id)).toEqual(["old", "middle"]);
    toggleMark(mark("old", 1));
    expect(marks.get().map(({ id }) => id)).toEqual(["middle"]);
  });
  it("are one with the baseline of an event", () => {
    toggleMark(mark("a", 1));
    setBaseline(mark("b", 2));
    expect(marks.get().map(({ id }) => id)).toEqual(["b"]);
  });
});
