//! Runs the check against proxies of which the truth is known: one that is transparent, and ones with a single fault.

use std::{collections::BTreeSet, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    catalogue,
    client::Dial,
    declaration::Check,
    gateway::{Ids, Pace, Target},
    report::profile::{Profile, compare},
    runner::Bench,
    upstream::RawUpstream,
    verdict::Verdict,
    way,
};

type Fault = fn(Vec<u8>) -> Vec<u8>;

fn faithful(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// A proxy that passes bytes on as they come, with one fault in what it reads.
async fn proxy(upstream: SocketAddr, request: Fault, response: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(server) = TcpStream::connect(upstream).await else { return };
                let (client_in, client_out) = client.into_split();
                let (server_in, server_out) = server.into_split();
                let up = tokio::spawn(pass(client_in, server_out, request));
                pass(server_in, client_out, response).await;
                up.abort();
            });
        }
    });
    address
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, fault: Fault) {
    let mut buffer = vec![0; 512 * 1024];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => {
                let _ = to.shutdown().await;
                return;
            }
            Ok(count) => {
                if to.write_all(&fault(buffer[..count].to_vec())).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Runs checks through a proxy with these faults.
async fn run(request: Fault, response: Fault, checks: &[Check]) -> Profile {
    let upstream = RawUpstream::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = proxy(upstream.address(), request, response).await;
    let target = |address: SocketAddr| Target {
        dial: Dial::plain(address),
        host: address.to_string(),
        prefix: "/route".to_owned(),
        own: Vec::new(),
        pace: Pace::new(0),
    };
    let (gateway, direct, ids) = (target(address), target(upstream.address()), Ids::new());
    let way = way::find_way(&gateway, &ids, &upstream, "here").await.unwrap();
    let bench = Bench { gateway: &gateway, direct: &direct, upstream: &upstream, ids: &ids, ground: &way.ground };
    let (outcomes, error) = bench.run(checks, || false, |_| {}).await;
    assert!(error.is_none(), "{error:?}");
    Profile::new(checks, way.findings, &outcomes)
}

fn replace(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(at) = super::probe::find(rest, from.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Faults of requests: behaviour and the fault.
const REQUEST_FAULTS: &[(&str, Fault)] = &[
    ("1.1", |bytes| replace(&bytes, "/a/./b/../c", "/a/c")),
    ("1.2", |bytes| replace(&bytes, "/a//b///c", "/a/b/c")),
    ("1.3", |bytes| replace(&bytes, "%2F", "/")),
    ("1.4", |bytes| replace(&bytes, "/a\\b", "/a/b")),
    ("1.5", |bytes| replace(&bytes, "%7E", "~")),
    ("1.6", |bytes| replace(&bytes, "%c3%a9", "%C3%A9")),
    ("1.7", |bytes| replace(&bytes, "%7C", "%257C")),
    ("1.11", |bytes| replace(&bytes, "/a/ HTTP", "/a HTTP")),
    ("1.12", |bytes| replace(&bytes, ";x=1", "")),
    ("1.13", |bytes| replace(&bytes, "/P/aBc", "/p/abc")),
    ("1.21", |bytes| replace(&bytes, "PATCH ", "POST ")),
    ("2.1", |bytes| replace(&bytes, "b=2&a=1&c=3&b=1", "a=1&b=1&b=2&c=3")),
    ("2.2", |bytes| replace(&bytes, "a=1&a=2&a=1", "a=1")),
    ("2.3", |bytes| replace(&bytes, "?a&b=1", "?a=&b=1")),
    ("2.4", |bytes| replace(&bytes, "? HTTP", " HTTP")),
    ("2.5", |bytes| replace(&bytes, "a%20b", "a+b")),
    ("2.6", |bytes| replace(&bytes, "%2B", "+")),
    ("2.7", |bytes| replace(&bytes, "k%26r", "k&r")),
    ("2.8", |bytes| replace(&bytes, "a=1;b=2", "a=1&b=2")),
    ("2.9", |bytes| replace(&bytes, "%E9%FF", "%EF%BF%BD%EF%BF%BD")),
    ("2.11", |bytes| replace(&bytes, "a=1&&b=2", "a=1&b=2")),
    ("2.13", |bytes| replace(&bytes, "&api_key=marked", "")),
    ("2.14", |bytes| replace(&bytes, "a=b?c=d", "a=b%3Fc=d")),
    ("3.1", |bytes| replace(&bytes, "X-CSRF-TOKEN", "X-Csrf-Token")),
    ("3.3", |bytes| replace(&bytes, "X-A: 1\r\nX-B: x\r\nX-A: 2", "X-A: 1, 2\r\nX-B: x")),
    ("3.4", |bytes| replace(&bytes, "X-A: b\r\nX-A: c\r\nX-A: a", "X-A: a\r\nX-A: b\r\nX-A: c")),
    ("3.5", |bytes| replace(&bytes, "X-Empty:\r\n", "")),
    ("3.6", |bytes| replace(&bytes, "a  b\tc   d", "a b c d")),
    ("3.9", |bytes| replace(&bytes, "X_Under_Score", "X-Under-Score")),
    ("3.10", |bytes| replace(&bytes, "caf\u{e9}", "caf?")),
    ("3.14", |bytes| replace(&bytes, "X-Tenant: marked\r\n", "")),
    ("3.16", |bytes| replace(&bytes, "marked/1.0 (x; y)", "gateway")),
    ("3.18", |bytes| replace(&bytes, "br;q=1.0, zstd, gzip;q=0.8, deflate, *;q=0.1", "gzip;q=0.8")),
    ("3.19", |bytes| replace(&bytes, "Text/PLAIN;Charset=\"UTF-8\"", "text/plain; charset=utf-8")),
    ("5.5", |bytes| replace(&bytes, "{ \"b\":1.0,", "{\"b\": 1.0,")),
    ("8.1", |bytes| replace(&bytes, "Bearer marked", "Bearer swapped")),
    ("20.1", |bytes| replace(&bytes, "Cookie: a=1\r\nCookie: b=2", "Cookie: a=1; b=2")),
    ("20.2", |bytes| replace(&bytes, "; lone;", ";")),
    ("22.1", |bytes| replace(&bytes, "Range: bytes=0-4\r\n", "")),
    ("29.1", |bytes| replace(&bytes, "b7ad6b7169203331-01\r\n", "1111111111111111-01\r\n")),
];

/// Faults of responses.
const RESPONSE_FAULTS: &[(&str, Fault)] = &[
    ("6.6", |bytes| replace(&bytes, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n", "")),
    ("8.7", |bytes| replace(&bytes, "WWW-Authenticate: Bearer realm=\"x\", error=\"invalid_token\"\r\n", "")),
    ("10.1", |bytes| replace(&bytes, "HTTP/1.1 409 Conflict", "HTTP/1.1 400 Conflict")),
    ("10.3", |bytes| replace(&bytes, "200 Fine", "200 OK")),
    ("10.6", |bytes| replace(&bytes, "Retry-After: 1\r\n", "")),
    ("11.2", |bytes| replace(&bytes, "X-Robots-Tag: none\r\n", "")),
    ("11.3", |bytes| replace(&bytes, "X-Twice: 1\r\nX-Twice: 2", "X-Twice: 1, 2")),
    ("11.4", |bytes| replace(&bytes, "X-UPPER", "x-upper")),
    ("11.5", |bytes| replace(&bytes, "marked/1.0", "gateway")),
    ("11.8", |bytes| replace(&bytes, "http://other.example/x", "http://gateway/x")),
    ("11.9", |bytes| replace(&bytes, "Content-Type: text/html\r\n", "Content-Type: text/html; charset=utf-8\r\n")),
    ("12.11", |bytes| replace(&bytes, "0\r\nX-Late: 1\r\n\r\n", "0\r\n\r\n")),
    ("13.6", |bytes| replace(&bytes, "\"abc\"", "\"abc-gzip\"")),
    ("13.7", |bytes| replace(&bytes, "Vary: X-Marked, Accept-Language\r\n", "")),
    ("20.3", |bytes| {
        replace(
            &bytes,
            "a=1; Path=/\r\nSet-Cookie: b=2; Expires=Fri, 31 Dec 2049 23:59:59 GMT\r\nSet-Cookie: c=3",
            "a=1; Path=/, b=2; Expires=Fri, 31 Dec 2049 23:59:59 GMT, c=3",
        )
    }),
    ("20.4", |bytes| replace(&bytes, "SameSite=Strict", "SameSite=Lax")),
    ("22.2", |bytes| replace(&bytes, "Content-Range: bytes 2-4/10\r\n", "")),
    ("22.5", |bytes| replace(&bytes, "ETag: \"a\"\r\n", "")),
];

async fn names(id: &str, request: Fault, response: Fault) -> Profile {
    let checks: Vec<Check> = catalogue::all().into_iter().filter(|check| check.id == id).collect();
    assert_eq!(checks.len(), 1, "no check {id}");
    run(request, response, &checks).await
}

#[tokio::test]
async fn each_fault_is_named_and_nothing_else_is() {
    let requests = REQUEST_FAULTS.iter().map(|(id, fault)| (*id, *fault, faithful as Fault));
    let responses = RESPONSE_FAULTS.iter().map(|(id, fault)| (*id, faithful as Fault, *fault));
    let runs = requests.chain(responses).map(|(id, request, response)| async move {
        let faulty = names(id, request, response).await;
        let clean = names(id, faithful, faithful).await;
        let known: BTreeSet<String> = clean.findings().map(super::verdict::Finding::id).collect();
        let new: Vec<_> = faulty.findings().filter(|finding| !known.contains(&finding.id())).cloned().collect();
        (id, new)
    });
    for (id, new) in futures_util::future::join_all(runs).await {
        assert!(!new.is_empty(), "the fault of {id} is not found");
        for finding in new {
            assert_eq!(finding.behaviour, id, "the fault is called {finding:?}");
        }
    }
}

/// Duties of a gateway that a pipe can't do.
const DUTIES: &[&str] = &[
    "1.15", "1.23", "3.7", "3.8", "3.11", "3.21", "3.24", "4.1", "4.2", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9",
    "4.10", "4.11", "1.17", "1.18", "8.5", "9.1", "9.2", "9.3", "9.4", "9.5", "6.8", "6.9", "7.4", "11.10", "12.8",
    "12.10", "18.1", "18.2",
];

#[tokio::test]
async fn a_transparent_pipe_changes_nothing_and_two_runs_are_equal() {
    let checks: Vec<Check> = catalogue::all().into_iter().filter(|check| !check.intrusive && !check.slow).collect();
    let (one, other) =
        futures_util::future::join(run(faithful, faithful, &checks), run(faithful, faithful, &checks)).await;
    assert_eq!(one.ground, []);
    assert_eq!(one.unnamed, []);
    for finding in one.findings() {
        assert!(DUTIES.contains(&finding.behaviour.as_str()), "{finding:?}");
    }
    for behaviour in &one.behaviours {
        assert_ne!(behaviour.verdict, Verdict::Inconclusive, "{behaviour:?}");
    }
    assert_eq!(compare(&one, &other), []);
    assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
}
