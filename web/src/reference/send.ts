/** Senders of calls. Each reports the head, then the body in pieces as they arrive. */
import type { Call } from "./form";

export interface Head {
  status: number;
  statusText: string;
  headers: [name: string, value: string][];
  /** Final address, when the browser followed a redirect. */
  redirectedTo: string | null;
}

export interface Receiver {
  head: (head: Head) => void;
  piece: (bytes: Uint8Array) => void;
}

/** Facts about a finished call. */
export interface Ended {
  /** Part of the body was omitted on the way to this page. */
  truncated: boolean;
  /** Id of the audit event, if the sender knows it. */
  eventId: string | null;
}

export interface Sender {
  /** Problems that prevent sending. */
  problems: (call: Call) => string[];
  /** Changes that this sender makes to the call; `null` for none. */
  note: (call: Call) => string | null;
  send: (call: Call, receiver: Receiver, signal: AbortSignal) => Promise<Ended>;
}

/** Sends over the network like any client. `base` must end with a slash; `secret` is the credential's header. */
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

/** Header names that browsers reserve, and drop without an error. */
function droppedHeaders(call: Call): string[] {
  try {
    const kept = new Request(location.origin, { headers: call.headers }).headers;
    return call.headers.map(([name]) => name).filter((name) => !kept.has(name));
  } catch {
    return [];
  }
}
