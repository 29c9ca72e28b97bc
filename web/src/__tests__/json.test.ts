import { describe, expect, it } from "vitest";

import {
  findNodes,
  initiallyClosed,
  outlineJson,
  pathOf,
  prettyJson,
  reveal,
  visibleNodes,
  visibleRows,
} from "../lib/json";

const value = (text: string, at: number) => {
  const node = outlineJson(text).nodes[at]!;
  return text.slice(node.start, node.end);
};

describe("JSON as it arrived", () => {
  it("keeps digits, order and keys that stand twice", () => {
    const text = '{"big": 12345678901234567890.10, "a": 1, "a": 2}';
    const outline = outlineJson(text);
    expect(outline.error).toBeNull();
    expect(outline.nodes.map((node) => node.kind)).toEqual(["object", "number", "number", "number"]);
    expect(value(text, 1)).toBe("12345678901234567890.10");
    expect(outline.nodes[0]!.count).toBe(3);
    expect(pathOf(outline, 3)).toBe("$.a");
  });

  it("accepts what JSON.parse does, and refuses what it refuses", () => {
    const texts = [
      "null",
      " 1 ",
      '"x"',
      "[]",
      "{}",
      '[1,[2,{}],{"a":[]}]',
      '{"a":{"b":null}}',
      "",
      "[1,]",
      "[,1]",
      "{,}",
      '{"a"}',
      '{"a":}',
      "{1:2}",
      "[1 2]",
      "[1]]",
      "1 2",
      "{",
      "[",
      '{"a":1',
      '"x',
      "nul",
      "[1,2",
      "/*c*/1",
      "//x\n1",
      "]",
      '{"a":1]',
      "tru",
      "01",
      "-",
      "1.",
      "[true,false,null]",
    ];
    for (const text of texts) {
      let fine = true;
      try {
        JSON.parse(text);
      } catch {
        fine = false;
      }
      expect([text, outlineJson(text).error === null]).toEqual([text, fine]);
    }
  });

  it("shows what could be read of broken JSON, and says where it breaks", () => {
    const text = '{"order": 4711, "items": [1, 2,, 3]}';
    const outline = outlineJson(text);
    expect(outline.error?.offset).toBe(text.indexOf(",,") + 1);
    expect(outline.nodes).toHaveLength(5);
    expect(visibleNodes(outline, new Set())).toEqual([0, 1, 2, 3, 4]);
  });

  it("survives a hundred thousand levels", () => {
    const text = `${"[".repeat(100_000)}1${"]".repeat(100_000)}`;
    const outline = outlineJson(text);
    expect(outline.error).toBeNull();
    expect(outline.nodes).toHaveLength(100_001);
    const closed = initiallyClosed(outline);
    expect(visibleNodes(outline, closed).length).toBeLessThan(10);
    const open = reveal(outline, closed, 100_000);
    expect(visibleNodes(outline, open)).toHaveLength(100_001);
    expect(pathOf(outline, 100_000).length).toBeGreaterThan(100_000);
    expect(prettyJson(text)!.length).toBeLessThan(20_000_000);
  });

  it("stops at the most values", () => {
    const outline = outlineJson(`[${"1,".repeat(50)}1]`, 10);
    expect(outline.cut).toBe(true);
    expect(outline.nodes).toHaveLength(10);
    expect(visibleNodes(outline, new Set())).toHaveLength(10);
  });

  it("finds keys and values", () => {
    const outline = outlineJson('{"Name": "x", "other": {"deep": "NAME"}}');
    expect(findNodes(outline, "name")).toEqual([1, 3]);
    expect(findNodes(outline, "")).toEqual([]);
  });

  it("prints a line for each value", () => {
    expect(prettyJson('{"a":[1,{}],"b":1e400}')).toBe('{\n  "a": [\n    1,\n    {}\n  ],\n  "b": 1e400\n}');
    expect(prettyJson("[1,")).toBeNull();
    expect(prettyJson("")).toBeNull();
    expect(prettyJson("plain text")).toBeNull();
  });

  it("has a row for each closing bracket of what is open, and no other", () => {
    const outline = outlineJson('{"a": [1, [2]], "b": {}, "c": 3}');
    const rows = (closed: number[]) => visibleRows(outline, new Set(closed));
    expect(rows([])).toEqual([0, 1, 2, 3, 4, ~3, ~1, 5, 6, ~0]);
    expect(rows([1])).toEqual([0, 1, 5, 6, ~0]);
    expect(rows([0])).toEqual([0]);
    const deep = outlineJson(`${"[".repeat(10_000)}1${"]".repeat(10_000)}`);
    expect(visibleRows(deep, new Set())).toHaveLength(20_001);
    // Unclosed containers have their bracket at the end of the valid part.
    expect(visibleRows(outlineJson('{"a": [1'), new Set())).toEqual([0, 1, 2, ~1, ~0]);
  });
});
