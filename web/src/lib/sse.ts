/** Server-sent events out of a byte stream, as the HTML standard reads them. EventSource can't send a key. */

export interface SseMessage {
  /** `event:`; `message` when none was given. */
  event: string;
  data: string;
  /** The last `id:` seen so far. */
  id: string;
}

export interface SseHandlers {
  message: (message: SseMessage) => void;
  /** A comment line: the heartbeat of an idle stream. */
  comment?: (text: string) => void;
  /** Milliseconds to wait before the next try. */
  retry?: (ms: number) => void;
}

/** Takes text in pieces of any size; lines may end in CR, LF or CR LF, also across pieces. */
export class SseParser {
  private pending = "";
  private data: string[] = [];
  private event = "";
  private id = "";
  private afterCr = false;
  private first = true;

  constructor(private readonly handlers: SseHandlers) {}

  feed(chunk: string): void {
    let text = chunk;
    if (this.first && text.length > 0) {
      this.first = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 10 && this.afterCr && at === start && this.pending === "") {
        this.afterCr = false;
        start = at + 1;
        continue;
      }
      if (code === 10 || code === 13) {
        this.line(this.pending + text.slice(start, at));
        this.pending = "";
        start = at + 1;
        this.afterCr = code === 13;
        continue;
      }
      this.afterCr = false;
    }
    this.pending += text.slice(start);
  }

  private line(line: string): void {
    if (line === "") {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) {
      this.handlers.comment?.(line.slice(1).trimStart());
      return;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.handlers.retry?.(Number(value));
  }

  private dispatch(): void {
    if (this.data.length > 0) {
      this.handlers.message({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
    }
    this.data = [];
    this.event = "";
  }
}

/** How many events a `lagged` message says were missed: a bare number, or a JSON object with one. */
export function missedOf(data: string): number {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value === "number") return value;
    if (value && typeof value === "object") {
      const found = Object.values(value).find((entry) => typeof entry === "number");
      return typeof found === "number" ? found : 0;
    }
  } catch {
    // Not JSON: nothing is known of how many.
  }
  return 0;
}
