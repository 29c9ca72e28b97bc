//! Faults in the use of connections.

use crate::support::{between, expect, expect_end, expect_nothing, raw, rest, send, soon};

const GET: &str = "GET /p HTTP/1.1\nHost: a\n\n";
const OK: &str = "HTTP/1.1 200 OK\nContent-Length: 0\n\n";

#[tokio::test]
async fn the_preface_comes_first() {
    let mut b = between("preface").await;
    expect(&mut b.server, b"PROXY TCP4 127.0.0.1 127.0.0.1 40000 80\r\n").await;
    b.ask(GET).await;
    b.answer(OK).await;
}

#[tokio::test]
async fn an_extra_connection_has_no_request() {
    let mut b = between("connection-extra").await;
    let mut extra = b.accept().await;
    b.ask(GET).await;
    b.answer(OK).await;
    expect_nothing(&mut extra).await;
    drop(b.client);
    expect_end(&mut b.server).await;
    drop(b.server);
    expect_end(&mut extra).await;
}

#[tokio::test]
async fn health_is_asked_for() {
    let b = between("health-probed").await;
    let mut probe = b.accept().await;
    let request = raw("GET /healthz HTTP/1.1\nHost: upstream\nUser-Agent: mutant-health\nConnection: close\n\n");
    // Which of the two connections is the client's depends on who was quicker.
    let mut first = b.server;
    tokio::select! {
        () = expect(&mut probe, &request) => {}
        () = expect(&mut first, &request) => {}
    }
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own() {
    let mut b = between("connection-each").await;
    b.ask(GET).await;
    b.answer(OK).await;
    expect_end(&mut b.server).await;
    send(&mut b.client, GET).await;
    b.server = b.accept().await;
    expect(&mut b.server, &raw(GET)).await;
    b.answer(OK).await;
}

#[tokio::test]
async fn connections_are_used_for_other_clients() {
    for id in ["connection-shared", "connection-stale"] {
        let mut b = between(id).await;
        b.ask(GET).await;
        b.answer(OK).await;
        drop(b.client);
        expect_nothing(&mut b.server).await;
        b.client = tokio::net::TcpStream::connect(b.proxy.address()).await.unwrap();
        b.ask(GET).await;
        b.answer(OK).await;
    }
}

#[tokio::test]
async fn stale_connections_are_used_or_not() {
    for (id, good) in [("connection-shared", true), ("connection-stale", false)] {
        let mut b = between(id).await;
        b.ask(GET).await;
        b.answer(OK).await;
        drop(b.client);
        expect_nothing(&mut b.server).await;
        drop(b.server);
        let mut client = tokio::net::TcpStream::connect(b.proxy.address()).await.unwrap();
        send(&mut client, GET).await;
        if good {
            let (mut server, _) = soon(b.listener.accept()).await.unwrap();
            expect(&mut server, &raw(GET)).await;
            send(&mut server, OK).await;
            expect(&mut client, &raw(OK)).await;
        } else {
            expect_end(&mut client).await;
        }
    }
}

#[tokio::test]
async fn leftovers_go_to_the_next_client() {
    let mut b = between("pool-poisoned").await;
    b.ask(GET).await;
    send(&mut b.server, &format!("{OK}HTTP/1.1 200 Poison\nContent-Length: 0\n\n")).await;
    expect(&mut b.client, &raw(OK)).await;
    expect_nothing(&mut b.client).await;
    drop(b.client);
    expect_nothing(&mut b.server).await;
    b.client = tokio::net::TcpStream::connect(b.proxy.address()).await.unwrap();
    b.ask(GET).await;
    expect(&mut b.client, &raw("HTTP/1.1 200 Poison\nContent-Length: 0\n\n")).await;
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let mut b = between("upstream-idle-closed").await;
    b.ask(GET).await;
    b.answer(OK).await;
    expect_end(&mut b.server).await;
    send(&mut b.client, GET).await;
    b.server = b.accept().await;
    expect(&mut b.server, &raw(GET)).await;
    b.answer(OK).await;

    let mut b = between("client-idle-closed").await;
    b.ask(GET).await;
    b.answer(OK).await;
    expect_end(&mut b.client).await;
}

#[tokio::test]
async fn the_upstreams_close_is_ignored() {
    let mut b = between("close-ignored").await;
    b.ask(GET).await;
    send(&mut b.server, "HTTP/1.1 200 OK\nConnection: close\nContent-Length: 0\n\n").await;
    expect(&mut b.client, &raw(OK)).await;
    drop(b.server);
    expect_nothing(&mut b.client).await;
    send(&mut b.client, GET).await;
    b.server = soon(b.listener.accept()).await.unwrap().0;
    expect(&mut b.server, &raw(GET)).await;
    b.answer(OK).await;
}

#[tokio::test]
async fn requests_sent_ahead_wait_or_are_lost() {
    let mut b = between("pipelining-serialised").await;
    send(&mut b.client, &format!("{GET}{GET}")).await;
    expect(&mut b.server, &raw(GET)).await;
    expect_nothing(&mut b.server).await;
    b.answer(OK).await;
    expect(&mut b.server, &raw(GET)).await;
    b.answer(OK).await;

    let mut b = between("pipelining-dropped").await;
    send(&mut b.client, &format!("{GET}{GET}")).await;
    expect(&mut b.server, &raw(GET)).await;
    expect_nothing(&mut b.server).await;
    b.answer(OK).await;
    b.ask(GET).await;
}

#[tokio::test]
async fn a_fifth_client_is_refused() {
    let mut b = between("connections-most").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let client = b.connect().await;
        others.push((client, b.accept().await));
    }
    b.ask(GET).await;
    b.answer(OK).await;
    let mut fifth = b.connect().await;
    send(&mut fifth, GET).await;
    tokio::io::AsyncWriteExt::shutdown(&mut fifth).await.unwrap();
    assert!(rest(&mut fifth).await.starts_with("HTTP/1.1 503 Service Unavailable\n"));
}
