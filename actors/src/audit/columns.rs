//! The one list of columns: all that the audit trail keeps of a request.
//!
//! Each macro hands its list to another macro, which makes of it whatever it needs: the structs of
//! [`record`](super::record), and in the server the SQL of both stores, the rows they return, and the schemas of the
//! OpenAPI document. A column is a name and a kind. A module `kind` beside each use says what a kind is there: a Rust type,
//! an SQL type.
//!
//! To add a column: a line here, a value where records are made, and a migration for each store.

/// Hands the columns of an event, but for `id` and `timestamp`, to the macro `$with`.
#[macro_export]
macro_rules! event_columns {
    ($with:ident) => {
        $with! {
            /// Milliseconds from the head of the request to the end of the answer.
            duration_ms: Real,
            /// Milliseconds until the answer's head was handed to the socket; absent when there was no answer.
            first_byte_ms: OptionalReal,
            /// Value of `X-Request-Id` in the answer.
            request_id: Line,
            /// Portal session that the request was sent from.
            session_id: OptionalLine,
            /// Subject of the identity.
            user_subject: OptionalLine,
            /// Email address of the identity.
            user_email: OptionalLine,
            /// Way in which the caller was authenticated; absent when it was not.
            auth_type: OptionalWord,
            /// Name of the key or token.
            api_key_name: OptionalLine,
            /// Client that the token of the OpenID provider was given to.
            client_id: OptionalLine,
            /// Method.
            method: Word,
            /// The path as it arrived, without the query.
            path: Line,
            /// The request target as it arrived; redacted values masked.
            target: Line,
            /// Requested host: `Host`, or `:authority` of HTTP/2.
            host: Line,
            /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
            http_version: Word,
            /// Name of the route; absent when no route was found.
            route_name: OptionalWord,
            /// Group of the route.
            endpoint_group: OptionalWord,
            /// Status of the answer; 499 when the client closed the connection before it was complete.
            status: Status,
            /// Bytes of the request's body that arrived, transfer coding removed.
            bytes_in: Size,
            /// Bytes of the answer's body that were handed to the connection.
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
            /// Fingerprints of the values that were redacted; absent without any.
            fingerprints: Fingerprints,
        }
    };
}

/// Hands the columns of a payload, but for the key and time of its event, to the macro `$with`.
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
            /// Captured part of the request's body.
            request_body: Body,
            /// Bytes of the request's body that arrived.
            request_size: Size,
            /// True when more arrived than was captured.
            request_truncated: Flag,
            /// Address and port of the peer.
            request_remote_addr: Line,
            /// Response headers, as the request's.
            response_headers: OptionalJson,
            /// `Content-Type` of the answer.
            response_content_type: OptionalLine,
            /// Captured part of the answer's body.
            response_body: Body,
            /// Bytes of the answer's body that were handed to the connection.
            response_size: Size,
            /// True when more was sent than was captured.
            response_truncated: Flag,
            /// Id of the original event, for a replay.
            replayed_from: OptionalId,
            /// Parts of the request and its answer in which something was masked.
            masked: Masked,
        }
    };
}
