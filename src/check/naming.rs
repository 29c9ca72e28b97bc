//! Names of differences: which behaviour of the taxonomy a change belongs to, and what the standard says of it.

use super::{
    differ::{Difference, Direction},
    verdict::{Finding, Verdict},
};

/// Behaviour of a difference that has no name in the taxonomy.
pub(crate) const UNNAMED: &str = "unnamed";

type Named = (&'static str, Verdict, &'static str);

use Verdict::{Change, Faithful, Forbidden, Policy};

/// Names a difference. `None` when the change is what the standard asks for.
pub(crate) fn name(difference: &Difference) -> Option<Finding> {
    let (behaviour, verdict, section) = match difference.direction {
        Direction::Request => request(difference),
        Direction::Response => response(difference),
    }
    .unwrap_or((UNNAMED, Change, "RFC 9110, section 7.7"));
    if verdict == Faithful {
        return None;
    }
    Some(Finding {
        behaviour: behaviour.to_owned(),
        direction: difference.direction.word().to_owned(),
        kind: difference.kind.to_owned(),
        subject: difference.subject.clone(),
        verdict,
        text: difference.said.clone(),
        section: section.to_owned(),
        check: String::new(),
    })
}

fn request(difference: &Difference) -> Option<Named> {
    let subject = difference.subject.as_str();
    Some(match difference.kind {
        "method-changed" if difference.after == b"PROXY" => ("9.6", Policy, "HAProxy PROXY protocol, section 2.1"),
        "method-changed" if subject == "HEAD" => ("7.2", Change, "RFC 9110, section 9.3.2"),
        "method-changed" => ("1.21", Forbidden, "RFC 9110, section 7.7"),
        "target-form-changed" if subject == "asterisk-form" => ("1.16", Change, "RFC 9112, section 3.2.4"),
        // A gateway has to turn it into origin-form.
        "target-form-changed" => ("1.15", Faithful, "RFC 9112, section 3.2.2"),
        "dot-segments-removed" => ("1.1", Change, "RFC 3986, section 6.2.2.3"),
        "slashes-merged" => ("1.2", Change, "RFC 3986, section 3.3"),
        "slash-decoded" => ("1.3", Change, "RFC 3986, section 2.2"),
        "backslash-decoded" | "backslash-to-slash" | "backslash-encoded" => ("1.4", Change, "RFC 3986, section 2.2"),
        "unreserved-decoded" => ("1.5", Change, "RFC 3986, section 6.2.2.2"),
        "escape-upper-cased" | "escape-lower-cased" | "query-escape-upper-cased" | "query-escape-lower-cased" => {
            ("1.6", Change, "RFC 3986, section 6.2.2.1")
        }
        "double-encoded" | "query-double-encoded" => ("1.7", Change, "RFC 3986, section 2.4"),
        "octet-encoded" | "octet-decoded" | "high-octet-encoded" | "reserved-decoded" | "reserved-encoded" => {
            ("1.8", Change, "RFC 3986, section 2.1")
        }
        "malformed-escape-removed" | "malformed-escape-encoded" => ("1.9", Change, "RFC 3986, section 2.1"),
        "control-decoded" => ("1.10", Change, "RFC 3986, section 2.1"),
        "trailing-slash-added" | "trailing-slash-removed" => ("1.11", Change, "RFC 3986, section 6.2.3"),
        "path-parameter-removed" => ("1.12", Change, "RFC 3986, section 3.3"),
        "path-lower-cased" => ("1.13", Change, "RFC 3986, section 6.2.2.1"),
        "path-prefix-removed" | "path-prefix-added" | "path-changed" => ("1.14", Change, "RFC 9110, section 7.1"),
        "fragment-removed" => ("1.18", Change, "RFC 9110, section 4.2.5"),
        "version-changed" => ("1.20", Change, "RFC 9110, section 2.5"),
        "query-reordered" => ("2.1", Change, "RFC 3986, section 3.4"),
        "query-deduplicated-first" | "query-deduplicated-last" => ("2.2", Change, "RFC 3986, section 3.4"),
        "query-equals-added" | "query-equals-removed" => ("2.3", Change, "WHATWG URL, section 5.2"),
        "query-mark-removed" => ("2.4", Change, "RFC 3986, section 6.2.3"),
        "query-plus-to-escape" | "query-escape-to-plus" => ("2.5", Change, "WHATWG URL, section 5.1"),
        "query-plus-decoded" => ("2.6", Change, "RFC 3986, section 2.2"),
        "query-delimiter-decoded" => ("2.7", Change, "RFC 3986, section 2.2"),
        "query-cut-at-semicolon" | "query-semicolon-replaced" | "query-semicolon-encoded" => {
            ("2.8", Change, "WHATWG URL, section 5.1")
        }
        "query-malformed-octets-replaced" => ("2.9", Change, "RFC 3986, section 2.5"),
        "query-octet-encoded" | "query-bracket-encoded" | "query-reserved-decoded" | "query-reserved-encoded" => {
            ("2.10", Change, "RFC 3986, section 3.4")
        }
        "query-octet-decoded" | "query-unreserved-decoded" => ("2.10", Change, "RFC 3986, section 6.2.2.2"),
        "query-empty-pair-removed" => ("2.11", Change, "WHATWG URL, section 5.1"),
        "query-removed" => ("2.1", Change, "RFC 3986, section 3.4"),
        "query-parameter-added" => ("2.12", Change, "RFC 9110, section 7.7"),
        "query-parameter-removed" if credential(subject) => ("2.13", Policy, "RFC 6750, section 2.3"),
        "query-cut-at-question-mark" | "query-question-mark-encoded" => ("2.14", Change, "RFC 3986, section 3.4"),
        "fields-recased" => ("3.1", Change, "RFC 9110, section 5.1"),
        "fields-reordered" => ("3.2", Change, "RFC 9110, section 5.3"),
        "field-joined" | "field-split" if subject == "cookie" => ("20.1", Change, "RFC 9113, section 8.2.3"),
        "field-joined" | "field-split" => ("3.3", Change, "RFC 9110, section 5.2"),
        "field-repeats-reordered" => ("3.4", Forbidden, "RFC 9110, section 5.3"),
        "field-repeats-dropped" => ("3.3", Change, "RFC 9110, section 5.3"),
        "field-doubled" if !matches!(subject, "via" | "x-forwarded-for" | "forwarded" | "host" | "traceparent") => {
            ("3.15", Change, "RFC 9110, section 5.3")
        }
        "field-removed" if difference.before.is_empty() => ("3.5", Change, "RFC 9110, section 5.5"),
        "field-space-changed" => ("3.6", Change, "RFC 9110, section 5.5"),
        "field-renamed" => ("3.9", Change, "RFC 9110, section 5.1"),
        "field-removed" if subject.contains(['_', '.']) => ("3.9", Change, "RFC 9110, section 5.1"),
        "field-octets-changed" => ("3.10", Change, "RFC 9110, section 5.5"),
        "hop-field-removed" => ("4.1", Faithful, "RFC 9110, section 7.6.1"),
        "framing-changed" => match subject {
            "length-to-chunked" => ("5.1", Change, "RFC 9112, section 6.1"),
            "chunked-to-length" => ("5.2", Change, "RFC 9112, section 6.1"),
            "none-to-length" => ("5.3", Change, "RFC 9110, section 8.6"),
            _ if difference.before != difference.after && subject.ends_with("-to-none") => {
                ("5.8", Change, "RFC 9110, section 9.3.1")
            }
            _ => ("5.1", Change, "RFC 9112, section 6.1"),
        },
        "bodiless-length-changed" => ("5.3", Change, "RFC 9110, section 8.6"),
        "json-reformatted" | "json-reserialised" | "json-changed" => ("5.5", Change, "RFC 8259, section 4"),
        "multipart-rewritten" => ("5.6", Change, "RFC 7578, section 4"),
        "body-decompressed" | "body-compressed" | "body-recompressed" => ("5.7", Change, "RFC 9110, section 8.4"),
        "body-removed" => ("5.8", Change, "RFC 9110, section 9.3.1"),
        "body-changed"
        | "body-truncated"
        | "body-extended"
        | "body-prepended"
        | "body-added"
        | "body-trimmed"
        | "body-line-ends-changed"
        | "body-charset-changed" => ("5.4", Change, "RFC 9110, section 7.7"),
        "chunks-changed" => ("5.9", Change, "RFC 9112, section 7.1"),
        "chunk-extension-lost" => ("5.10", Change, "RFC 9112, section 7.1.1"),
        "trailer-merged" => ("5.11", Forbidden, "RFC 9110, section 6.5.1"),
        "trailer-lost" | "trailer-changed" | "trailer-added" => ("5.11", Change, "RFC 9112, section 7.1.2"),
        "message-cut" => ("5.4", Forbidden, "RFC 9112, section 8"),
        "cut-hidden" => ("5.15", Forbidden, "RFC 9112, section 8"),
        kind if kind.starts_with("field-") => return field(subject, kind),
        _ => return None,
    })
}

/// Tells whether a parameter's name is that of a credential.
fn credential(name: &str) -> bool {
    matches!(name, "api_key" | "apikey" | "api-key" | "access_token" | "token" | "key")
}

/// Names a change of one field of a request.
fn field(name: &str, kind: &str) -> Option<Named> {
    Some(match name {
        "user-agent" => ("3.16", Change, "RFC 9110, section 10.1.5"),
        "accept" | "accept-language" | "accept-charset" => ("3.17", Change, "RFC 9110, section 12.5"),
        "accept-encoding" => ("3.18", Change, "RFC 9110, section 12.5.3"),
        "content-type" => ("3.19", Change, "RFC 9110, section 8.3"),
        "host" => ("3.20", Change, "RFC 9110, section 7.2"),
        "cache-control" | "pragma" => ("3.22", Change, "RFC 9111, section 5.2.1"),
        "x-request-id" | "request-id" | "x-correlation-id" | "x-amzn-trace-id" => ("3.23", Policy, "(convention)"),
        "early-data" | "priority" => ("3.25", Change, "RFC 9218, section 5"),
        name if name.starts_with("sec-") => ("3.25", Change, "RFC 9218, section 5"),
        "connection" if kind == "field-added" => ("4.1", Faithful, "RFC 9110, section 7.6.1"),
        "connection" => ("4.1", Forbidden, "RFC 9110, section 7.6.1"),
        "keep-alive" | "proxy-connection" => ("4.4", Change, "RFC 9110, section 7.6.1"),
        "te" => ("4.5", Change, "RFC 9110, section 10.1.4"),
        "upgrade" => ("4.6", Change, "RFC 9110, section 7.8"),
        // A gateway has to add it to requests.
        "via" if matches!(kind, "field-added" | "field-appended" | "field-doubled") => {
            ("4.7", Policy, "RFC 9110, section 7.6.3")
        }
        "via" => ("4.7", Change, "RFC 9110, section 7.6.3"),
        "max-forwards" => ("4.8", Change, "RFC 9110, section 7.6.2"),
        "proxy-authorization" => ("4.9", Policy, "RFC 9110, section 11.7.2"),
        "trailer" => ("5.11", Change, "RFC 9110, section 6.6.2"),
        "expect" => ("6.1", Change, "RFC 9110, section 10.1.1"),
        "authorization" => ("8.1", Policy, "RFC 9110, section 11.6.2"),
        "x-api-key" | "apikey" | "api-key" => ("8.2", Policy, "(policy)"),
        "x-user-id" | "x-consumer-id" | "x-consumer-username" | "x-authenticated-userid" | "x-userinfo" => {
            ("8.3", Policy, "(policy)")
        }
        name if name.starts_with("x-consumer-") || name.starts_with("x-user-") => ("8.3", Policy, "(policy)"),
        "client-cert" | "client-cert-chain" | "x-forwarded-client-cert" => ("8.5", Policy, "RFC 9440, section 2"),
        "x-forwarded-for" => ("9.1", Policy, "RFC 7239, section 5.2"),
        "x-forwarded-proto" | "x-forwarded-scheme" | "x-scheme" => ("9.2", Policy, "(convention)"),
        "x-forwarded-host" | "x-forwarded-port" | "x-forwarded-prefix" | "x-forwarded-server" | "x-original-uri"
        | "x-original-url" | "x-forwarded-path" => ("9.3", Policy, "(convention)"),
        "forwarded" => ("9.4", Policy, "RFC 7239, section 4"),
        "x-real-ip"
        | "x-client-ip"
        | "true-client-ip"
        | "cf-connecting-ip"
        | "x-envoy-external-address"
        | "x-cluster-client-ip"
        | "fastly-client-ip" => ("9.5", Policy, "(convention)"),
        "x-envoy-expected-rq-timeout-ms" | "grpc-timeout" | "request-timeout" | "x-request-timeout" | "x-timeout" => {
            ("15.8", Policy, "(convention)")
        }
        "x-envoy-attempt-count" => ("16.7", Policy, "(convention)"),
        "cookie" => ("20.2", Change, "RFC 6265, section 4.2"),
        "range" | "if-range" => ("22.1", Change, "RFC 9110, section 14.2"),
        "if-none-match" | "if-match" | "if-modified-since" | "if-unmodified-since" => {
            ("22.4", Change, "RFC 9110, section 13.1")
        }
        "traceparent" => ("29.1", Policy, "W3C Trace Context, section 3.2"),
        "tracestate" | "baggage" | "b3" => ("29.2", Policy, "W3C Trace Context, section 3.3"),
        name if name.starts_with("x-b3-") => ("29.2", Policy, "W3C Trace Context, section 3.3"),
        "content-digest" | "repr-digest" | "signature" | "signature-input" => ("3.26", Change, "RFC 9530, section 2"),
        _ if kind == "field-removed" => ("3.14", Change, "RFC 9110, section 7.6"),
        _ if kind == "field-added" => ("3.15", Change, "RFC 9110, section 7.6"),
        // Another value is no longer the field that was sent.
        _ => ("3.14", Change, "RFC 9110, section 7.7"),
    })
}

fn response(difference: &Difference) -> Option<Named> {
    let subject = difference.subject.as_str();
    Some(match difference.kind {
        "status-changed" => ("10.1", Change, "RFC 9110, section 15"),
        "reason-changed" => ("10.3", Change, "RFC 9112, section 4"),
        "interim-lost" | "interim-field-lost" if subject == "103" || difference.kind == "interim-field-lost" => {
            ("6.6", Forbidden, "RFC 9110, section 15.2")
        }
        "interim-lost" => ("6.7", Forbidden, "RFC 9110, section 15.2"),
        "interim-added" => ("6.7", Change, "RFC 9110, section 15.2"),
        "version-changed" => ("12.3", Faithful, "RFC 9112, section 2.3"),
        "fields-recased" | "fields-reordered" => ("11.4", Change, "RFC 9110, section 5.1"),
        "hop-field-removed" => ("4.11", Faithful, "RFC 9110, section 7.6.1"),
        "framing-changed" => ("12.1", Change, "RFC 9112, section 6"),
        "bodiless-length-changed" if matches!(subject, "204" | "304") => ("12.10", Change, "RFC 9110, section 8.6"),
        "bodiless-length-changed" => ("7.1", Change, "RFC 9110, section 9.3.2"),
        "trailer-merged" => ("12.12", Forbidden, "RFC 9110, section 6.5.1"),
        "trailer-lost" | "trailer-changed" | "trailer-added" => ("12.11", Change, "RFC 9110, section 6.5"),
        "chunks-changed" => ("14.2", Change, "RFC 9112, section 7.1"),
        "chunk-extension-lost" => ("14.2", Faithful, "RFC 9112, section 7.1.1"),
        "message-cut" => ("13.1", Forbidden, "RFC 9112, section 8"),
        "cut-hidden" if subject == "length" => ("12.4", Forbidden, "RFC 9112, section 8"),
        "cut-hidden" => ("12.6", Forbidden, "RFC 9112, section 8"),
        "body-compressed" => ("13.2", Change, "RFC 9110, section 8.4.1"),
        "body-decompressed" => ("13.3", Change, "RFC 9110, section 8.4"),
        "body-recompressed" => ("13.4", Change, "RFC 9110, section 8.4"),
        kind if kind.starts_with("body-") || kind.starts_with("json-") || kind == "multipart-rewritten" => {
            ("13.1", Change, "RFC 9110, section 7.7")
        }
        kind if kind.starts_with("field-") => return response_field(subject, kind, difference.before.is_empty()),
        _ => return None,
    })
}

/// Names a change of one field of a response.
fn response_field(name: &str, kind: &str, empty: bool) -> Option<Named> {
    Some(match name {
        "set-cookie" => match kind {
            "field-added" | "field-doubled" => ("20.5", Change, "RFC 6265, section 4.1"),
            "field-joined" => ("20.3", Forbidden, "RFC 6265, section 3"),
            _ => ("20.4", Change, "RFC 6265, section 4.1"),
        },
        // A sender with a clock has to add it.
        "date" if kind == "field-added" => ("11.5", Faithful, "RFC 9110, section 6.6.1"),
        "date" | "server" if kind != "field-added" => ("11.5", Change, "RFC 9110, section 6.6.1"),
        // They belong to the connection; the check 4.11 looks at what gets through.
        "connection" | "keep-alive" | "proxy-connection" => ("4.11", Faithful, "RFC 9110, section 7.6.1"),
        "via" => ("4.7", Policy, "RFC 9110, section 7.6.3"),
        "trailer" => ("12.11", Change, "RFC 9110, section 6.6.2"),
        "www-authenticate" => ("8.7", Change, "RFC 9110, section 11.6.1"),
        "retry-after" => ("10.6", Change, "RFC 9110, section 10.2.3"),
        "location" | "content-location" | "refresh" => ("11.8", Change, "RFC 9110, section 10.2.2"),
        "content-type" => ("11.9", Change, "RFC 9110, section 8.3"),
        "vary" => ("13.7", Change, "RFC 9110, section 12.5.5"),
        "etag" => ("13.6", Change, "RFC 9110, section 8.8.3.3"),
        "content-encoding" if kind == "field-added" => ("13.2", Change, "RFC 9110, section 8.4"),
        "content-encoding" => ("13.4", Change, "RFC 9110, section 8.4"),
        "content-digest" | "repr-digest" | "digest" => ("13.9", Change, "RFC 9530, section 2"),
        "accept-ranges" | "content-range" => ("22.2", Change, "RFC 9110, section 14.4"),
        "age" | "expires" | "cache-control" | "pragma" => ("19.2", Change, "RFC 9111, section 5.1"),
        "cache-status" | "proxy-status" | "server-timing" | "x-cache" | "x-envoy-upstream-service-time" => {
            ("30.3", Policy, "RFC 9209, section 2")
        }
        name if name.starts_with("access-control-") => ("21.2", Change, "Fetch, section 3.2"),
        _ if kind == "field-joined" => ("11.3", Change, "RFC 9110, section 5.3"),
        "link" => ("11.8", Change, "RFC 8288, section 3"),
        _ if kind == "field-octets-changed" => ("11.7", Change, "RFC 9110, section 5.5"),
        _ if kind == "field-removed" || (kind == "field-space-changed" && empty) => {
            ("11.2", Change, "RFC 9110, section 7.6")
        }
        _ if kind == "field-added" => ("11.1", Change, "RFC 9110, section 7.6"),
        _ => ("11.2", Change, "RFC 9110, section 7.7"),
    })
}
