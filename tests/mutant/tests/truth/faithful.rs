//! The faithful proxy, and the machinery of the faults without a fault: every byte passes, both ways, at once.

use mutant::{Fault, PARSED};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{expect, listen, raw, shown, soon, start};

const BOTH: [Option<&'static Fault>; 2] = [None, Some(&PARSED)];

/// A message as it is generated: its bytes, and the head alone.
fn body() -> impl Strategy<Value = (String, Vec<u8>)> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..60);
    let chunk = (proptest::collection::vec(any::<u8>(), 1..20), prop_oneof![Just(""), Just(";a=b"), Just("; q=\"1\"")]);
    let trailer = prop_oneof![Just(""), Just("X-T: 1\r\n"), Just("x-sum:2\r\nX-B: \u{e9}\r\n")];
    let chunked = (proptest::collection::vec(chunk, 0..5), trailer).prop_map(|(chunks, trailer)| {
        let mut body = Vec::new();
        for (data, extension) in chunks {
            body.extend(format!("{:X}{extension}\r\n", data.len()).bytes());
            body.extend(data);
            body.extend(b"\r\n");
        }
        body.extend(b"0\r\n");
        body.extend(trailer.bytes());
        body.extend(b"\r\n");
        ("transfer-Encoding: chunked\r\n".to_owned(), body)
    });
    let counted = bytes.prop_map(|bytes| (format!("Content-Length:{}\r\n", bytes.len()), bytes));
    prop_oneof![Just((String::new(), Vec::new())), counted, chunked]
}

fn fields() -> impl Strategy<Value = String> {
    proptest::collection::vec("[A-Za-z_.-]{1,10}: ?[ -~]{0,20}\r\n", 0..6)
        .prop_map(|lines| lines.into_iter().map(|line| format!("x-{line}")).collect())
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![Just("GET"), Just("POST"), Just("HEAD"), Just("BREW"), Just("get")];
    (method, "/[!-~]{0,20}", fields(), body()).prop_map(|(method, target, fields, (framing, body))| {
        [format!("{method} {target} HTTP/1.1\r\nHOST:  a\r\n{fields}{framing}\r\n").into_bytes(), body].concat()
    })
}

fn response() -> impl Strategy<Value = Vec<u8>> {
    let interim = prop_oneof![
        4 => Just(""),
        1 => Just("HTTP/1.1 100 Continue\r\n\r\n"),
        1 => Just("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    ];
    let status = prop_oneof![Just("200 Fine"), Just("404 "), Just("599 Odd"), Just("201 Created")];
    (interim, status, fields(), body()).prop_map(|(interim, status, fields, (framing, body))| {
        let framing = if framing.is_empty() { "Content-Length: 0\r\n".to_owned() } else { framing };
        [format!("{interim}HTTP/1.1 {status}\r\n{fields}{framing}\r\n").into_bytes(), body].concat()
    })
}

/// Requests and the responses to them: a response to HEAD has no body.
fn exchanges() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let answered = |(request, mut response): (Vec<u8>, Vec<u8>)| {
        if request.starts_with(b"HEAD") {
            let last = response.windows(9).rposition(|nine| nine == b"HTTP/1.1 ").unwrap_or_default();
            let ends = response.get(last..).and_then(|head| head.windows(4).position(|four| four == b"\r\n\r\n"));
            response.truncate(last + ends.unwrap_or_default() + 4);
        }
        (request, response)
    };
    proptest::collection::vec((request(), response()).prop_map(answered), 1..4).prop_map(|pairs| {
        let (requests, responses): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        (requests.concat(), responses.concat())
    })
}

/// Writes bytes in pieces of the given lengths, over and over.
async fn write_cut(stream: &mut TcpStream, mut bytes: &[u8], cuts: &[usize]) {
    for cut in cuts.iter().cycle() {
        let (piece, rest) = bytes.split_at((*cut).min(bytes.len()));
        stream.write_all(piece).await.unwrap();
        tokio::task::yield_now().await;
        bytes = rest;
        if bytes.is_empty() {
            break;
        }
    }
}

async fn pass(fault: Option<&'static Fault>, request: &[u8], response: &[u8], cuts: &[usize]) {
    let (listener, upstream) = listen().await;
    let proxy = start(upstream, fault).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    client.set_nodelay(true).unwrap();
    let (mut server, _) = soon(listener.accept()).await.unwrap();
    server.set_nodelay(true).unwrap();
    soon(async { tokio::join!(write_cut(&mut client, request, cuts), expect(&mut server, request)) }).await;
    soon(async { tokio::join!(write_cut(&mut server, response, cuts), expect(&mut client, response)) }).await;
    client.shutdown().await.unwrap();
    assert_eq!(soon(server.read(&mut [0])).await.unwrap(), 0, "the upstream sees the client's end, and no byte more");
    server.shutdown().await.unwrap();
    assert_eq!(soon(client.read(&mut [0])).await.unwrap(), 0, "the client sees the upstream's end, and no byte more");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn valid_exchanges_pass_unchanged_however_they_are_cut(
        (requests, responses) in exchanges(),
        cuts in proptest::collection::vec(1_usize..40, 1..6),
    ) {
        runtime().block_on(async {
            for fault in BOTH {
                pass(fault, &requests, &responses, &cuts).await;
            }
        });
    }

    #[test]
    fn any_bytes_pass_unchanged(
        request in proptest::collection::vec(any::<u8>(), 1..200),
        response in proptest::collection::vec(any::<u8>(), 1..200),
        cuts in proptest::collection::vec(1_usize..40, 1..6),
    ) {
        // A head that has not ended is held by the machinery of the faults, and comes with the end of the connection.
        runtime().block_on(pass(None, &request, &response, &cuts));
    }
}

#[tokio::test]
async fn recorded_messages_pass_unchanged() {
    let requests = [
        "GET / HTTP/1.1\nhost: a\n\n",
        "OPTIONS * HTTP/1.1\nHost: a\nConnection: close, X-A\nX-A: 1\n\n",
        "GET http://u:p@b:81/x#y HTTP/1.1\nHost: a\n\n",
        "GET  /\té<> HTTP/1.2\nHost : a\nX-F: 1\n  folded\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\nGET /smuggled HTTP/1.1\n\n",
        "POST / HTTP/1.1␊Host: a␊Transfer-Encoding: chunked␊␊3␊abc␊0␊␊",
        "POST / HTTP/1.1\nHost: a\nContent-Length: +5\n\nhello",
        "POST / HTTP/1.1\nHost: a\nExpect: 100-continue\nContent-Length: 3\n\nabc",
        "\n\nGET / HTTP/1.0\n\nGET /two HTTP/1.1\nHost: a\n\n",
    ];
    let responses = [
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        "HTTP/1.1 103 Early Hints\nlink: </a>\n\nHTTP/1.1 102 Processing\n\nHTTP/1.1 200 \nContent-Length: 0\n\n",
        "HTTP/1.0 200 OK\n\nuntil the end",
        "HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n",
        "HTTP/1.1 204 No Content\nTransfer-Encoding: chunked\n\n0\n\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTrailer: X-T\n\n2;a=b\nhi\n0\nX-T: 1\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nhiHTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\nX-É: é\nContent-Length: 100\n\nshort",
        "garbage\n\n",
    ];
    for fault in BOTH {
        for (request, response) in requests.iter().zip(&responses) {
            let (request, response) = (raw(request), raw(response));
            let (arrived, got) = crate::support::exchange(fault, &request, &response).await;
            assert_eq!(shown(&arrived), shown(&request));
            assert_eq!(arrived, request);
            assert_eq!(shown(&got), shown(&response));
            assert_eq!(got, response);
        }
    }
}

#[tokio::test]
async fn each_piece_passes_before_the_next_one_is_sent() {
    for fault in BOTH {
        let (listener, upstream) = listen().await;
        let proxy = start(upstream, fault).await;
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut server, _) = soon(listener.accept()).await.unwrap();
        for piece in ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "2\r\n", "a", "b\r\n", "0\r\n\r\n"] {
            client.write_all(piece.as_bytes()).await.unwrap();
            expect(&mut server, piece.as_bytes()).await;
        }
        let interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
        for piece in [interim, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "a", "b", "c"] {
            server.write_all(piece.as_bytes()).await.unwrap();
            expect(&mut client, piece.as_bytes()).await;
        }
    }
}

#[tokio::test]
async fn upgraded_connections_are_tunnels() {
    for fault in BOTH {
        let (listener, upstream) = listen().await;
        let proxy = start(upstream, fault).await;
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut server, _) = soon(listener.accept()).await.unwrap();
        let request = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        let response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
        client.write_all(request.as_bytes()).await.unwrap();
        expect(&mut server, request.as_bytes()).await;
        server.write_all(response.as_bytes()).await.unwrap();
        expect(&mut client, response.as_bytes()).await;
        for frame in [&b"\x81\x05hello"[..], b"\x89", b"\x00", b"GET / HTTP/1.1\r\n"] {
            client.write_all(frame).await.unwrap();
            expect(&mut server, frame).await;
            server.write_all(frame).await.unwrap();
            expect(&mut client, frame).await;
        }
    }
}

#[tokio::test]
async fn resets_pass_both_ways() {
    for fault in BOTH {
        for by_client in [true, false] {
            let (listener, upstream) = listen().await;
            let proxy = start(upstream, fault).await;
            let mut client = TcpStream::connect(proxy.address()).await.unwrap();
            let (mut server, _) = soon(listener.accept()).await.unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            expect(&mut server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let mut other = if by_client {
                client.set_zero_linger().unwrap();
                drop(client);
                server
            } else {
                server.set_zero_linger().unwrap();
                drop(server);
                client
            };
            let error = soon(other.read(&mut [0])).await.unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_makes_the_upstream_wait() {
    for fault in BOTH {
        let (listener, upstream) = listen().await;
        let proxy = start(upstream, fault).await;
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (server, _) = soon(listener.accept()).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";
        assert_eq!(server.try_write(head).unwrap(), head.len());
        let piece = vec![b'x'; 1 << 20];
        let mut taken = head.len();
        // The socket takes no byte for a unit, which is the subject: there is no event to wait for.
        while tokio::time::timeout(crate::support::UNIT * 3, server.writable()).await.is_ok() {
            taken += server.try_write(&piece).unwrap_or_default();
            assert!(taken < 90_000_000, "the proxy stores what the client doesn't read");
        }
        assert!(taken < 90_000_000);
        drop(client);
    }
}
