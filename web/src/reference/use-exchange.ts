import { useCallback, useEffect, useRef, useState } from "react";

import type { Body } from "../lib/body";
import type { Call } from "./form";
import type { Ended, Head, Sender } from "./send";

/** Maximum number of body bytes kept for display. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Maximum number of body characters shown while it arrives. */
const PREVIEW_MAX = 100 * 1024;

export interface Exchange {
  phase: "waiting" | "receiving" | "complete" | "cancelled" | "failed";
  head: Head | null;
  /** TTFB, and time until now or the end, in ms. */
  ttfb: number;
  took: number;
  /** Number of body bytes received. */
  bytes: number;
  /** Beginning of the body as text, while it arrives. */
  preview: string;
  /** Body, once it is complete. */
  body: Body | null;
  ended: Ended;
  error: unknown;
}

const BEGUN: Exchange = {
  phase: "waiting",
  head: null,
  ttfb: 0,
  took: 0,
  bytes: 0,
  preview: "",
  body: null,
  ended: { truncated: false, eventId: null },
  error: null,
};

/** Sends calls, one at a time, and follows the response. */
export function useExchange(): {
  exchange: Exchange | null;
  start: (sender: Sender, call: Call) => void;
  cancel: () => void;
} {
  const [exchange, setExchange] = useState<Exchange | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = useCallback((sender: Sender, call: Call) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    void follow(sender, call, controller.signal, (next) => {
      if (running.current === controller) setExchange(next);
    });
  }, []);
  const cancel = useCallback(() => running.current?.abort(), []);
  return { exchange, start, cancel };
}

/** Sends, and shows each state; at most one per frame while the body arrives. */
async function follow(sender: Sender, call: Call, signal: AbortSignal, show: (next: Exchange) => void): Promise<void> {
  const began = performance.now();
  const decoder = new TextDecoder();
  const pieces: Uint8Array[] = [];
  let kept = 0;
  let frame = 0;
  let now: Exchange = BEGUN;
  const set = (change: Partial<Exchange>) => {
    now = { ...now, ...change, took: performance.now() - began };
  };
  const showSoon = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      show(now);
    });
  };
  const end = (change: Partial<Exchange>) => {
    cancelAnimationFrame(frame);
    const contentType = now.head?.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
    const body = now.head ? { ...joined(pieces), contentType } : null;
    set({ body, ...change });
    show(now);
  };
  show(now);
  try {
    const ended = await sender.send(
      call,
      {
        head(head) {
          set({ head, phase: "receiving", ttfb: performance.now() - began });
          showSoon();
        },
        piece(bytes) {
          if (kept < MAX_BODY_BYTES) {
            const part = bytes.subarray(0, MAX_BODY_BYTES - kept);
            pieces.push(part);
            kept += part.length;
          }
          const room = PREVIEW_MAX - now.preview.length;
          const preview = room > 0 ? now.preview + decoder.decode(bytes, { stream: true }).slice(0, room) : now.preview;
          set({ bytes: now.bytes + bytes.length, preview });
          showSoon();
        },
      },
      signal,
    );
    end({ phase: "complete", ended: { ...ended, truncated: ended.truncated || now.bytes > kept } });
  } catch (error) {
    end(signal.aborted ? { phase: "cancelled" } : { phase: "failed", error });
  }
}

function joined(pieces: Uint8Array[]): { bytes: Uint8Array; text: string | null } {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  try {
    return { bytes, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    // Not text; the hex view shows it.
    return { bytes, text: null };
  }
}
