//! Content coding and what belongs to it (group 13), ranges of coded bodies (group 22).

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::editors::{Whole, every};
use crate::fault::{Commit, Fault};
use crate::http1::Head;

/// Most bytes that a body may have when it is decompressed.
const MOST: usize = 64 * 1024 * 1024;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "compressed",
        &["13.2"],
        "Holds and compresses JSON and text of 200 for clients that accept gzip, unless `no-transform` forbids it.",
        Commit::Response(|| {
            Box::new(Whole::new(
                |head, asked| {
                    compressible(head)
                        && asked.says("Accept-Encoding", "gzip")
                        && !head.says("Cache-Control", "no-transform")
                },
                compress,
            ))
        }),
    )
    .also(&["13.1", "13.6", "13.7", "13.8", "13.9", "14.1", "14.2", "14.3"]),
    Fault::new(
        "compressed-despite-no-transform",
        &["13.5"],
        "Holds and compresses what says `no-transform`, for clients that accept gzip.",
        Commit::Response(|| {
            Box::new(Whole::new(
                |head, asked| {
                    compressible(head)
                        && asked.says("Accept-Encoding", "gzip")
                        && head.says("Cache-Control", "no-transform")
                },
                compress,
            ))
        }),
    )
    .also(&["13.1", "13.2", "13.6", "13.7", "13.9", "14.2", "14.4"]),
    Fault::new(
        "compressed-unasked",
        &["13.2"],
        "Holds and compresses JSON for clients that don't accept gzip.",
        Commit::Response(|| {
            Box::new(Whole::new(
                |head, asked| {
                    compressible(head) && head.says("Content-Type", "json") && !asked.says("Accept-Encoding", "gzip")
                },
                compress,
            ))
        }),
    )
    .also(&["13.1", "13.5", "13.6", "13.7", "13.9", "14.2", "14.4"]),
    Fault::new(
        "decompressed",
        &["13.3"],
        "Holds gzip responses and decompresses them.",
        Commit::Response(|| Box::new(Whole::new(is_gzip, decompress))),
    )
    .also(&["13.1", "13.4", "13.6", "13.9", "14.2", "11.2"]),
    Fault::new(
        "decompressed-field-left",
        &["13.3", "13.4"],
        "Decompresses gzip responses and leaves `Content-Encoding`.",
        Commit::Response(|| {
            Box::new(Whole::new(is_gzip, |_, body| {
                if let Some(plain) = gunzip(body) {
                    *body = plain;
                }
            }))
        }),
    )
    .also(&["13.1", "13.9", "14.2"]),
    Fault::new(
        "compressed-twice",
        &["13.4"],
        "Compresses gzip responses again, without saying so.",
        Commit::Response(|| Box::new(Whole::new(is_gzip, |_, body| *body = gzip(body)))),
    )
    .also(&["13.1", "13.2", "13.9", "14.2"]),
    Fault::response("coding-removed", &["13.4"], "Removes `Content-Encoding`, and leaves the bytes.", |head, _| {
        head.remove("Content-Encoding");
    })
    .also(&["11.2", "13.3"]),
    Fault::response("coding-invented", &["13.4"], "Adds `Content-Encoding: gzip` to JSON that isn't.", |head, _| {
        if head.says("Content-Type", "json") && !head.has("Content-Encoding") {
            head.add("Content-Encoding", "gzip");
        }
    })
    .also(&["11.1", "13.2"]),
    Fault::response("tag-weakened", &["13.6"], "Weakens strong `ETag` values.", |head, _| {
        head.edit("ETag", |value| (!value.starts_with(b"W/")).then(|| [b"W/", value].concat()));
    }),
    Fault::response("tag-suffixed", &["13.6"], "Puts `-gzip` into `ETag` values.", |head, _| {
        head.edit("ETag", |value| value.strip_suffix(b"\"").map(|start| [start, b"-gzip\""].concat()));
    }),
    Fault::response("tag-removed", &["13.6", "11.2"], "Removes `ETag`.", |head, _| head.remove("ETag"))
        .also(&["22.5", "19.7"]),
    Fault::response("vary-added", &["13.7"], "Adds `Vary: Accept-Encoding` to 200.", |head, _| {
        if head.status() == 200 {
            head.add("Vary", "Accept-Encoding");
        }
    })
    .also(&["11.1"]),
    Fault::response("vary-removed", &["13.7"], "Removes `Vary`.", |head, _| head.remove("Vary"))
        .also(&["11.2", "19.5"]),
    Fault::new(
        "length-not-corrected",
        &["13.8"],
        "Removes white space at the end of JSON, and leaves `Content-Length`.",
        Commit::Response(|| {
            Box::new(
                Whole::new(
                    |head, _| {
                        head.says("Content-Type", "json") && head.has("Content-Length") && !head.has("Content-Encoding")
                    },
                    |_, body| body.truncate(body.trim_ascii_end().len()),
                )
                .with_old_length(),
            )
        }),
    )
    .also(&["12.4", "13.1", "13.9"]),
    Fault::response("digest-removed", &["13.9"], "Removes `Content-Digest` and `Repr-Digest`.", |head, _| {
        head.keep(|line| !line.is("Content-Digest") && !line.is("Repr-Digest"));
    })
    .also(&["11.2"]),
    Fault::new(
        "range-compressed",
        &["22.3"],
        "Compresses 206 for clients that accept gzip.",
        Commit::Response(|| {
            Box::new(Whole::new(
                |head, asked| {
                    head.status() == 206 && asked.says("Accept-Encoding", "gzip") && !head.has("Content-Encoding")
                },
                compress,
            ))
        }),
    )
    .also(&["13.1", "13.2", "22.2"]),
    Fault::new(
        "line-feed-appended",
        &["13.1"],
        "Appends a line feed to text bodies.",
        Commit::Response(|| {
            Box::new(Whole::new(
                |head, asked| {
                    head.says("Content-Type", "text/plain") && !head.has("Content-Encoding") && every(head, asked)
                },
                |_, body| body.push(b'\n'),
            ))
        }),
    )
    .also(&["13.9", "14.2"]),
];

fn compressible(head: &Head) -> bool {
    let text = head.says("Content-Type", "json") || head.says("Content-Type", "text/plain");
    text && head.status() == 200 && !head.has("Content-Encoding")
}

fn is_gzip(head: &Head, _: &Head) -> bool {
    head.says("Content-Encoding", "gzip") && head.status() == 200
}

fn compress(head: &mut Head, body: &mut Vec<u8>) {
    *body = gzip(body);
    head.add("Content-Encoding", "gzip");
}

fn decompress(head: &mut Head, body: &mut Vec<u8>) {
    if let Some(plain) = gunzip(body) {
        *body = plain;
        head.remove("Content-Encoding");
    }
}

/// A gzip member (RFC 1952) without a name and a time.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend(compress_to_vec(bytes, 6));
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len() & 0xffff_ffff).unwrap_or_default().to_le_bytes());
    out
}

/// The bytes of a gzip member; `None` when it is none, or has optional fields.
pub(super) fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = bytes.split_at_checked(10)?;
    if !head.starts_with(&[0x1f, 0x8b, 8]) {
        return None;
    }
    let rest = match head.get(3)? {
        0 => rest,
        // A file name, as gzip's own command line writes it.
        8 => rest.get(rest.iter().position(|byte| *byte == 0)? + 1..)?,
        _ => return None,
    };
    let plain = decompress_to_vec_with_limit(rest.get(..rest.len().checked_sub(8)?)?, MOST).ok()?;
    let sum = rest.get(rest.len() - 8..rest.len() - 4)?;
    (crc32(&plain).to_le_bytes() == sum).then_some(plain)
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}
