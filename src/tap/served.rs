//! One connection of the tap, from its first byte to its last.

use std::{
    io,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::seen::Seen;
use crate::{config::TapAfter, request::EndedBy};

/// Most bytes that are read from a connection. Further ones end it.
pub(super) const READ_MAX: u64 = 16 * 1024 * 1024;
/// Longest time for which is read after the answer.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes per read.
const PIECE: usize = 16 * 1024;

/// Answer, and when it is sent.
#[derive(Clone, Debug)]
pub(super) struct Answering {
    pub(super) after: TapAfter,
    pub(super) answer: Bytes,
    /// Longest wait for what `after` waits for.
    pub(super) wait_max: Duration,
    /// Longest time for the answer to be taken.
    pub(super) write_max: Duration,
}

/// What happened on a connection.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) seen: Seen,
    pub(super) ended_by: EndedBy,
    /// What went wrong.
    pub(super) message: Option<&'static str>,
    /// Time until the answer began, since the connection was accepted.
    pub(super) answered: Option<Duration>,
    /// Bytes of the answer that the socket took.
    pub(super) sent: usize,
}

/// Reason for which a connection ends before its answer is complete.
type Cut = (EndedBy, Option<&'static str>);

const RESET: Cut = (EndedBy::ClientReset, Some("the client reset the connection"));
const TOO_MUCH: Cut = (EndedBy::ServerClose, Some("the client sent more than 16 MiB"));
const TOO_LATE: Cut =
    (EndedBy::Timeout, Some("what the tap waits for did not arrive within server.read_header_timeout"));
const NOT_TAKEN: Cut = (EndedBy::Timeout, Some("the client took no answer within server.write_timeout"));
const STOPPED: Cut = (EndedBy::Shutdown, Some("the server stopped"));

/// Serves a connection until it ends, or until `stop`.
pub(super) async fn serve(mut io: TcpStream, answering: &Answering, stop: &CancellationToken) -> Served {
    let began = Instant::now();
    let mut served =
        Served { seen: Seen::default(), ended_by: EndedBy::Complete, message: None, answered: None, sent: 0 };
    let exchange = exchange(&mut io, answering, began, &mut served);
    let cut = tokio::select! {
        ended = exchange => ended.err(),
        () = stop.cancelled() => Some(STOPPED),
    };
    if let Some((ended_by, message)) = cut {
        (served.ended_by, served.message) = (ended_by, message);
    }
    served
}

async fn exchange(io: &mut TcpStream, answering: &Answering, began: Instant, served: &mut Served) -> Result<(), Cut> {
    let (mut reader, mut writer) = io.split();
    let Served { seen, answered, sent, .. } = served;
    let mut input = Input { reader: &mut reader, seen, began, is_closed: false };
    match answering.after {
        TapAfter::Time(time) => tokio::select! {
            // Never ends well: the time decides.
            cut = input.all() => return Err(cut),
            () = sleep(time) => {}
        },
        after => timeout(answering.wait_max, input.until(after)).await.map_err(|_| TOO_LATE)??,
    }
    if answering.answer.is_empty() {
        // Nothing is said; the client has as long to end as for its first bytes.
        return timeout(answering.wait_max, input.drain()).await.unwrap_or(Err(TOO_LATE));
    }
    *answered = Some(began.elapsed());
    let writing = async {
        while let Some(rest) = answering.answer.get(*sent..).filter(|rest| !rest.is_empty()) {
            let written = timeout(answering.write_max, writer.write(rest)).await.map_err(|_| NOT_TAKEN)?;
            *sent += written.map_err(|_| RESET)?;
        }
        // The client may have closed.
        let _ = writer.shutdown().await;
        Ok(())
    };
    tokio::select! {
        written = writing => written?,
        // Bytes that nobody reads would keep the answer from being taken.
        cut = input.all() => return Err(cut),
    }
    // The answer is complete, however the connection ends.
    let _ = timeout(LINGER, input.drain()).await;
    Ok(())
}

/// Reads what arrives.
struct Input<'i, R> {
    reader: &'i mut R,
    seen: &'i mut Seen,
    began: Instant,
    is_closed: bool,
}

impl<R: tokio::io::AsyncRead + Unpin> Input<'_, R> {
    /// Reads until enough has arrived, or the client has closed its sending side.
    async fn until(&mut self, after: TapAfter) -> Result<(), Cut> {
        while !self.seen.is_enough(after) && !self.is_closed {
            self.read().await?;
        }
        Ok(())
    }

    /// Reads until the client has closed its sending side.
    async fn drain(&mut self) -> Result<(), Cut> {
        while !self.is_closed {
            self.read().await?;
        }
        Ok(())
    }

    /// Reads for ever; returns when the connection fails.
    async fn all(&mut self) -> Cut {
        match self.drain().await {
            Ok(()) => std::future::pending().await,
            Err(cut) => cut,
        }
    }

    async fn read(&mut self) -> Result<(), Cut> {
        let mut piece = vec![0; PIECE];
        let read: io::Result<usize> = self.reader.read(&mut piece).await;
        match read {
            Ok(0) => self.is_closed = true,
            Ok(read) => self.seen.add(self.began.elapsed(), &piece[..read]),
            Err(_) => return Err(RESET),
        }
        if self.seen.total > READ_MAX { Err(TOO_MUCH) } else { Ok(()) }
    }
}
