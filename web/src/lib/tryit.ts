/** The Try-It form: from declared parameters to the request that is sent. */
import type { CatalogueParam, CatalogueRoute, MultiMap, TryItRequest } from "../api/types";
import type { RecordedRequest } from "./copy";
import { REDACTED } from "./copy";

export interface TryItForm {
  /** Values of the declared parameters by place and name, `query:words`. */
  values: Record<string, string>;
  /** Further ones, `name=value` and `Name: value` a line. */
  query: string;
  headers: string;
  contentType: string;
  body: string;
}

export const fieldKey = (param: CatalogueParam) => `${param.place}:${param.name}`;

/** A value as it would be typed. */
export function typed(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What the form holds at first: an example where a value has to be given, nothing where the default does. */
export function emptyForm(route: CatalogueRoute): TryItForm {
  const values: Record<string, string> = {};
  for (const param of route.params) {
    if (param.required || param.place === "path") values[fieldKey(param)] = typed(param.example);
  }
  return { values, query: "", headers: "", contentType: "application/json", body: "" };
}

/** What is wrong with a value, by the declaration; `null` when nothing is. The server is asked all the same. */
export function checkValue(param: CatalogueParam, value: string): string | null {
  if (value === "") return param.required || param.place === "path" ? "A value is needed." : null;
  if (param.place === "path" && value.includes("/")) return "A path parameter can't hold a slash.";
  if (param.type !== "integer" && param.type !== "number") return null;
  const number = Number(value);
  if (!Number.isFinite(number) || (param.type === "integer" && !/^[+-]?\d+$/.test(value.trim()))) {
    return `Not ${param.type === "integer" ? "a whole number" : "a number"}: sent as it is.`;
  }
  if (typeof param.minimum === "number" && number < param.minimum) return `Below ${param.minimum}: sent as it is.`;
  if (typeof param.maximum === "number" && number > param.maximum) return `Above ${param.maximum}: sent as it is.`;
  return null;
}

/** Bounds in words: `1 to 5000, default 50`. */
export function bounds(param: CatalogueParam): string {
  const parts: string[] = [];
  if (param.type !== "string") parts.push(param.type);
  // Bounds of the number type itself tell nothing.
  const bound = (value: unknown) =>
    typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;
  const [least, most] = [bound(param.minimum), bound(param.maximum)];
  if (least !== null && most !== null) parts.push(`${least} to ${most}`);
  else if (least !== null) parts.push(`at least ${least}`);
  else if (most !== null) parts.push(`at most ${most}`);
  if (param.default !== undefined && param.default !== null && param.default !== "")
    parts.push(`default ${typed(param.default)}`);
  return parts.join(", ");
}

function push(map: MultiMap, name: string, value: string): void {
  (map[name] ??= []).push(value);
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line.trim() !== "");
}

export function buildRequest(route: CatalogueRoute, form: TryItForm): TryItRequest {
  const request: TryItRequest = { method: route.method, path_params: {}, query_params: {}, headers: {}, body: "" };
  for (const param of route.params) {
    const value = form.values[fieldKey(param)] ?? "";
    if (param.place === "path") request.path_params[param.name] = value;
    else if (value !== "") push(param.place === "query" ? request.query_params : request.headers, param.name, value);
  }
  for (const line of lines(form.query)) {
    const at = line.indexOf("=");
    push(request.query_params, at < 0 ? line : line.slice(0, at), at < 0 ? "" : line.slice(at + 1));
  }
  for (const line of lines(form.headers)) {
    const at = line.indexOf(":");
    push(request.headers, (at < 0 ? line : line.slice(0, at)).trim(), at < 0 ? "" : line.slice(at + 1).trim());
  }
  if (route.takes_body && form.body !== "") {
    request.body = form.body;
    const given = Object.keys(request.headers).some((name) => name.toLowerCase() === "content-type");
    if (form.contentType && !given) push(request.headers, "Content-Type", form.contentType);
  }
  return request;
}

/** The target that a request goes to. */
export function targetOf(route: CatalogueRoute, request: TryItRequest): string {
  const path = route.path.replace(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(request.path_params[name] ?? ""),
  );
  const query = Object.entries(request.query_params)
    .flatMap(([name, values]) => values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`))
    .join("&");
  return query ? `${path}?${query}` : path;
}

/** The same request for the command builders, the key as a variable. */
export function asRecorded(route: CatalogueRoute, request: TryItRequest, keyHeader: string): RecordedRequest {
  const headers = Object.entries(request.headers).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return {
    method: request.method ?? route.method,
    target: targetOf(route, request),
    host: "",
    httpVersion: "HTTP/1.1",
    headers: [[keyHeader, REDACTED], ...headers],
    body: new TextEncoder().encode(request.body),
    text: request.body,
    truncated: false,
    free: true,
  };
}
