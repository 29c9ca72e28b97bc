/** Parses an OpenAPI 3.1 document: operations with resolved references, schemas as rows. Schemas may be recursive. */
import type { OpenAPIV3_1 } from "openapi-types";

export type ApiDocument = OpenAPIV3_1.Document;
export type Schema = OpenAPIV3_1.SchemaObject | OpenAPIV3_1.ReferenceObject;
type Reference = OpenAPIV3_1.ReferenceObject;
type MediaObject = OpenAPIV3_1.MediaTypeObject;

export interface Parameter {
  name: string;
  place: "path" | "query" | "header";
  about: string;
  required: boolean;
  schema: OpenAPIV3_1.SchemaObject;
  example: unknown;
}

export interface Media {
  type: string;
  schema: Schema | undefined;
  example: unknown;
}

export interface Response {
  status: string;
  about: string;
  headers: string[];
  media: Media[];
  /** True for responses shared by all operations. */
  common: boolean;
}

export interface Operation {
  id: string;
  group: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  deprecated: boolean;
  parameters: Parameter[];
  body: { about: string; required: boolean; media: Media[] } | null;
  responses: Response[];
  /** Accepted credentials in words; empty for none. */
  credential: string;
}

export interface Group {
  name: string;
  about: string;
  operations: Operation[];
}

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"] as const;

/** Operations of a document by tag, in the document's order. Tags without operations are left out. */
export function readGroups(document: ApiDocument): Group[] {
  const groups = new Map<string, Group>();
  for (const tag of document.tags ?? [])
    groups.set(tag.name, { name: tag.name, about: tag.description ?? "", operations: [] });
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = item?.[method];
      if (!operation) continue;
      const name = operation.tags?.[0] ?? "other";
      const group = groups.get(name) ?? { name, about: "", operations: [] };
      groups.set(name, group);
      const shared = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
      group.operations.push(readOperation(document, name, method.toUpperCase(), path, operation, shared));
    }
  }
  return [...groups.values()].filter((group) => group.operations.length > 0);
}

function readOperation(
  document: ApiDocument,
  group: string,
  method: string,
  path: string,
  operation: OpenAPIV3_1.OperationObject,
  parameters: (OpenAPIV3_1.ParameterObject | Reference)[],
): Operation {
  const body = follow<OpenAPIV3_1.RequestBodyObject>(document, operation.requestBody);
  return {
    id: operation.operationId ?? `${method.toLowerCase()} ${path}`,
    group,
    method,
    path,
    summary: operation.summary ?? "",
    description: operation.description ?? "",
    deprecated: operation.deprecated ?? false,
    parameters: parameters.flatMap((each) => readParameter(document, each)),
    body: body
      ? { about: body.description ?? "", required: body.required ?? false, media: readMedia(document, body.content) }
      : null,
    responses: Object.entries(operation.responses ?? {}).map(([status, each]) => {
      const response = follow<OpenAPIV3_1.ResponseObject>(document, each);
      return {
        status,
        about: response?.description ?? "",
        headers: Object.keys(response?.headers ?? {}),
        media: readMedia(document, response?.content),
        common: isReference(each),
      };
    }),
    credential: credentialWords(document, operation.security ?? document.security ?? []),
  };
}

function readParameter(document: ApiDocument, given: OpenAPIV3_1.ParameterObject | Reference): Parameter[] {
  const parameter = follow<OpenAPIV3_1.ParameterObject>(document, given);
  if (!parameter || (parameter.in !== "path" && parameter.in !== "query" && parameter.in !== "header")) return [];
  const schema = follow<OpenAPIV3_1.SchemaObject>(document, parameter.schema) ?? {};
  return [
    {
      name: parameter.name,
      place: parameter.in,
      about: parameter.description ?? "",
      required: parameter.required ?? parameter.in === "path",
      schema,
      example: exampleOf(document, parameter),
    },
  ];
}

function readMedia(document: ApiDocument, content: Record<string, MediaObject> | undefined): Media[] {
  return Object.entries(content ?? {}).map(([type, media]) => ({
    type,
    schema: media.schema,
    example: exampleOf(document, media),
  }));
}

function exampleOf(
  document: ApiDocument,
  holder: { example?: unknown; examples?: Record<string, unknown>; schema?: unknown },
): unknown {
  if (holder.example !== undefined) return holder.example;
  const named = Object.values(holder.examples ?? {})[0];
  if (named !== undefined)
    return follow<OpenAPIV3_1.ExampleObject>(document, named as OpenAPIV3_1.ExampleObject)?.value;
  const schema = follow<OpenAPIV3_1.SchemaObject>(document, holder.schema as Schema | undefined);
  const examples: unknown = schema?.examples;
  return schema?.example ?? (Array.isArray(examples) ? (examples as unknown[])[0] : undefined);
}

function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "$ref" in value;
}

/** Resolves `#/…` references, at most eight steps, because they may be circular. */
export function follow<T extends object>(document: ApiDocument, value: T | Reference | undefined): T | undefined {
  let current: T | Reference | undefined = value;
  for (let step = 0; step < 8 && isReference(current); step += 1) {
    let target: unknown = document;
    for (const part of current.$ref.replace(/^#\//, "").split("/")) {
      const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      target = (target as Record<string, unknown> | undefined)?.[key];
    }
    current = target as T | Reference | undefined;
  }
  return isReference(current) ? undefined : current;
}

/** Name of the API key header in the document. */
export function keyHeaderOf(document: ApiDocument): string {
  for (const each of Object.values(document.components?.securitySchemes ?? {})) {
    const scheme = follow<OpenAPIV3_1.SecuritySchemeObject>(document, each);
    if (scheme?.type === "apiKey" && scheme.in === "header") return scheme.name;
  }
  return "X-API-Key";
}

/** True when the server accepts bearer tokens. */
export function takesBearer(document: ApiDocument): boolean {
  return Object.values(document.components?.securitySchemes ?? {}).some((each) => {
    const scheme = follow<OpenAPIV3_1.SecuritySchemeObject>(document, each);
    return scheme?.type === "http" && scheme.scheme === "bearer";
  });
}

function credentialWords(document: ApiDocument, requirements: OpenAPIV3_1.SecurityRequirementObject[]): string {
  const named = requirements.filter((each) => Object.keys(each).length > 0);
  if (named.length === 0) return "";
  const words = named.map((each) =>
    Object.keys(each)
      .map((name) => {
        const scheme = follow<OpenAPIV3_1.SecuritySchemeObject>(document, document.components?.securitySchemes?.[name]);
        if (scheme?.type === "apiKey") return `${scheme.in === "query" ? "query parameter" : scheme.in} ${scheme.name}`;
        return scheme?.type === "http" && scheme.scheme === "bearer" ? "bearer token" : name;
      })
      .join(" and "),
  );
  return `${named.length < requirements.length ? "Optional credential" : "Credential"}: ${words.join(" or ")}`;
}

const refName = (ref: string) => ref.split("/").pop() ?? "";

/** Describes a type: `integer int64`, `array of string`, `Item`, `string or null`. */
export function typeOf(schema: Schema | undefined): string {
  if (!schema) return "any";
  if (isReference(schema)) return refName(schema.$ref);
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map(typeOf).join(" or ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" and ");
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type;
  const items = itemsOf(schema);
  if (items && (type === "array" || type === undefined)) return `array of ${typeOf(items)}`;
  if (typeof schema.additionalProperties === "object" && !schema.properties)
    return `map of ${typeOf(schema.additionalProperties)}`;
  return [type ?? (schema.properties ? "object" : "any"), schema.format].filter(Boolean).join(" ");
}

function itemsOf(schema: OpenAPIV3_1.SchemaObject): Schema | undefined {
  return "items" in schema ? schema.items : undefined;
}

/** Describes the bounds of a value: `1 to 5000, default 50`. */
export function boundsOf(schema: OpenAPIV3_1.SchemaObject | undefined): string {
  if (!schema) return "";
  const parts: string[] = [];
  // The limits of int64 exceed a double's precision.
  const shown = (value: number) =>
    Math.abs(value) >= Number.MAX_SAFE_INTEGER ? (value < 0 ? "−2⁶³" : "2⁶³−1") : String(value);
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) parts.push(`${shown(minimum)} to ${shown(maximum)}`);
  else if (minimum !== undefined) parts.push(`at least ${shown(minimum)}`);
  else if (maximum !== undefined) parts.push(`at most ${shown(maximum)}`);
  if (schema.minLength) parts.push(`${schema.minLength} characters or more`);
  if (schema.maxLength !== undefined) parts.push(`${schema.maxLength} characters at most`);
  if (schema.pattern) parts.push(`pattern: ${schema.pattern}`);
  if (schema.enum) parts.push(`one of ${schema.enum.map((value: unknown) => JSON.stringify(value)).join(", ")}`);
  if (schema.const !== undefined) parts.push(`always ${JSON.stringify(schema.const)}`);
  const fallback: unknown = schema.default;
  if (fallback !== undefined && fallback !== "") parts.push(`default ${JSON.stringify(fallback)}`);
  return parts.join(", ");
}

export interface SchemaRow {
  depth: number;
  name: string;
  type: string;
  bounds: string;
  about: string;
  required: boolean;
}

const DEEPEST = 6;
const MOST_ROWS = 200;

/** Properties of a schema and of referenced schemas, in place; recursion stops at the name. */
export function schemaRows(document: ApiDocument, root: Schema | undefined): SchemaRow[] {
  const rows: SchemaRow[] = [];
  const walk = (schema: Schema | undefined, depth: number, seen: readonly string[]) => {
    let current = schema;
    let path = seen;
    // Follow references and lists to the schema with properties.
    for (let step = 0; step < 6 && current; step += 1) {
      if (isReference(current)) {
        const name = refName(current.$ref);
        if (path.includes(name)) return;
        path = [...path, name];
        current = follow<OpenAPIV3_1.SchemaObject>(document, current);
      } else if (itemsOf(current)) current = itemsOf(current);
      else if (!current.properties && typeof current.additionalProperties === "object")
        current = current.additionalProperties;
      else break;
    }
    if (!current || isReference(current)) return;
    for (const part of current.allOf ?? []) walk(part, depth, path);
    if (depth > DEEPEST) return;
    for (const [name, property] of Object.entries(current.properties ?? {})) {
      if (rows.length >= MOST_ROWS) return;
      const target = follow<OpenAPIV3_1.SchemaObject>(document, property);
      rows.push({
        depth,
        name,
        type: typeOf(property),
        bounds: boundsOf(target),
        about: property.description ?? target?.description ?? "",
        required: current.required?.includes(name) ?? false,
      });
      walk(property, depth + 1, path);
    }
  };
  walk(root, 0, []);
  return rows;
}

/** Operations that contain all words of a search in id, group, method, path or summary. Empty groups are left out. */
export function searchGroups(groups: Group[], search: string): Group[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  const fits = (each: Operation) => {
    const text = `${each.id} ${each.group} ${each.method} ${each.path} ${each.summary}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return groups
    .map((group) => ({ ...group, operations: group.operations.filter(fits) }))
    .filter((group) => group.operations.length > 0);
}
