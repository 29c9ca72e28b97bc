/** Try-It form: from an operation's parameters to the request. */
import type { RecordedRequest } from "../lib/copy";
import { REDACTED } from "../lib/redacted";
import type { Operation, Parameter } from "./document";

export interface CallForm {
  /** Values of the declared parameters by location and name, `query:words`. */
  values: Record<string, string>;
  /** Additional ones, one `name=value` or `Name: value` per line. */
  query: string;
  headers: string;
  contentType: string;
  body: string;
}

/** Request described by a form. */
export interface Call {
  operation: Operation;
  /** Values of the path parameters, as entered. */
  path: Record<string, string>;
  query: [name: string, value: string][];
  headers: [name: string, value: string][];
  body: string | null;
  /** Path and query, each value percent-encoded. */
  target: string;
}

export const fieldKey = (parameter: Parameter) => `${parameter.place}:${parameter.name}`;

/** Returns a value as a user would enter it. */
export function typed(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Example body for a content type, as text; empty when there is none. */
function bodyExample(operation: Operation, contentType: string): string {
  const example = operation.body?.media.find((media) => media.type === contentType)?.example;
  if (example === undefined) return "";
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}

/** Initial form: examples for required values and the body, nothing where a default applies. */
export function emptyForm(operation: Operation): CallForm {
  const values: Record<string, string> = {};
  for (const parameter of operation.parameters) {
    if (parameter.required) values[fieldKey(parameter)] = typed(parameter.example);
  }
  const contentType = operation.body?.media[0]?.type ?? "application/json";
  return { values, query: "", headers: "", contentType, body: bodyExample(operation, contentType) };
}

/** Changes the content type. An unchanged example body follows; an entered body stays. */
export function withContentType(operation: Operation, form: CallForm, contentType: string): CallForm {
  const examples = (operation.body?.media ?? []).map((media) => bodyExample(operation, media.type));
  const untouched = form.body === "" || examples.includes(form.body);
  const example = bodyExample(operation, contentType);
  return { ...form, contentType, body: untouched && example !== "" ? example : form.body };
}

/** Returns a warning about a value that violates its declaration, or `null`. It is sent anyway. */
export function valueWarning(parameter: Parameter, value: string): string | null {
  if (value === "") return null;
  const { schema } = parameter;
  if (schema.type !== "integer" && schema.type !== "number") return null;
  const number = Number(value);
  if (!Number.isFinite(number) || (schema.type === "integer" && !/^[+-]?\d+$/.test(value.trim()))) {
    return `Not ${schema.type === "integer" ? "an integer" : "a number"}. It will still be sent.`;
  }
  if (schema.minimum !== undefined && number < schema.minimum)
    return `Below the minimum (${schema.minimum}). It will still be sent.`;
  if (schema.maximum !== undefined && number > schema.maximum)
    return `Above the maximum (${schema.maximum}). It will still be sent.`;
  return null;
}

/** A token (RFC 9110, section 5.6.2). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Parses the form. A problem prevents sending. */
export function readForm(operation: Operation, form: CallForm): { call: Call | null; problems: string[] } {
  const problems: string[] = [];
  const call: Call = { operation, path: {}, query: [], headers: [], body: null, target: "" };
  for (const parameter of operation.parameters) {
    const value = form.values[fieldKey(parameter)] ?? "";
    if (parameter.place === "path") {
      if (value === "") problems.push(`Enter a value for ${parameter.name}: it is part of the path.`);
      call.path[parameter.name] = value;
    } else if (value !== "") {
      call[parameter.place === "query" ? "query" : "headers"].push([parameter.name, value]);
    }
  }
  for (const line of lines(form.query)) {
    const at = line.indexOf("=");
    call.query.push(at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)]);
  }
  for (const line of lines(form.headers)) {
    const at = line.indexOf(":");
    const name = line.slice(0, Math.max(at, 0)).trim();
    if (FIELD_NAME.test(name)) call.headers.push([name, line.slice(at + 1).trim()]);
    else problems.push(`Invalid header: “${line.trim()}”. Write one a line, as Name: value.`);
  }
  if (operation.body && form.body !== "") {
    call.body = form.body;
    const given = call.headers.some(([name]) => name.toLowerCase() === "content-type");
    if (form.contentType && !given) call.headers.push(["Content-Type", form.contentType]);
  }
  call.target = targetOf(operation.path, call);
  return { call: problems.length > 0 ? null : call, problems };
}

function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}

function targetOf(template: string, call: Pick<Call, "path" | "query">): string {
  const path = template.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(call.path[name] ?? ""));
  const query = call.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  return query ? `${path}?${query}` : path;
}

/** Credential for commands: a variable in place of the secret. */
export type Shown = { name: string; scheme: "" | "Bearer " } | null;

/** Request for the command builders, with its credential as a variable. */
export function asRecorded(call: Call, credential: Shown): RecordedRequest {
  const secret: [string, string][] = credential ? [[credential.name, `${credential.scheme}${REDACTED}`]] : [];
  return {
    method: call.operation.method,
    target: call.target,
    host: "",
    httpVersion: "HTTP/1.1",
    headers: [...secret, ...call.headers],
    body: new TextEncoder().encode(call.body ?? ""),
    text: call.body ?? "",
    truncated: false,
    free: true,
    unbuffered: call.operation.group === "streaming",
  };
}
