//! HTTP/2: whole exchanges between the client and the server of the `h2` library, and single frames on raw sockets.

use bytes::Bytes;
use h2::{client, server};
use http1::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use mutant::{Fault, PARSED, fault};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Between, between, expect, expect_nothing, listen, soon, start};

type Fields = &'static [(&'static str, &'static str)];

/// A call and what the server does with it.
#[derive(Clone, Copy, Debug)]
struct Call {
    path: &'static str,
    fields: Fields,
    body: &'static str,
    trailers: Fields,
    interim: bool,
    status: u16,
    answer: Fields,
    reply: &'static str,
    reply_trailers: Fields,
}

const CALL: Call = Call {
    path: "/p",
    fields: &[("x-a", "1")],
    body: "hello",
    trailers: &[],
    interim: false,
    status: 200,
    answer: &[("x-b", "1")],
    reply: "reply",
    reply_trailers: &[("x-t", "1")],
};

/// A gRPC error as a trailers-only answer.
const ONLY: Call = Call {
    answer: &[("content-type", "application/grpc"), ("grpc-status", "13"), ("grpc-message", "a%20b")],
    reply: "",
    reply_trailers: &[],
    ..CALL
};

/// A gRPC call that fails after a message.
const GRPC: Call = Call {
    fields: &[
        ("content-type", "application/grpc+proto"),
        ("te", "trailers"),
        ("x-m-bin", "AA"),
        ("grpc-timeout", "5S"),
    ],
    answer: &[("content-type", "application/grpc")],
    reply_trailers: &[("grpc-status", "13"), ("grpc-message", "a%20b"), ("x-t", "1")],
    ..CALL
};

fn map(fields: Fields) -> HeaderMap {
    let field =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    fields.iter().map(field).collect()
}

fn lines(fields: &HeaderMap) -> String {
    let mut lines: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect();
    lines.sort();
    lines.concat()
}

fn reason(error: &h2::Error) -> String {
    format!("({:?})", error.reason())
}

async fn read(body: &mut h2::RecvStream) -> String {
    let mut text = String::new();
    while let Some(piece) = body.data().await {
        match piece {
            Ok(piece) => {
                text.push_str(&String::from_utf8_lossy(&piece));
                let _ = body.flow_control().release_capacity(piece.len());
            }
            Err(error) => return text + &reason(&error),
        }
    }
    match body.trailers().await {
        Ok(Some(trailers)) => format!("{text}\n\n{}", lines(&trailers)),
        Ok(None) => text + "\n",
        Err(error) => text + &reason(&error),
    }
}

/// Makes a call through a proxy; returns what arrived and what the client got, as text.
async fn make(fault: Option<&'static Fault>, call: Call) -> (String, String) {
    let (listener, upstream) = listen().await;
    let proxy = start(upstream, fault).await;
    let (tell, told) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(stream).await.unwrap();
        let Some(Ok((request, mut respond))) = connection.accept().await else { return };
        let drive = tokio::spawn(async move { while connection.accept().await.is_some() {} });
        let (parts, mut body) = request.into_parts();
        if call.interim {
            let interim = Response::builder().status(103).header("link", "</a>").body(()).unwrap();
            respond.send_informational(interim).unwrap();
        }
        let arrived = format!("{} {}\n{}\n{}", parts.method, parts.uri, lines(&parts.headers), read(&mut body).await);
        let _ = tell.send(arrived);
        let mut response = Response::builder().status(call.status).body(()).unwrap();
        *response.headers_mut() = map(call.answer);
        let only = call.reply.is_empty() && call.reply_trailers.is_empty();
        let Ok(mut stream) = respond.send_response(response, only) else { return };
        if !only && stream.send_data(Bytes::from_static(call.reply.as_bytes()), call.reply_trailers.is_empty()).is_ok()
        {
            let _ = stream.send_trailers(map(call.reply_trailers));
        }
        let _ = drive.await;
    });
    let stream = TcpStream::connect(proxy.address()).await.unwrap();
    let (sender, connection) = client::handshake(stream).await.unwrap();
    let drive = tokio::spawn(connection);
    let got = ask(sender, call).await;
    let arrived = if got.starts_with("(Some(ENHANCE") { String::new() } else { soon(told).await.unwrap_or_default() };
    drive.abort();
    server.abort();
    (arrived, got)
}

async fn ask(sender: client::SendRequest<Bytes>, call: Call) -> String {
    let mut sender = soon(sender.ready()).await.unwrap();
    let uri = format!("http://a{}", call.path);
    let mut request = Request::builder().method("POST").uri(uri).body(()).unwrap();
    *request.headers_mut() = map(call.fields);
    let (mut response, mut stream) = sender.send_request(request, false).unwrap();
    let ends = call.trailers.is_empty();
    if stream.send_data(Bytes::from_static(call.body.as_bytes()), ends).is_ok() && !ends {
        stream.send_trailers(map(call.trailers)).unwrap();
    }
    let mut got = String::new();
    if call.interim
        && let Some(Ok(interim)) = soon(std::future::poll_fn(|context| response.poll_informational(context))).await
    {
        got = format!("{}\n{}\n", interim.status().as_u16(), lines(interim.headers()));
    }
    match soon(response).await {
        Ok(response) => {
            let (parts, mut body) = response.into_parts();
            let ended = body.is_end_stream();
            let body = soon(read(&mut body)).await;
            let mark = if ended { "(end)" } else { "" };
            got + &format!("{}\n{}\n{mark}{body}", parts.status.as_u16(), lines(&parts.headers))
        }
        Err(error) => got + &reason(&error),
    }
}

/// Fault, call, and which text of what arrives or is got becomes which.
type Case = (&'static str, Call, [&'static str; 2], [&'static str; 2]);

const SAME: [&str; 2] = ["", ""];

fn cases() -> Vec<Case> {
    let fields = |fields| Call { fields, ..CALL };
    let crumbs = fields(&[("cookie", "a=1"), ("cookie", "b=2")]);
    let trailing = Call { trailers: &[("x-u", "1")], ..CALL };
    let two = "cookie: a=1\ncookie: b=2\n";
    vec![
        ("h2-authority-rewritten", CALL, ["http://a/p", "http://upstream.internal/p"], SAME),
        ("h2-host-added", CALL, ["\nx-a: 1", "\nhost: a\nx-a: 1"], SAME),
        ("h2-te-removed", fields(&[("te", "trailers")]), ["te: trailers\n", ""], SAME),
        ("h2-crumbs-joined", crumbs, [two, "cookie: a=1; b=2\n"], SAME),
        ("h2-crumbs-comma", crumbs, [two, "cookie: a=1, b=2\n"], SAME),
        ("h2-path-merged", Call { path: "/p//x", ..CALL }, ["/p//x", "/p/x"], SAME),
        ("h2-field-removed", fields(&[("x-custom", "1")]), ["x-custom: 1\n", ""], SAME),
        ("h2-authorization-removed", fields(&[("authorization", "x")]), ["authorization: x\n", ""], SAME),
        ("h2-request-trailers-dropped", trailing, ["\n\nx-u: 1\n", "\n"], SAME),
        ("h2-trailers-dropped", CALL, SAME, ["\n\nx-t: 1\n", "\n"]),
        ("h2-interim-dropped", Call { interim: true, ..CALL }, SAME, ["103\nlink: </a>\n\n", ""]),
        ("h2-response-field-added", CALL, SAME, ["x-b: 1\n", "x-b: 1\nx-gateway: mutant\n"]),
        ("h2-byte-changed", CALL, SAME, ["reply", "seply"]),
        ("grpc-status-changed", GRPC, SAME, ["grpc-status: 13", "grpc-status: 2"]),
        ("grpc-message-lost", GRPC, SAME, ["grpc-message: a%20b\n", ""]),
        ("grpc-message-decoded", GRPC, SAME, ["a%20b", "a b"]),
        ("grpc-trailers-reset", GRPC, SAME, ["\n\ngrpc-message: a%20b\ngrpc-status: 13\nx-t: 1\n", "(Some(NO_ERROR))"]),
        ("grpc-metadata-lost", GRPC, SAME, ["x-t: 1\n", ""]),
        ("grpc-trailers-only-split", ONLY, SAME, ["(end)", ""]),
        (
            "grpc-trailers-only-500",
            ONLY,
            SAME,
            [
                "200\ncontent-type: application/grpc\ngrpc-message: a%20b\ngrpc-status: 13\n",
                "500\ncontent-type: application/grpc\n",
            ],
        ),
        ("grpc-content-type-rewritten", GRPC, ["grpc+proto", "grpc"], SAME),
        ("grpc-bin-removed", GRPC, ["x-m-bin: AA\n", ""], SAME),
        ("grpc-timeout-removed", GRPC, ["grpc-timeout: 5S\n", ""], SAME),
        ("grpc-timeout-shortened", GRPC, ["grpc-timeout: 5S", "grpc-timeout: 1S"], SAME),
        (
            "grpc-timeout-added",
            fields(&[("content-type", "application/grpc")]),
            ["grpc\n", "grpc\ngrpc-timeout: 15S\n"],
            SAME,
        ),
        (
            "grpc-http-error-mapped",
            Call { status: 503, reply: "", reply_trailers: &[], ..CALL },
            SAME,
            ["503\nx-b: 1\n", "200\ncontent-type: application/grpc\ngrpc-status: 14\n"],
        ),
        (
            "grpc-stream-reset",
            GRPC,
            SAME,
            [
                "200\ncontent-type: application/grpc\n\nreply\n\ngrpc-message: a%20b\ngrpc-status: 13\nx-t: 1\n",
                "(Some(INTERNAL_ERROR))",
            ],
        ),
    ]
}

#[tokio::test]
async fn each_fault_of_fields_makes_the_declared_difference_and_no_other() {
    for (id, call, arrives, gets) in cases() {
        let (arrived, got) = make(None, call).await;
        assert!(arrived.contains(arrives[0]) && got.contains(gets[0]), "{id}:\n{arrived}\n{got}");
        assert_eq!(make(Some(&PARSED), call).await, (arrived.clone(), got.clone()), "{id}");
        let with = make(fault(id), call).await;
        let replaced = |text: String, change: [&str; 2]| {
            if change[0].is_empty() { text } else { text.replacen(change[0], change[1], 1) }
        };
        assert_eq!(with, (replaced(arrived, arrives), replaced(got, gets)), "{id}");
    }
}

#[tokio::test]
async fn streams_with_large_fields_are_reset() {
    let large: &'static str = Box::leak("a".repeat(8100).into_boxed_str());
    let fields: Fields = Box::leak(Box::new([("x-a", large)]));
    let (arrived, got) = make(fault("h2-list-limit"), Call { fields, ..CALL }).await;
    assert_eq!((arrived.as_str(), got.as_str()), ("", "(Some(ENHANCE_YOUR_CALM))"));
    assert_eq!(make(fault("h2-list-limit"), CALL).await, make(None, CALL).await);
}

#[tokio::test]
async fn announced_lengths_are_wrong() {
    let call = Call { fields: &[("content-length", "5")], ..CALL };
    let (arrived, _) = make(None, call).await;
    assert!(arrived.contains("content-length: 5\n"), "{arrived}");
    let (arrived, _) = make(fault("h2-length-off"), call).await;
    assert!(arrived.contains("content-length: 6\n") && arrived.ends_with("(Some(PROTOCOL_ERROR))"), "{arrived}");
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    [&[0, 0, u8::try_from(payload.len()).unwrap(), kind, flags, 0, 0, 0, stream][..], payload].concat()
}

/// A proxy between raw sockets after the preface.
async fn raw(id: &str) -> Between {
    let mut between = between(id).await;
    let begin = [PREFACE, &frame(4, 0, 0, &[])].concat();
    between.client.write_all(&begin).await.unwrap();
    expect(&mut between.server, &begin).await;
    between
}

#[tokio::test]
async fn each_fault_of_frames_changes_its_frames_alone() {
    let goaway = |last: u8, code: u8| frame(7, 0, 0, &[0, 0, 0, last, 0, 0, 0, code]);
    let setting = |id: u8| [0, id, 0, 0, 0, 9];
    let settings = |ids: &[u8]| frame(4, 0, 0, &ids.iter().flat_map(|id| setting(*id)).collect::<Vec<_>>());
    let reset = |code: u8| frame(3, 0, 1, &[0, 0, 0, code]);
    for (id, sent, got) in [
        ("h2-reset-code", reset(8), reset(2)),
        ("h2-reset-as-end", reset(8), frame(0, 1, 1, &[])),
        ("h2-goaway-dropped", goaway(5, 0), Vec::new()),
        ("h2-goaway-error", goaway(5, 0), goaway(5, 2)),
        ("h2-goaway-last-id", goaway(5, 0), goaway(0, 0)),
        ("h2-streams-unlimited", settings(&[3, 4, 6]), settings(&[4, 6])),
        ("h2-list-limit-untold", settings(&[3, 4, 6]), settings(&[3, 4])),
        ("h2-byte-changed", frame(0, 0, 1, b"abc"), frame(0, 0, 1, b"`bc")),
    ] {
        let mut b = raw(id).await;
        let ping = frame(6, 0, 0, b"12345678");
        b.server.write_all(&[&*ping, &sent, &ping].concat()).await.unwrap();
        expect(&mut b.client, &[&*ping, &got, &ping].concat()).await;
        b.client.write_all(&sent).await.unwrap();
        expect(&mut b.server, &sent).await;
    }
    let mut b = raw("h2-cancel-hidden").await;
    b.client.write_all(&[reset(8), frame(6, 0, 0, b"12345678")].concat()).await.unwrap();
    expect(&mut b.server, &frame(6, 0, 0, b"12345678")).await;
    b.server.write_all(&reset(8)).await.unwrap();
    expect(&mut b.client, &reset(8)).await;
}

#[tokio::test]
async fn messages_are_held_until_their_end() {
    let (head, piece, last) = (frame(1, 4, 1, &[0x88]), frame(0, 0, 1, b"ab"), frame(0, 1, 1, b"cd"));
    for (id, by_client) in [("h2-request-held", true), ("h2-response-held", false)] {
        let mut b = raw(id).await;
        let (from, to) = if by_client { (&mut b.client, &mut b.server) } else { (&mut b.server, &mut b.client) };
        from.write_all(&[&*head, &piece].concat()).await.unwrap();
        expect_nothing(to).await;
        // What belongs to no message passes meanwhile, and so does the other direction.
        from.write_all(&frame(6, 0, 0, b"12345678")).await.unwrap();
        expect(to, &frame(6, 0, 0, b"12345678")).await;
        to.write_all(&[&*head, &piece].concat()).await.unwrap();
        expect(from, &[&*head, &piece].concat()).await;
        from.write_all(&last).await.unwrap();
        expect(to, &[&*head, &piece, &last].concat()).await;
    }
}

#[tokio::test]
async fn http1_passes_a_fault_of_http2_unchanged() {
    for id in ["h2-trailers-dropped", "h2-goaway-dropped"] {
        let (request, response) =
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let (arrived, got) = crate::support::exchange(fault(id), request, response).await;
        assert!(arrived == request && got == response);
    }
}
