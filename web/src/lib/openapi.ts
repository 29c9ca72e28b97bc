/** Reading an OpenAPI 3.1 document: operations, references, schemas as rows. Schemas may refer to themselves. */
import type { OpenApi, Operation, Parameter, ResponseObject, Schema } from "../api/types";

export interface ListedOperation {
  id: string;
  method: string;
  path: string;
  tag: string;
  operation: Operation;
}

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

export function listOperations(document: OpenApi): ListedOperation[] {
  const found: ListedOperation[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (!operation) continue;
      const shared = (item.parameters as Parameter[] | undefined) ?? [];
      found.push({
        id: operation.operationId ?? `${method} ${path}`,
        method: method.toUpperCase(),
        path,
        tag: operation.tags?.[0] ?? "other",
        operation: { ...operation, parameters: [...shared, ...(operation.parameters ?? [])] },
      });
    }
  }
  return found;
}

/** Follows `#/…` references, a few steps at most: a document may refer in circles. */
export function resolve<T extends { $ref?: string }>(document: OpenApi, value: T | undefined): T | undefined {
  let current: T | undefined = value;
  for (let step = 0; step < 8 && current?.$ref; step += 1) {
    let target: unknown = document;
    for (const part of current.$ref.replace(/^#\//, "").split("/")) {
      target = (target as Record<string, unknown> | undefined)?.[
        decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")
      ];
    }
    current = target as T | undefined;
  }
  return current;
}

export const refName = (ref: string | undefined) => ref?.split("/").pop() ?? "";

/** A type in words: `integer int64`, `array of string`, `Item`, `string or null`. */
export function typeOf(schema: Schema | undefined): string {
  if (!schema) return "any";
  if (schema.$ref) return refName(schema.$ref);
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map(typeOf).join(" or ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" and ");
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type;
  if (schema.items && (type === "array" || type === undefined)) return `array of ${typeOf(schema.items)}`;
  if (typeof schema.additionalProperties === "object" && !schema.properties)
    return `map of ${typeOf(schema.additionalProperties)}`;
  return [type ?? (schema.properties ? "object" : "any"), schema.format].filter(Boolean).join(" ");
}

/** What a value is held to: `1 to 5000, default 50`. */
export function limitsOf(schema: Schema | undefined): string {
  if (!schema) return "";
  const parts: string[] = [];
  const shown = (value: number) =>
    Math.abs(value) >= Number.MAX_SAFE_INTEGER ? (value < 0 ? "−2⁶³" : "2⁶³−1") : String(value);
  if (schema.minimum !== undefined && schema.maximum !== undefined)
    parts.push(`${shown(schema.minimum)} to ${shown(schema.maximum)}`);
  else if (schema.minimum !== undefined) parts.push(`at least ${shown(schema.minimum)}`);
  else if (schema.maximum !== undefined) parts.push(`at most ${shown(schema.maximum)}`);
  if (schema.minLength) parts.push(`${schema.minLength} characters or more`);
  if (schema.maxLength !== undefined) parts.push(`${schema.maxLength} characters at most`);
  if (schema.pattern) parts.push(`as ${schema.pattern}`);
  if (schema.enum) parts.push(`one of ${schema.enum.map((value) => JSON.stringify(value)).join(", ")}`);
  if (schema.const !== undefined) parts.push(`always ${JSON.stringify(schema.const)}`);
  if (schema.default !== undefined && schema.default !== "") parts.push(`default ${JSON.stringify(schema.default)}`);
  return parts.join(", ");
}

export interface SchemaRow {
  depth: number;
  name: string;
  type: string;
  limits: string;
  description: string;
  required: boolean;
}

const DEEPEST = 6;
const MOST_ROWS = 200;

/** The properties of a schema and of what it refers to, each shown where it stands; circles end at the name. */
export function schemaRows(document: OpenApi, root: Schema | undefined): SchemaRow[] {
  const rows: SchemaRow[] = [];
  const walk = (schema: Schema | undefined, depth: number, seen: readonly string[]) => {
    let current = schema;
    let path = seen;
    // Through references and lists to what has properties.
    for (let step = 0; step < 6 && current; step += 1) {
      if (current.$ref) {
        const name = refName(current.$ref);
        if (path.includes(name)) return;
        path = [...path, name];
        current = resolve(document, current);
      } else if (current.items) current = current.items;
      else if (!current.properties && typeof current.additionalProperties === "object")
        current = current.additionalProperties;
      else break;
    }
    for (const part of current?.allOf ?? []) walk(part, depth, path);
    if (depth > DEEPEST) return;
    for (const [name, property] of Object.entries(current?.properties ?? {})) {
      if (rows.length >= MOST_ROWS) return;
      const target = resolve(document, property);
      rows.push({
        depth,
        name,
        type: typeOf(property),
        limits: limitsOf(property.$ref ? target : property),
        description: property.description ?? target?.description ?? "",
        required: current?.required?.includes(name) ?? false,
      });
      walk(property, depth + 1, path);
    }
  };
  walk(root, 0, []);
  return rows;
}

export function answersOf(
  document: OpenApi,
  operation: Operation,
): [status: string, answer: ResponseObject, shared: boolean][] {
  return Object.entries(operation.responses ?? {}).map(([status, answer]) => [
    status,
    resolve(document, answer) ?? {},
    Boolean(answer.$ref),
  ]);
}
