//! Reader of messages from a connection, with a deadline and bounds. It accepts any bytes and never panics.

use std::{io::ErrorKind, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::{Instant, timeout_at},
};

use super::{
    head,
    message::{Ended, Framing, Interim, Message, Start, Times, Version},
};

/// Longest head, in bytes.
pub(crate) const HEAD_BOUND: usize = 1 << 20;
/// Longest body that is kept, in bytes.
pub(crate) const BODY_BOUND: usize = 32 << 20;
/// Most interim responses before a response.
const INTERIM_BOUND: usize = 100;

/// A connection's receiving side, with what was read ahead.
pub(crate) struct Inlet<S> {
    stream: S,
    /// Bytes read and not yet used.
    pub ahead: Vec<u8>,
    began: Instant,
    deadline: Instant,
    first: Option<u64>,
    /// All bytes that came, up to [`HEAD_BOUND`].
    pub seen: Vec<u8>,
}

impl<S: AsyncRead + Unpin> Inlet<S> {
    /// Wraps a stream; nothing is read after the deadline.
    pub(crate) fn new(stream: S, limit: Duration) -> Self {
        let now = Instant::now();
        Self { stream, ahead: Vec::new(), began: now, deadline: now + limit, first: None, seen: Vec::new() }
    }

    /// Sets a new deadline, from now.
    pub(crate) fn limit(&mut self, limit: Duration) {
        self.deadline = Instant::now() + limit;
    }

    /// Gives the stream back.
    pub(crate) fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Reads more bytes.
    ///
    /// # Errors
    /// How the connection ended, when nothing more comes.
    pub(crate) async fn fill(&mut self) -> Result<(), Ended> {
        let mut buffer = [0; 16 * 1024];
        match timeout_at(self.deadline, self.stream.read(&mut buffer)).await {
            Err(_) => Err(Ended::Timeout),
            Ok(Ok(0)) => Err(Ended::Closed),
            Ok(Ok(count)) => {
                if self.first.is_none() {
                    self.first = Some(self.now());
                }
                let room = HEAD_BOUND.saturating_sub(self.seen.len());
                self.seen.extend_from_slice(&buffer[..count.min(room)]);
                self.ahead.extend_from_slice(&buffer[..count]);
                Ok(())
            }
            Ok(Err(error)) => Err(ended(&error)),
        }
    }

    /// Reads a request's head. `None` when the connection ended before a byte of it.
    pub(crate) async fn request_head(&mut self) -> Result<Message, (Ended, Vec<u8>)> {
        let (raw, mut times) = self.head().await?;
        let mut message = head::read(&raw, true);
        message.framing = head::request_framing(&message);
        times.end_ms = times.head_ms;
        message.times = times;
        Ok(message)
    }

    async fn head(&mut self) -> Result<(Vec<u8>, Times), (Ended, Vec<u8>)> {
        self.first = if self.ahead.is_empty() { None } else { Some(self.now()) };
        // Bytes without a line feed can't end a head, so they are not searched again.
        let mut looked = 0;
        loop {
            if self.ahead.len() > looked {
                let fresh = &self.ahead[looked..];
                if fresh.contains(&b'\n')
                    && let Some(end) = head::end(&self.ahead)
                {
                    let raw: Vec<u8> = self.ahead.drain(..end).collect();
                    let head_ms = self.now();
                    let first_ms = self.first.unwrap_or(head_ms);
                    return Ok((raw, Times { first_ms, head_ms, body_first_ms: None, end_ms: head_ms }));
                }
                looked = self.ahead.len();
            }
            if self.ahead.len() > HEAD_BOUND {
                return Err((Ended::TooLong, std::mem::take(&mut self.ahead)));
            }
            if let Err(ended) = self.fill().await {
                return Err((ended, std::mem::take(&mut self.ahead)));
            }
        }
    }

    /// Reads a whole response to a request of this method, with its interim responses. Anything that is no response
    /// becomes one with status 0 and the bytes as its body.
    pub(crate) async fn response(&mut self, method: &[u8]) -> Message {
        self.began = Instant::now();
        let mut interim = Vec::new();
        loop {
            let (raw, times) = match self.head().await {
                Ok(head) => head,
                Err((ended, rest)) => {
                    let mut message = unreadable(rest, ended);
                    message.interim = interim;
                    message.times.end_ms = self.now();
                    return message;
                }
            };
            if !raw.trim_ascii_start().starts_with(b"HTTP/") {
                let mut rest = raw;
                rest.append(&mut self.ahead);
                let ended = loop {
                    if rest.len() > BODY_BOUND {
                        break Ended::TooLong;
                    }
                    if let Err(ended) = self.fill().await {
                        break ended;
                    }
                    rest.append(&mut self.ahead);
                };
                let mut message = unreadable(rest, ended);
                message.interim = interim;
                return message;
            }
            let mut message = head::read(&raw, false);
            let status = message.status();
            if (100..200).contains(&status) && status != 101 && interim.len() < INTERIM_BOUND {
                interim.push(Interim { status, fields: message.fields, at_ms: times.head_ms });
                continue;
            }
            message.interim = interim;
            message.times = times;
            message.framing = head::response_framing(&message, method);
            self.body(&mut message).await;
            return message;
        }
    }

    /// Reads the body that the framing of the message announces, and its trailers.
    pub(crate) async fn body(&mut self, message: &mut Message) {
        message.ended = match message.framing {
            Framing::None | Framing::H2 => Ended::Complete,
            Framing::Length(length) => self.sized(message, length).await,
            Framing::Chunked => self.chunked(message).await,
            Framing::Close => match self.sized(message, u64::MAX).await {
                Ended::Closed => Ended::Complete,
                other => other,
            },
        };
        message.times.end_ms = self.now();
    }

    async fn sized(&mut self, message: &mut Message, length: u64) -> Ended {
        let mut left = length;
        while left > 0 {
            if self.ahead.is_empty()
                && let Err(ended) = self.fill().await
            {
                return ended;
            }
            self.note_body(message);
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(self.ahead.len());
            message.body.extend(self.ahead.drain(..take));
            left -= take as u64;
            if message.body.len() > BODY_BOUND {
                return Ended::TooLong;
            }
        }
        Ended::Complete
    }

    async fn chunked(&mut self, message: &mut Message) -> Ended {
        loop {
            let line = match self.line().await {
                Ok(line) => line,
                Err(ended) => return ended,
            };
            self.note_body(message);
            let (size, extension) = match line.iter().position(|byte| *byte == b';') {
                Some(at) => (&line[..at], &line[at + 1..]),
                None => (line.as_slice(), &b""[..]),
            };
            if !extension.is_empty() && message.extensions.len() < 64 {
                message.extensions.push(extension.to_vec());
            }
            let digits = std::str::from_utf8(size.trim_ascii()).ok().filter(|text| !text.starts_with('+'));
            let Some(size) = digits.and_then(|text| u64::from_str_radix(text, 16).ok()) else {
                return Ended::Broken("chunk size");
            };
            if size == 0 {
                return self.trailers(message).await;
            }
            if message.chunks.len() < 100_000 {
                message.chunks.push(usize::try_from(size).unwrap_or(usize::MAX));
            }
            match self.sized(message, size).await {
                Ended::Complete => {}
                other => return other,
            }
            match self.line().await {
                Ok(line) if line.is_empty() => {}
                Ok(_) => return Ended::Broken("end of a chunk"),
                Err(ended) => return ended,
            }
        }
    }

    async fn trailers(&mut self, message: &mut Message) -> Ended {
        loop {
            match self.line().await {
                Ok(line) if line.is_empty() => return Ended::Complete,
                Ok(line) if message.trailers.len() < 10_000 => {
                    head::field(&line, &mut message.trailers, &mut message.oddities);
                }
                Ok(_) => return Ended::TooLong,
                Err(ended) => return ended,
            }
        }
    }

    /// Reads a line without its end.
    async fn line(&mut self) -> Result<Vec<u8>, Ended> {
        loop {
            if let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.ahead.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.ahead.len() > HEAD_BOUND {
                return Err(Ended::TooLong);
            }
            self.fill().await?;
        }
    }

    fn note_body(&self, message: &mut Message) {
        if message.times.body_first_ms.is_none() {
            message.times.body_first_ms = Some(self.now());
        }
    }
}

/// Says how a connection ended.
pub(crate) fn ended(error: &std::io::Error) -> Ended {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Ended::Reset(None),
        // TLS without close_notify: the peer closed.
        ErrorKind::UnexpectedEof => Ended::Closed,
        _ => Ended::Failed(error.to_string()),
    }
}

fn unreadable(body: Vec<u8>, ended: Ended) -> Message {
    let start = Start::Response { status: 0, reason: Vec::new() };
    let mut message = Message::new(start, Version::Other(String::new()));
    message.framing = Framing::Close;
    message.body = body;
    message.ended = ended;
    message
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use crate::check::message::Field;

    const ANSWERS: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 Fine\r\nX-A: 1\r\nx-a:  2 \r\n\
        Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 7\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";

    async fn read(bytes: &[u8], responses: usize) -> Vec<Message> {
        let mut inlet = Inlet::new(bytes, Duration::from_secs(60));
        let mut list = Vec::new();
        for _ in 0..responses {
            list.push(inlet.response(b"GET").await);
        }
        list
    }

    fn timeless(mut messages: Vec<Message>) -> Vec<Message> {
        for message in &mut messages {
            message.times = Times::default();
            message.interim.iter_mut().for_each(|interim| interim.at_ms = 0);
        }
        messages
    }

    #[tokio::test]
    async fn responses_are_read_with_case_order_chunks_trailers_and_interim_ones() {
        let list = read(ANSWERS, 2).await;
        assert_eq!(list[0].interim[0].status, 103);
        assert_eq!(list[0].fields[0], Field::new("X-A", "1"));
        assert_eq!(list[0].fields[1], Field::new("x-a", "2"));
        assert_eq!((list[0].body.as_slice(), &list[0].chunks[..]), (&b"abcde"[..], &[3, 2][..]));
        assert_eq!(list[0].extensions, [b"ext=1".to_vec()]);
        assert_eq!(list[0].trailers, [Field::new("X-Sum", "7")]);
        assert_eq!((list[1].status(), &list[1].ended), (204, &Ended::Complete));
    }

    #[tokio::test]
    async fn pieces_of_any_size_give_the_same_messages() {
        let whole = timeless(read(ANSWERS, 2).await);
        for size in [1, 2, 3, 7, 50] {
            let (near, mut far) = tokio::io::duplex(64);
            let send = async move {
                for piece in ANSWERS.chunks(size) {
                    far.write_all(piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
            };
            let receive = async {
                let mut inlet = Inlet::new(near, Duration::from_secs(60));
                vec![inlet.response(b"GET").await, inlet.response(b"GET").await]
            };
            let (messages, ()) = futures_util::future::join(receive, send).await;
            assert_eq!(timeless(messages), whole, "pieces of {size}");
        }
    }

    #[tokio::test]
    async fn a_cut_anywhere_is_no_complete_answer() {
        let head = ANSWERS.len() - b"HTTP/1.1 204 No Content\r\n\r\n".len();
        for cut in 0..head {
            let list = read(&ANSWERS[..cut], 1).await;
            assert_ne!(list[0].ended, Ended::Complete, "cut at {cut}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_nothing_ends_at_the_deadline() {
        let (near, _far) = tokio::io::duplex(64);
        let mut inlet = Inlet::new(near, Duration::from_secs(5));
        assert_eq!(inlet.response(b"GET").await.ended, Ended::Timeout);
    }

    #[tokio::test]
    async fn an_endless_head_ends_at_the_bound() {
        let bytes = vec![b'a'; HEAD_BOUND * 2];
        assert_eq!(read(&bytes, 1).await[0].ended, Ended::TooLong);
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_message(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0..150_usize) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                read(&bytes, 3).await;
                let mut mixed = ANSWERS[..cut].to_vec();
                mixed.extend_from_slice(&bytes);
                mixed.extend_from_slice(&ANSWERS[cut..]);
                read(&mixed, 4).await;
                let mut inlet = Inlet::new(&mixed[..], Duration::from_secs(60));
                if let Ok(mut request) = inlet.request_head().await {
                    inlet.body(&mut request).await;
                }
            });
        }
    }
}
