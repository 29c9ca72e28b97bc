import { describe, expect, it } from "vitest";

import { missedOf, SseParser, type SseMessage } from "../lib/sse";

function parse(chunks: string[]) {
  const messages: SseMessage[] = [];
  const comments: string[] = [];
  const retries: number[] = [];
  const parser = new SseParser({
    message: (message) => messages.push(message),
    comment: (text) => comments.push(text),
    retry: (ms) => retries.push(ms),
  });
  for (const chunk of chunks) parser.feed(chunk);
  return { messages, comments, retries };
}

const STREAM = `: stream open\n\nid: 1\nevent: audit\ndata: {"a":\ndata: 1}\n\nevent: lagged\ndata: {"missed":42}\n\nretry: 250\ndata:x\n\n`;

describe("server-sent events", () => {
  it("are read as the standard says", () => {
    const { messages, comments, retries } = parse([STREAM]);
    expect(comments).toEqual(["stream open"]);
    expect(retries).toEqual([250]);
    expect(messages).toEqual([
      { event: "audit", data: '{"a":\n1}', id: "1" },
      { event: "lagged", data: '{"missed":42}', id: "1" },
      { event: "message", data: "x", id: "1" },
    ]);
  });

  it.each(["\n", "\r\n", "\r"])("come out the same however they are cut, line end %j", (end) => {
    const text = STREAM.replaceAll("\n", end);
    const whole = parse([text]).messages;
    expect(whole).toHaveLength(3);
    for (let size = 1; size < 9; size += 1) {
      const chunks = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g"))!;
      expect(parse(chunks).messages).toEqual(whole);
    }
  });

  it("ignore a byte order mark, fields without data and what is unfinished", () => {
    const { messages } = parse(["\uFEFFdata: 1\n\n", "event: audit\n\n", "id: 2\ndata: unfinished"]);
    expect(messages).toEqual([{ event: "message", data: "1", id: "" }]);
  });

  it("tell how many were missed", () => {
    expect(missedOf('{"missed":42}')).toBe(42);
    expect(missedOf("7")).toBe(7);
    expect(missedOf("many")).toBe(0);
    expect(missedOf("{}")).toBe(0);
  });
});
