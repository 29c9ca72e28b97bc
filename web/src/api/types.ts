/** Shapes of the portal API. Written by hand until `npm run api-types` has a document to read; see README. */

/** Name → values in the order in which they arrived. */
export type MultiMap = Record<string, string[]>;
export type BodyEncoding = "base64" | "utf-8";

export interface AuditPayload {
  request_headers?: MultiMap | null;
  request_query?: MultiMap | null;
  request_content_type?: string | null;
  request_body?: string | null;
  request_body_encoding?: BodyEncoding;
  request_size?: number;
  request_truncated?: boolean;
  request_remote_addr?: string;
  response_headers?: MultiMap | null;
  response_content_type?: string | null;
  response_body?: string | null;
  response_body_encoding?: BodyEncoding;
  response_size?: number;
  response_truncated?: boolean;
  replayed_from?: string | null;
  captured_at?: string;
}

export interface AuditEvent {
  id: string;
  timestamp: string;
  duration_ms: number;
  first_byte_ms?: number | null;
  request_id: string;
  session_id?: string | null;
  user_subject?: string | null;
  user_email?: string | null;
  auth_type?: string | null;
  api_key_name?: string | null;
  method: string;
  path: string;
  target: string;
  host: string;
  http_version: string;
  route_name?: string | null;
  endpoint_group?: string | null;
  status: number;
  bytes_in: number;
  bytes_out: number;
  success: boolean;
  error_message?: string | null;
  error_category?: string | null;
  remote_addr: string;
  user_agent?: string | null;
  source: "external" | "portal-tryit" | "replay";
  instance: string;
  payload?: AuditPayload | null;
}

export interface EventList {
  events: AuditEvent[];
  total: number;
  limit: number;
  offset: number;
  next_cursor?: string | null;
}

export interface Timeseries {
  from: string;
  to: string;
  bucket_seconds: number;
  buckets: { time: string; count: number; errors: number; avg_duration_ms: number }[];
}

export interface Breakdown {
  from: string;
  to: string;
  dimension: string;
  groups: { key: string | null; count: number; errors: number; avg_duration_ms: number }[];
}

export interface Stats {
  from: string;
  to: string;
  total: number;
  errors: number;
  success: number;
  error_rate: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  dropped_total: number;
  queue_depth: number;
  queue_capacity: number;
}

export interface Replay {
  replayed_from: string;
  status: number;
  headers: MultiMap;
  body: string | null;
  body_encoding?: BodyEncoding;
  body_truncated: boolean;
  event_id?: string | null;
}

export interface TryItRequest {
  method?: string;
  path_params: Record<string, string>;
  query_params: MultiMap;
  headers: MultiMap;
  body: string;
}

export interface TryItAnswer {
  dispatched_to: string;
  method: string;
  status: number;
  headers: MultiMap;
  body: string | null;
  body_encoding?: BodyEncoding;
  body_truncated: boolean;
  event_id?: string | null;
}

export interface Me {
  subject?: string | null;
  email?: string | null;
  name?: string | null;
  auth_type?: string | null;
  api_key_name?: string | null;
}

/** What is known before anybody signed in. */
export interface WellKnown {
  name?: string;
  version?: string;
  oidc_enabled?: boolean;
  oidc?: { enabled?: boolean; issuer?: string | null } | boolean | null;
  issuer?: string | null;
  api_key_header?: string;
  [more: string]: unknown;
}

/** A value, with where it came from. */
export type ConfigSource = string | { source: string; detail?: string | null; line?: number | null };

export interface ServerInfo {
  name?: string;
  version?: string;
  commit?: string;
  date?: string;
  base_url?: string;
  started_at?: string;
  uptime_seconds?: number;
  instance?: string;
  config?: unknown;
  sources?: Record<string, ConfigSource>;
  [more: string]: unknown;
}

export interface ApiKey {
  name: string;
  description?: string | null;
  created_by?: string | null;
  created_at?: string | null;
  expires_at?: string | null;
  last_used_at?: string | null;
  source?: string;
}

export interface CreatedKey {
  key: ApiKey;
  plaintext: string;
}

export interface Catalogue {
  groups: CatalogueGroup[];
}

export interface CatalogueGroup {
  name: string;
  about: string;
  routes: CatalogueRoute[];
}

export interface CatalogueRoute {
  name: string;
  group: string;
  method: string;
  /** With `{parameter}` segments. */
  path: string;
  about: string;
  params: CatalogueParam[];
  takes_body: boolean;
  answers: { status: string; about: string; media_type?: string | null; example?: unknown; headers?: { name: string; about: string }[] }[];
  /** Target that answers as the first answer says. */
  example?: string;
}

export interface CatalogueParam {
  name: string;
  place: "path" | "query" | "header";
  about: string;
  required: boolean;
  type?: string | null;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  example?: unknown;
}

export interface MetaFilter {
  name: string;
  type: string;
  about: string;
  example: string;
  repeatable: boolean;
  /** Values on offer, where any value may not come up. */
  values?: string[];
}

export interface Meta {
  filters: MetaFilter[];
  dimensions: string[];
  features: { store: string; payloads: boolean; headers: boolean; max_payload_bytes: number; retention_days: number; formats: string[] };
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
    securitySchemes?: Record<string, { type: string; name?: string; in?: string; scheme?: string; description?: string }>;
  };
}
