//! Sends a probe over HTTP/1 byte for byte and reads the responses.
//!
//! Sending and reading run at the same time: an early answer is seen when it comes, and a peer that stops reading does
//! not stop the reading here.

use std::time::Duration;

use tokio::{
    io::{AsyncWriteExt as _, split},
    time::{Instant, sleep, timeout},
};

use super::socket::{Dial, DialError};
use crate::check::{
    inlet::{self, Inlet},
    message::{Ended, Message},
};

/// Most bytes that are read behind the last response.
const EXTRA: usize = 64 * 1024;
/// Wait for bytes behind the last response, where the connection stays open.
const EXTRA_WAIT: Duration = Duration::from_millis(30);

/// What is sent, and how it is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sending {
    /// Bytes, with the pause before each piece in milliseconds.
    pub pieces: Vec<(u64, Vec<u8>)>,
    /// Methods of the requests, by which responses are framed; the last one counts for further responses.
    pub method: Vec<u8>,
    /// Responses to read.
    pub responses: usize,
    /// Closes the sending side after the last byte.
    pub half_close: bool,
    /// Leaves after the last byte.
    pub leave: bool,
    /// Longest wait for each response, in milliseconds.
    pub wait_ms: u64,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Responses, in order; at least one, which has status 0 when none could be read.
    pub responses: Vec<Message>,
    /// All bytes of the heads and bodies as they came, up to 1 MiB.
    pub raw: Vec<u8>,
    /// Bytes behind the last response.
    pub extra: Vec<u8>,
    /// How the sending ended, when it did not end well.
    pub sending: Option<Ended>,
    /// Whether the peer had closed when the last response was read.
    pub closed: bool,
    /// Time from the first byte sent to the end, in milliseconds.
    pub took_ms: u64,
}

/// Sends the pieces on a connection of their own and reads the responses.
///
/// # Errors
/// When there is no connection.
pub(crate) async fn send(dial: &Dial, sending: &Sending) -> Result<Received, DialError> {
    let socket = dial.connect().await?;
    let began = Instant::now();
    let (reading, mut writing) = split(socket);
    let mut inlet = Inlet::new(reading, Duration::from_millis(sending.wait_ms));
    let write = async {
        for (pause, bytes) in &sending.pieces {
            if *pause > 0 {
                sleep(Duration::from_millis(*pause)).await;
            }
            writing.write_all(bytes).await?;
            writing.flush().await?;
        }
        if sending.half_close {
            writing.shutdown().await?;
        }
        Ok::<(), std::io::Error>(())
    };
    if sending.leave {
        let sent = timeout(Duration::from_millis(sending.wait_ms), write).await;
        let sending = match sent {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(inlet::ended(&error)),
            Err(_) => Some(Ended::Timeout),
        };
        return Ok(Received {
            responses: Vec::new(),
            raw: Vec::new(),
            extra: Vec::new(),
            sending,
            closed: false,
            took_ms: elapsed(began),
        });
    }
    let read = async {
        let mut responses = Vec::new();
        let pauses: u64 = sending.pieces.iter().map(|(pause, _)| *pause).sum();
        for _ in 0..sending.responses.max(1) {
            inlet.limit(Duration::from_millis(sending.wait_ms.saturating_add(pauses)));
            let response = inlet.response(&sending.method).await;
            let goes_on = response.ended == Ended::Complete && response.status() != 0;
            responses.push(response);
            if !goes_on {
                break;
            }
        }
        responses
    };
    let mut write = std::pin::pin!(write);
    let (responses, sent) = {
        let mut read = std::pin::pin!(read);
        match futures_util::future::select(&mut read, &mut write).await {
            // An answer before the request was complete: the rest is not sent.
            futures_util::future::Either::Left((responses, _)) => (responses, None),
            futures_util::future::Either::Right((sent, _)) => {
                (read.await, sent.err().map(|error| inlet::ended(&error)))
            }
        }
    };
    inlet.limit(EXTRA_WAIT);
    let complete = responses.last().is_some_and(|last| last.ended == Ended::Complete);
    let mut closed = !complete;
    if complete {
        while inlet.ahead.len() < EXTRA {
            match inlet.fill().await {
                Ok(()) => {}
                Err(Ended::Timeout) => break,
                Err(_) => {
                    closed = true;
                    break;
                }
            }
        }
    }
    let extra = std::mem::take(&mut inlet.ahead);
    Ok(Received {
        responses,
        raw: std::mem::take(&mut inlet.seen),
        extra,
        sending: sent,
        closed,
        took_ms: elapsed(began),
    })
}

fn elapsed(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
