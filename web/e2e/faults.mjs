// Injects faults in front of a real server: slow responses, errors, odd values, cut bodies and streams. Without a fault
// it forwards everything.
import { once } from "node:events";
import { createServer, request as send } from "node:http";

/**
 * Starts one in front of `target`.
 *
 * `on(match, fault)` has each request whose line (`GET /path?query`) `match` fits meet the fault, until the function that
 * it gives back is called; of several that fit, the newest counts. A fault is one of
 * - `{ hold }`: a promise; the answer waits for it
 * - `{ status, body }`: the answer, in place of the server's
 * - `{ edit }`: a function from the JSON of the server's answer to what is sent
 * - `{ cutAfter, until }`: bytes of the body after which the connection is cut, once the promise `until` is kept, if given: a
 *   browser may drop bytes that it has not read when the connection ends
 */
export async function startFaults(target) {
  const faults = [];
  const streams = new Set();

  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url}`;
    const fault = faults.findLast(({ match }) => match.test(line))?.fault ?? {};
    // The browser has gone, or the server is down: close the connection.
    relay(incoming, outgoing, fault).catch(() => outgoing.destroy());
  });

  async function relay(incoming, outgoing, fault) {
    await fault.hold;
    if (fault.status) {
      incoming.resume();
      outgoing.writeHead(fault.status, { "Content-Type": "application/json" }).end(JSON.stringify(fault.body));
      return;
    }
    const headers = { ...incoming.headers };
    // A response to edit must be read.
    if (fault.edit) delete headers["accept-encoding"];
    const onward = send(target + incoming.url, { method: incoming.method, headers });
    incoming.pipe(onward);
    outgoing.on("close", () => onward.destroy());
    const [answer] = await once(onward, "response");
    if (fault.edit) {
      const body = Buffer.from(JSON.stringify(fault.edit(JSON.parse(await textOf(answer)))));
      outgoing.writeHead(answer.statusCode, { ...answer.headers, "content-length": body.length }).end(body);
      return;
    }
    outgoing.writeHead(answer.statusCode, answer.headers);
    if (/event-stream/.test(answer.headers["content-type"] ?? "")) {
      streams.add(outgoing);
      outgoing.on("close", () => streams.delete(outgoing));
      outgoing.flushHeaders();
    }
    let passed = 0;
    for await (const piece of answer) {
      if (fault.cutAfter !== undefined && passed + piece.length > fault.cutAfter) {
        // A clean end of the connection before the end of the body, so that everything written still arrives.
        await new Promise((resolve) => outgoing.write(piece.subarray(0, fault.cutAfter - passed), resolve));
        await fault.until;
        outgoing.socket?.end();
        return;
      }
      passed += piece.length;
      if (!outgoing.write(piece)) await once(outgoing, "drain");
    }
    outgoing.end();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    on(match, fault) {
      const entry = { match, fault };
      faults.push(entry);
      return () => faults.splice(faults.indexOf(entry), 1);
    },
    /** Writes into each open event stream. */
    inject(text) {
      for (const stream of streams) stream.write(text);
    },
    cutStreams() {
      for (const stream of streams) stream.destroy();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function textOf(answer) {
  const pieces = [];
  for await (const piece of answer) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
