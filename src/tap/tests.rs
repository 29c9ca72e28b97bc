#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::{
    seen::Seen,
    served::{Answering, READ_MAX, Served, serve},
};
use crate::{config::TapAfter, request::EndedBy};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const NONSENSE: &[u8] = b"\x00\xffGET / HTTP/9\n : \r\r";

fn answering(after: TapAfter, answer: &'static [u8]) -> Answering {
    let long = Duration::from_secs(60);
    Answering { after, answer: Bytes::from_static(answer), wait_max: long, write_max: long }
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

/// Sends pieces one after the other, and receives until the tap has closed its sending side, or at once with `leave`.
async fn talk(answering: &Answering, pieces: &[&[u8]], leave: bool) -> (Served, Vec<u8>) {
    let (mut client, server) = pair().await;
    let stop = CancellationToken::new();
    let talking = async {
        for piece in pieces {
            client.write_all(piece).await.unwrap();
        }
        if leave {
            client.shutdown().await.unwrap();
        }
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        drop(client);
        answer
    };
    tokio::join!(serve(server, answering, &stop), talking)
}

#[tokio::test]
async fn any_bytes_are_kept_and_answered() {
    let (served, answer) = talk(&answering(TapAfter::FirstBytes, ANSWER), &[NONSENSE], false).await;
    assert_eq!((answer, &*served.seen.first), (ANSWER.to_vec(), NONSENSE));
    assert_eq!((served.ended_by, served.message, served.sent), (EndedBy::Complete, None, ANSWER.len()));
    let arrived: usize = served.seen.arrivals.iter().map(|arrival| arrival.bytes).sum();
    assert_eq!((arrived, served.seen.total), (NONSENSE.len(), NONSENSE.len() as u64));
    assert!(served.answered.unwrap() >= served.seen.arrivals[0].at);
}

#[tokio::test]
async fn the_answer_waits_for_an_empty_line() {
    let answering = answering(TapAfter::Head, ANSWER);
    for head in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\r\nGET /\r\nA: b\r\n\r\n", b"GET /\n\n", b"GET /\n\r\nbody", b"x\r\n\n"]
    {
        for cut in 1..head.len() {
            let (served, answer) = talk(&answering, &[&head[..cut], &head[cut..]], false).await;
            assert_eq!((&answer[..], &*served.seen.first), (ANSWER, head), "{cut}");
        }
    }
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_is_answered_at_once() {
    for after in [TapAfter::FirstBytes, TapAfter::Head] {
        for bytes in [&b""[..], b"G"] {
            let (served, answer) = talk(&answering(after, ANSWER), &[bytes], true).await;
            assert_eq!((answer, &*served.seen.first, served.ended_by), (ANSWER.to_vec(), bytes, EndedBy::Complete));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_comes_at_its_time_even_to_a_silent_client() {
    let (served, answer) = talk(&answering(TapAfter::Time(Duration::from_secs(30)), ANSWER), &[], false).await;
    assert_eq!((answer, served.seen.total, served.ended_by), (ANSWER.to_vec(), 0, EndedBy::Complete));
}

#[tokio::test(start_paused = true)]
async fn the_wait_has_a_limit() {
    for (after, bytes) in [(TapAfter::FirstBytes, &b""[..]), (TapAfter::Head, b"GET / HTTP/1.1\r\n")] {
        let (served, answer) = talk(&answering(after, ANSWER), &[bytes], false).await;
        let message = "what the tap waits for did not arrive within server.read_header_timeout";
        assert_eq!((served.ended_by, served.message), (EndedBy::Timeout, Some(message)));
        assert_eq!((answer, served.answered, served.sent), (Vec::new(), None, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_none() {
    let silent = answering(TapAfter::FirstBytes, b"");
    let (served, answer) = talk(&silent, &[b"a"], true).await;
    assert_eq!((answer, served.ended_by, served.answered), (Vec::new(), EndedBy::Complete, None));
    let (served, _) = talk(&silent, &[b"a"], false).await;
    assert_eq!(served.ended_by, EndedBy::Timeout);
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_what_is_read_too() {
    let (mut client, server) = pair().await;
    let flooding = async {
        let piece = vec![b'a'; 64 * 1024];
        while client.write_all(&piece).await.is_ok() {}
    };
    let answering = answering(TapAfter::Head, ANSWER);
    let stop = CancellationToken::new();
    let (served, ()) = tokio::join!(serve(server, &answering, &stop), flooding);
    assert_eq!((served.ended_by, served.message), (EndedBy::ServerClose, Some("the client sent more than 16 MiB")));
    assert!(served.seen.total > READ_MAX && served.seen.total < READ_MAX + 64 * 1024);
    assert_eq!(served.seen.first.len(), Seen::BYTES_MAX);
    assert_eq!(served.seen.arrivals.len(), Seen::ARRIVALS_MAX);
    assert!(served.seen.arrival_count > Seen::ARRIVALS_MAX as u64);
}

#[tokio::test]
async fn an_answer_is_sent_while_the_client_still_sends() {
    static LARGE: [u8; 1024 * 1024] = [b'x'; 1024 * 1024];
    let (client, server) = pair().await;
    let (mut reader, mut writer) = client.into_split();
    let sending = async {
        // More than all buffers hold: it is only taken when the tap goes on reading.
        for _ in 0..8 {
            writer.write_all(&LARGE).await.unwrap();
        }
        writer.shutdown().await.unwrap();
        let mut answer = Vec::new();
        reader.read_to_end(&mut answer).await.unwrap();
        answer.len()
    };
    let answering = answering(TapAfter::FirstBytes, &LARGE);
    let stop = CancellationToken::new();
    let (served, received) = tokio::join!(serve(server, &answering, &stop), sending);
    assert_eq!((received, served.seen.total), (LARGE.len(), 8 * LARGE.len() as u64));
    assert_eq!(served.ended_by, EndedBy::Complete);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_given_up() {
    static LARGE: [u8; 16 * 1024 * 1024] = [b'x'; 16 * 1024 * 1024];
    let (mut client, server) = pair().await;
    client.write_all(b"a").await.unwrap();
    let stop = CancellationToken::new();
    let served = serve(server, &answering(TapAfter::FirstBytes, &LARGE), &stop).await;
    let message = "the client took no answer within server.write_timeout";
    assert_eq!((served.ended_by, served.message), (EndedBy::Timeout, Some(message)));
    assert!((1..LARGE.len()).contains(&served.sent));
    drop(client);
}

#[tokio::test]
async fn a_reset_is_told_apart() {
    let (mut client, server) = pair().await;
    client.write_all(b"GET").await.unwrap();
    let stop = CancellationToken::new();
    let resetting = async {
        socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
    };
    let answering = answering(TapAfter::Head, ANSWER);
    let (served, ()) = tokio::join!(serve(server, &answering, &stop), resetting);
    assert_eq!(served.ended_by, EndedBy::ClientReset);
}

#[tokio::test]
async fn a_stop_ends_connections_with_what_they_have_sent() {
    let (mut client, server) = pair().await;
    client.write_all(b"GET").await.unwrap();
    let stop = CancellationToken::new();
    let (answering, stopping) = (answering(TapAfter::Head, ANSWER), stop.clone());
    let stopped = async {
        client.readable().await.unwrap();
    };
    let serving = async {
        server.readable().await.unwrap();
        let served = serve(server, &answering, &stop);
        tokio::pin!(served);
        // One poll reads what has arrived.
        let early = futures_util::poll!(&mut served);
        assert!(early.is_pending());
        stopping.cancel();
        served.await
    };
    let (served, ()) = tokio::join!(serving, stopped);
    assert_eq!((served.ended_by, &*served.seen.first), (EndedBy::Shutdown, &b"GET"[..]));
}
