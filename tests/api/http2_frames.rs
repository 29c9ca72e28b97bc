//! Frames that violate HTTP/2, one outcome each (RFC 9113), and connections that survive them.

use crate::support::{
    Server, anonymous,
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GET, GOAWAY, HEADERS, PING, PREFACE, PRIORITY,
        PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, ask, exchange, field, frame, goaway, reset,
    },
};

const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const FRAME_SIZE_ERROR: u32 = 6;

/// Outcome of a case. Where RFC 9113 has another code, or ends only the stream, `h2` sends PROTOCOL_ERROR and ends the
/// connection: the latter is allowed (section 5.4.2), the former is a flaw.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// GOAWAY with that code.
    Connection(u32),
    /// RST_STREAM of stream 1 with that code.
    Stream(u32),
    /// An answer on stream 1.
    Answer,
    Nothing,
}

fn outcome(frames: &[Frame]) -> Outcome {
    match (goaway(frames).filter(|code| *code != 0), reset(frames, 1).filter(|code| *code != 0)) {
        (Some(code), _) => Outcome::Connection(code),
        (None, Some(code)) => Outcome::Stream(code),
        _ if frames.iter().any(|(kind, stream, _)| *kind == HEADERS && *stream == 1) => Outcome::Answer,
        _ => Outcome::Nothing,
    }
}

fn get(stream: u32, block: &[u8]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, block)
}

/// Request whose response takes a minute.
fn slow() -> Vec<u8> {
    get(1, &[&[0x82, 0x86, 0x41, 1, b'a'][..], &field(":path", "/v1/slow?ms=60000")].concat())
}

/// Request whose body is still awaited.
fn upload() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, &[&[0x83, 0x86, 0x41, 1, b'a'][..], &field(":path", "/v1/echo")].concat())
}

/// GET with an additional field.
fn get_with(name: &str, value: &str) -> Vec<u8> {
    get(1, &[GET, &field(name, value)].concat())
}

#[test]
fn each_broken_frame_has_one_outcome() {
    use Outcome::{Answer, Connection, Stream};
    let server = Server::start(&anonymous(""));
    let cases: Vec<(&str, Vec<u8>, Outcome)> = vec![
        ("a request", get(1, GET), Answer),
        (
            "a head in three frames",
            [
                frame(HEADERS, END_STREAM, 1, &GET[..2]),
                frame(CONTINUATION, 0, 1, &GET[2..4]),
                frame(CONTINUATION, END_HEADERS, 1, &GET[4..]),
            ]
            .concat(),
            Answer,
        ),
        ("a frame of an unknown kind", [frame(99, 255, 1, b"x"), get(1, GET)].concat(), Answer),
        ("PRIORITY before its stream", [frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 1]), get(1, GET)].concat(), Answer),
        ("an upper-case name", get_with("X-Upper", "1"), Connection(PROTOCOL_ERROR)),
        ("a field of the connection", get_with("connection", "close"), Stream(PROTOCOL_ERROR)),
        ("transfer-encoding", get_with("transfer-encoding", "chunked"), Stream(PROTOCOL_ERROR)),
        ("te other than trailers", get_with("te", "gzip"), Stream(PROTOCOL_ERROR)),
        ("te: trailers", get_with("te", "trailers"), Answer),
        ("an unknown pseudo-field", get_with(":x", "1"), Connection(PROTOCOL_ERROR)),
        ("a pseudo-field behind a field", get(1, &[&field("x", "1"), GET].concat()), Stream(PROTOCOL_ERROR)),
        ("two :path", get(1, &[GET, &[0x84]].concat()), Stream(PROTOCOL_ERROR)),
        ("no :path", get(1, &[0x82, 0x86, 0x41, 1, b'a']), Stream(PROTOCOL_ERROR)),
        ("no :method", get(1, &[0x86, 0x84, 0x41, 1, b'a']), Stream(PROTOCOL_ERROR)),
        ("no :scheme", get(1, &[0x82, 0x84, 0x41, 1, b'a']), Stream(PROTOCOL_ERROR)),
        ("an empty :path", get(1, &[&[0x82, 0x86][..], &field(":path", "")].concat()), Stream(PROTOCOL_ERROR)),
        ("a line feed in a value", get_with("x", "a\nb"), Connection(PROTOCOL_ERROR)),
        ("a space in a name", get_with("x y", "1"), Connection(PROTOCOL_ERROR)),
        ("content-length against END_STREAM", get_with("content-length", "5"), Stream(PROTOCOL_ERROR)),
        ("a head that is no HPACK", get(1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Connection(PROTOCOL_ERROR)),
        ("an even stream", get(2, GET), Connection(PROTOCOL_ERROR)),
        ("stream 0 for a head", get(0, GET), Connection(PROTOCOL_ERROR)),
        ("a lower stream after a higher one", [get(5, GET), get(3, GET)].concat(), Connection(PROTOCOL_ERROR)),
        ("DATA on stream 0", frame(DATA, 0, 0, b"x"), Connection(PROTOCOL_ERROR)),
        ("DATA on an idle stream", frame(DATA, 0, 1, b"x"), Connection(PROTOCOL_ERROR)),
        ("RST_STREAM of an idle stream", frame(RST_STREAM, 0, 1, &[0; 4]), Connection(PROTOCOL_ERROR)),
        ("RST_STREAM of 3 bytes", [slow(), frame(RST_STREAM, 0, 1, &[0; 3])].concat(), Connection(PROTOCOL_ERROR)),
        ("CONTINUATION of nothing", frame(CONTINUATION, END_HEADERS, 1, GET), Connection(PROTOCOL_ERROR)),
        (
            "PING in a head",
            [frame(HEADERS, 0, 1, &GET[..2]), frame(PING, 0, 0, &[0; 8])].concat(),
            Connection(PROTOCOL_ERROR),
        ),
        ("PING of 7 bytes", frame(PING, 0, 0, &[0; 7]), Connection(PROTOCOL_ERROR)),
        ("PING on a stream", frame(PING, 0, 1, &[0; 8]), Connection(PROTOCOL_ERROR)),
        ("SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, &[0; 5]), Connection(PROTOCOL_ERROR)),
        ("SETTINGS on a stream", frame(SETTINGS, 0, 1, &[]), Connection(PROTOCOL_ERROR)),
        ("an acknowledgement with content", frame(SETTINGS, 1, 0, &[0, 3, 0, 0, 0, 1]), Connection(PROTOCOL_ERROR)),
        ("ENABLE_PUSH of 2", frame(SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2]), Connection(PROTOCOL_ERROR)),
        ("a window of 2^31", frame(SETTINGS, 0, 0, &[0, 4, 0x80, 0, 0, 0]), Connection(PROTOCOL_ERROR)),
        ("frames of 2^24 bytes", frame(SETTINGS, 0, 0, &[0, 5, 1, 0, 0, 0]), Connection(PROTOCOL_ERROR)),
        ("a window that grows by 0", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), Connection(PROTOCOL_ERROR)),
        ("a window above 2^31", frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), Connection(FLOW_CONTROL_ERROR)),
        ("WINDOW_UPDATE of 3 bytes", frame(WINDOW_UPDATE, 0, 0, &[0; 3]), Connection(PROTOCOL_ERROR)),
        (
            "PUSH_PROMISE of a client",
            [upload(), frame(PUSH_PROMISE, END_HEADERS, 1, &[&[0, 0, 0, 2], GET].concat())].concat(),
            Connection(PROTOCOL_ERROR),
        ),
        ("a frame above SETTINGS_MAX_FRAME_SIZE", frame(DATA, 0, 1, &[0; 16_385]), Connection(FRAME_SIZE_ERROR)),
        ("padding longer than its frame", [upload(), frame(DATA, 8, 1, &[9, 0])].concat(), Connection(PROTOCOL_ERROR)),
        ("DATA after END_STREAM", [slow(), frame(DATA, 0, 1, b"x")].concat(), Connection(PROTOCOL_ERROR)),
        ("PRIORITY on itself", [upload(), frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 1])].concat(), Stream(PROTOCOL_ERROR)),
    ];
    let mut wrong = Vec::new();
    for (name, bytes, expected) in cases {
        let seen = outcome(&ask(&server, &bytes, |frames| outcome(frames) != Outcome::Nothing));
        if seen != expected {
            wrong.push(format!("{name}: expected {expected:?}, but {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn what_only_begins_like_a_preface_is_refused() {
    let server = Server::start(&anonymous(""));
    let bytes = [&PREFACE[..20], b"XX\r\n\r\n"].concat();
    let frames = exchange(&server, [bytes]);
    assert!(frames.iter().all(|(kind, _, _)| matches!(*kind, SETTINGS | GOAWAY)), "{frames:?}");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_stream_that_is_broken_leaves_others_alone() {
    let server = Server::start(&anonymous(""));
    let bytes = [get_with("connection", "close"), get(3, GET)].concat();
    let answered = |frames: &[Frame]| frames.iter().any(|(kind, stream, _)| *kind == HEADERS && *stream == 3);
    let frames = ask(&server, &bytes, answered);
    assert_eq!(reset(&frames, 1), Some(PROTOCOL_ERROR));
    assert!(answered(&frames), "{frames:?}");
}
