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
export type Dashboard = AnswerOf<"/api/v1/portal/dashboard", "get">;
export type ServerInfo = AnswerOf<"/api/v1/portal/server", "get">;
export type Actor = Schemas["Actor"];
export type ConfigSource = Schemas["ConfigSource"];
export type KeyList = AnswerOf<"/api/v1/admin/api-keys", "get">;
export type ApiKey = Schemas["ShownKey"];
export type NewKey = Schemas["Wanted"];
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
