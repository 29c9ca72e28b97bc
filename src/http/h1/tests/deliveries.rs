//! Deliveries over an in-memory socket: the bytes of each step, and the ends.

use std::{cell::RefCell, io::ErrorKind, rc::Rc, time::Duration};

use actix_web::http::StatusCode;
use bytes::Bytes;
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    net::{TcpListener, TcpStream},
    task::{LocalSet, yield_now},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    driver::{TestApp, in_paused_time, talk},
    scripted::{Script, bare, field, script, scripted, steps},
};
use crate::{
    endpoints::{
        Fault, RequestBody,
        delivery::{Delivery, End, FieldLine, Framing, Head, Interim, Step, Way},
    },
    http::{
        connection_log::ConnectionLog,
        h1::{connection::Connection, worker::Worker},
        socket::Socket,
        tcp::Tcp,
    },
    request::ConnectionFacts,
};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const EXPECTS: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// Serves connections with a script. Returns the client's side of the socket, which holds `capacity` bytes each way.
fn serve(worker: &Rc<Worker<TestApp>>, capacity: usize) -> DuplexStream {
    let (client, server) = duplex(capacity);
    let log = ConnectionLog::new(Rc::new(ConnectionFacts::new(None, None)), None, Rc::clone(&worker.stop));
    tokio::task::spawn_local(Connection::new(Rc::clone(worker), Socket::Memory(server), log).serve());
    client
}

/// Returns all that a client receives that sends `bytes`.
fn received(script: Script, bytes: &[u8]) -> String {
    in_paused_time(async {
        let worker = scripted(script, Rc::default()).await;
        let mut client = serve(&worker, 1 << 20);
        client.write_all(bytes).await.unwrap();
        rest(&mut client).await
    })
}

async fn rest(client: &mut DuplexStream) -> String {
    let mut received = Vec::new();
    client.read_to_end(&mut received).await.unwrap();
    String::from_utf8_lossy(&received).into_owned()
}

async fn some(client: &mut DuplexStream) -> String {
    let mut received = vec![0; 1000];
    let count = client.read(&mut received).await.unwrap();
    String::from_utf8_lossy(&received[..count]).into_owned()
}

fn chunk(data: &'static str, extension: &'static str) -> Step {
    Step::Piece { data: data.into(), extension: extension.into() }
}

#[test]
fn a_head_leaves_as_told() {
    let told = |own_fields: bool, fields: Vec<FieldLine>| {
        let reason = Some(Bytes::from_static(b"F\xe4in"));
        Step::Head(Head { reason, fields, framing: Framing::Length(2), own_fields, ..Head::new(299) })
    };
    let fields = || {
        vec![field("X-cAsE", b"1"), field("set-cookie", b"a=1"), field("set-cookie", b"\xff"), field("X-cAsE", b" 2 ")]
    };
    let fine = "HTTP/1.1 299 F\u{fffd}in\r\n";
    let told_fields = "X-cAsE: 1\r\nset-cookie: a=1\r\nset-cookie: \u{fffd}\r\nX-cAsE:  2 \r\n";
    let sent = received(steps(move || vec![told(false, fields()), Step::piece("ok"), Step::End(End::Close)]), GET);
    assert_eq!(sent, format!("{fine}{told_fields}Content-Length: 2\r\n\r\nok"));
    let sent = received(steps(move || vec![told(true, fields()), Step::piece("ok"), Step::End(End::Close)]), GET);
    assert_eq!(sent, format!("{fine}{told_fields}X-Request-Id: id\r\nContent-Length: 2\r\nDate: today\r\n\r\nok"));
    let own = || vec![field("DATE", b"never"), field("x-request-ID", b"0"), field("Connection", b"Close")];
    let sent = received(steps(move || vec![told(true, own()), Step::piece("ok")]), GET);
    let own = "DATE: never\r\nx-request-ID: 0\r\nConnection: Close\r\n";
    assert_eq!(sent, format!("{fine}{own}Content-Length: 2\r\n\r\nok"), "told fields replace the server's own");
}

#[test]
fn each_framing_marks_the_end_in_its_way() {
    for (framing, request, expected) in [
        (Framing::Length(5), "1.1", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"),
        (Framing::Chunked, "1.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        (Framing::Chunked, "1.0", "HTTP/1.0 200 OK\r\n\r\nabc"),
        (Framing::Close, "1.1", "HTTP/1.1 200 OK\r\n\r\nabc"),
        (Framing::None, "1.1", "HTTP/1.1 200 OK\r\n\r\nabc"),
    ] {
        let request = format!("GET / HTTP/{request}\r\nHost: a\r\n\r\n");
        let ending =
            |end: End| steps(move || vec![bare(200, framing), Step::piece("abc"), Step::Finish, Step::End(end)]);
        assert_eq!(received(ending(End::Close), request.as_bytes()), expected, "{framing:?}");
    }
}

#[test]
fn chunks_extensions_and_trailers_leave_as_told() {
    let all = || {
        let trailers = vec![field("X-Sum", b"abc"), field("x-sum", b"")];
        vec![
            bare(200, Framing::Chunked),
            chunk("hello", ";a=1"),
            Step::piece(""),
            chunk("0123456789abcdef", "; b=\"\u{e9}\""),
            Step::Trailers(trailers),
            Step::End(End::Close),
        ]
    };
    let expected = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=1\r\nhello\r\n10; b=\"\u{e9}\"\r\n\
                    0123456789abcdef\r\n0\r\nX-Sum: abc\r\nx-sum: \r\n\r\n";
    assert_eq!(received(steps(all), GET), expected);
    let old = received(steps(all), b"GET / HTTP/1.0\r\n\r\n");
    assert_eq!(old, "HTTP/1.0 200 OK\r\n\r\nhello0123456789abcdef", "HTTP/1.0 has neither");
}

#[test]
fn interim_responses_leave_as_often_as_told_but_not_to_http_1_0() {
    let all = || {
        let hints = || Step::Interim(Interim { status: 103, reason: None, fields: vec![field("Link", b"</a.css>")] });
        let lie = Step::Interim(Interim { status: 101, reason: Some("Lie".into()), fields: Vec::new() });
        vec![hints(), hints(), Step::Continue, lie, bare(200, Framing::Length(0)), Step::End(End::Close)]
    };
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(received(steps(all), GET), format!("{hint}{hint}{CONTINUE}HTTP/1.1 101 Lie\r\n\r\n{last}"));
    assert_eq!(received(steps(all), b"GET / HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn no_body_leaves_where_there_is_none() {
    for (method, status, head) in [
        ("HEAD", 200, "HTTP/1.1 200 OK"),
        ("GET", 204, "HTTP/1.1 204 No Content"),
        ("GET", 304, "HTTP/1.1 304 Not Modified"),
        ("GET", 199, "HTTP/1.1 199 "),
    ] {
        for (framing, line) in
            [(Framing::Length(3), "Content-Length: 3"), (Framing::Chunked, "Transfer-Encoding: chunked")]
        {
            let request = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
            let all = steps(move || {
                vec![bare(status, framing), Step::piece("abc"), Step::Trailers(Vec::new()), Step::End(End::Close)]
            });
            let all = if framing == Framing::Chunked {
                all
            } else {
                steps(move || vec![bare(status, framing), Step::piece("abc"), Step::End(End::Close)])
            };
            assert_eq!(received(all, request.as_bytes()), format!("{head}\r\n{line}\r\n\r\n"), "{method} {status}");
        }
    }
}

#[test]
fn raw_bytes_leave_as_they_are() {
    let nonsense = || vec![Step::Raw("HTTP/1.1 2OO\rno\n".into()), Step::piece("and a piece"), Step::Raw("\0".into())];
    assert_eq!(received(steps(nonsense), GET), "HTTP/1.1 2OO\rno\nand a piece\0");
    let within = || vec![bare(200, Framing::Chunked), Step::piece("a"), Step::Raw("zz\r\n".into()), Step::piece("b")];
    let expected = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n1\r\nb\r\n0\r\n\r\n";
    assert_eq!(
        received(steps(move || within().into_iter().chain([Step::Finish, Step::End(End::Close)]).collect()), GET),
        expected
    );
}

#[test]
fn each_end_keeps_or_closes_the_connection() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (framing, says, end, answers) in [
        (Framing::Length(1), "", End::Default, 2),
        (Framing::Chunked, "", End::Default, 2),
        (Framing::None, "", End::Default, 1),
        (Framing::Close, "", End::Default, 1),
        (Framing::Length(1), "close", End::Default, 1),
        (Framing::Length(1), "a , Close", End::Default, 1),
        (Framing::Length(1), "close", End::Keep, 2),
        (Framing::None, "", End::Keep, 2),
        (Framing::Length(1), "", End::Close, 1),
        (Framing::Length(1), "", End::HalfClose, 1),
        (Framing::Length(1), "", End::Reset, 1),
    ] {
        let all = steps(move || {
            let fields = if says.is_empty() { Vec::new() } else { vec![FieldLine::new("Connection", says).unwrap()] };
            let head = Head { fields, framing, own_fields: false, ..Head::new(200) };
            vec![Step::Head(head), Step::piece("a"), Step::End(end)]
        });
        let twice = [GET, GET].concat();
        let sent = received(all, &twice);
        assert_eq!(sent.matches(head).count(), answers, "{framing:?} {says:?} {end:?}: {sent}");
    }
}

#[test]
fn an_end_does_not_finish_a_body_unless_told() {
    for end in [End::Close, End::HalfClose, End::Reset] {
        let cut = steps(move || vec![bare(200, Framing::Chunked), Step::piece("a"), Step::End(end)]);
        assert!(received(cut, GET).ends_with("\r\n1\r\na\r\n"), "{end:?}");
        let whole = steps(move || {
            vec![bare(200, Framing::Chunked), Step::piece("a"), Step::Finish, Step::Finish, Step::End(end)]
        });
        assert!(received(whole, GET).ends_with("\r\n1\r\na\r\n0\r\n\r\n"), "{end:?}");
    }
    assert_eq!(received(steps(Vec::new), GET), "", "no answer at all");
    assert_eq!(received(steps(|| vec![Step::End(End::Close)]), GET), "");
}

#[test]
fn what_can_not_be_sent_is_refused_by_name_and_cut_off_after_the_head() {
    let interim = |status| Step::Interim(Interim { status, reason: None, fields: Vec::new() });
    let head = || bare(200, Framing::Length(9));
    for (make, problem) in [
        (Box::new(|| vec![Step::End(End::ResetStream(8))]) as Box<dyn Fn() -> Vec<Step>>, "RST_STREAM over HTTP/1"),
        (Box::new(|| vec![Step::End(End::GoAway(0))]), "GOAWAY over HTTP/1"),
        (Box::new(|| vec![Step::piece("a")]), "a body before the head"),
        (Box::new(|| vec![Step::Finish]), "a body before the head"),
        (Box::new(move || vec![interim(200)]), "an interim status outside 100 to 199"),
        (Box::new(|| vec![bare(99, Framing::None)]), "a status outside 100 to 999"),
        (Box::new(|| vec![bare(1000, Framing::None)]), "a status outside 100 to 999"),
        (
            Box::new(|| vec![Step::Head(Head { reason: Some("a\r\nb: c".into()), ..Head::new(200) })]),
            "a control character in a reason phrase",
        ),
    ] {
        let sent = received(steps(make), GET);
        let body = format!("{{\"error\":\"this answer can't be sent: {problem}\"}}\n");
        assert!(
            sent.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nX-Request-Id: id\r\n"),
            "{sent}"
        );
        assert!(sent.ends_with(&body), "{sent}");
    }
    for (step, problem) in [
        (Step::Trailers(Vec::new()), "trailers without chunked framing"),
        (chunk("a", ";a"), "a chunk extension without chunked framing"),
        (head(), "a second head"),
        (interim(103), "an interim response after the head"),
        (Step::Continue, "an interim response after the head"),
    ] {
        let step = RefCell::new(Some(step));
        let sent = received(steps(move || vec![head(), Step::piece("a"), step.take().unwrap(), Step::piece("b")]), GET);
        assert!(sent.ends_with("\r\n\r\na"), "{problem}: {sent}");
    }
    let after_end = steps(|| vec![bare(200, Framing::Chunked), Step::Finish, Step::piece("a")]);
    assert!(received(after_end, GET).ends_with("\r\n\r\n0\r\n\r\n"));
}

#[test]
fn an_error_replaces_the_answer_until_its_head_is_sent() {
    let early = script(|_| {
        Delivery::run(async |way| {
            way.send(Step::Interim(Interim { status: 102, reason: None, fields: Vec::new() })).await;
            Err(Fault::new(StatusCode::IM_A_TEAPOT, "short and stout"))
        })
    });
    let sent = received(early, GET);
    assert!(sent.starts_with("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 418 I'm a teapot\r\n"), "{sent}");
    assert!(sent.ends_with("{\"error\":\"short and stout\"}\n"), "{sent}");
    let late = script(|_| {
        Delivery::run(async |way| {
            way.send(bare(200, Framing::Chunked)).await;
            way.send(Step::piece("a")).await;
            Err(Fault::new(StatusCode::IM_A_TEAPOT, "short and stout"))
        })
    });
    assert!(received(late, GET).ends_with("\r\n\r\n1\r\na\r\n"));
    let panics = script(|_| Delivery::run(async |_| panic!("on purpose")));
    assert!(received(panics, GET).starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
}

#[test]
fn the_body_is_read_when_the_script_reads_it() {
    let echo = |withhold: bool| {
        script(move |body| {
            Delivery::run(async move |way| {
                if withhold {
                    way.send(Step::WithholdContinue).await;
                }
                let read = body.read(1000).await?;
                way.send(bare(200, Framing::Length(read.len() as u64))).await;
                way.send(Step::piece(read)).await;
                way.send(Step::End(End::Close)).await;
                Ok(())
            })
        })
    };
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(received(echo(false), POST), answer);
    in_paused_time(async {
        for (withhold, expected) in [(false, CONTINUE), (true, "")] {
            let worker = scripted(echo(withhold), Rc::default()).await;
            let mut client = serve(&worker, 1 << 20);
            client.write_all(EXPECTS).await.unwrap();
            let begun = Instant::now();
            let sent = tokio::time::timeout(Duration::from_secs(1), some(&mut client)).await.unwrap_or_default();
            assert_eq!(sent, expected);
            client.write_all(b"hello").await.unwrap();
            assert_eq!(rest(&mut client).await, answer);
            assert!(begun.elapsed() < Duration::from_secs(10));
        }
    });
}

#[test]
fn an_early_answer_says_close_and_the_rest_of_the_body_is_dropped() {
    let early = |reads_on: bool| {
        steps(move || vec![Step::Head(Head { framing: Framing::Length(0), reads_on, ..Head::new(200) })])
    };
    in_paused_time(async {
        for (reads_on, says) in [(false, true), (true, false)] {
            let worker = scripted(early(reads_on), Rc::default()).await;
            let mut client = serve(&worker, 1 << 20);
            client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello").await.unwrap();
            let sent = some(&mut client).await;
            assert_eq!(sent.contains("Connection: close\r\n"), says, "{sent}");
            assert_eq!(rest(&mut client).await, "", "the connection closes all the same");
        }
        let worker = scripted(early(false), Rc::default()).await;
        let mut client = serve(&worker, 1 << 20);
        client.write_all(EXPECTS).await.unwrap();
        let sent = some(&mut client).await;
        assert!(sent.starts_with("HTTP/1.1 200 OK\r\n") && sent.contains("Connection: close\r\n"), "{sent}");
    });
}

#[test]
fn both_directions_go_at_once() {
    let echo = script(|body| {
        Delivery::run(async move |way| {
            way.send(Step::Head(Head { own_fields: false, reads_on: true, ..Head::new(200) })).await;
            while let Some(piece) = body.piece(3).await? {
                way.send(Step::piece(piece)).await;
            }
            Ok(())
        })
    });
    in_paused_time(async {
        let worker = scripted(echo, Rc::default()).await;
        let mut client = serve(&worker, 1 << 20);
        client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        assert_eq!(some(&mut client).await, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for word in ["one", "two"] {
            client.write_all(format!("3\r\n{word}\r\n").as_bytes()).await.unwrap();
            assert_eq!(some(&mut client).await, format!("3\r\n{word}\r\n"));
        }
        client.write_all(b"0\r\n\r\n").await.unwrap();
        assert_eq!(some(&mut client).await, "0\r\n\r\n");
        client.write_all(GET).await.unwrap();
        assert!(some(&mut client).await.starts_with("HTTP/1.1 200 OK\r\n"), "the connection is kept");
    });
}

#[test]
fn a_pause_is_exact_and_what_came_before_it_leaves_first() {
    let paced = steps(|| {
        let pause = || Step::Pause(Duration::from_millis(200));
        vec![bare(200, Framing::Length(2)), pause(), Step::piece("a"), pause(), Step::piece("b"), Step::End(End::Close)]
    });
    in_paused_time(async {
        let worker = scripted(paced, Rc::default()).await;
        let mut client = serve(&worker, 1 << 20);
        let begun = Instant::now();
        client.write_all(GET).await.unwrap();
        for (expected, after) in [("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 0), ("a", 200), ("b", 400)] {
            assert_eq!(some(&mut client).await, expected);
            let late = begun.elapsed().saturating_sub(Duration::from_millis(after));
            assert!(late <= Duration::from_millis(1), "{late:?} after {after} ms");
        }
    });
}

/// Script that stands still in each kind of step, with a guard that tells when it has been dropped.
fn standing_still(step: usize, dropped: Rc<()>) -> Script {
    script(move |body| {
        let dropped = Rc::clone(&dropped);
        Delivery::run(async move |way| {
            let _dropped = dropped;
            stand(way, &body, step).await
        })
    })
}

const STANDS: usize = 5;

async fn stand(way: &mut Way, body: &RequestBody, step: usize) -> Result<(), Fault> {
    let pause = || Step::Pause(Duration::from_secs(600));
    match step {
        0 => way.send(pause()).await,
        1 => _ = body.read(0).await?,
        2 => {
            way.send(bare(200, Framing::Chunked)).await;
            way.send(Step::piece("a")).await;
            way.send(pause()).await;
        }
        3 => {
            way.send(bare(200, Framing::Chunked)).await;
            std::future::pending::<()>().await;
        }
        // More than the socket takes.
        _ => {
            way.send(bare(200, Framing::Chunked)).await;
            way.send(Step::piece(vec![b'a'; 1 << 16])).await;
            way.send(Step::Note("never")).await;
            way.send(Step::piece("b")).await;
        }
    }
    Ok(())
}

#[test]
fn a_client_that_leaves_ends_the_script_in_every_step() {
    in_paused_time(async {
        for step in 0..STANDS {
            let guard = Rc::new(());
            let worker = scripted(standing_still(step, Rc::clone(&guard)), Rc::default()).await;
            let mut client = serve(&worker, 100);
            let arrived = if step == 1 { POST.len() - 2 } else { POST.len() };
            client.write_all(&POST[..arrived]).await.unwrap();
            while Rc::strong_count(&guard) < 3 {
                yield_now().await;
            }
            let begun = Instant::now();
            drop(client);
            while Rc::strong_count(&guard) > 2 {
                sleep(Duration::from_millis(1)).await;
                assert!(begun.elapsed() < Duration::from_secs(1), "step {step}");
            }
        }
    });
}

#[test]
fn a_stop_of_the_server_ends_the_script_in_every_step() {
    in_paused_time(async {
        for step in 0..STANDS {
            let (guard, cut) = (Rc::new(()), Rc::new(CancellationToken::new()));
            let worker = scripted(standing_still(step, Rc::clone(&guard)), Rc::clone(&cut)).await;
            let mut client = serve(&worker, 100);
            client.write_all(&POST[..POST.len() - 2]).await.unwrap();
            while Rc::strong_count(&guard) < 3 {
                yield_now().await;
            }
            sleep(Duration::from_millis(10)).await;
            cut.cancel();
            let sent = rest(&mut client).await;
            assert_eq!(Rc::strong_count(&guard), 2, "step {step}");
            match step {
                0 | 1 => assert!(sent.contains("HTTP/1.1 503 Service Unavailable\r\n"), "step {step}: {sent}"),
                _ => assert!(
                    sent.starts_with("HTTP/1.1 200 OK\r\n") && !sent.ends_with("0\r\n\r\n"),
                    "step {step}: {sent}"
                ),
            }
        }
    });
}

#[test]
fn a_client_that_takes_nothing_is_left_after_the_write_timeout() {
    in_paused_time(async {
        let guard = Rc::new(());
        let worker = scripted(standing_still(4, Rc::clone(&guard)), Rc::default()).await;
        let mut client = serve(&worker, 100);
        client.write_all(&POST[..POST.len() - 2]).await.unwrap();
        while Rc::strong_count(&guard) < 3 {
            yield_now().await;
        }
        let begun = Instant::now();
        while Rc::strong_count(&guard) > 2 {
            sleep(Duration::from_millis(100)).await;
        }
        let after = begun.elapsed().as_secs_f64();
        assert!((59.9..60.2).contains(&after), "{after}");
        drop(client);
    });
}

#[test]
fn a_reset_arrives_as_one_after_all_that_was_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let all = |end: End| steps(move || vec![bare(200, Framing::Chunked), Step::piece("part"), Step::End(end)]);
        for (end, kind) in [(End::Reset, Some(ErrorKind::ConnectionReset)), (End::Close, None), (End::HalfClose, None)]
        {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            let worker = scripted(all(end), Rc::default()).await;
            let log = ConnectionLog::new(Rc::new(ConnectionFacts::new(None, None)), None, Rc::clone(&worker.stop));
            let serving = Connection::new(worker, Socket::Plain(Tcp::new(server)), log).serve();
            let serving = tokio::task::spawn_local(serving);
            client.write_all(GET).await.unwrap();
            let mut received = Vec::new();
            let ended = client.read_to_end(&mut received).await;
            assert!(received.ends_with(b"\r\n\r\n4\r\npart\r\n"), "{end:?}");
            assert_eq!(ended.err().map(|error| error.kind()), kind, "{end:?}");
            drop(client);
            serving.await.unwrap();
        }
    });
}

/// Describes a step, so that it can be made more than once.
#[derive(Clone, Debug)]
enum Told {
    Interim(u16),
    Note,
    Pause(u64),
    Piece(String, bool),
    Raw(String),
}

fn told() -> impl Strategy<Value = Vec<Told>> {
    let step = prop_oneof![
        (100_u16..200).prop_map(Told::Interim),
        Just(Told::Note),
        (0_u64..50).prop_map(Told::Pause),
        ("[a-z]{0,20}", any::<bool>()).prop_map(|(data, extended)| Told::Piece(data, extended)),
        "[a-z\r\n]{0,9}".prop_map(Told::Raw),
    ];
    prop::collection::vec(step, 0..12)
}

fn made(told: &[Told]) -> Vec<Step> {
    let mut made: Vec<Step> = told
        .iter()
        .filter_map(|told| match told {
            Told::Interim(status) => Some(Step::Interim(Interim { status: *status, reason: None, fields: Vec::new() })),
            _ => None,
        })
        .collect();
    made.push(bare(200, Framing::Chunked));
    made.extend(told.iter().filter_map(|told| match told {
        Told::Interim(_) => None,
        Told::Note => Some(Step::Note("note")),
        Told::Pause(time) => Some(Step::Pause(Duration::from_millis(*time))),
        Told::Piece(data, extended) => {
            let extension = if *extended { Bytes::from_static(b";x") } else { Bytes::new() };
            Some(Step::Piece { data: data.clone().into(), extension })
        }
        Told::Raw(data) => Some(Step::Raw(data.clone().into())),
    }));
    made
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_delivery_is_the_same_bytes_whatever_the_socket_takes(told in told(), capacity in 1_usize..60) {
        let (whole, narrow) = in_paused_time(async {
            let twice = [GET, GET].concat();
            let worker = scripted(steps(move || made(&told)), Rc::default()).await;
            (talk(&worker, &twice, usize::MAX, 1 << 20).await, talk(&worker, &twice, 3, capacity).await)
        });
        prop_assert_eq!(narrow, whole);
    }
}
