import { describe, expect, it } from "vitest";

import { findBytes, hexRow, hexRowCount, needleBytes } from "../lib/hex";
import { findText, markPieces, showBlanks, visible } from "../lib/text";

describe("hex", () => {
  const bytes = new TextEncoder().encode("GET /v1/echo\r\n\0ÿ");
  it("shows offset, pairs and ASCII", () => {
    expect(hexRow(bytes, 0)).toEqual({
      offset: "00000000",
      hex: "47 45 54 20 2f 76 31 2f  65 63 68 6f 0d 0a 00 c3",
      ascii: "GET /v1/echo....",
    });
    expect(hexRow(bytes, 1).hex).toBe(`bf${"   ".repeat(7)}  ${Array(8).fill("  ").join(" ")}`);
    expect(hexRowCount(0)).toBe(0);
    expect(hexRowCount(17)).toBe(2);
  });
  it("finds text in either case, and bytes", () => {
    expect(findBytes(bytes, needleBytes("ECHO"), true)).toEqual([8]);
    expect(findBytes(bytes, needleBytes("ECHO"), false)).toEqual([]);
    expect(findBytes(bytes, needleBytes("0x0d0a"), false)).toEqual([12]);
    expect(findBytes(bytes, needleBytes(""), true)).toEqual([]);
  });
});

describe("texts", () => {
  it("find what is searched, as text and not as a pattern", () => {
    expect(findText("a.b A.B axb", "a.b")).toEqual([0, 4]);
    expect(findText("aaa", "")).toEqual([]);
    expect(markPieces("one two one", "ONE").map((piece) => piece.marked)).toEqual([true, false, true]);
  });
  it("make what can't be seen visible, and keep lengths", () => {
    const text = "a\0b\u202ec\u007f\td";
    expect(visible(text)).toBe("a␀b\ufffdc␡\td");
    expect(visible(text)).toHaveLength(text.length);
    expect(showBlanks("a \t\r")).toBe("a·→␍");
  });
});
