import { Link } from "react-router";

import { api, dataOf, keyHeader } from "../api/client";
import type { TryItRequest } from "../model/types";
import { fromBase64 } from "../lib/body";
import { auditLink } from "../lib/filters";
import type { Call } from "../reference/form";
import type { Sender } from "../reference/send";
import type { Transport } from "../reference/try-it";
import type { Exchange } from "../reference/use-exchange";

/** Credentials of the portal's user, which the server does not forward. */
const NOT_SENT = /^(?:authorization|cookie|proxy-authorization)$/i;

/** Sends within the server, through the same chain as external traffic. The response arrives as a whole. */
const portalSender: Sender = {
  problems(call) {
    const slashes = Object.entries(call.path).filter(([, value]) => value.includes("/"));
    const secret = call.headers.filter(([name]) => NOT_SENT.test(name));
    return [
      ...slashes.map(([name]) => `${name} can't hold a slash when sent in-process. Send it over the network.`),
      ...secret.map(([name]) => `${name} is not sent in-process: you are the caller. Send it over the network.`),
    ];
  },
  note: () => null,
  async send(call, receiver, signal) {
    const { group, id } = call.operation;
    const answer = await dataOf(
      api.POST("/api/v1/portal/tryit/{group}/{route}", {
        params: { path: { group, route: id } },
        body: described(call),
        signal,
      }),
    );
    receiver.head({
      status: answer.status,
      statusText: "",
      headers: Object.entries(answer.headers).flatMap(([name, values]) =>
        values.map((value): [string, string] => [name, value]),
      ),
      redirectedTo: null,
    });
    receiver.piece(answer.body_encoding === "base64" ? fromBase64(answer.body) : new TextEncoder().encode(answer.body));
    return { truncated: answer.body_truncated, eventId: answer.event_id ?? null };
  },
};

function described(call: Call): TryItRequest {
  const request: TryItRequest = {
    method: call.operation.method,
    path_params: call.path,
    query_params: {},
    headers: {},
    body: call.body ?? "",
  };
  for (const [name, value] of call.query) (request.query_params[name] ??= []).push(value);
  for (const [name, value] of call.headers) (request.headers[name] ??= []).push(value);
  return request;
}

/** Sends as the signed-in user. */
export function portalTransport(): Transport {
  return {
    name: "portal",
    label: "In-process, as you",
    hint: "Goes through the same chain as traffic from outside, with your identity. The response shows as a whole.",
    sender: portalSender,
    credential: { name: keyHeader(), scheme: "" },
    aside: eventLink,
  };
}

/** Audit event of a call: by its id, or by the request id of the response. */
export function eventLink({ ended, head }: Exchange) {
  const requestId = head?.headers.find(([name]) => name.toLowerCase() === "x-request-id")?.[1];
  const to = ended.eventId ? auditLink({}, ended.eventId) : requestId ? auditLink({ request_id: requestId }) : null;
  return (
    to && (
      <Link className="link" to={to}>
        Open event
      </Link>
    )
  );
}
