//! Faults that hold back, time out, or change how an exchange ends.

use crate::support::{between, expect, expect_end, expect_nothing, expect_reset, raw, rest, send};

const GET: &str = "GET /p HTTP/1.1\nHost: a\n\n";
const POST: &str = "POST /p HTTP/1.1\nHost: a\nContent-Length: 4\n\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n";

#[tokio::test]
async fn requests_are_held() {
    let mut b = between("request-held").await;
    send(&mut b.client, POST).await;
    send(&mut b.client, "ab").await;
    expect_nothing(&mut b.server).await;
    send(&mut b.client, "cd").await;
    expect(&mut b.server, &raw(&format!("{POST}abcd"))).await;

    let mut b = between("request-held-bytes").await;
    b.ask(POST).await;
    send(&mut b.client, "ab").await;
    expect_nothing(&mut b.server).await;
    send(&mut b.client, "cd").await;
    expect(&mut b.server, b"abcd").await;
}

#[tokio::test]
async fn responses_are_held() {
    let events = "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\n";
    let told = "HTTP/1.1 200 OK\nX-Accel-Buffering: no\nTransfer-Encoding: chunked\n\n";
    for (id, head, head_too) in [
        ("events-held", events, false),
        ("response-held", CHUNKED, true),
        ("response-held-bytes", CHUNKED, false),
        ("buffered-despite-field", told, false),
    ] {
        let mut b = between(id).await;
        b.ask(GET).await;
        if head_too {
            send(&mut b.server, head).await;
        } else {
            b.answer(head).await;
        }
        send(&mut b.server, "2\nab\n").await;
        expect_nothing(&mut b.client).await;
        send(&mut b.server, "0\n\n").await;
        let all = format!("{}2\nab\n0\n\n", if head_too { head } else { "" });
        expect(&mut b.client, &raw(&all)).await;
    }
}

#[tokio::test]
async fn held_bytes_leave_when_there_are_enough() {
    let mut b = between("response-held-bytes").await;
    b.ask(GET).await;
    b.answer("HTTP/1.1 200 OK\nContent-Length: 100000\n\n").await;
    b.answer(&"a".repeat(4096)).await;
    send(&mut b.server, "b").await;
    expect_nothing(&mut b.client).await;
}

#[tokio::test]
async fn what_is_not_meant_flows() {
    let mut b = between("events-held").await;
    b.ask(GET).await;
    b.answer(CHUNKED).await;
    b.answer("2\nab\n").await;
    let mut b = between("response-held").await;
    b.ask(GET).await;
    b.answer("HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n").await;
    b.answer("data: 1\n\n").await;
}

#[tokio::test]
async fn responses_wait_for_the_request() {
    let mut b = between("half-duplex").await;
    b.ask(POST).await;
    b.ask("ab").await;
    send(&mut b.server, "HTTP/1.1 200 OK\nContent-Length: 0\n\n").await;
    expect_nothing(&mut b.client).await;
    b.ask("cd").await;
    expect(&mut b.client, &raw("HTTP/1.1 200 OK\nContent-Length: 0\n\n")).await;
}

#[tokio::test]
async fn the_response_is_read_ahead() {
    let mut b = between("slow-reader-stored").await;
    b.ask(GET).await;
    send(&mut b.server, "HTTP/1.1 200 OK\nContent-Length: 40000000\n\n").await;
    // More than all socket buffers together; the client reads nothing meanwhile.
    send(&mut b.server, &"x".repeat(40_000_000)).await;
    let got = {
        b.client.readable().await.unwrap();
        rest_of(&mut b.client, 40_000_000).await
    };
    assert!(got);
}

async fn rest_of(stream: &mut tokio::net::TcpStream, length: usize) -> bool {
    use tokio::io::AsyncReadExt;
    let head = raw("HTTP/1.1 200 OK\nContent-Length: 40000000\n\n").len();
    let mut all = vec![0; head + length];
    crate::support::soon(stream.read_exact(&mut all)).await.is_ok()
}

#[tokio::test]
async fn half_closed_clients_are_dropped() {
    let mut b = between("half-close-drops").await;
    b.ask(GET).await;
    tokio::io::AsyncWriteExt::shutdown(&mut b.client).await.unwrap();
    expect_end(&mut b.client).await;
    expect_end(&mut b.server).await;
}

#[tokio::test]
async fn leaving_is_hidden() {
    let mut b = between("leaving-hidden").await;
    b.ask(GET).await;
    drop(b.client);
    expect_nothing(&mut b.server).await;
    send(&mut b.server, CHUNKED).await;
    send(&mut b.server, &"x".repeat(1_000_000)).await;
    expect_nothing(&mut b.server).await;
}

#[tokio::test]
async fn bodies_of_clients_that_left_are_filled_up() {
    let mut b = between("request-filled-up").await;
    b.ask(POST).await;
    b.ask("ab").await;
    tokio::io::AsyncWriteExt::shutdown(&mut b.client).await.unwrap();
    expect(&mut b.server, b"  ").await;
    b.answer("HTTP/1.1 200 OK\nContent-Length: 0\n\n").await;
}

#[tokio::test]
async fn resets_become_ends() {
    let mut b = between("reset-as-end").await;
    b.ask(GET).await;
    b.answer("HTTP/1.1 200 OK\nContent-Length: 9\n\n").await;
    b.server.set_zero_linger().unwrap();
    drop(b.server);
    expect_end(&mut b.client).await;
}

#[tokio::test]
async fn early_answers() {
    let answer = "HTTP/1.1 413 Content Too Large\nContent-Length: 0\n\n";
    let mut b = between("early-answer-lost").await;
    b.ask(POST).await;
    send(&mut b.server, answer).await;
    assert!(rest(&mut b.client).await.starts_with("HTTP/1.1 502 Bad Gateway\n"));

    let mut b = between("early-answer-lost").await;
    b.ask(&format!("{POST}abcd")).await;
    b.answer(answer).await;

    let mut b = between("request-stopped-at-answer").await;
    b.ask(POST).await;
    b.ask("ab").await;
    b.answer("HTTP/1.1 413 Content Too Large\nContent-Length: 2\n\nx").await;
    send(&mut b.client, "cd").await;
    expect_end(&mut b.server).await;
}

#[tokio::test]
async fn continue_is_said_or_awaited() {
    let expecting = "POST /p HTTP/1.1\nExpect: 100-continue\nContent-Length: 2\n\n";
    let mut b = between("continue-said-early").await;
    b.ask(expecting).await;
    expect(&mut b.client, &raw("HTTP/1.1 100 Continue\n\n")).await;
    send(&mut b.server, "HTTP/1.1 100 Continue\n\n").await;
    b.ask("ab").await;
    b.answer("HTTP/1.1 200 OK\nContent-Length: 0\n\n").await;

    let mut b = between("continue-awaited").await;
    b.ask(expecting).await;
    send(&mut b.client, "ab").await;
    expect_nothing(&mut b.server).await;
    b.answer("HTTP/1.1 100 Continue\n\n").await;
    expect(&mut b.server, b"ab").await;
}

#[tokio::test]
async fn answers_that_do_not_begin_time_out() {
    for id in ["timeout-first-byte", "timeout-total"] {
        let mut b = between(id).await;
        b.ask(GET).await;
        assert!(rest(&mut b.client).await.starts_with("HTTP/1.1 504 Gateway Timeout\n"), "{id}");
        expect_end(&mut b.server).await;
    }
    let mut b = between("timeout-untold").await;
    b.ask(GET).await;
    assert!(rest(&mut b.client).await.starts_with("HTTP/1.1 504 Gateway Timeout\n"));
    drop(b.client);
    expect_nothing(&mut b.server).await;
}

#[tokio::test]
async fn answers_that_stop_are_cut() {
    for id in ["timeout-between", "timeout-total"] {
        let mut b = between(id).await;
        b.ask(GET).await;
        b.answer(CHUNKED).await;
        b.answer("2\nab\n").await;
        expect_reset(&mut b.client).await;
    }
    let mut b = between("timeout-looks-whole").await;
    b.ask(GET).await;
    b.answer(CHUNKED).await;
    b.answer("2\nab\n").await;
    assert_eq!(rest(&mut b.client).await, "0\n\n");
}

#[tokio::test]
async fn slow_heads_and_upstreams_that_do_not_read_time_out() {
    let mut b = between("timeout-head").await;
    send(&mut b.client, "GET / HTTP/1.1\n").await;
    assert!(rest(&mut b.client).await.starts_with("HTTP/1.1 408 Request Timeout\n"));

    let mut b = between("timeout-write").await;
    b.ask("POST /p HTTP/1.1\nContent-Length: 100000000\n\n").await;
    let (mut reading, mut writing) = b.client.into_split();
    let writer = tokio::spawn(async move {
        let piece = vec![0; 1 << 20];
        while tokio::io::AsyncWriteExt::write_all(&mut writing, &piece).await.is_ok() {}
    });
    let mut start = vec![0; 28];
    crate::support::soon(tokio::io::AsyncReadExt::read_exact(&mut reading, &mut start)).await.unwrap();
    assert_eq!(start, b"HTTP/1.1 504 Gateway Timeout");
    writer.abort();
}

#[tokio::test]
async fn quiet_tunnels_are_cut() {
    let mut b = between("websocket-idle").await;
    b.ask("GET / HTTP/1.1\nUpgrade: websocket\n\n").await;
    b.answer("HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n").await;
    b.ask("\u{89}").await;
    expect_reset(&mut b.client).await;
    expect_reset(&mut b.server).await;
}

#[tokio::test]
async fn websocket_frames_are_changed() {
    let masked = |first: u8, payload: &[u8]| {
        [&[first, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0][..], payload].concat()
    };
    let plain = |first: u8, payload: &[u8]| [&[first, u8::try_from(payload.len()).unwrap()][..], payload].concat();
    let close = |code: u16| code.to_be_bytes();
    let by_client = [
        ("websocket-fragmented", masked(0x81, b"hello"), [masked(0x01, b"hell"), masked(0x80, b"o")].concat()),
        ("websocket-byte-changed", masked(0x81, b"hello"), masked(0x81, b"iello")),
        ("websocket-close-1006", masked(0x88, &close(1001)), masked(0x88, &close(1006))),
        ("websocket-ping-dropped", [masked(0x89, b"p"), masked(0x81, b"hi")].concat(), masked(0x81, b"hi")),
    ];
    let by_upstream = [
        ("websocket-text-as-binary", plain(0x81, b"hello"), plain(0x82, b"hello")),
        ("websocket-close-code", plain(0x88, b"\x03\xe9bye"), plain(0x88, b"\x03\xe8bye")),
        ("websocket-reason-lost", plain(0x88, b"\x03\xe9bye"), plain(0x88, b"\x03\xe9")),
        ("websocket-pong-dropped", [plain(0x8a, b"p"), plain(0x81, b"hi")].concat(), plain(0x81, b"hi")),
    ];
    for (cases, client_sends) in [(by_client, true), (by_upstream, false)] {
        for (id, sent, arrives) in cases {
            let mut b = between(id).await;
            b.ask("GET / HTTP/1.1\nUpgrade: websocket\n\n").await;
            b.answer("HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n").await;
            let other = plain(0x82, b"other");
            let (from, to) = if client_sends { (&mut b.client, &mut b.server) } else { (&mut b.server, &mut b.client) };
            tokio::io::AsyncWriteExt::write_all(from, &sent).await.unwrap();
            expect(to, &arrives).await;
            tokio::io::AsyncWriteExt::write_all(to, &other).await.unwrap();
            expect(from, &other).await;
        }
    }
}
