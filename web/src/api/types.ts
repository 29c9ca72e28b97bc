/** Shapes of the portal API: out of its own document (`schema.ts`, made by `npm run api-types`), by the names used here. */
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

/** What a path is answered with. */
type AnswerOf<
  Path extends keyof paths,
  Method extends keyof paths[Path],
  Status extends number = 200,
> = paths[Path][Method] extends {
  responses: Record<Status, { content: { "application/json": infer Body } }>;
}
  ? Body
  : never;

/** Name → values in the order in which they arrived. */
export type MultiMap = Record<string, string[]>;

export type AuditPayload = Schemas["AuditPayload"];
/** An event; its payload only where one event was asked for. */
export type AuditEvent = Schemas["AuditEvent"] & { payload?: AuditPayload | null };

export type EventList = AnswerOf<"/api/v1/portal/audit/events", "get">;
export type Timeseries = AnswerOf<"/api/v1/portal/audit/timeseries", "get">;
export type BreakdownGroup = Schemas["BreakdownGroup"];
export type Stats = AnswerOf<"/api/v1/portal/audit/stats", "get">;
export type Meta = AnswerOf<"/api/v1/portal/audit/meta", "get">;
export type Replay = AnswerOf<"/api/v1/portal/audit/replay/{id}", "post">;
export type TryItAnswer = AnswerOf<"/api/v1/portal/tryit/{group}/{route}", "post">;
export type TryItRequest = Required<Pick<Schemas["Description"], "path_params" | "query_params" | "headers">> & {
  method?: string;
  body: string;
};
export type Catalogue = AnswerOf<"/api/v1/portal/endpoints", "get">;
export type CatalogueGroup = Schemas["CatalogueGroup"];
export type CatalogueRoute = Schemas["CatalogueRoute"];
export type CatalogueParam = Schemas["CatalogueParam"];
export type Dashboard = AnswerOf<"/api/v1/portal/dashboard", "get">;
export type ServerInfo = AnswerOf<"/api/v1/portal/server", "get">;
export type ConfigSource = Schemas["ConfigSource"];
export type KeyList = AnswerOf<"/api/v1/admin/api-keys", "get">;
export type ApiKey = Schemas["ShownKey"];
export type CreatedKey = AnswerOf<"/api/v1/admin/api-keys", "post", 201>;

export type Me = AnswerOf<"/api/v1/portal/me", "get">;

/** What is known before anybody signed in. It stands in no document: it is public. */
export interface WellKnown {
  name?: string;
  version?: string;
  oidc_enabled?: boolean;
  issuer?: string;
  api_key_header?: string;
  audit_enabled?: boolean;
}

/** The part of OpenAPI 3.1 that the pages read. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: "path" | "query" | "header" | "cookie";
  description?: string;
  required?: boolean;
  schema?: Schema;
  example?: unknown;
}

export interface MediaType {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value?: unknown; summary?: string }>;
}

export interface ResponseObject {
  $ref?: string;
  description?: string;
  headers?: Record<string, { $ref?: string; description?: string; schema?: Schema }>;
  content?: Record<string, MediaType>;
}

export interface Operation {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { description?: string; required?: boolean; content?: Record<string, MediaType> };
  responses?: Record<string, ResponseObject>;
  security?: Record<string, string[]>[];
}

export interface OpenApi {
  openapi: string;
  info: { title: string; version: string; description?: string };
  servers?: { url: string }[];
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, unknown>>;
  components?: {
    schemas?: Record<string, Schema>;
    responses?: Record<string, ResponseObject>;
    headers?: Record<string, { description?: string; schema?: Schema }>;
    securitySchemes?: Record<
      string,
      { type: string; name?: string; in?: string; scheme?: string; description?: string }
    >;
  };
}
