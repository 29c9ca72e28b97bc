//! gRPC (group 25), on HTTP/2.

use super::http2::{remove, replace, value};
use crate::fault::Fault;
use crate::h2::{Field, Side, Verdict};

/// Code INTERNAL_ERROR (RFC 9113, section 7).
const INTERNAL_ERROR: u32 = 2;
/// Code NO_ERROR.
const NO_ERROR: u32 = 0;

pub(super) const FAULTS: &[Fault] = &[
    Fault::blocks(
        "grpc-status-changed",
        &["25.1"],
        "Turns every `grpc-status` but 0 into 2.",
        Side::Upstream,
        |fields, _| {
            replace(fields, "grpc-status", |status| if status == b"0" { b"0".to_vec() } else { b"2".to_vec() });
            Verdict::Send
        },
    )
    .also(&["25.2"]),
    Fault::blocks("grpc-message-lost", &["25.1"], "Removes `grpc-message`.", Side::Upstream, |fields, _| {
        remove(fields, "grpc-message");
        Verdict::Send
    })
    .also(&["25.2"]),
    Fault::blocks(
        "grpc-message-decoded",
        &["25.1"],
        "Decodes `%20` in `grpc-message`.",
        Side::Upstream,
        |fields, _| {
            replace(fields, "grpc-message", |message| super::edit::replace(message, b"%20", b" "));
            Verdict::Send
        },
    )
    .also(&["25.2"]),
    Fault::blocks(
        "grpc-trailers-reset",
        &["25.1"],
        "Resets gRPC streams with NO_ERROR in place of their trailers.",
        Side::Upstream,
        |fields, block| {
            if block.trailers && value(fields, "grpc-status").is_some() {
                Verdict::ResetReceiver(NO_ERROR)
            } else {
                Verdict::Send
            }
        },
    )
    .also(&["23.5", "23.8", "25.6"]),
    Fault::blocks(
        "grpc-metadata-lost",
        &["25.1", "12.11"],
        "Removes other fields than `grpc-*` of gRPC trailers.",
        Side::Upstream,
        |fields, block| {
            if block.trailers && value(fields, "grpc-status").is_some() {
                fields.retain(|(name, _)| name.starts_with(b"grpc-"));
            }
            Verdict::Send
        },
    )
    .also(&["23.8"]),
    Fault::blocks(
        "grpc-trailers-only-split",
        &["25.2"],
        "Ends trailers-only answers with an empty DATA frame.",
        Side::Upstream,
        |fields, block| {
            let only = block.ends && !block.trailers && value(fields, "grpc-status").is_some();
            if only { Verdict::EndApart } else { Verdict::Send }
        },
    ),
    Fault::blocks(
        "grpc-trailers-only-500",
        &["25.2"],
        "Turns trailers-only errors into 500 without `grpc-status`.",
        Side::Upstream,
        |fields, block| {
            if block.ends && !block.trailers && value(fields, "grpc-status").is_some_and(|status| status != b"0") {
                replace(fields, ":status", |_| b"500".to_vec());
                remove(fields, "grpc-status");
                remove(fields, "grpc-message");
            }
            Verdict::Send
        },
    )
    .also(&["25.1", "10.1"]),
    Fault::blocks(
        "grpc-content-type-rewritten",
        &["25.3"],
        "Turns `application/grpc+proto` of requests into `application/grpc`.",
        Side::Client,
        |fields, _| {
            replace(fields, "content-type", |kind| {
                super::edit::replace(kind, b"application/grpc+proto", b"application/grpc")
            });
            Verdict::Send
        },
    )
    .also(&["3.19"]),
    Fault::blocks("grpc-bin-removed", &["25.3"], "Removes `-bin` metadata of requests.", Side::Client, |fields, _| {
        fields.retain(|(name, _)| !name.ends_with(b"-bin"));
        Verdict::Send
    })
    .also(&["3.14"]),
    Fault::blocks("grpc-timeout-removed", &["25.4"], "Removes `grpc-timeout`.", Side::Client, |fields, _| {
        remove(fields, "grpc-timeout");
        Verdict::Send
    })
    .also(&["15.8"]),
    Fault::blocks("grpc-timeout-shortened", &["25.4"], "Sets `grpc-timeout` to 1 s.", Side::Client, |fields, _| {
        replace(fields, "grpc-timeout", |_| b"1S".to_vec());
        Verdict::Send
    })
    .also(&["15.8"]),
    Fault::blocks(
        "grpc-timeout-added",
        &["25.4"],
        "Adds `grpc-timeout: 15S` to gRPC requests without one.",
        Side::Client,
        |fields, block| {
            if !block.trailers && is_grpc(fields) && value(fields, "grpc-timeout").is_none() {
                fields.push((b"grpc-timeout".to_vec(), b"15S".to_vec()));
            }
            Verdict::Send
        },
    )
    .also(&["15.8", "3.15"]),
    Fault::blocks(
        "grpc-http-error-mapped",
        &["25.5"],
        "Turns HTTP errors into trailers-only answers with `grpc-status` 14.",
        Side::Upstream,
        |fields, block| {
            let error = value(fields, ":status").is_some_and(|status| status.starts_with(b"5"));
            if error && block.ends && value(fields, "grpc-status").is_none() {
                *fields = vec![
                    (b":status".to_vec(), b"200".to_vec()),
                    (b"content-type".to_vec(), b"application/grpc".to_vec()),
                    (b"grpc-status".to_vec(), b"14".to_vec()),
                ];
            }
            Verdict::Send
        },
    )
    .also(&["10.1"]),
    Fault::blocks(
        "grpc-stream-reset",
        &["25.6"],
        "Resets gRPC streams at their response's head.",
        Side::Upstream,
        |fields, block| {
            if !block.trailers && !block.ends && is_grpc(fields) {
                Verdict::ResetReceiver(INTERNAL_ERROR)
            } else {
                Verdict::Send
            }
        },
    )
    .also(&["25.1", "23.5"]),
];

fn is_grpc(fields: &[Field]) -> bool {
    value(fields, "content-type").is_some_and(|kind| kind.starts_with(b"application/grpc"))
}
