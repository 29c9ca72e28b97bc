//! HTTP/2 on both sides (group 23), and what other groups look like there: cookies, interim responses, streams.

use crate::fault::{Direction, Fault};
use crate::h2::{Field, Frame, GOAWAY, RST_STREAM, SETTINGS, Side, Verdict};

/// Code INTERNAL_ERROR (RFC 9113, section 7).
const INTERNAL_ERROR: u32 = 2;
/// Code ENHANCE_YOUR_CALM.
const CALM: u32 = 11;
/// Setting MAX_CONCURRENT_STREAMS (RFC 9113, section 6.5.2).
const MAX_CONCURRENT_STREAMS: u16 = 3;
/// Setting MAX_HEADER_LIST_SIZE.
const MAX_HEADER_LIST_SIZE: u16 = 6;

pub(super) const FAULTS: &[Fault] = &[
    Fault::blocks(
        "h2-authority-rewritten",
        &["23.1", "3.20"],
        "Sets `:authority` to `upstream.internal` on HTTP/2.",
        Side::Client,
        |fields, block| {
            if !block.trailers {
                replace(fields, ":authority", |_| b"upstream.internal".to_vec());
            }
            Verdict::Send
        },
    ),
    Fault::blocks(
        "h2-host-added",
        &["23.1", "3.15"],
        "Adds `host` beside `:authority` on HTTP/2.",
        Side::Client,
        |fields, block| {
            if !block.trailers
                && let Some(authority) = value(fields, ":authority")
            {
                fields.push((b"host".to_vec(), authority));
            }
            Verdict::Send
        },
    ),
    Fault::blocks("h2-te-removed", &["23.2", "4.5", "25.3"], "Removes `te` on HTTP/2.", Side::Client, |fields, _| {
        remove(fields, "te");
        Verdict::Send
    }),
    Fault::blocks(
        "h2-length-off",
        &["23.3"],
        "Adds one to `content-length` of requests on HTTP/2.",
        Side::Client,
        |fields, _| {
            replace(fields, "content-length", |value| {
                let length: u64 =
                    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
                (length + 1).to_string().into_bytes()
            });
            Verdict::Send
        },
    ),
    Fault::blocks(
        "h2-crumbs-joined",
        &["20.1"],
        "Joins the cookie crumbs of HTTP/2 with `; `.",
        Side::Client,
        |fields, _| {
            join(fields, b"; ");
            Verdict::Send
        },
    ),
    Fault::blocks(
        "h2-crumbs-comma",
        &["20.1"],
        "Joins the cookie crumbs of HTTP/2 with commas.",
        Side::Client,
        |fields, _| {
            join(fields, b", ");
            Verdict::Send
        },
    ),
    Fault::blocks(
        "h2-path-merged",
        &["1.2"],
        "Merges runs of `/` in the path on HTTP/2.",
        Side::Client,
        |fields, _| {
            replace(fields, ":path", |path| {
                let mut path = path.to_vec();
                path.dedup_by(|one, other| *one == b'/' && *other == b'/');
                path
            });
            Verdict::Send
        },
    ),
    Fault::blocks(
        "h2-field-removed",
        &["3.14"],
        "Removes `x-custom` of requests on HTTP/2.",
        Side::Client,
        |fields, _| {
            remove(fields, "x-custom");
            Verdict::Send
        },
    ),
    Fault::blocks(
        "h2-authorization-removed",
        &["8.1"],
        "Removes `authorization` on HTTP/2.",
        Side::Client,
        |fields, _| {
            remove(fields, "authorization");
            Verdict::Send
        },
    ),
    Fault::blocks(
        "h2-request-trailers-dropped",
        &["23.8", "5.11"],
        "Drops the trailers of requests on HTTP/2.",
        Side::Client,
        |_, block| {
            if block.trailers { Verdict::Drop } else { Verdict::Send }
        },
    ),
    Fault::blocks(
        "h2-list-limit",
        &["23.9", "3.12"],
        "Resets streams whose request fields are larger than 8,192 bytes on HTTP/2.",
        Side::Client,
        |fields, _| {
            let size: usize = fields.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
            if size > 8192 { Verdict::Reset(CALM) } else { Verdict::Send }
        },
    ),
    Fault::blocks(
        "h2-trailers-dropped",
        &["23.8", "12.11"],
        "Drops the trailers of responses on HTTP/2.",
        Side::Upstream,
        |_, block| {
            if block.trailers { Verdict::Drop } else { Verdict::Send }
        },
    )
    .also(&["25.1"]),
    Fault::blocks(
        "h2-interim-dropped",
        &["6.6", "6.7"],
        "Drops interim responses on HTTP/2.",
        Side::Upstream,
        |fields, _| {
            let interim = value(fields, ":status").is_some_and(|status| status.starts_with(b"1"));
            if interim { Verdict::Drop } else { Verdict::Send }
        },
    )
    .also(&["6.2", "6.4"]),
    Fault::blocks(
        "h2-response-field-added",
        &["11.1"],
        "Adds `x-gateway` to responses on HTTP/2.",
        Side::Upstream,
        |fields, block| {
            if !block.trailers {
                fields.push((b"x-gateway".to_vec(), b"mutant".to_vec()));
            }
            Verdict::Send
        },
    ),
    Fault::frames(
        "h2-reset-code",
        &["23.5"],
        "Turns the upstream's RST_STREAM codes into INTERNAL_ERROR.",
        |from, frame, _, out| {
            if from == Side::Upstream && frame.kind == RST_STREAM {
                out.push((Side::Client, Frame::reset(frame.stream, INTERNAL_ERROR)));
            } else {
                out.push((from.other(), frame));
            }
        },
    )
    .towards(Direction::Response),
    Fault::frames(
        "h2-reset-as-end",
        &["23.5"],
        "Ends streams properly that the upstream resets.",
        |from, frame, _, out| {
            if from == Side::Upstream && frame.kind == RST_STREAM {
                out.push((Side::Client, Frame::end(frame.stream)));
            } else {
                out.push((from.other(), frame));
            }
        },
    )
    .also(&["12.8", "12.6"])
    .towards(Direction::Response),
    Fault::frames("h2-cancel-hidden", &["14.6"], "Drops the client's RST_STREAM.", |from, frame, _, out| {
        if from != Side::Client || frame.kind != RST_STREAM {
            out.push((from.other(), frame));
        }
    })
    .also(&["23.5", "5.16", "15.9"]),
    Fault::frames("h2-goaway-dropped", &["23.6"], "Drops the upstream's GOAWAY.", |from, frame, _, out| {
        if from != Side::Upstream || frame.kind != GOAWAY {
            out.push((from.other(), frame));
        }
    })
    .towards(Direction::Response),
    Fault::frames(
        "h2-goaway-error",
        &["23.6"],
        "Turns the upstream's graceful GOAWAY into INTERNAL_ERROR.",
        |from, mut frame, _, out| {
            if from == Side::Upstream
                && frame.kind == GOAWAY
                && let Some(code) = frame.payload.get_mut(4..8)
            {
                code.copy_from_slice(&INTERNAL_ERROR.to_be_bytes());
            }
            out.push((from.other(), frame));
        },
    )
    .towards(Direction::Response),
    Fault::frames(
        "h2-goaway-last-id",
        &["23.6"],
        "Sets the last stream id of the upstream's GOAWAY to 0.",
        |from, mut frame, _, out| {
            if from == Side::Upstream
                && frame.kind == GOAWAY
                && let Some(last) = frame.payload.get_mut(..4)
            {
                last.fill(0);
            }
            out.push((from.other(), frame));
        },
    )
    .towards(Direction::Response),
    Fault::frames(
        "h2-streams-unlimited",
        &["23.7"],
        "Drops MAX_CONCURRENT_STREAMS of the upstream's SETTINGS.",
        |from, mut frame, _, out| {
            if from == Side::Upstream {
                without_setting(&mut frame, MAX_CONCURRENT_STREAMS);
            }
            out.push((from.other(), frame));
        },
    )
    .towards(Direction::Response),
    Fault::frames(
        "h2-list-limit-untold",
        &["23.9"],
        "Drops MAX_HEADER_LIST_SIZE of the upstream's SETTINGS.",
        |from, mut frame, _, out| {
            if from == Side::Upstream {
                without_setting(&mut frame, MAX_HEADER_LIST_SIZE);
            }
            out.push((from.other(), frame));
        },
    )
    .towards(Direction::Response),
    Fault::frames(
        "h2-response-held",
        &["14.2", "14.1"],
        "Holds the frames of a response on HTTP/2 until its end.",
        |from, frame, held, out| {
            hold(Side::Upstream, from, frame, held, out);
        },
    )
    .also(&["14.3", "14.8", "25.6", "6.6", "6.7"])
    .towards(Direction::Response),
    Fault::frames(
        "h2-request-held",
        &["5.12"],
        "Holds the frames of a request on HTTP/2 until its end.",
        |from, frame, held, out| {
            hold(Side::Client, from, frame, held, out);
        },
    )
    .also(&["5.14", "14.8", "25.6", "6.3", "6.4"]),
    Fault::frames(
        "h2-byte-changed",
        &["13.1"],
        "Changes the first byte of each DATA frame of the upstream.",
        |from, mut frame, _, out| {
            if from == Side::Upstream
                && frame.kind == 0
                && let Some(byte) = frame.payload.first_mut()
            {
                *byte ^= 1;
            }
            out.push((from.other(), frame));
        },
    )
    .also(&["13.9", "25.6"])
    .towards(Direction::Response),
];

/// Value of the first field with a name.
pub(super) fn value(fields: &[Field], name: &str) -> Option<Vec<u8>> {
    fields.iter().find(|(other, _)| other == name.as_bytes()).map(|(_, value)| value.clone())
}

/// Removes the fields with a name.
pub(super) fn remove(fields: &mut Vec<Field>, name: &str) {
    fields.retain(|(other, _)| other != name.as_bytes());
}

/// Replaces the values of the fields with a name.
pub(super) fn replace(fields: &mut [Field], name: &str, with: impl Fn(&[u8]) -> Vec<u8>) {
    for (_, value) in fields.iter_mut().filter(|(other, _)| other == name.as_bytes()) {
        *value = with(value);
    }
}

fn join(fields: &mut Vec<Field>, separator: &[u8]) {
    let crumbs: Vec<Vec<u8>> =
        fields.iter().filter(|(name, _)| name == b"cookie").map(|(_, value)| value.clone()).collect();
    if crumbs.len() > 1 {
        remove(fields, "cookie");
        fields.push((b"cookie".to_vec(), crumbs.join(separator)));
    }
}

fn without_setting(frame: &mut Frame, setting: u16) {
    if frame.kind == SETTINGS {
        let kept = frame.payload.chunks(6).filter(|entry| !entry.starts_with(&setting.to_be_bytes()));
        frame.payload = kept.flatten().copied().collect();
    }
}

/// Keeps the frames of one side's streams until they end, or are reset.
fn hold(side: Side, from: Side, frame: Frame, held: &mut crate::h2::Held, out: &mut Vec<(Side, Frame)>) {
    // HEADERS, DATA and CONTINUATION are held, and with them whatever else is said about their stream.
    let stream = frame.stream;
    let about_held = matches!(frame.kind, 0 | 1 | 9) || held.contains_key(&stream);
    if from != side || stream == 0 || !about_held {
        return out.push((from.other(), frame));
    }
    let resets = frame.kind == RST_STREAM;
    let kept = held.entry(stream).or_default();
    kept.push(frame);
    let in_block = kept.last().is_some_and(|last| matches!(last.kind, 1 | 9) && !last.has(4));
    if resets || (kept.iter().any(Frame::ends) && !in_block) {
        out.extend(held.remove(&stream).into_iter().flatten().map(|frame| (from.other(), frame)));
    }
}
