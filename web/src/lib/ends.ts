/** How exchanges and connections end, in plain English. */

const ENDS = new Map(
  Object.entries({
    complete: "Complete: the whole response was sent",
    client_fin: "The client closed its side of the connection (FIN) before the response was complete",
    client_reset: "The client reset the connection or stream (RST) before the response was complete",
    server_close: "The server closed the connection before the exchange was complete",
    server_reset: "The server reset the connection or stream (RST)",
    timeout: "A time limit was reached",
    shutdown: "The server was shutting down",
  }),
);

const CONNECTION_ENDS = new Map(
  Object.entries({
    complete: "Complete: it ended while it was idle",
    client_fin: "The client closed its side (FIN) during an exchange, or before a request",
    client_reset: "The client reset it (RST)",
    server_close: "The server closed it",
    server_reset: "The server reset it (RST)",
    timeout: "A time limit was reached",
    shutdown: "The server was shutting down",
  }),
);

/** Names of the ways in which an exchange or a connection ends, for filters. */
export const END_NAMES = [
  ["complete", "Complete"],
  ["client_fin", "Client closed (FIN)"],
  ["client_reset", "Client reset (RST)"],
  ["server_close", "Server closed"],
  ["server_reset", "Server reset (RST)"],
  ["timeout", "Time limit"],
  ["shutdown", "Server shutdown"],
] as const;

/** Error codes of HTTP/2 (RFC 9113, section 7). */
const CODES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/** Describes how an exchange ended, with the error code of HTTP/2 if there is one. */
export function endWords(endedBy: string, code: number | null = null): string {
  const words = ENDS.get(endedBy) ?? endedBy;
  return code === null ? words : `${words}; code ${code} (${CODES[code] ?? "unknown"})`;
}

export const connectionEndWords = (endedBy: string): string => CONNECTION_ENDS.get(endedBy) ?? endedBy;
