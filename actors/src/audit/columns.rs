//! The single list of columns: everything that the audit trail records of a request.
//!
//! Each macro passes its list to another macro, which derives whatever it needs from it: the structs of
//! [`record`](super::record), and in the server the SQL of both stores, their rows, and the schemas of the OpenAPI
//! document. A column is a name and a kind. A module `kind` at each use defines the meaning of a kind there: a Rust
//! type, an SQL type.
//!
//! To add a column: a line here, a value where records are made, and a migration for each store.

/// Passes the columns of an event, except `id` and `timestamp`, to the macro `$with`.
#[macro_export]
macro_rules! event_columns {
    ($with:ident) => {
        $with! {
            /// Milliseconds from the request head to the end of the response.
            duration_ms: Real,
            /// Milliseconds until the response head was handed to the socket (TTFB); absent without a response.
            first_byte_ms: OptionalReal,
            /// Value of `X-Request-Id` in the response.
            request_id: Line,
            /// Portal session that the request was sent from.
            session_id: OptionalLine,
            /// Subject of the identity.
            user_subject: OptionalLine,
            /// Email address of the identity.
            user_email: OptionalLine,
            /// Authentication type of the caller; absent without authentication.
            auth_type: OptionalWord,
            /// Name of the key or token.
            api_key_name: OptionalLine,
            /// Client that the OpenID provider issued the token to.
            client_id: OptionalLine,
            /// Method.
            method: Word,
            /// Path as received, without the query.
            path: Line,
            /// Request target as received, with redacted values masked.
            target: Line,
            /// Requested host: `Host`, or `:authority` of HTTP/2.
            host: Line,
            /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
            http_version: Word,
            /// Name of the route; absent when no route matched.
            route_name: OptionalWord,
            /// Group of the route.
            endpoint_group: OptionalWord,
            /// Response status; 499 when the client closed the connection before the response was complete.
            status: Status,
            /// Bytes of the request body that arrived, without transfer coding.
            bytes_in: Size,
            /// Bytes of the response body that were handed to the connection.
            bytes_out: Size,
            /// True for 200 ≤ status < 400.
            success: Flag,
            /// Error message sent to the client.
            error_message: OptionalWord,
            /// Error category: a bounded set of words.
            error_category: OptionalWord,
            /// Address and port of the peer.
            remote_addr: Line,
            /// Value of `User-Agent`.
            user_agent: OptionalLine,
            /// Source of the request: `external`, `portal-tryit` or `replay`.
            source: Source,
            /// Replica that answered.
            instance: Word,
            /// Fingerprints of the redacted values; absent when nothing was redacted.
            fingerprints: Fingerprints,
        }
    };
}

/// Passes the columns of a payload, except the key and time of its event, to the macro `$with`.
#[macro_export]
macro_rules! payload_columns {
    ($with:ident) => {
        $with! {
            /// Request headers: canonical name → values in their order, sorted by name. Null with `capture_headers` off.
            request_headers: OptionalJson,
            /// Query parameters: name → values in their order. Null without a query.
            request_query: OptionalJson,
            /// `Content-Type` of the request.
            request_content_type: OptionalLine,
            /// Captured part of the request body.
            request_body: Body,
            /// Bytes of the request body that arrived.
            request_size: Size,
            /// True when more bytes arrived than were captured.
            request_truncated: Flag,
            /// Address and port of the peer.
            request_remote_addr: Line,
            /// Response headers, in the same form as the request headers.
            response_headers: OptionalJson,
            /// `Content-Type` of the response.
            response_content_type: OptionalLine,
            /// Captured part of the response body.
            response_body: Body,
            /// Bytes of the response body that were handed to the connection.
            response_size: Size,
            /// True when more bytes were sent than were captured.
            response_truncated: Flag,
            /// Id of the original event, for a replay.
            replayed_from: OptionalId,
            /// Parts of the request and its response in which something was masked.
            masked: Masked,
        }
    };
}

/// Passes the columns of the record below HTTP, except the key and time of its event, to the macro `$with`: first those
/// that lists show and filters use, then the rest.
#[macro_export]
macro_rules! wire_columns {
    ($with:ident) => {
        $with! {
            facts {
                /// Connection of the request; absent for requests that the server sends itself.
                connection_id: OptionalId,
                /// Number of the request on its connection, from 1.
                request_on_connection: OptionalCount,
                /// How the exchange ended: `complete`, `client_fin`, `client_reset`, `server_close`, `server_reset`,
                /// `timeout` or `shutdown`.
                ended_by: Word,
                /// Rule that a malformed request breaks.
                rule: OptionalWord,
                /// Trace id of `traceparent`: 32 lower-case hex digits.
                trace_id: OptionalLine,
                /// Value of `X-Test-Run`.
                test_run: OptionalLine,
                /// Key by which attempts of one call are counted.
                call_key: OptionalLine,
                /// Name of the script that answered.
                script: OptionalLine,
                /// Number of the attempt within its call, from 1.
                attempt: OptionalCount,
            }
            rest {
                /// Request head as received on HTTP/1, with secrets masked in place; of a malformed request its first
                /// bytes. Empty on HTTP/2.
                request_head: Body,
                /// Response head as sent on HTTP/1, with secrets masked in place.
                response_head: Body,
                /// Everything else: objects `request`, `response` and `connection`.
                document: OptionalJson,
            }
        }
    };
}

/// Passes the columns of a connection, except its id and times, to the macro `$with`.
#[macro_export]
macro_rules! connection_columns {
    ($with:ident) => {
        $with! {
            /// Address and port of the peer.
            remote_addr: Line,
            /// Local port.
            local_port: Count,
            /// `http/1`, `http/2`, or `none` when neither was understood.
            protocol: Word,
            /// TLS facts: version, cipher, server name, ALPN, client certificate. Null on plain connections.
            tls: OptionalJson,
            /// PROXY header: version, source and destination. Null without one.
            proxy: OptionalJson,
            /// Bytes received, without TLS.
            bytes_in: Size,
            /// Bytes sent, without TLS.
            bytes_out: Size,
            /// Number of requests that were understood.
            requests: Size,
            /// First bytes, at most 256, of a connection without a request that was understood.
            first_bytes: Body,
            /// How it ended, in the words of `ended_by` of a request; `complete` for an orderly end while idle.
            ended_by: Word,
            /// What went wrong, in one sentence.
            error_message: OptionalWord,
            /// Replica that accepted it.
            instance: Word,
        }
    };
}
