/** Ways to send a call. Each tells the head, then the body in pieces as they come. */
import type { Call } from "./form";

export interface Head {
  status: number;
  statusText: string;
  headers: [name: string, value: string][];
  /** The address that the browser ended at, when it followed a redirect. */
  redirectedTo: string | null;
}

export interface Receiver {
  head: (head: Head) => void;
  piece: (bytes: Uint8Array) => void;
}

/** What is known of a call once it is over. */
export interface Ended {
  /** Bytes of the body were left out on the way to this page. */
  truncated: boolean;
  /** Id of the audit event, when the sender knows it. */
  eventId: string | null;
}

export interface Sender {
  /** Problems that keep this sender from sending the call. */
  problems: (call: Call) => string[];
  /** What this sender changes about the call; `null` when nothing. */
  note: (call: Call) => string | null;
  send: (call: Call, receiver: Receiver, signal: AbortSignal) => Promise<Ended>;
}

/** Sends over the network, as any client would. `base` ends with a slash; `secret` is the credential's header. */
export function networkSender(base: string, secret: [name: string, value: string] | null): Sender {
  const address = (call: Call) => base + call.target.replace(/^\//, "");
  const headersOf = (call: Call) => [...call.headers, ...(secret ? [secret] : [])];
  return {
    problems(call) {
      const dots = Object.values(call.path).filter((value) => /^\.\.?$/.test(value));
      const found = dots.map((value) => `Browsers normalise “${value}” in a path. Use the curl command.`);
      for (const [name, value] of headersOf(call)) {
        try {
          new Headers([[name, value]]);
        } catch {
          found.push(`Browsers can't send this value of ${name}.`);
        }
      }
      return found;
    },
    note(call) {
      const dropped = droppedHeaders(call);
      return dropped.length > 0 ? `Browsers don't send ${dropped.join(", ")}; the curl command does.` : null;
    },
    async send(call, receiver, signal) {
      const response = await fetch(address(call), {
        method: call.operation.method,
        headers: headersOf(call),
        body: call.body,
        credentials: "omit",
        cache: "no-store",
        signal,
      });
      receiver.head({
        status: response.status,
        statusText: response.statusText,
        headers: [...response.headers],
        redirectedTo: response.redirected ? response.url : null,
      });
      const reader = response.body?.getReader();
      for (;;) {
        const next = await reader?.read();
        if (!next || next.done) return { truncated: false, eventId: null };
        receiver.piece(next.value);
      }
    },
  };
}

/** Names of headers that browsers keep for themselves, and drop without an error. */
function droppedHeaders(call: Call): string[] {
  try {
    const kept = new Request(location.origin, { headers: call.headers }).headers;
    return call.headers.map(([name]) => name).filter((name) => !kept.has(name));
  } catch {
    return [];
  }
}
