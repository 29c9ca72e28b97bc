//! Sending a request once more: after a failure, or to where a redirect points.

use tokio::time::Instant;

use crate::conduct::{Retry, When};
use crate::connection::Connection;
use crate::http1::Head;
use crate::socket::{Socket, Stop};

/// Sends the request again if the conduct wants that; `true` when it did.
pub(crate) async fn again(connection: &Connection, when: When) -> Result<bool, Stop> {
    let Some(retry) = connection.shared.conduct.retry.filter(|retry| retry.when == when) else {
        return Ok(false);
    };
    let head = connection.asked();
    let is_unsafe = matches!(head.method(), b"POST" | b"PATCH");
    let made = connection.flight(|flight| flight.front().map_or(u32::MAX, |asked| asked.attempts));
    if is_unsafe != retry.unsafe_ones || made >= retry.times {
        return Ok(false);
    }
    tokio::time::sleep(connection.shared.unit * retry.spacing / 10).await;
    replay(connection, |sent| attempt(sent, retry, made + 1)).await
}

/// Follows a redirect to a path.
pub(crate) async fn follow(connection: &Connection, head: &Head) -> Result<bool, Stop> {
    let location = head.text("Location");
    let made = connection.flight(|flight| flight.front().map_or(u32::MAX, |asked| asked.attempts));
    if !matches!(head.status(), 301 | 302 | 307 | 308) || made >= 5 || connection.asked().method() != b"GET" {
        return Ok(false);
    }
    let after = location.split_once("://").map_or(&*location, |(_, rest)| rest);
    let Some(path) = after.find('/').and_then(|at| after.get(at..)) else { return Ok(false) };
    let target = path.as_bytes().to_vec();
    replay(connection, |sent| {
        let mut head = Head::parse(&sent);
        head.set_target(&target);
        head.bytes()
    })
    .await
}

async fn replay(connection: &Connection, with: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Result<bool, Stop> {
    while !connection.flight(|flight| flight.front().is_none_or(|asked| asked.complete)) {
        connection.changed.notified().await;
    }
    let sent = connection.flight(|flight| {
        flight.front_mut().map(|asked| {
            asked.attempts += 1;
            asked.since = Instant::now();
            asked.sent.clone()
        })
    });
    let Some(sent) = sent else { return Ok(false) };
    let Ok(upstream) = Socket::connect(connection.shared.upstream).await else { return Ok(false) };
    upstream.write(&with(sent)).await.map_err(|_| Stop::Reset)?;
    connection.set_upstream(Some(upstream));
    Ok(true)
}

/// The bytes of a further attempt.
fn attempt(sent: Vec<u8>, retry: Retry, number: u32) -> Vec<u8> {
    if !retry.without_body && !retry.marked {
        return sent;
    }
    let end = sent.windows(4).position(|four| four == b"\r\n\r\n").map_or(sent.len(), |at| at + 4);
    let (head, body) = sent.split_at(end);
    let mut head = Head::parse(head);
    if retry.marked {
        head.add("X-Attempt", (number + 1).to_string());
    }
    if !retry.without_body {
        return [head.bytes(), body.to_vec()].concat();
    }
    head.remove("Transfer-Encoding");
    head.set("Content-Length", "0");
    head.bytes()
}
