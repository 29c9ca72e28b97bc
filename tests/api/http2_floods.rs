//! Floods of frames: each is refused with a clear error, and costs bounded memory.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::support::{
    Server, anonymous,
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, GET, HEADERS, PING, POST, PREFACE, RST_STREAM, SETTINGS, exchange,
        exchange_after_preface, frame, goaway,
    },
};

const ENHANCE_YOUR_CALM: u32 = 11;

#[test]
fn rapid_reset_ends_the_connection() {
    let server = Server::start(&anonymous(""));
    // All in one piece, so that the resets arrive before the requests are served.
    let flood: Vec<u8> = (0..5_000_u32)
        .flat_map(|n| {
            let stream = 2 * n + 1;
            [frame(HEADERS, END_HEADERS | END_STREAM, stream, GET), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])]
                .concat()
        })
        .collect();
    let frames = exchange_after_preface(&server, [flood]);
    assert_eq!(goaway(&frames), Some(ENHANCE_YOUR_CALM), "{frames:?}");
    server.wait_for_metric("api_test_http2_goaways_total{code=\"ENHANCE_YOUR_CALM\",sender=\"server\"}", 1);
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn continuation_without_end_ends_the_connection() {
    let server = Server::start(&anonymous(""));
    let before = server.peak_resident_kib();
    // Each has a field of 1,000 bytes, and none ends the head.
    let field = [&[0x40, 1, b'x', 0x7f, 0xe9, 6][..], &[b'y'; 1000]].concat();
    let head = frame(HEADERS, END_STREAM, 1, GET);
    let more = std::iter::repeat_n(frame(CONTINUATION, 0, 1, &field), 100_000);
    let begin = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let frames = exchange(&server, [begin, head].into_iter().chain(more));
    assert!(goaway(&frames).is_some_and(|code| code != 0), "{frames:?}");
    let grown = server.peak_resident_kib() - before;
    assert!(grown < 32 * 1024, "{grown} KiB for a flood of 100 MB");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn floods_of_settings_and_pings_are_answered_in_bounded_memory() {
    let server = Server::start(&anonymous(""));
    let before = server.peak_resident_kib();
    for (kind, payload) in [(SETTINGS, &[][..]), (PING, &[0; 8])] {
        let many = std::iter::repeat_n(frame(kind, 0, 0, payload).repeat(1000), 200);
        let begin = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
        let frames = exchange(&server, std::iter::once(begin).chain(many));
        assert!(frames.iter().any(|(answered, _, _)| *answered == kind), "{kind}: {} frames", frames.len());
    }
    let grown = server.peak_resident_kib() - before;
    assert!(grown < 32 * 1024, "{grown} KiB");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn empty_data_without_end_is_refused_or_passed_over() {
    let server = Server::start(&anonymous(""));
    let head = frame(HEADERS, END_HEADERS, 1, POST);
    let more = std::iter::repeat_n(frame(DATA, 0, 1, &[]).repeat(1000), 100);
    exchange_after_preface(&server, std::iter::once(head).chain(more));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_connection_that_says_nothing_after_its_preface_is_closed() {
    let config = "server: {address: '127.0.0.1:0', base_url: 'http://localhost:8080', read_header_timeout: 300ms}\n\
                  auth: {allow_anonymous: true}\nendpoints: {data: {enabled: true}}\n";
    let server = Server::start(config);
    for bytes in [&PREFACE[..20], PREFACE, &[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()] {
        let mut socket = TcpStream::connect(server.address()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(70))).unwrap();
        socket.write_all(bytes).unwrap();
        let mut received = Vec::new();
        socket.read_to_end(&mut received).unwrap();
    }
}
