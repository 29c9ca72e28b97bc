/** Made by `npm run api-types`; not to be edited. */
export interface paths {
    "/api/v1/admin/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the keys. */
        get: operations["list_api_keys"];
        put?: never;
        /** Creates a key. */
        post: operations["mint_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/api-keys/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a key on every replica immediately. */
        delete: operations["revoke_api_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the keys. */
        get: operations["list_keys"];
        put?: never;
        /** Creates a key. */
        post: operations["mint_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a key on every replica immediately. */
        delete: operations["revoke_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asks. */
        get: operations["portal_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Matching events, newest first, with the total count. */
        get: operations["audit_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One event with its payload (headers, query and bodies) and its record below HTTP (`wire`). */
        get: operations["audit_event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Matching connections that have ended, the latest opened first, with the total count. */
        get: operations["audit_connections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/connections/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One connection with the events of its requests, at most 1000. It is recorded when it ends. */
        get: operations["audit_connection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/timeseries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counts over time, empty buckets included; the last hour unless from and to are given. */
        get: operations["audit_timeseries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/breakdown": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counts by a dimension, largest first; the last hour unless from and to are given. */
        get: operations["audit_breakdown"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Totals and percentiles, and the state of the audit queue; the last hour unless from and to are given. */
        get: operations["audit_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Matching events as they are written (server-sent events). Ends when the client disconnects or the server stops. */
        get: operations["audit_stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/export.ndjson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Matching events as a file, newest first. */
        get: operations["audit_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/replay/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a recorded request again: method, path, query, headers and body, without credentials and redacted values. It is recorded as a replay of that event. */
        post: operations["audit_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/fingerprint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Returns the fingerprint of a value: what the audit trail shows in its place when it is redacted, and what the filter `fingerprint` takes. The value is not recorded. */
        post: operations["audit_fingerprint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/audit/meta": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Filters, dimensions and bounds, and the parts of a request that are recorded. */
        get: operations["audit_meta"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/dashboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Totals, counts over time, status classes, slowest and failing routes, and recent events. */
        get: operations["portal_dashboard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All endpoints by group, with parameters, bounds and examples. */
        get: operations["portal_endpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/endpoints/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One endpoint by route name. A group name returns the group, as in the list. */
        get: operations["portal_endpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["portal_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/tryit/{group}/{route}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a request to an endpoint through the same middleware as external traffic and returns the response. */
        post: operations["tryit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Build, uptime, and the effective configuration with the source of each value. */
        get: operations["portal_server"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same document as `server`. */
        get: operations["portal_config"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/portal/actors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** State, mailbox, restarts and last error of each actor of the responding replica. */
        get: operations["portal_actors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description One actor. */
        Actor: {
            /** @description Capacity of the mailbox in messages. */
            capacity: number;
            /** @description Messages waiting or being handled. */
            depth: number;
            /**
             * Format: int64
             * @description Messages handled.
             */
            handled: number;
            /** @description Number among actors of the same name, from 1: there is an authenticator for each worker. */
            instance: number;
            last_error?: components["schemas"]["ActorError"] | null;
            name: string;
            /**
             * Format: int64
             * @description Messages refused because the mailbox was full or closed.
             */
            refused: number;
            /**
             * Format: int64
             * @description Restarts after a crash.
             */
            restarts: number;
            state: string;
        };
        /** @description Last error of an actor. */
        ActorError: {
            /** Format: date-time */
            at: string;
            /** @description Error message, at most 500 characters. */
            message: string;
        };
        /** @description All actors of the replica that answers. */
        Actors: {
            /** @description Actors in the order of their start. */
            actors: components["schemas"]["Actor"][];
        };
        /** @description Value to compute the fingerprint of. */
        Asking: {
            /**
             * @description The value as sent: of a header, a (decoded) query parameter, one cookie, or a credential alone. At least 8
             *     bytes.
             */
            value: string;
        };
        /** @description A connection that has ended. */
        AuditConnection: {
            /**
             * Format: int64
             * @description Bytes received, without TLS.
             */
            bytes_in: number;
            /**
             * Format: int64
             * @description Bytes sent, without TLS.
             */
            bytes_out: number;
            /**
             * Format: date-time
             * @description Time when it ended.
             */
            closed: string;
            /** @description How it ended, in the words of `ended_by` of a request; `complete` for an orderly end while idle. */
            ended_by: string;
            /** @description What went wrong, in one sentence. */
            error_message?: string | null;
            /** @description First bytes, at most 256, of a connection without a request that was understood. */
            first_bytes: string;
            /** @description `base64` when they are not UTF-8 text. */
            first_bytes_encoding?: string | null;
            /**
             * Format: uuid
             * @description UUID version 7: sorts by time.
             */
            id: string;
            /** @description Replica that accepted it. */
            instance: string;
            /**
             * Format: int32
             * @description Local port.
             */
            local_port: number;
            /**
             * Format: date-time
             * @description Time when it was accepted.
             */
            opened: string;
            /** @description `http/1`, `http/2`, or `none` when neither was understood. */
            protocol: string;
            /** @description PROXY header: version, source and destination. Null without one. */
            proxy: {
                [key: string]: unknown;
            } | null;
            /** @description Address and port of the peer. */
            remote_addr: string;
            /**
             * Format: int64
             * @description Number of requests that were understood.
             */
            requests: number;
            /** @description TLS facts: version, cipher, server name, ALPN, client certificate. Null on plain connections. */
            tls: {
                [key: string]: unknown;
            } | null;
        };
        /** @description A connection with the events of its requests, in their order. */
        AuditConnectionRecord: components["schemas"]["AuditConnection"] & {
            events: components["schemas"]["AuditEvent"][];
        };
        /** @description A recorded request. Fields without a value are omitted. */
        AuditEvent: {
            /** @description Name of the key or token. */
            api_key_name?: string | null;
            /**
             * Format: int64
             * @description Number of the attempt within its call, from 1.
             */
            attempt?: number | null;
            /** @description Authentication type of the caller; absent without authentication. */
            auth_type?: string | null;
            /**
             * Format: int64
             * @description Bytes of the request body that arrived, without transfer coding.
             */
            bytes_in: number;
            /**
             * Format: int64
             * @description Bytes of the response body that were handed to the connection.
             */
            bytes_out: number;
            /** @description Key by which attempts of one call are counted. */
            call_key?: string | null;
            /** @description Client that the OpenID provider issued the token to. */
            client_id?: string | null;
            /**
             * Format: uuid
             * @description Connection of the request; absent for requests that the server sends itself.
             */
            connection_id?: string | null;
            /**
             * Format: double
             * @description Milliseconds from the request head to the end of the response.
             */
            duration_ms: number;
            /** @description How the exchange ended: `complete`, `client_fin`, `client_reset`, `server_close`, `server_reset`, `timeout` or `shutdown`. */
            ended_by?: string | null;
            /** @description Group of the route. */
            endpoint_group?: string | null;
            /** @description Error category: a bounded set of words. */
            error_category?: string | null;
            /** @description Error message sent to the client. */
            error_message?: string | null;
            /** @description Fingerprints of the redacted values; absent when nothing was redacted. */
            fingerprints?: string[] | null;
            /**
             * Format: double
             * @description Milliseconds until the response head was handed to the socket (TTFB); absent without a response.
             */
            first_byte_ms?: number | null;
            /** @description Requested host: `Host`, or `:authority` of HTTP/2. */
            host: string;
            /** @description `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`. */
            http_version: string;
            /**
             * Format: uuid
             * @description UUID version 7: sorts by time.
             */
            id: string;
            /** @description Replica that answered. */
            instance: string;
            /** @description Method. */
            method: string;
            /** @description Path as received, without the query. */
            path: string;
            /** @description Address and port of the peer. */
            remote_addr: string;
            /** @description Value of `X-Request-Id` in the response. */
            request_id: string;
            /**
             * Format: int64
             * @description Number of the request on its connection, from 1.
             */
            request_on_connection?: number | null;
            /** @description Name of the route; absent when no route matched. */
            route_name?: string | null;
            /** @description Rule that a malformed request breaks. */
            rule?: string | null;
            /** @description Name of the script that answered. */
            script?: string | null;
            /** @description Portal session that the request was sent from. */
            session_id?: string | null;
            /** @description Source of the request: `external`, `portal-tryit` or `replay`. */
            source: string;
            /**
             * Format: int32
             * @description Response status; 499 when the client closed the connection before the response was complete.
             */
            status: number;
            /** @description True for 200 ≤ status < 400. */
            success: boolean;
            /** @description Request target as received, with redacted values masked. */
            target: string;
            /** @description The target as received, in base64; only when it is not UTF-8. */
            target_base64?: string | null;
            /** @description Value of `X-Test-Run`. */
            test_run?: string | null;
            /**
             * Format: date-time
             * @description Time when the request head was complete, in microseconds.
             */
            timestamp: string;
            /** @description Trace id of `traceparent`: 32 lower-case hex digits. */
            trace_id?: string | null;
            /** @description Value of `User-Agent`. */
            user_agent?: string | null;
            /** @description Email address of the identity. */
            user_email?: string | null;
            /** @description Subject of the identity. */
            user_subject?: string | null;
        };
        /** @description Headers, query and bodies of a request and its response. Bodies are text when they are UTF-8, otherwise base64. */
        AuditPayload: {
            /**
             * Format: uuid
             * @description Id of the original event, for a replay.
             */
            replayed_from: string | null;
            /** @description Captured part of the request body. */
            request_body: string;
            /** @description `base64` when the body is not UTF-8 text. */
            request_body_encoding?: string | null;
            /**
             * Format: int64
             * @description Bytes of the body that were captured.
             */
            request_captured_size: number;
            /** @description `Content-Type` of the request. */
            request_content_type: string | null;
            /** @description Request headers: canonical name → values in their order, sorted by name. Null with `capture_headers` off. */
            request_headers: {
                [key: string]: string[];
            } | null;
            /** @description Parts of the request in which something was masked: `path`, `query`, `headers`, `body`. */
            request_masked: string[];
            /** @description Query parameters: name → values in their order. Null without a query. */
            request_query: {
                [key: string]: string[];
            } | null;
            /** @description Address and port of the peer. */
            request_remote_addr: string;
            /**
             * Format: int64
             * @description Bytes of the request body that arrived.
             */
            request_size: number;
            /** @description True when more bytes arrived than were captured. */
            request_truncated: boolean;
            /** @description Captured part of the response body. */
            response_body: string;
            /** @description `base64` when the body is not UTF-8 text. */
            response_body_encoding?: string | null;
            /**
             * Format: int64
             * @description Bytes of the body that were captured.
             */
            response_captured_size: number;
            /** @description `Content-Type` of the response. */
            response_content_type: string | null;
            /** @description Response headers, in the same form as the request headers. */
            response_headers: {
                [key: string]: string[];
            } | null;
            /** @description Parts of the response in which something was masked: `headers`, `body`. */
            response_masked: string[];
            /**
             * Format: int64
             * @description Bytes of the response body that were handed to the connection.
             */
            response_size: number;
            /** @description True when more bytes were sent than were captured. */
            response_truncated: boolean;
        };
        /** @description Event with its payload and its record below HTTP; each `null` when there is none. */
        AuditRecord: components["schemas"]["AuditEvent"] & {
            payload: components["schemas"]["AuditPayload"] | null;
            wire: components["schemas"]["AuditWire"] | null;
        };
        /** @description The record below HTTP. Times are milliseconds since the request head was complete. */
        AuditWire: {
            /** @description Peer, local port, TLS, PROXY header, HTTP/2 stream. */
            connection?: {
                [key: string]: unknown;
            };
            /** @description Head as received (HTTP/1), fields in order with their case, framing, chunks, trailers, times. */
            request?: {
                fields?: (string | Record<string, never>)[][];
                /** @description Head as received, with secrets masked in place. */
                raw_head?: string;
                /** @description `base64` when the head is not UTF-8 text. */
                raw_head_encoding?: string;
            } & {
                [key: string]: unknown;
            };
            /** @description Head as sent (HTTP/1), fields in order, interim responses, framing, trailers, times. */
            response?: {
                fields?: (string | Record<string, never>)[][];
                /** @description Head as sent, with secrets masked in place. */
                head?: string;
                /** @description `base64` when the head is not UTF-8 text. */
                head_encoding?: string;
            } & {
                [key: string]: unknown;
            };
        };
        /** @description Counts by a dimension. */
        Breakdown: {
            dimension: string;
            /** Format: date-time */
            from: string;
            groups: components["schemas"]["BreakdownGroup"][];
            /** Format: date-time */
            to: string;
        };
        /** @description Events with the same value. */
        BreakdownGroup: {
            /**
             * Format: double
             * @description Mean duration in milliseconds.
             */
            avg_duration_ms: number;
            /** Format: int64 */
            count: number;
            /**
             * Format: int64
             * @description Events that failed (`success` is false).
             */
            errors: number;
            /** @description Value of the dimension; empty for events without one. */
            key: string;
        };
        /** @description Endpoints by group. */
        Catalogue: {
            groups: components["schemas"]["CatalogueGroup"][];
        };
        /** @description A documented answer of an endpoint. */
        CatalogueAnswer: {
            about: string;
            /** @description Example body. */
            example?: unknown;
            headers: components["schemas"]["CatalogueHeader"][];
            media_type?: string | null;
            /** @description Status, range or `default`. */
            status: string;
        };
        /** @description An endpoint, or a group of them. */
        CatalogueEntry: components["schemas"]["CatalogueRoute"] | components["schemas"]["CatalogueGroup"];
        /** @description A group of endpoints. */
        CatalogueGroup: {
            about: string;
            name: string;
            routes: components["schemas"]["CatalogueRoute"][];
        };
        /** @description A header of an answer. */
        CatalogueHeader: {
            about: string;
            name: string;
        };
        /** @description A parameter of an endpoint. */
        CatalogueParam: {
            about: string;
            /** @description Default value. */
            default?: unknown;
            /** @description Example value. */
            example: unknown;
            maximum?: unknown;
            minimum?: unknown;
            name: string;
            /** @description `path`, `query` or `header`. */
            place: string;
            required: boolean;
            /** @description `string`, `integer`, `number` or `array`. */
            type: string;
        };
        /** @description An endpoint. */
        CatalogueRoute: {
            about: string;
            answers: components["schemas"]["CatalogueAnswer"][];
            /** @description Request target whose response is the first documented one. */
            example: string;
            group: string;
            method: string;
            name: string;
            params: components["schemas"]["CatalogueParam"][];
            /** @description The path, with `{parameter}` segments. */
            path: string;
            /** @description True when the endpoint reads a request body. */
            takes_body: boolean;
        };
        /** @description Source of a value. */
        ConfigSource: {
            /** @description File and line, or the variable; omitted for a default. */
            detail?: string | null;
            /**
             * Format: int32
             * @description Line in the file, counted from 1.
             */
            line?: number | null;
            source: string;
        };
        /** @description A warning about the configuration. */
        ConfigWarning: {
            /** @description Key that the warning is about. */
            key: string;
            message: string;
        };
        /** @description A page of connections, the latest opened first. */
        ConnectionsPage: {
            connections: components["schemas"]["AuditConnection"][];
            /**
             * Format: int32
             * @description Maximum number of connections per page.
             */
            limit: number;
            /** @description Cursor of the next page; omitted on the last one. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Number of matching connections on all pages.
             */
            total: number;
        };
        Dashboard: {
            /** @description At most 10 routes with the most failed requests, most first. */
            failing_routes: components["schemas"]["BreakdownGroup"][];
            /** Format: date-time */
            from: string;
            /** @description `15m`, `1h`, `24h` or `7d`. */
            range: string;
            /** @description At most 12 of the newest events. */
            recent: components["schemas"]["AuditEvent"][];
            /**
             * @description At most 10 routes with the highest mean duration, slowest first. The key is empty for requests that matched no
             *     route.
             */
            slowest_routes: components["schemas"]["BreakdownGroup"][];
            /** @description Totals, percentiles and the state of the queue. */
            stats: components["schemas"]["Stats"];
            /** @description All classes in order, including those without events. */
            status_classes: components["schemas"]["StatusClass"][];
            timeseries: components["schemas"]["Timeseries"];
            /** Format: date-time */
            to: string;
        };
        /** @description Description of a request. */
        Description: {
            /** @description Body: text is sent unchanged, any other value as JSON with that content type unless the headers have one. */
            body?: unknown;
            /** @description Headers by name, each with its values. Cookie, Authorization and connection headers are not forwarded. */
            headers?: {
                [key: string]: string[];
            };
            /** @description Method; defaults to the route's own. */
            method?: string | null;
            /** @description Path parameters by name: text, number or boolean. They are percent-encoded. */
            path_params?: {
                [key: string]: string;
            };
            /** @description Query parameters by name, each with its values, in this order. */
            query_params?: {
                [key: string]: string[];
            };
        };
        /** @description Body of an error response. */
        Error: {
            /** @description Error code for programs; only under `/api/`. */
            code?: string | null;
            /** @description Error message. */
            error: string;
            /** @description The rule of HTTP that the request breaks. */
            rule?: string | null;
        };
        /** @description A page of events, newest first. */
        EventsPage: {
            events: components["schemas"]["AuditEvent"][];
            /**
             * Format: int32
             * @description Maximum number of events per page.
             */
            limit: number;
            /** @description Cursor of the next page; omitted on the last one. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Events skipped.
             */
            offset: number;
            /**
             * Format: int64
             * @description Number of matching events on all pages.
             */
            total: number;
        };
        /** @description Fingerprint of the value. */
        Fingerprint: {
            /** @description Eight hex digits. */
            fingerprint: string;
        };
        /** @description List of keys. */
        Listed: {
            /** @description Newest first. */
            keys: components["schemas"]["ShownKey"][];
        };
        /** @description The caller. */
        Me: {
            /** @description Name of the caller's key or token. */
            api_key_name?: string | null;
            /** @description `apikey`, `bearer` or `oauth2`. */
            auth_type: string;
            email?: string | null;
            /** @description Display name, if the provider gives one. */
            name?: string | null;
            /** @description Subject of the identity. */
            subject: string;
        };
        /** @description Description of the audit trail's queries. */
        Meta: {
            /** @description Dimensions of a breakdown. */
            dimensions: string[];
            features: components["schemas"]["MetaFeatures"];
            /** @description Parameters that every query accepts. */
            filters: components["schemas"]["MetaFilter"][];
            limits: components["schemas"]["MetaLimits"];
        };
        /** @description Recorded parts of requests, and export formats. */
        MetaFeatures: {
            /** @description Export formats. */
            formats: string[];
            /** @description Headers are recorded. */
            headers: boolean;
            /**
             * Format: int64
             * @description Bytes of each body that are recorded.
             */
            max_payload_bytes: number;
            /** @description Bodies and query are recorded. */
            payloads: boolean;
            /**
             * Format: int32
             * @description Days an event is kept.
             */
            retention_days: number;
            /** @description `postgres` or `sqlite`. */
            store: string;
        };
        /** @description A filter. */
        MetaFilter: {
            about: string;
            /** @description Example value. */
            example: string;
            name: string;
            /** @description True when it may be given more than once; all values must match. */
            repeatable: boolean;
            /**
             * @description `text`, `time`, `status`, `word`, `method`, `number`, `integer`, `uuid`, `header`, `header-name`,
             *     `fingerprint` or `trace-id`.
             */
            type: string;
            /** @description Possible values; omitted when the value is free. */
            values?: string[] | null;
        };
        /** @description Limits of queries. */
        MetaLimits: {
            /** Format: int64 */
            buckets_max: number;
            /** Format: int64 */
            page_default: number;
            /** Format: int64 */
            page_max: number;
            /**
             * Format: int64
             * @description Timeout of one query in seconds.
             */
            question_seconds: number;
            /** Format: int64 */
            top_default: number;
            /** Format: int64 */
            top_max: number;
        };
        /** @description A new key. */
        Minted: {
            /** @description Stored properties of the key. */
            key: components["schemas"]["ShownKey"];
            /** @description The secret key. It is returned only once. */
            plaintext: string;
        };
        /** @description An OpenAPI document. */
        OpenApi: {
            /** @description Version of OpenAPI. */
            openapi: string;
        };
        /** @description Problem details (RFC 9457, section 3.1). */
        Problem: {
            /** @description Error code for programs (RFC 9457, section 3.2); only under `/api/`. */
            code?: string | null;
            /** @description Error message. */
            detail: string;
            /** @description Path of the request. */
            instance: string;
            /** @description The rule of HTTP that the request breaks. */
            rule?: string | null;
            /**
             * Format: int32
             * @description Status of this response.
             */
            status: number;
            /** @description Reason phrase of the status. */
            title: string;
            /** @description Always `about:blank`: the status says everything. */
            type: string;
        };
        /** @description Error of a refused request. */
        Refusal: {
            /** @description Stable error code for programs: `audit_disabled`, `bad_request`, `not_found` and so on. */
            code: string;
            /** @description Error message. */
            error: string;
        };
        /** @description Result of a replay. */
        Replayed: components["schemas"]["Shown"] & {
            replayed_from: string;
        };
        /** @description Server, build and configuration. */
        Server: {
            /** @description URL under which clients reach the server. */
            base_url: string;
            /** @description Commit of the build; `unknown` when built outside a checkout. */
            commit: string;
            /** @description Effective configuration in the shape of the file. Secrets are `***`. */
            config: Record<string, never>;
            /** @description Date of the commit (RFC 3339), or `unknown`. */
            date: string;
            /** @description Host and port of the responding replica. */
            instance: string;
            /** @description Value of `server.name`. */
            name: string;
            /**
             * @description Key of the configuration (`server.address`, `api_keys.file[0].key`) → source of its value. A list of texts has a
             *     single entry.
             */
            sources: {
                [key: string]: components["schemas"]["ConfigSource"];
            };
            /** Format: date-time */
            started_at: string;
            /** Format: int64 */
            uptime_seconds: number;
            version: string;
            /** @description Settings that are valid but probably not intended. */
            warnings: components["schemas"]["ConfigWarning"][];
        };
        /** @description Response as shown. */
        Shown: {
            /** @description First MiB of the body: text when it is UTF-8, otherwise base64. */
            body: string;
            /** @description `base64` when the body is not UTF-8 text. */
            body_encoding?: string | null;
            body_truncated: boolean;
            /** @description Id of the request's audit event; `null` when audit is off. */
            event_id: string | null;
            /** @description Canonical name → values. `Set-Cookie` is omitted. */
            headers: {
                [key: string]: string[];
            };
            /** Format: int32 */
            status: number;
        };
        /** @description A key without its secret. */
        ShownKey: {
            /** @description Time of creation. */
            created_at: string;
            /** @description Subject of the user who created it. */
            created_by: string;
            /** @description Purpose of the key. */
            description?: string;
            /** @description Expiry; omitted when it never expires. */
            expires_at?: string;
            /** @description Id of the key. */
            id: string;
            /** @description Time of the last use, to within 10 s. */
            last_used_at?: string;
            /** @description Name of the key, and subject of its callers. */
            name: string;
        };
        /** @description Totals over events, and the state of the sink. */
        Stats: {
            /**
             * Format: int64
             * @description Connections lost since the server started, for the same reasons as events.
             */
            connections_dropped_total: number;
            /**
             * Format: int64
             * @description Events lost since the server started: no room in the queue, stopped, or rejected by the store.
             */
            dropped_total: number;
            /**
             * Format: double
             * @description errors / total, 0 without events.
             */
            error_rate: number;
            /**
             * Format: int64
             * @description Events that failed (`success` is false).
             */
            errors: number;
            /** Format: date-time */
            from: string;
            /**
             * Format: date-time
             * @description Time of the last loss; omitted when no event was lost.
             */
            last_dropped_at?: string | null;
            /**
             * Format: double
             * @description Percentile of the duration in milliseconds.
             */
            p50_ms: number;
            /**
             * Format: double
             * @description Percentile of the duration in milliseconds.
             */
            p95_ms: number;
            /**
             * Format: double
             * @description Percentile of the duration in milliseconds.
             */
            p99_ms: number;
            /**
             * Format: int64
             * @description Memory of the waiting events in bytes.
             */
            queue_bytes: number;
            /** @description Capacity of the queue in events. */
            queue_capacity: number;
            /** @description Events waiting to be written. */
            queue_depth: number;
            /**
             * Format: int64
             * @description Lost events that the store rejected.
             */
            refused_total: number;
            /**
             * Format: int64
             * @description Writes that were retried since the server started.
             */
            retries_total: number;
            /** Format: int64 */
            success: number;
            /** Format: date-time */
            to: string;
            /** Format: int64 */
            total: number;
        };
        /** @description Number of events in a status class. */
        StatusClass: {
            /** @description `1xx` to `5xx`, or `499`: the client closed the connection. 4xx does not include those. */
            class: string;
            /** Format: int64 */
            count: number;
        };
        /** @description Events that began within `bucket_seconds` from `time`. */
        TimeBucket: {
            /**
             * Format: double
             * @description Mean duration in milliseconds, 0 without events.
             */
            avg_duration_ms: number;
            /** Format: int64 */
            count: number;
            /**
             * Format: int64
             * @description Events that failed (`success` is false).
             */
            errors: number;
            /** Format: date-time */
            time: string;
        };
        /** @description Counts by time. */
        Timeseries: {
            /** Format: int32 */
            bucket_seconds: number;
            buckets: components["schemas"]["TimeBucket"][];
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        /** @description Result of the request. */
        Tried: components["schemas"]["Shown"] & {
            /** @description Path and query that were sent. */
            dispatched_to: string;
            method: string;
        };
        /** @description Request to create a key. */
        Wanted: {
            /** @description Purpose of the key, at most 1000 characters. */
            description?: string | null;
            /** @description Expiry (RFC 3339), in the future. Without it, the key never expires. */
            expires_at?: string | null;
            /** @description Unique name: 1 to 100 characters without `/`, control characters, or white space at the ends. */
            name: string;
        };
    };
    responses: {
        /** @description A parameter or the path is invalid or out of bounds. */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "malformed path"
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Bad Request",
                 *       "status": 400,
                 *       "detail": "malformed path",
                 *       "instance": "/api/v1/portal/endpoints"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Missing or invalid credential. Under `/v1/`, `WWW-Authenticate` has `error` if it is invalid. */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                /** @description RFC 6750 */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "unauthorized"
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Unauthorized",
                 *       "status": 401,
                 *       "detail": "unauthorized",
                 *       "instance": "/api/v1/portal/endpoints"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request did not arrive in time. */
        RequestTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "request body stalled: no byte arrived for 30 s"
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Request Timeout",
                 *       "status": 408,
                 *       "detail": "request body stalled: no byte arrived for 30 s",
                 *       "instance": "/api/v1/portal/endpoints"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body exceeds `server.max_body_bytes`. */
        ContentTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "request body exceeds max 67108864 bytes"
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Request Entity Too Large",
                 *       "status": 413,
                 *       "detail": "request body exceeds max 67108864 bytes",
                 *       "instance": "/api/v1/portal/endpoints"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Target and headers exceed `server.max_header_bytes`. */
        HeadersTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "request headers exceed max 65536 bytes"
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Request Header Fields Too Large",
                 *       "status": 431,
                 *       "detail": "request headers exceed max 65536 bytes",
                 *       "instance": "/api/v1/portal/endpoints"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Internal error. */
        InternalError: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "internal error"
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Internal Server Error",
                 *       "status": 500,
                 *       "detail": "internal error",
                 *       "instance": "/api/v1/portal/endpoints"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Overloaded, or the database or the provider can't be reached; see `Retry-After`. */
        Unavailable: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                /** @description Seconds */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "authenticator overloaded"
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Service Unavailable",
                 *       "status": 503,
                 *       "detail": "authenticator overloaded",
                 *       "instance": "/api/v1/portal/endpoints"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /**
         * @description The request's id if it is 1 to 128 visible ASCII characters, otherwise a new UUID.
         * @example 0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2
         */
        RequestId: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_api_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All keys, newest first. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                     *           "name": "gateway",
                     *           "description": "staging",
                     *           "created_by": "dev",
                     *           "created_at": "2026-01-02T03:04:05Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Listed"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    mint_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "gateway",
                 *       "description": "staging"
                 *     }
                 */
                "application/json": components["schemas"]["Wanted"];
            };
        };
        responses: {
            /** @description The key. Its plaintext is returned only once. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key": {
                     *         "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                     *         "name": "gateway",
                     *         "description": "staging",
                     *         "created_by": "dev",
                     *         "created_at": "2026-01-02T03:04:05Z"
                     *       },
                     *       "plaintext": "at_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                     *     }
                     */
                    "application/json": components["schemas"]["Minted"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            408: components["responses"]["RequestTimeout"];
            /** @description The name already exists. */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            413: components["responses"]["ContentTooLarge"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revoke_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the key.
                 * @example gateway
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is revoked. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Key not found. */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    list_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All keys, newest first. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                     *           "name": "gateway",
                     *           "description": "staging",
                     *           "created_by": "dev",
                     *           "created_at": "2026-01-02T03:04:05Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Listed"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    mint_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "gateway",
                 *       "description": "staging"
                 *     }
                 */
                "application/json": components["schemas"]["Wanted"];
            };
        };
        responses: {
            /** @description The key. Its plaintext is returned only once. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key": {
                     *         "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                     *         "name": "gateway",
                     *         "description": "staging",
                     *         "created_by": "dev",
                     *         "created_at": "2026-01-02T03:04:05Z"
                     *       },
                     *       "plaintext": "at_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                     *     }
                     */
                    "application/json": components["schemas"]["Minted"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            408: components["responses"]["RequestTimeout"];
            /** @description The name already exists. */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            413: components["responses"]["ContentTooLarge"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revoke_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the key.
                 * @example gateway
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is revoked. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Key not found. */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The identity. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "subject": "dev",
                     *       "auth_type": "apikey",
                     *       "api_key_name": "dev"
                     *     }
                     */
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_events: {
        parameters: {
            query?: {
                /**
                 * @description Maximum number of entries per page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Events to skip; for deep pages a cursor is faster.
                 * @example 0
                 */
                offset?: number;
                /**
                 * @description The `next_cursor` of the previous page; can't be combined with an offset.
                 * @example AAY0ZfNrQAABmo0QAAAHAIAAAAAAAAAB
                 */
                cursor?: string;
                /**
                 * @description Events that began at or after this time (RFC 3339).
                 * @example 2026-01-31T12:00:00Z
                 */
                from?: string;
                /**
                 * @description Events that began before this time (RFC 3339).
                 * @example 2026-01-31T13:00:00Z
                 */
                to?: string;
                /**
                 * @description Method, case-sensitive.
                 * @example GET
                 */
                method?: string;
                /**
                 * @description Text that the path contains, case-sensitive.
                 * @example /v1/fixed/
                 */
                path?: string;
                /**
                 * @description Name of the route.
                 * @example fixed
                 */
                route_name?: string;
                /**
                 * @description Group of the route.
                 * @example data
                 */
                endpoint_group?: string;
                /**
                 * @description Status, or status class.
                 * @example 4xx
                 */
                status?: string;
                /**
                 * @description Subject or email address of the caller.
                 * @example devkey
                 */
                user?: string;
                /**
                 * @description How the caller was authenticated.
                 * @example apikey
                 */
                auth_type?: "anonymous" | "apikey" | "bearer" | "oauth2";
                /**
                 * @description Portal session that the request was sent from.
                 * @example s-1
                 */
                session?: string;
                /**
                 * @description True for 200 ≤ status < 400.
                 * @example true
                 */
                success?: "true" | "false";
                /**
                 * @description Where the request came from.
                 * @example external
                 */
                source?: "external" | "portal-tryit" | "replay";
                /**
                 * @description Value of X-Request-Id.
                 * @example 0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2
                 */
                request_id?: string;
                /**
                 * @description Text that the path, error message or request id contains, case-sensitive.
                 * @example fixed
                 */
                q?: string;
                /**
                 * @description Name and value of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "Content-Type:application/json"
                 *     ]
                 */
                header?: string[];
                /**
                 * @description Name of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "X-Request-Id"
                 *     ]
                 */
                has_header?: string[];
                /**
                 * @description Minimum duration in milliseconds.
                 * @example 250
                 */
                min_duration_ms?: number;
                /**
                 * @description Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.
                 * @example 3f9a01bc
                 */
                fingerprint?: string;
                /**
                 * @description Address of the peer, with or without port.
                 * @example 127.0.0.1
                 */
                remote_addr?: string;
                /**
                 * @description Protocol version: HTTP/1.0, HTTP/1.1 or HTTP/2.0.
                 * @example HTTP/1.1
                 */
                http_version?: string;
                /**
                 * @description Connection of the request.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                connection?: string;
                /**
                 * @description Rule that a malformed request breaks.
                 * @example space-before-colon
                 */
                rule?: string;
                /**
                 * @description How the exchange ended.
                 * @example client_reset
                 */
                ended_by?: "complete" | "client_fin" | "client_reset" | "server_close" | "server_reset" | "timeout" | "shutdown";
                /**
                 * @description Trace id of traceparent: 32 hex digits.
                 * @example 0af7651916cd43dd8448eb211c80319c
                 */
                trace_id?: string;
                /**
                 * @description Value of X-Test-Run.
                 * @example run-1
                 */
                test_run?: string;
                /**
                 * @description Key by which attempts of one call are counted.
                 * @example order-7
                 */
                call_key?: string;
                /**
                 * @description Name of the script that answered.
                 * @example flaky
                 */
                script?: string;
                /**
                 * @description Number of the attempt within its call, from 1.
                 * @example 2
                 */
                attempt?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "events": [
                     *         {
                     *           "id": "019a8d10-0000-7000-8000-000000000001",
                     *           "timestamp": "2026-01-31T12:00:00.000000Z",
                     *           "duration_ms": 0.42,
                     *           "first_byte_ms": 0.31,
                     *           "request_id": "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2",
                     *           "user_subject": "devkey",
                     *           "auth_type": "apikey",
                     *           "api_key_name": "devkey",
                     *           "method": "GET",
                     *           "path": "/v1/fixed/hello",
                     *           "target": "/v1/fixed/hello",
                     *           "host": "localhost:8080",
                     *           "http_version": "HTTP/1.1",
                     *           "route_name": "fixed",
                     *           "endpoint_group": "data",
                     *           "status": 200,
                     *           "bytes_in": 0,
                     *           "bytes_out": 120,
                     *           "success": true,
                     *           "remote_addr": "127.0.0.1:51234",
                     *           "user_agent": "curl/8.5.0",
                     *           "source": "external",
                     *           "instance": "api-test-0",
                     *           "fingerprints": [
                     *             "3f9a01bc"
                     *           ],
                     *           "connection_id": "019a8d10-0000-7000-8000-000000000002",
                     *           "request_on_connection": 1,
                     *           "ended_by": "complete"
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "limit": 50,
                     *       "offset": 0
                     *     }
                     */
                    "application/json": components["schemas"]["EventsPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the event.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a8d10-0000-7000-8000-000000000001",
                     *       "timestamp": "2026-01-31T12:00:00.000000Z",
                     *       "duration_ms": 0.42,
                     *       "first_byte_ms": 0.31,
                     *       "request_id": "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2",
                     *       "user_subject": "devkey",
                     *       "auth_type": "apikey",
                     *       "api_key_name": "devkey",
                     *       "method": "GET",
                     *       "path": "/v1/fixed/hello",
                     *       "target": "/v1/fixed/hello",
                     *       "host": "localhost:8080",
                     *       "http_version": "HTTP/1.1",
                     *       "route_name": "fixed",
                     *       "endpoint_group": "data",
                     *       "status": 200,
                     *       "bytes_in": 0,
                     *       "bytes_out": 120,
                     *       "success": true,
                     *       "remote_addr": "127.0.0.1:51234",
                     *       "user_agent": "curl/8.5.0",
                     *       "source": "external",
                     *       "instance": "api-test-0",
                     *       "fingerprints": [
                     *         "3f9a01bc"
                     *       ],
                     *       "connection_id": "019a8d10-0000-7000-8000-000000000002",
                     *       "request_on_connection": 1,
                     *       "ended_by": "complete",
                     *       "payload": {
                     *         "request_headers": {
                     *           "Accept": [
                     *             "*\/*"
                     *           ],
                     *           "X-Api-Key": [
                     *             "[redacted:3f9a01bc]"
                     *           ]
                     *         },
                     *         "request_query": null,
                     *         "request_content_type": null,
                     *         "request_body": "",
                     *         "request_captured_size": 0,
                     *         "request_size": 0,
                     *         "request_truncated": false,
                     *         "request_remote_addr": "127.0.0.1:51234",
                     *         "response_headers": {
                     *           "Content-Type": [
                     *             "application/json"
                     *           ]
                     *         },
                     *         "response_content_type": "application/json",
                     *         "response_body": "{\"key\":\"hello\"}\n",
                     *         "response_captured_size": 16,
                     *         "response_size": 16,
                     *         "response_truncated": false,
                     *         "replayed_from": null,
                     *         "request_masked": [
                     *           "headers"
                     *         ],
                     *         "response_masked": []
                     *       },
                     *       "wire": {
                     *         "request": {
                     *           "raw_head": "GET /v1/fixed/hello HTTP/1.1\r\nHost: localhost:8080\r\nX-API-Key: [redacted:3f9a01bc]\r\n\r\n",
                     *           "fields": [
                     *             [
                     *               "Host",
                     *               "localhost:8080"
                     *             ],
                     *             [
                     *               "X-API-Key",
                     *               "[redacted:3f9a01bc]"
                     *             ]
                     *           ],
                     *           "framing": "none",
                     *           "head_ms": 0.05
                     *         },
                     *         "response": {},
                     *         "connection": {
                     *           "peer": "127.0.0.1:51234",
                     *           "local_port": 8080,
                     *           "opened": "2026-01-31T11:59:59.999000Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AuditRecord"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Event not found. */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": "no such event",
                     *       "code": "event_not_found"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_connections: {
        parameters: {
            query?: {
                /**
                 * @description Maximum number of entries per page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description The `next_cursor` of the previous page; can't be combined with an offset.
                 * @example AAY0ZfNrQAABmo0QAAAHAIAAAAAAAAAB
                 */
                cursor?: string;
                /**
                 * @description Connections opened at or after this time (RFC 3339).
                 * @example 2026-01-31T12:00:00Z
                 */
                from?: string;
                /**
                 * @description Connections opened before this time (RFC 3339).
                 * @example 2026-01-31T13:00:00Z
                 */
                to?: string;
                /**
                 * @description Address of the peer, with or without port.
                 * @example 127.0.0.1
                 */
                remote_addr?: string;
                /**
                 * @description What was spoken on the connection.
                 * @example http/1
                 */
                protocol?: "http/1" | "http/2" | "tap" | "none";
                /**
                 * @description How the connection ended.
                 * @example client_fin
                 */
                ended_by?: "complete" | "client_fin" | "client_reset" | "server_close" | "server_reset" | "timeout" | "shutdown";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of connections. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "connections": [
                     *         {
                     *           "id": "019a8d10-0000-7000-8000-000000000002",
                     *           "opened": "2026-01-31T11:59:59.999000Z",
                     *           "closed": "2026-01-31T12:00:01.000000Z",
                     *           "remote_addr": "127.0.0.1:51234",
                     *           "local_port": 8080,
                     *           "protocol": "http/1",
                     *           "tls": null,
                     *           "proxy": null,
                     *           "bytes_in": 120,
                     *           "bytes_out": 420,
                     *           "requests": 1,
                     *           "first_bytes": "",
                     *           "ended_by": "client_fin",
                     *           "instance": "api-test-0"
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "limit": 50
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectionsPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_connection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the connection.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "019a8d10-0000-7000-8000-000000000002",
                     *       "opened": "2026-01-31T11:59:59.999000Z",
                     *       "closed": "2026-01-31T12:00:01.000000Z",
                     *       "remote_addr": "127.0.0.1:51234",
                     *       "local_port": 8080,
                     *       "protocol": "http/1",
                     *       "tls": null,
                     *       "proxy": null,
                     *       "bytes_in": 120,
                     *       "bytes_out": 420,
                     *       "requests": 1,
                     *       "first_bytes": "",
                     *       "ended_by": "client_fin",
                     *       "instance": "api-test-0",
                     *       "events": [
                     *         {
                     *           "id": "019a8d10-0000-7000-8000-000000000001",
                     *           "timestamp": "2026-01-31T12:00:00.000000Z",
                     *           "duration_ms": 0.42,
                     *           "first_byte_ms": 0.31,
                     *           "request_id": "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2",
                     *           "user_subject": "devkey",
                     *           "auth_type": "apikey",
                     *           "api_key_name": "devkey",
                     *           "method": "GET",
                     *           "path": "/v1/fixed/hello",
                     *           "target": "/v1/fixed/hello",
                     *           "host": "localhost:8080",
                     *           "http_version": "HTTP/1.1",
                     *           "route_name": "fixed",
                     *           "endpoint_group": "data",
                     *           "status": 200,
                     *           "bytes_in": 0,
                     *           "bytes_out": 120,
                     *           "success": true,
                     *           "remote_addr": "127.0.0.1:51234",
                     *           "user_agent": "curl/8.5.0",
                     *           "source": "external",
                     *           "instance": "api-test-0",
                     *           "fingerprints": [
                     *             "3f9a01bc"
                     *           ],
                     *           "connection_id": "019a8d10-0000-7000-8000-000000000002",
                     *           "request_on_connection": 1,
                     *           "ended_by": "complete"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AuditConnectionRecord"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Connection not found. */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": "no such connection",
                     *       "code": "connection_not_found"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_timeseries: {
        parameters: {
            query?: {
                /**
                 * @description Bucket width in seconds; buckets start at multiples of it.
                 * @example 60
                 */
                bucket_seconds?: number;
                /**
                 * @description Events that began at or after this time (RFC 3339).
                 * @example 2026-01-31T12:00:00Z
                 */
                from?: string;
                /**
                 * @description Events that began before this time (RFC 3339).
                 * @example 2026-01-31T13:00:00Z
                 */
                to?: string;
                /**
                 * @description Method, case-sensitive.
                 * @example GET
                 */
                method?: string;
                /**
                 * @description Text that the path contains, case-sensitive.
                 * @example /v1/fixed/
                 */
                path?: string;
                /**
                 * @description Name of the route.
                 * @example fixed
                 */
                route_name?: string;
                /**
                 * @description Group of the route.
                 * @example data
                 */
                endpoint_group?: string;
                /**
                 * @description Status, or status class.
                 * @example 4xx
                 */
                status?: string;
                /**
                 * @description Subject or email address of the caller.
                 * @example devkey
                 */
                user?: string;
                /**
                 * @description How the caller was authenticated.
                 * @example apikey
                 */
                auth_type?: "anonymous" | "apikey" | "bearer" | "oauth2";
                /**
                 * @description Portal session that the request was sent from.
                 * @example s-1
                 */
                session?: string;
                /**
                 * @description True for 200 ≤ status < 400.
                 * @example true
                 */
                success?: "true" | "false";
                /**
                 * @description Where the request came from.
                 * @example external
                 */
                source?: "external" | "portal-tryit" | "replay";
                /**
                 * @description Value of X-Request-Id.
                 * @example 0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2
                 */
                request_id?: string;
                /**
                 * @description Text that the path, error message or request id contains, case-sensitive.
                 * @example fixed
                 */
                q?: string;
                /**
                 * @description Name and value of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "Content-Type:application/json"
                 *     ]
                 */
                header?: string[];
                /**
                 * @description Name of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "X-Request-Id"
                 *     ]
                 */
                has_header?: string[];
                /**
                 * @description Minimum duration in milliseconds.
                 * @example 250
                 */
                min_duration_ms?: number;
                /**
                 * @description Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.
                 * @example 3f9a01bc
                 */
                fingerprint?: string;
                /**
                 * @description Address of the peer, with or without port.
                 * @example 127.0.0.1
                 */
                remote_addr?: string;
                /**
                 * @description Protocol version: HTTP/1.0, HTTP/1.1 or HTTP/2.0.
                 * @example HTTP/1.1
                 */
                http_version?: string;
                /**
                 * @description Connection of the request.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                connection?: string;
                /**
                 * @description Rule that a malformed request breaks.
                 * @example space-before-colon
                 */
                rule?: string;
                /**
                 * @description How the exchange ended.
                 * @example client_reset
                 */
                ended_by?: "complete" | "client_fin" | "client_reset" | "server_close" | "server_reset" | "timeout" | "shutdown";
                /**
                 * @description Trace id of traceparent: 32 hex digits.
                 * @example 0af7651916cd43dd8448eb211c80319c
                 */
                trace_id?: string;
                /**
                 * @description Value of X-Test-Run.
                 * @example run-1
                 */
                test_run?: string;
                /**
                 * @description Key by which attempts of one call are counted.
                 * @example order-7
                 */
                call_key?: string;
                /**
                 * @description Name of the script that answered.
                 * @example flaky
                 */
                script?: string;
                /**
                 * @description Number of the attempt within its call, from 1.
                 * @example 2
                 */
                attempt?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The buckets, oldest first. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "from": "2026-01-31T12:00:00Z",
                     *       "to": "2026-01-31T12:01:00Z",
                     *       "bucket_seconds": 60,
                     *       "buckets": [
                     *         {
                     *           "time": "2026-01-31T12:00:00Z",
                     *           "count": 3,
                     *           "errors": 1,
                     *           "avg_duration_ms": 0.5
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Timeseries"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_breakdown: {
        parameters: {
            query?: {
                /**
                 * @description Dimension to group by; default endpoint_group.
                 * @example route_name
                 */
                dimension?: "endpoint_group" | "route_name" | "status" | "auth_type" | "user" | "method" | "path" | "success";
                /**
                 * @description Most groups.
                 * @example 10
                 */
                top?: number;
                /**
                 * @description Events that began at or after this time (RFC 3339).
                 * @example 2026-01-31T12:00:00Z
                 */
                from?: string;
                /**
                 * @description Events that began before this time (RFC 3339).
                 * @example 2026-01-31T13:00:00Z
                 */
                to?: string;
                /**
                 * @description Method, case-sensitive.
                 * @example GET
                 */
                method?: string;
                /**
                 * @description Text that the path contains, case-sensitive.
                 * @example /v1/fixed/
                 */
                path?: string;
                /**
                 * @description Name of the route.
                 * @example fixed
                 */
                route_name?: string;
                /**
                 * @description Group of the route.
                 * @example data
                 */
                endpoint_group?: string;
                /**
                 * @description Status, or status class.
                 * @example 4xx
                 */
                status?: string;
                /**
                 * @description Subject or email address of the caller.
                 * @example devkey
                 */
                user?: string;
                /**
                 * @description How the caller was authenticated.
                 * @example apikey
                 */
                auth_type?: "anonymous" | "apikey" | "bearer" | "oauth2";
                /**
                 * @description Portal session that the request was sent from.
                 * @example s-1
                 */
                session?: string;
                /**
                 * @description True for 200 ≤ status < 400.
                 * @example true
                 */
                success?: "true" | "false";
                /**
                 * @description Where the request came from.
                 * @example external
                 */
                source?: "external" | "portal-tryit" | "replay";
                /**
                 * @description Value of X-Request-Id.
                 * @example 0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2
                 */
                request_id?: string;
                /**
                 * @description Text that the path, error message or request id contains, case-sensitive.
                 * @example fixed
                 */
                q?: string;
                /**
                 * @description Name and value of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "Content-Type:application/json"
                 *     ]
                 */
                header?: string[];
                /**
                 * @description Name of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "X-Request-Id"
                 *     ]
                 */
                has_header?: string[];
                /**
                 * @description Minimum duration in milliseconds.
                 * @example 250
                 */
                min_duration_ms?: number;
                /**
                 * @description Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.
                 * @example 3f9a01bc
                 */
                fingerprint?: string;
                /**
                 * @description Address of the peer, with or without port.
                 * @example 127.0.0.1
                 */
                remote_addr?: string;
                /**
                 * @description Protocol version: HTTP/1.0, HTTP/1.1 or HTTP/2.0.
                 * @example HTTP/1.1
                 */
                http_version?: string;
                /**
                 * @description Connection of the request.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                connection?: string;
                /**
                 * @description Rule that a malformed request breaks.
                 * @example space-before-colon
                 */
                rule?: string;
                /**
                 * @description How the exchange ended.
                 * @example client_reset
                 */
                ended_by?: "complete" | "client_fin" | "client_reset" | "server_close" | "server_reset" | "timeout" | "shutdown";
                /**
                 * @description Trace id of traceparent: 32 hex digits.
                 * @example 0af7651916cd43dd8448eb211c80319c
                 */
                trace_id?: string;
                /**
                 * @description Value of X-Test-Run.
                 * @example run-1
                 */
                test_run?: string;
                /**
                 * @description Key by which attempts of one call are counted.
                 * @example order-7
                 */
                call_key?: string;
                /**
                 * @description Name of the script that answered.
                 * @example flaky
                 */
                script?: string;
                /**
                 * @description Number of the attempt within its call, from 1.
                 * @example 2
                 */
                attempt?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The groups; the key is empty for events without a value. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "from": "2026-01-31T12:00:00Z",
                     *       "to": "2026-01-31T13:00:00Z",
                     *       "dimension": "route_name",
                     *       "groups": [
                     *         {
                     *           "key": "fixed",
                     *           "count": 3,
                     *           "errors": 1,
                     *           "avg_duration_ms": 0.5
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Breakdown"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_stats: {
        parameters: {
            query?: {
                /**
                 * @description Events that began at or after this time (RFC 3339).
                 * @example 2026-01-31T12:00:00Z
                 */
                from?: string;
                /**
                 * @description Events that began before this time (RFC 3339).
                 * @example 2026-01-31T13:00:00Z
                 */
                to?: string;
                /**
                 * @description Method, case-sensitive.
                 * @example GET
                 */
                method?: string;
                /**
                 * @description Text that the path contains, case-sensitive.
                 * @example /v1/fixed/
                 */
                path?: string;
                /**
                 * @description Name of the route.
                 * @example fixed
                 */
                route_name?: string;
                /**
                 * @description Group of the route.
                 * @example data
                 */
                endpoint_group?: string;
                /**
                 * @description Status, or status class.
                 * @example 4xx
                 */
                status?: string;
                /**
                 * @description Subject or email address of the caller.
                 * @example devkey
                 */
                user?: string;
                /**
                 * @description How the caller was authenticated.
                 * @example apikey
                 */
                auth_type?: "anonymous" | "apikey" | "bearer" | "oauth2";
                /**
                 * @description Portal session that the request was sent from.
                 * @example s-1
                 */
                session?: string;
                /**
                 * @description True for 200 ≤ status < 400.
                 * @example true
                 */
                success?: "true" | "false";
                /**
                 * @description Where the request came from.
                 * @example external
                 */
                source?: "external" | "portal-tryit" | "replay";
                /**
                 * @description Value of X-Request-Id.
                 * @example 0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2
                 */
                request_id?: string;
                /**
                 * @description Text that the path, error message or request id contains, case-sensitive.
                 * @example fixed
                 */
                q?: string;
                /**
                 * @description Name and value of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "Content-Type:application/json"
                 *     ]
                 */
                header?: string[];
                /**
                 * @description Name of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "X-Request-Id"
                 *     ]
                 */
                has_header?: string[];
                /**
                 * @description Minimum duration in milliseconds.
                 * @example 250
                 */
                min_duration_ms?: number;
                /**
                 * @description Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.
                 * @example 3f9a01bc
                 */
                fingerprint?: string;
                /**
                 * @description Address of the peer, with or without port.
                 * @example 127.0.0.1
                 */
                remote_addr?: string;
                /**
                 * @description Protocol version: HTTP/1.0, HTTP/1.1 or HTTP/2.0.
                 * @example HTTP/1.1
                 */
                http_version?: string;
                /**
                 * @description Connection of the request.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                connection?: string;
                /**
                 * @description Rule that a malformed request breaks.
                 * @example space-before-colon
                 */
                rule?: string;
                /**
                 * @description How the exchange ended.
                 * @example client_reset
                 */
                ended_by?: "complete" | "client_fin" | "client_reset" | "server_close" | "server_reset" | "timeout" | "shutdown";
                /**
                 * @description Trace id of traceparent: 32 hex digits.
                 * @example 0af7651916cd43dd8448eb211c80319c
                 */
                trace_id?: string;
                /**
                 * @description Value of X-Test-Run.
                 * @example run-1
                 */
                test_run?: string;
                /**
                 * @description Key by which attempts of one call are counted.
                 * @example order-7
                 */
                call_key?: string;
                /**
                 * @description Name of the script that answered.
                 * @example flaky
                 */
                script?: string;
                /**
                 * @description Number of the attempt within its call, from 1.
                 * @example 2
                 */
                attempt?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The totals. Percentiles are interpolated, 0 without events; the sink's counts are those of this replica. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "from": "2026-01-31T12:00:00Z",
                     *       "to": "2026-01-31T13:00:00Z",
                     *       "total": 4,
                     *       "errors": 1,
                     *       "success": 3,
                     *       "error_rate": 0.25,
                     *       "p50_ms": 0.4,
                     *       "p95_ms": 1.9,
                     *       "p99_ms": 2.1,
                     *       "dropped_total": 0,
                     *       "refused_total": 0,
                     *       "retries_total": 0,
                     *       "queue_depth": 0,
                     *       "queue_capacity": 4096,
                     *       "queue_bytes": 0,
                     *       "connections_dropped_total": 0
                     *     }
                     */
                    "application/json": components["schemas"]["Stats"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_stream: {
        parameters: {
            query?: {
                /**
                 * @description Same as the header Last-Event-ID, for clients that can't set it; the header takes precedence.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                last_event_id?: string;
                /**
                 * @description Events that began at or after this time (RFC 3339).
                 * @example 2026-01-31T12:00:00Z
                 */
                from?: string;
                /**
                 * @description Events that began before this time (RFC 3339).
                 * @example 2026-01-31T13:00:00Z
                 */
                to?: string;
                /**
                 * @description Method, case-sensitive.
                 * @example GET
                 */
                method?: string;
                /**
                 * @description Text that the path contains, case-sensitive.
                 * @example /v1/fixed/
                 */
                path?: string;
                /**
                 * @description Name of the route.
                 * @example fixed
                 */
                route_name?: string;
                /**
                 * @description Group of the route.
                 * @example data
                 */
                endpoint_group?: string;
                /**
                 * @description Status, or status class.
                 * @example 4xx
                 */
                status?: string;
                /**
                 * @description Subject or email address of the caller.
                 * @example devkey
                 */
                user?: string;
                /**
                 * @description How the caller was authenticated.
                 * @example apikey
                 */
                auth_type?: "anonymous" | "apikey" | "bearer" | "oauth2";
                /**
                 * @description Portal session that the request was sent from.
                 * @example s-1
                 */
                session?: string;
                /**
                 * @description True for 200 ≤ status < 400.
                 * @example true
                 */
                success?: "true" | "false";
                /**
                 * @description Where the request came from.
                 * @example external
                 */
                source?: "external" | "portal-tryit" | "replay";
                /**
                 * @description Value of X-Request-Id.
                 * @example 0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2
                 */
                request_id?: string;
                /**
                 * @description Text that the path, error message or request id contains, case-sensitive.
                 * @example fixed
                 */
                q?: string;
                /**
                 * @description Name and value of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "Content-Type:application/json"
                 *     ]
                 */
                header?: string[];
                /**
                 * @description Name of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "X-Request-Id"
                 *     ]
                 */
                has_header?: string[];
                /**
                 * @description Minimum duration in milliseconds.
                 * @example 250
                 */
                min_duration_ms?: number;
                /**
                 * @description Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.
                 * @example 3f9a01bc
                 */
                fingerprint?: string;
                /**
                 * @description Address of the peer, with or without port.
                 * @example 127.0.0.1
                 */
                remote_addr?: string;
                /**
                 * @description Protocol version: HTTP/1.0, HTTP/1.1 or HTTP/2.0.
                 * @example HTTP/1.1
                 */
                http_version?: string;
                /**
                 * @description Connection of the request.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                connection?: string;
                /**
                 * @description Rule that a malformed request breaks.
                 * @example space-before-colon
                 */
                rule?: string;
                /**
                 * @description How the exchange ended.
                 * @example client_reset
                 */
                ended_by?: "complete" | "client_fin" | "client_reset" | "server_close" | "server_reset" | "timeout" | "shutdown";
                /**
                 * @description Trace id of traceparent: 32 hex digits.
                 * @example 0af7651916cd43dd8448eb211c80319c
                 */
                trace_id?: string;
                /**
                 * @description Value of X-Test-Run.
                 * @example run-1
                 */
                test_run?: string;
                /**
                 * @description Key by which attempts of one call are counted.
                 * @example order-7
                 */
                call_key?: string;
                /**
                 * @description Name of the script that answered.
                 * @example flaky
                 */
                script?: string;
                /**
                 * @description Number of the attempt within its call, from 1.
                 * @example 2
                 */
                attempt?: number;
            };
            header?: {
                /**
                 * @description Id of the last event received; the stream resumes after it, without a gap.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `event: audit` for each event; `event: lagged` with the number of events of any kind that were missed because the reader was slow; a comment at the beginning and every 15 s. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example : stream open
                     *
                     *     id: 019a8d10-0000-7000-8000-000000000001
                     *     event: audit
                     *     data: {"id":"…"}
                     */
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_export: {
        parameters: {
            query?: {
                /**
                 * @description One JSON document per line (ndjson, the default) or an HTTP archive (har).
                 * @example ndjson
                 */
                format?: "ndjson" | "har";
                /**
                 * @description True to include the payload of each event; a HAR always includes it.
                 * @example false
                 */
                payload?: "true" | "false";
                /**
                 * @description Maximum number of events; default all.
                 * @example 1000
                 */
                limit?: number;
                /**
                 * @description Events that began at or after this time (RFC 3339).
                 * @example 2026-01-31T12:00:00Z
                 */
                from?: string;
                /**
                 * @description Events that began before this time (RFC 3339).
                 * @example 2026-01-31T13:00:00Z
                 */
                to?: string;
                /**
                 * @description Method, case-sensitive.
                 * @example GET
                 */
                method?: string;
                /**
                 * @description Text that the path contains, case-sensitive.
                 * @example /v1/fixed/
                 */
                path?: string;
                /**
                 * @description Name of the route.
                 * @example fixed
                 */
                route_name?: string;
                /**
                 * @description Group of the route.
                 * @example data
                 */
                endpoint_group?: string;
                /**
                 * @description Status, or status class.
                 * @example 4xx
                 */
                status?: string;
                /**
                 * @description Subject or email address of the caller.
                 * @example devkey
                 */
                user?: string;
                /**
                 * @description How the caller was authenticated.
                 * @example apikey
                 */
                auth_type?: "anonymous" | "apikey" | "bearer" | "oauth2";
                /**
                 * @description Portal session that the request was sent from.
                 * @example s-1
                 */
                session?: string;
                /**
                 * @description True for 200 ≤ status < 400.
                 * @example true
                 */
                success?: "true" | "false";
                /**
                 * @description Where the request came from.
                 * @example external
                 */
                source?: "external" | "portal-tryit" | "replay";
                /**
                 * @description Value of X-Request-Id.
                 * @example 0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2
                 */
                request_id?: string;
                /**
                 * @description Text that the path, error message or request id contains, case-sensitive.
                 * @example fixed
                 */
                q?: string;
                /**
                 * @description Name and value of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "Content-Type:application/json"
                 *     ]
                 */
                header?: string[];
                /**
                 * @description Name of a request or response header. May be repeated; all must match.
                 * @example [
                 *       "X-Request-Id"
                 *     ]
                 */
                has_header?: string[];
                /**
                 * @description Minimum duration in milliseconds.
                 * @example 250
                 */
                min_duration_ms?: number;
                /**
                 * @description Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.
                 * @example 3f9a01bc
                 */
                fingerprint?: string;
                /**
                 * @description Address of the peer, with or without port.
                 * @example 127.0.0.1
                 */
                remote_addr?: string;
                /**
                 * @description Protocol version: HTTP/1.0, HTTP/1.1 or HTTP/2.0.
                 * @example HTTP/1.1
                 */
                http_version?: string;
                /**
                 * @description Connection of the request.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                connection?: string;
                /**
                 * @description Rule that a malformed request breaks.
                 * @example space-before-colon
                 */
                rule?: string;
                /**
                 * @description How the exchange ended.
                 * @example client_reset
                 */
                ended_by?: "complete" | "client_fin" | "client_reset" | "server_close" | "server_reset" | "timeout" | "shutdown";
                /**
                 * @description Trace id of traceparent: 32 hex digits.
                 * @example 0af7651916cd43dd8448eb211c80319c
                 */
                trace_id?: string;
                /**
                 * @description Value of X-Test-Run.
                 * @example run-1
                 */
                test_run?: string;
                /**
                 * @description Key by which attempts of one call are counted.
                 * @example order-7
                 */
                call_key?: string;
                /**
                 * @description Name of the script that answered.
                 * @example flaky
                 */
                script?: string;
                /**
                 * @description Number of the attempt within its call, from 1.
                 * @example 2
                 */
                attempt?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events: one per line, or with format=har a HAR 1.2 document (application/json). */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    /** @description File name. */
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"id":"019a8d10-0000-7000-8000-000000000001","timestamp":"2026-01-31T12:00:00.000000Z"} */
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the event.
                 * @example 019a8d10-0000-7000-8000-000000000001
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The response to the replay, whatever its status. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replayed_from": "019a8d10-0000-7000-8000-000000000001",
                     *       "status": 200,
                     *       "headers": {
                     *         "Content-Type": [
                     *           "application/json"
                     *         ]
                     *       },
                     *       "body": "{\"key\":\"hello\"}\n",
                     *       "body_truncated": false,
                     *       "event_id": "019a8d10-0000-7000-8000-000000000002"
                     *     }
                     */
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Event not found. */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": "no such event",
                     *       "code": "event_not_found"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_fingerprint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "value": "a value to look for"
                 *     }
                 */
                "application/json": components["schemas"]["Asking"];
            };
        };
        responses: {
            /** @description The fingerprint of exactly this value; case and white space matter. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "fingerprint": "3f9a01bc"
                     *     }
                     */
                    "application/json": components["schemas"]["Fingerprint"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["ContentTooLarge"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    audit_meta: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Filters, dimensions and bounds. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "filters": [
                     *         {
                     *           "name": "method",
                     *           "type": "method",
                     *           "about": "Method, case-sensitive.",
                     *           "example": "GET",
                     *           "repeatable": false,
                     *           "values": [
                     *             "GET",
                     *             "POST"
                     *           ]
                     *         }
                     *       ],
                     *       "dimensions": [
                     *         "endpoint_group"
                     *       ],
                     *       "limits": {
                     *         "page_default": 50,
                     *         "page_max": 1000,
                     *         "buckets_max": 10000,
                     *         "top_default": 10,
                     *         "top_max": 1000,
                     *         "question_seconds": 30
                     *       },
                     *       "features": {
                     *         "store": "sqlite",
                     *         "payloads": true,
                     *         "headers": true,
                     *         "max_payload_bytes": 65536,
                     *         "retention_days": 7,
                     *         "formats": [
                     *           "ndjson",
                     *           "har"
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Meta"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_dashboard: {
        parameters: {
            query?: {
                /**
                 * @description Time range ending now; default 1h.
                 * @example 15m
                 */
                range?: "15m" | "1h" | "24h" | "7d";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All figures, for the same time range. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": "1h",
                     *       "from": "2026-01-31T12:00:00Z",
                     *       "to": "2026-01-31T13:00:00Z",
                     *       "stats": {
                     *         "from": "2026-01-31T12:00:00Z",
                     *         "to": "2026-01-31T13:00:00Z",
                     *         "total": 4,
                     *         "errors": 1,
                     *         "success": 3,
                     *         "error_rate": 0.25,
                     *         "p50_ms": 0.4,
                     *         "p95_ms": 1.9,
                     *         "p99_ms": 2.1,
                     *         "dropped_total": 0,
                     *         "refused_total": 0,
                     *         "retries_total": 0,
                     *         "queue_depth": 0,
                     *         "queue_capacity": 4096,
                     *         "queue_bytes": 0,
                     *         "connections_dropped_total": 0
                     *       },
                     *       "timeseries": {
                     *         "from": "2026-01-31T12:00:00Z",
                     *         "to": "2026-01-31T13:00:00Z",
                     *         "bucket_seconds": 60,
                     *         "buckets": [
                     *           {
                     *             "time": "2026-01-31T12:00:00Z",
                     *             "count": 4,
                     *             "errors": 1,
                     *             "avg_duration_ms": 0.5
                     *           }
                     *         ]
                     *       },
                     *       "status_classes": [
                     *         {
                     *           "class": "2xx",
                     *           "count": 3
                     *         },
                     *         {
                     *           "class": "5xx",
                     *           "count": 1
                     *         }
                     *       ],
                     *       "slowest_routes": [
                     *         {
                     *           "key": "slow",
                     *           "count": 1,
                     *           "errors": 0,
                     *           "avg_duration_ms": 2.1
                     *         }
                     *       ],
                     *       "failing_routes": [
                     *         {
                     *           "key": "status",
                     *           "count": 1,
                     *           "errors": 1,
                     *           "avg_duration_ms": 0.3
                     *         }
                     *       ],
                     *       "recent": [
                     *         {
                     *           "id": "019a8d10-0000-7000-8000-000000000001",
                     *           "timestamp": "2026-01-31T12:00:00.000000Z",
                     *           "duration_ms": 0.42,
                     *           "first_byte_ms": 0.31,
                     *           "request_id": "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2",
                     *           "user_subject": "devkey",
                     *           "auth_type": "apikey",
                     *           "api_key_name": "devkey",
                     *           "method": "GET",
                     *           "path": "/v1/fixed/hello",
                     *           "target": "/v1/fixed/hello",
                     *           "host": "localhost:8080",
                     *           "http_version": "HTTP/1.1",
                     *           "route_name": "fixed",
                     *           "endpoint_group": "data",
                     *           "status": 200,
                     *           "bytes_in": 0,
                     *           "bytes_out": 120,
                     *           "success": true,
                     *           "remote_addr": "127.0.0.1:51234",
                     *           "user_agent": "curl/8.5.0",
                     *           "source": "external",
                     *           "instance": "api-test-0",
                     *           "fingerprints": [
                     *             "3f9a01bc"
                     *           ],
                     *           "connection_id": "019a8d10-0000-7000-8000-000000000002",
                     *           "request_on_connection": 1,
                     *           "ended_by": "complete"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Dashboard"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_endpoints: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The enabled groups. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "groups": [
                     *         {
                     *           "name": "data",
                     *           "about": "Deterministic bodies.",
                     *           "routes": [
                     *             {
                     *               "name": "fixed",
                     *               "group": "data",
                     *               "method": "GET",
                     *               "path": "/v1/fixed/{key}",
                     *               "about": "Returns a body derived from the key.",
                     *               "params": [
                     *                 {
                     *                   "name": "key",
                     *                   "place": "path",
                     *                   "about": "Any text.",
                     *                   "required": true,
                     *                   "type": "string",
                     *                   "example": "hello"
                     *                 }
                     *               ],
                     *               "takes_body": false,
                     *               "answers": [
                     *                 {
                     *                   "status": "200",
                     *                   "about": "The body.",
                     *                   "headers": [],
                     *                   "media_type": "application/json",
                     *                   "example": {
                     *                     "key": "hello"
                     *                   }
                     *                 }
                     *               ],
                     *               "example": "/v1/fixed/hello"
                     *             }
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Catalogue"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of a route, or of a group.
                 * @example fixed
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint, or the group. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "fixed",
                     *       "group": "data",
                     *       "method": "GET",
                     *       "path": "/v1/fixed/{key}",
                     *       "about": "Returns a body derived from the key.",
                     *       "params": [
                     *         {
                     *           "name": "key",
                     *           "place": "path",
                     *           "about": "Any text.",
                     *           "required": true,
                     *           "type": "string",
                     *           "example": "hello"
                     *         }
                     *       ],
                     *       "takes_body": false,
                     *       "answers": [
                     *         {
                     *           "status": "200",
                     *           "about": "The body.",
                     *           "headers": [],
                     *           "media_type": "application/json",
                     *           "example": {
                     *             "key": "hello"
                     *           }
                     *         }
                     *       ],
                     *       "example": "/v1/fixed/hello"
                     *     }
                     */
                    "application/json": components["schemas"]["CatalogueEntry"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Endpoint not found. */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": "no such endpoint",
                     *       "code": "endpoint_not_found"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An OpenAPI 3.1 document. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.0"
                     *     }
                     */
                    "application/json": components["schemas"]["OpenApi"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    tryit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Group of the endpoint.
                 * @example data
                 */
                group: string;
                /**
                 * @description Name of the endpoint's route.
                 * @example fixed
                 */
                route: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "path_params": {
                 *         "key": "hello"
                 *       },
                 *       "query_params": {
                 *         "x": [
                 *           "1",
                 *           "2"
                 *         ]
                 *       },
                 *       "headers": {
                 *         "X-Demo": [
                 *           "a"
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Description"];
            };
        };
        responses: {
            /** @description The endpoint's response, whatever its status. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "dispatched_to": "/v1/fixed/hello?x=1&x=2",
                     *       "method": "GET",
                     *       "status": 200,
                     *       "headers": {
                     *         "Content-Type": [
                     *           "application/json"
                     *         ]
                     *       },
                     *       "body": "{\"key\":\"hello\"}\n",
                     *       "body_truncated": false,
                     *       "event_id": "019a8d10-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Tried"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Endpoint not found. */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": "no such endpoint",
                     *       "code": "endpoint_not_found"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["ContentTooLarge"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_server: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server, secrets masked. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "api-test",
                     *       "version": "0.1.0",
                     *       "commit": "0123456789ab",
                     *       "date": "2026-01-31T12:00:00Z",
                     *       "base_url": "http://localhost:8080",
                     *       "started_at": "2026-01-31T12:00:00.123456Z",
                     *       "uptime_seconds": 42,
                     *       "instance": "api-test-0:8080",
                     *       "config": {
                     *         "server": {
                     *           "name": "api-test"
                     *         },
                     *         "database": {
                     *           "url": "postgres://api:***@db/api"
                     *         }
                     *       },
                     *       "sources": {
                     *         "server.name": {
                     *           "source": "default"
                     *         },
                     *         "server.address": {
                     *           "source": "file",
                     *           "detail": "api-test.yaml:3",
                     *           "line": 3
                     *         },
                     *         "database.url": {
                     *           "source": "environment",
                     *           "detail": "APITEST__DATABASE__URL"
                     *         }
                     *       },
                     *       "warnings": [
                     *         {
                     *           "key": "server.base_url",
                     *           "message": "server.base_url is http://localhost:8080 …"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Server"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_config: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server, secrets masked. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "api-test",
                     *       "version": "0.1.0",
                     *       "commit": "0123456789ab",
                     *       "date": "2026-01-31T12:00:00Z",
                     *       "base_url": "http://localhost:8080",
                     *       "started_at": "2026-01-31T12:00:00.123456Z",
                     *       "uptime_seconds": 42,
                     *       "instance": "api-test-0:8080",
                     *       "config": {
                     *         "server": {
                     *           "name": "api-test"
                     *         },
                     *         "database": {
                     *           "url": "postgres://api:***@db/api"
                     *         }
                     *       },
                     *       "sources": {
                     *         "server.name": {
                     *           "source": "default"
                     *         },
                     *         "server.address": {
                     *           "source": "file",
                     *           "detail": "api-test.yaml:3",
                     *           "line": 3
                     *         },
                     *         "database.url": {
                     *           "source": "environment",
                     *           "detail": "APITEST__DATABASE__URL"
                     *         }
                     *       },
                     *       "warnings": [
                     *         {
                     *           "key": "server.base_url",
                     *           "message": "server.base_url is http://localhost:8080 …"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Server"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    portal_actors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All actors, in the order of their start. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "actors": [
                     *         {
                     *           "name": "audit-sink",
                     *           "instance": 1,
                     *           "state": "running",
                     *           "depth": 3,
                     *           "capacity": 4096,
                     *           "handled": 1200,
                     *           "refused": 0,
                     *           "restarts": 0
                     *         },
                     *         {
                     *           "name": "authenticator",
                     *           "instance": 1,
                     *           "state": "running",
                     *           "depth": 0,
                     *           "capacity": 1024,
                     *           "handled": 900,
                     *           "refused": 0,
                     *           "restarts": 1,
                     *           "last_error": {
                     *             "at": "2026-01-31T12:00:00.123456Z",
                     *             "message": "panic: index out of bounds"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Actors"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
}
