/** Errors of calls to the server. */

/** Error response, or no response. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when there was no response. */
    readonly status: number,
    message: string,
    /** Seconds to wait, if the server said so. */
    readonly retryAfter: number | null = null,
    /** Error code of the server (docs/audit-api.md); empty if it sent none. */
    readonly code: string = "",
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Parses the error of a response: `{"error","code"}`, problem details (RFC 9457), or the status line alone. */
export async function errorOf(response: Response): Promise<ApiError> {
  const retry = Number(response.headers.get("Retry-After"));
  let message = `${response.status} ${response.statusText}`.trim();
  let code = "";
  try {
    const body: unknown = JSON.parse(await response.text());
    if (body && typeof body === "object") {
      const { error, detail, title, code: name } = body as Record<string, unknown>;
      const found = [error, detail, title].find((value) => typeof value === "string" && value !== "");
      if (typeof found === "string") message = found;
      if (typeof name === "string") code = name;
    }
  } catch {
    // Only the status line is left.
  }
  return new ApiError(response.status, message, Number.isFinite(retry) && retry > 0 ? retry : null, code);
}

/** Codes of 503 responses that last until the configuration changes. */
const LASTING = ["audit_disabled", "keys_disabled"];

/** True when a retry may help. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiError && [0, 502, 503, 504].includes(error.status) && !LASTING.includes(error.code);
}

/** True when the server records nothing. */
export function isAuditOff(error: unknown): boolean {
  return error instanceof ApiError && error.code === "audit_disabled";
}
