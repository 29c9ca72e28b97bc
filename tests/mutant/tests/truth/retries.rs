//! Faults that send requests again, elsewhere, or twice.

use crate::support::{between, expect, expect_end, expect_nothing, raw, rest, send};

const GET: &str = "GET /p HTTP/1.1\nHost: a\n\n";
const POST: &str = "POST /p HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi";
const BUSY: &str = "HTTP/1.1 503 Busy\nContent-Length: 0\n\n";
const OK: &str = "HTTP/1.1 200 OK\nContent-Length: 0\n\n";

#[tokio::test]
async fn requests_with_503_are_sent_again() {
    for (id, request, again, times) in [
        ("retry-status", GET, GET, 2),
        ("retry-status-spaced", GET, GET, 4),
        ("retry-unsafe", POST, POST, 1),
        ("retry-without-body", POST, "POST /p HTTP/1.1\nHost: a\nContent-Length: 0\n\n", 1),
        ("retry-marked", GET, "GET /p HTTP/1.1\nHost: a\nX-Attempt: 2\n\n", 1),
    ] {
        let mut b = between(id).await;
        b.ask(request).await;
        for _ in 0..times {
            send(&mut b.server, BUSY).await;
            b.server = b.accept().await;
            expect(&mut b.server, &raw(again)).await;
        }
        // The last one passes, as do those of the other kind.
        b.answer(BUSY).await;
        let other = if request == GET { POST } else { GET };
        b.ask(other).await;
        b.answer(BUSY).await;
        b.ask(request).await;
        b.answer(OK).await;
    }
}

#[tokio::test]
async fn requests_without_an_answer_are_sent_again() {
    for (id, request) in [("retry-gone", GET), ("retry-unsafe-gone", POST)] {
        for reset in [false, true] {
            let mut b = between(id).await;
            b.ask(request).await;
            if reset {
                b.server.set_zero_linger().unwrap();
            }
            b.server = {
                drop(b.server);
                crate::support::soon(b.listener.accept()).await.unwrap().0
            };
            expect(&mut b.server, &raw(request)).await;
            b.answer(OK).await;
        }
    }
}

#[tokio::test]
async fn late_requests_are_sent_again_once() {
    let mut b = between("retry-late").await;
    b.ask(GET).await;
    let mut second = b.accept().await;
    expect(&mut second, &raw(GET)).await;
    expect_end(&mut b.server).await;
    assert!(rest(&mut b.client).await.starts_with("HTTP/1.1 504 Gateway Timeout\n"));
}

#[tokio::test]
async fn broken_answers_are_asked_for_again() {
    let mut b = between("retry-broken").await;
    b.ask(GET).await;
    b.answer("HTTP/1.1 200 OK\nContent-Length: 9\n\nabc").await;
    b.server = {
        drop(b.server);
        crate::support::soon(b.listener.accept()).await.unwrap().0
    };
    expect(&mut b.server, &raw(GET)).await;
    b.answer(OK).await;
}

#[tokio::test]
async fn redirects_are_followed() {
    let mut b = between("redirect-followed").await;
    b.ask(GET).await;
    send(&mut b.server, "HTTP/1.1 302 Found\nLocation: http://x/next?a\nContent-Length: 0\n\n").await;
    b.server = b.accept().await;
    expect(&mut b.server, &raw("GET /next?a HTTP/1.1\nHost: a\n\n")).await;
    b.answer(OK).await;
}

#[tokio::test]
async fn requests_are_mirrored() {
    let mut b = between("mirrored").await;
    b.ask(POST).await;
    let mut copy = b.accept().await;
    expect(&mut copy, &raw(POST)).await;
    send(&mut copy, BUSY).await;
    b.answer(OK).await;
    expect_nothing(&mut b.client).await;
}

#[tokio::test]
async fn the_circuit_opens_after_five_failures() {
    let mut b = between("circuit").await;
    for _ in 0..5 {
        b.ask(GET).await;
        b.answer(BUSY).await;
    }
    send(&mut b.client, GET).await;
    expect(&mut b.client, &raw("HTTP/1.1 503 Service Unavailable\nContent-Length: 13\n\ncircuit open␊")).await;
}

#[tokio::test]
async fn too_many_requests_are_refused() {
    let mut b = between("rate-limited").await;
    let limited = raw("HTTP/1.1 429 Too Many Requests\nRetry-After: 1\nContent-Length: 10\n\nslow down␊");
    let passed = raw(GET);
    // On a slow machine a unit may end between two requests, and the count begins again.
    for _ in 0..2000 {
        send(&mut b.client, GET).await;
        tokio::select! {
            () = expect(&mut b.client, &limited) => return,
            () = expect(&mut b.server, &passed) => {}
        }
        b.answer(OK).await;
    }
    panic!("no request was refused");
}
