//! Deliveries on HTTP/2, seen by the client of the `h2` library over an in-memory socket.

use std::{future::poll_fn, rc::Rc, time::Duration};

use bytes::Bytes;
use h2::{
    Reason, RecvStream, SendStream,
    client::{self, ResponseFuture},
};
use http1::{HeaderMap, Method, Request, StatusCode, Version};
use tokio::{
    io::duplex,
    task::{JoinHandle, spawn_local, yield_now},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::connection::serve;
use crate::{
    endpoints::{
        Fault, RequestBody,
        delivery::{Delivery, End, Framing, Head, Interim, Step},
    },
    http::{
        connection_log::ConnectionLog,
        h1::tests::{
            driver::in_paused_time,
            scripted::{Script, bare, field, script, scripted, steps},
        },
        socket::Socket,
    },
    request::ConnectionFacts,
};

/// Client of a connection whose responses a script makes.
struct Client {
    send: client::SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn new(script: Script, cut: Rc<CancellationToken>) -> Self {
        let worker = scripted(script, cut).await;
        let (ours, theirs) = duplex(1 << 20);
        let log = ConnectionLog::new(Rc::new(ConnectionFacts::new(None, None)), None, Rc::clone(&worker.stop));
        spawn_local(serve(worker, Socket::Memory(theirs), Bytes::new(), log));
        let mut builder = client::Builder::new();
        let (send, connection) = builder.initial_window_size(100).handshake(ours).await.unwrap();
        Self { send, connection: spawn_local(connection) }
    }

    /// Sends a request, with a body to follow unless it `ends`.
    async fn request(&mut self, method: Method, ends: bool) -> (ResponseFuture, SendStream<Bytes>) {
        let request = Request::builder().method(method).uri("http://a/").version(Version::HTTP_2);
        poll_fn(|cx| self.send.poll_ready(cx)).await.unwrap();
        self.send.send_request(request.body(()).unwrap(), ends).unwrap()
    }

    async fn get(&mut self) -> Answer {
        let (response, _) = self.request(Method::GET, true).await;
        Answer::of(response).await
    }
}

/// All of a response, in the order received.
#[derive(Debug, Default)]
struct Answer {
    interim: Vec<(u16, HeaderMap)>,
    status: u16,
    fields: HeaderMap,
    /// The head was also the end.
    ended_with_head: bool,
    pieces: Vec<Bytes>,
    trailers: Option<HeaderMap>,
    error: Option<h2::Error>,
}

impl Answer {
    async fn of(mut response: ResponseFuture) -> Self {
        let mut answer = Self::default();
        while let Some(Ok(interim)) = poll_fn(|cx| response.poll_informational(cx)).await {
            let (parts, ()) = interim.into_parts();
            answer.interim.push((parts.status.as_u16(), parts.headers));
        }
        match response.await {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                (answer.status, answer.fields) = (parts.status.as_u16(), parts.headers);
                answer.read(body).await;
            }
            Err(error) => answer.error = Some(error),
        }
        answer
    }

    async fn read(&mut self, mut body: RecvStream) {
        self.ended_with_head = body.is_end_stream();
        while let Some(piece) = body.data().await {
            match piece {
                Ok(piece) => {
                    body.flow_control().release_capacity(piece.len()).unwrap();
                    if !piece.is_empty() {
                        self.pieces.push(piece);
                    }
                }
                Err(error) => {
                    self.error = Some(error);
                    return;
                }
            }
        }
        match body.trailers().await {
            Ok(trailers) => self.trailers = trailers,
            Err(error) => self.error = Some(error),
        }
    }

    fn text(&self) -> String {
        self.pieces.iter().map(|piece| String::from_utf8_lossy(piece)).collect()
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.to_str().unwrap())
    }

    fn reset(&self) -> Option<Reason> {
        self.error.as_ref().and_then(h2::Error::reason)
    }
}

fn answer(script: Script) -> Answer {
    in_paused_time(async { Client::new(script, Rc::default()).await.get().await })
}

#[test]
fn interim_responses_head_pieces_and_trailers_arrive_as_told() {
    let answer = answer(steps(|| {
        let hint = || Step::Interim(Interim { status: 103, reason: None, fields: vec![field("Link", b"</a.css>")] });
        let fields = vec![field("X-cAsE", b"1"), field("Set-Cookie", b"a=1"), field("set-cookie", b"\xff")];
        let pause = || Step::Pause(Duration::from_millis(1));
        vec![
            hint(),
            pause(),
            hint(),
            Step::Continue,
            Step::Head(Head { fields, framing: Framing::Length(7), ..Head::new(299) }),
            Step::piece("hello"),
            pause(),
            Step::piece(""),
            Step::piece("wo"),
            Step::Trailers(vec![field("Grpc-Status", b"13")]),
        ]
    }));
    assert_eq!(answer.interim.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [103, 103, 100]);
    assert_eq!(answer.interim[0].1["link"], "</a.css>");
    let names: Vec<_> = answer.fields.keys().map(http1::HeaderName::as_str).collect();
    assert_eq!(
        (answer.status, &names[..]),
        (299, &["x-case", "set-cookie", "x-request-id", "content-length", "date"][..])
    );
    assert_eq!(
        answer.fields.get_all("set-cookie").iter().map(|value| value.as_bytes()).collect::<Vec<_>>(),
        [b"a=1", &b"\xff"[..]]
    );
    assert_eq!((answer.field("content-length"), answer.field("date")), (Some("7"), Some("today")));
    assert_eq!(answer.pieces, ["hello", "wo"]);
    assert_eq!(answer.trailers.unwrap()["grpc-status"], "13");
}

#[test]
fn an_answer_without_a_body_ends_with_its_head() {
    let nothing = answer(steps(|| vec![bare(200, Framing::None)]));
    assert!(nothing.ended_with_head && nothing.fields.is_empty() && nothing.error.is_none(), "{nothing:?}");
    in_paused_time(async {
        let all = steps(|| vec![bare(200, Framing::Length(3)), Step::piece("abc"), Step::Finish]);
        let mut client = Client::new(all, Rc::default()).await;
        let (response, _) = client.request(Method::HEAD, true).await;
        let answer = Answer::of(response).await;
        assert_eq!((answer.field("content-length"), answer.text()), (Some("3"), String::new()));
        assert!(answer.error.is_none(), "{answer:?}");
    });
}

#[test]
fn large_pieces_pass_the_flow_control() {
    let large: String = (0..100_000).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    let sent = large.clone();
    let answer = answer(steps(move || vec![bare(200, Framing::Chunked), Step::piece(sent.clone())]));
    assert!(answer.text() == large && answer.error.is_none());
}

#[test]
fn a_stream_is_reset_with_the_code_told_and_the_connection_stays() {
    in_paused_time(async {
        for code in [0, 2, 7, 8, 11, 13, 0x0102_0304] {
            let all = steps(move || {
                vec![bare(200, Framing::Chunked), Step::piece("part"), Step::End(End::ResetStream(code))]
            });
            let mut client = Client::new(all, Rc::default()).await;
            for _ in 0..2 {
                let answer = client.get().await;
                assert_eq!((answer.text().as_str(), answer.reset()), ("part", Some(Reason::from(code))), "{answer:?}");
            }
            let all = steps(move || vec![Step::End(End::ResetStream(code))]);
            let answer = Client::new(all, Rc::default()).await.get().await;
            assert_eq!((answer.status, answer.reset()), (0, Some(Reason::from(code))), "without a head");
        }
    });
}

#[test]
fn a_goaway_leaves_with_the_code_told() {
    in_paused_time(async {
        for code in [0, 2, 11] {
            let all =
                steps(move || vec![bare(200, Framing::Chunked), Step::piece("all"), Step::End(End::GoAway(code))]);
            let mut client = Client::new(all, Rc::default()).await;
            let answer = client.get().await;
            assert_eq!((answer.text().as_str(), answer.error.is_none()), ("all", true), "{answer:?}");
            let ended = client.connection.await.unwrap();
            assert_eq!(ended.err().and_then(|error| error.reason()).map_or(0, u32::from), code);
        }
    });
}

#[test]
fn a_connection_closes_after_a_whole_answer_and_within_an_unfinished_one() {
    in_paused_time(async {
        let whole =
            steps(|| vec![bare(200, Framing::Chunked), Step::piece("all"), Step::Finish, Step::End(End::Close)]);
        let mut client = Client::new(whole, Rc::default()).await;
        let answer = client.get().await;
        assert_eq!((answer.text().as_str(), answer.error.is_none()), ("all", true), "{answer:?}");
        client.connection.await.unwrap().unwrap();
        for end in [End::Close, End::Reset] {
            let part = steps(move || vec![bare(200, Framing::Chunked), Step::piece("part"), Step::End(end)]);
            let mut client = Client::new(part, Rc::default()).await;
            let answer = client.get().await;
            assert_eq!((answer.text().as_str(), answer.error.is_some()), ("part", true), "{answer:?}");
            let _ = client.connection.await.unwrap();
        }
    });
}

#[test]
fn what_http_2_can_not_do_is_refused_by_name() {
    let with = |name: &'static str, value: &'static [u8]| {
        vec![Step::Head(Head { fields: vec![field(name, value)], ..Head::new(200) })]
    };
    for (make, problem) in [
        (
            Box::new(|| vec![Step::Raw("HTTP/1.1 200 OK\r\n\r\n".into())]) as Box<dyn Fn() -> Vec<Step>>,
            "raw bytes over HTTP/2",
        ),
        (Box::new(|| vec![Step::End(End::HalfClose)]), "a half-close over HTTP/2"),
        (Box::new(|| vec![Step::Piece { data: "a".into(), extension: ";a".into() }]), "a chunk extension over HTTP/2"),
        (Box::new(move || with("Connection", b"close")), "a connection-specific field over HTTP/2"),
        (Box::new(move || with("TE", b"gzip")), "a connection-specific field over HTTP/2"),
        (Box::new(|| vec![Step::piece("a")]), "a body before the head"),
    ] {
        let answer = answer(steps(make));
        assert_eq!(answer.status, 400, "{problem}");
        assert_eq!(answer.text(), format!("{{\"error\":\"this answer can't be sent: {problem}\"}}\n"));
    }
    let late = answer(steps(|| vec![bare(200, Framing::Chunked), Step::piece("part"), Step::Raw("no".into())]));
    assert_eq!((late.status, late.text().as_str(), late.reset()), (200, "part", Some(Reason::INTERNAL_ERROR)));
}

#[test]
fn both_directions_go_at_once_and_an_early_answer_needs_no_body() {
    let echo = script(|body: RequestBody| {
        Delivery::run(async move |way| {
            way.send(Step::Head(Head { reads_on: true, ..Head::new(200) })).await;
            while let Some(piece) = body.piece(1000).await? {
                way.send(Step::piece(piece)).await;
            }
            Ok(())
        })
    });
    in_paused_time(async {
        let mut client = Client::new(echo, Rc::default()).await;
        let (response, mut send) = client.request(Method::POST, false).await;
        let mut body = response.await.unwrap().into_body();
        for (word, last) in [("one", false), ("two", true)] {
            send.send_data(word.into(), last).unwrap();
            assert_eq!(body.data().await.unwrap().unwrap(), word);
        }
        // The end may be an empty frame.
        assert!(body.data().await.is_none_or(|last| last.unwrap().is_empty()) && body.is_end_stream());
        let early = steps(|| vec![bare(413, Framing::Length(0))]);
        let mut client = Client::new(early, Rc::default()).await;
        let (response, _send) = client.request(Method::POST, false).await;
        assert_eq!(Answer::of(response).await.status, 413);
    });
}

#[test]
fn an_error_replaces_the_answer_until_its_head_is_sent() {
    let early = script(|_| Delivery::run(async |_| Err(Fault::bad_request("no"))));
    assert_eq!(answer(early).text(), "{\"error\":\"no\"}\n");
    let late = script(|_| {
        Delivery::run(async |way| {
            way.send(bare(200, Framing::Chunked)).await;
            Err(Fault::bad_request("no"))
        })
    });
    let late = answer(late);
    assert_eq!((late.status, late.reset()), (200, Some(Reason::INTERNAL_ERROR)));
}

/// Script that stands still after `steps`, or forever in the last of them.
fn standing_still(guard: Rc<()>, step: usize) -> Script {
    script(move |body| {
        let guard = Rc::clone(&guard);
        Delivery::run(async move |way| {
            let _guard = guard;
            match step {
                0 => way.send(Step::Pause(Duration::from_secs(600))).await,
                1 => _ = body.read(0).await?,
                2 => {
                    way.send(bare(200, Framing::Chunked)).await;
                    std::future::pending::<()>().await;
                }
                // More than the client's window.
                _ => {
                    way.send(bare(200, Framing::Chunked)).await;
                    way.send(Step::piece(vec![b'a'; 1000])).await;
                    way.send(Step::piece("b")).await;
                }
            }
            Ok(())
        })
    })
}

const STANDS: usize = 4;

#[test]
fn a_reset_a_stop_and_a_stalled_client_end_the_script_in_every_step() {
    in_paused_time(async {
        for step in 0..STANDS {
            for way in ["reset", "leave", "stop", "stall"] {
                let (guard, cut) = (Rc::new(()), Rc::new(CancellationToken::new()));
                let mut client = Client::new(standing_still(Rc::clone(&guard), step), Rc::clone(&cut)).await;
                let (response, mut send) = client.request(Method::POST, false).await;
                while Rc::strong_count(&guard) < 3 {
                    yield_now().await;
                }
                sleep(Duration::from_millis(10)).await;
                let begun = Instant::now();
                let limit = if way == "stall" { 70 } else { 1 };
                match way {
                    "reset" => send.send_reset(Reason::CANCEL),
                    "leave" => client.connection.abort(),
                    "stop" => cut.cancel(),
                    // Only the last step waits for the client, and the second for its body.
                    _ if step == 0 || step == 2 => continue,
                    _ => {}
                }
                while Rc::strong_count(&guard) > 2 {
                    sleep(Duration::from_millis(10)).await;
                    assert!(begun.elapsed() < Duration::from_secs(limit), "{way} in step {step}");
                }
                if way == "stop" {
                    let answer = Answer::of(response).await;
                    let expected = if step < 2 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
                    assert_eq!(answer.status, expected.as_u16(), "step {step}");
                    assert_eq!(answer.reset().is_some(), step >= 2, "step {step}: {answer:?}");
                }
            }
        }
    });
}
