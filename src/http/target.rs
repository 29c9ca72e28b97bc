//! Makes request targets readable to the HTTP library.
//!
//! Clients send bytes in a target that RFC 3986 wants escaped (`é`, `<`, `#`). Gateways pass them on, so they have to be
//! answered, but the library's URI type refuses them. [`TargetEncoder`] follows the incoming bytes of an HTTP/1
//! connection closely enough to know which of them are a request target, and percent-encodes those that would be
//! refused. Nothing else is touched; bodies pass as they are. It knows where a message ends, too, and stops there: the
//! library is given one message at a time (see [`turn`](super::turn)). A message it can't follow is one that the library
//! refuses too, so from there on it only passes bytes through.

use crate::wire::hex;

/// Follows one connection's incoming bytes.
#[derive(Debug, Default)]
pub(super) struct TargetEncoder {
    state: State,
    /// Header line that began in an earlier read.
    line: Vec<u8>,
    framing: Framing,
    /// True behind a bare line feed in a trailer line.
    in_trailer: bool,
    /// Verb and target of the message being read, encoded, as far as they have arrived; [`SEEN_MAX`] bytes at most.
    seen: Vec<u8>,
}

/// What came of bytes that were fed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fed {
    /// How many of them were taken.
    pub taken: usize,
    /// What to pass on in their place; `None` when they can be passed on as they are.
    pub encoded: Option<Vec<u8>>,
    /// True when a message ends with them.
    pub ended: bool,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// The verb, or the empty line before it.
    #[default]
    Method,
    /// The path of a target.
    Path,
    /// The query of a target.
    Query,
    /// The rest of the request line.
    Version,
    /// Header lines.
    Headers,
    /// This many bytes of a body.
    Body(u64),
    /// A chunk's size line, or the line end behind a chunk's data.
    ChunkSize,
    /// Trailer lines behind the last chunk.
    Trailers,
    /// Something that is not followed.
    Opaque,
}

/// How the body of the message being read is delimited (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, Default)]
enum Framing {
    #[default]
    NoBody,
    Length(u64),
    Chunked,
}

/// Most bytes that are kept of a request line.
const SEEN_MAX: usize = 8 * 1024;

/// Longest line that is kept between two reads; the library refuses longer heads.
const LINE_MAX: usize = 128 * 1024;

impl TargetEncoder {
    /// Verb and target of the message being read, as far as they have arrived: `GET /v1/fixed/a`.
    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    fn see(&mut self, bytes: &[u8]) {
        let room = SEEN_MAX - self.seen.len();
        self.seen.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Takes the next bytes, up to the end of a message.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Fed {
        let mut out: Option<Vec<u8>> = None;
        let mut at = 0;
        let mut ended = false;
        while at < bytes.len() && !ended {
            let rest = &bytes[at..];
            let before = self.state;
            let taken = match before {
                State::Opaque => rest.len(),
                State::Body(left) => self.body(rest, left),
                State::Path | State::Query => {
                    let byte = rest[0];
                    if self.must_be_encoded(byte) {
                        let out = out.get_or_insert_with(|| bytes[..at].to_vec());
                        let [high, low] = hex::upper(byte);
                        let escape = [b'%', high, low];
                        out.extend_from_slice(&escape);
                        self.see(&escape);
                        at += 1;
                        continue;
                    }
                    self.target(rest)
                }
                State::Method => self.method(rest),
                State::Version => self.version(rest),
                State::Headers | State::ChunkSize | State::Trailers => self.lines(rest),
            };
            if let Some(out) = &mut out {
                out.extend_from_slice(&rest[..taken]);
            }
            at += taken;
            ended = self.state == State::Method && before != State::Method;
        }
        Fed { taken: at, encoded: out, ended }
    }

    /// True for what the URI type refuses at this place of a target.
    const fn must_be_encoded(&self, byte: u8) -> bool {
        match byte {
            0x80..=0xFF | b'<' | b'>' | b'#' => true,
            b'`' => matches!(self.state, State::Path),
            b'"' => matches!(self.state, State::Query),
            _ => false,
        }
    }

    fn method(&mut self, bytes: &[u8]) -> usize {
        if self.seen.contains(&b' ') {
            // That was the message before.
            self.seen.clear();
        }
        let space = bytes.iter().position(|byte| *byte == b' ');
        let taken = space.map_or(bytes.len(), |space| space + 1);
        if space.is_some() {
            self.state = State::Path;
        }
        self.see(&bytes[..taken]);
        taken
    }

    /// Passes a run of target bytes that are fine.
    fn target(&mut self, bytes: &[u8]) -> usize {
        let taken = self.target_run(bytes);
        let ended = self.state == State::Version;
        self.see(&bytes[..taken - usize::from(ended)]);
        taken
    }

    fn target_run(&mut self, bytes: &[u8]) -> usize {
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                b' ' => {
                    self.state = State::Version;
                    return index + 1;
                }
                // Not a request line.
                b'\r' | b'\n' => {
                    self.state = State::Opaque;
                    return index;
                }
                b'?' if self.state == State::Path => self.state = State::Query,
                byte if self.must_be_encoded(*byte) => return index,
                _ => {}
            }
        }
        bytes.len()
    }

    fn version(&mut self, bytes: &[u8]) -> usize {
        match memchr::memchr(b'\n', bytes) {
            Some(end) => {
                self.state = State::Headers;
                self.framing = Framing::NoBody;
                end + 1
            }
            None => bytes.len(),
        }
    }

    fn body(&mut self, bytes: &[u8], left: u64) -> usize {
        let taken = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let left = left - taken as u64;
        self.state = match (left, self.framing) {
            (0, Framing::Chunked) => State::ChunkSize,
            (0, _) => State::Method,
            (left, _) => State::Body(left),
        };
        taken
    }

    /// Takes one line, or keeps the part of it that is here.
    fn lines(&mut self, bytes: &[u8]) -> usize {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            if self.line.len() + bytes.len() > LINE_MAX {
                self.state = State::Opaque;
            } else {
                self.line.extend_from_slice(bytes);
            }
            return bytes.len();
        };
        if self.line.is_empty() {
            self.whole_line(&bytes[..end]);
        } else {
            let mut line = std::mem::take(&mut self.line);
            line.extend_from_slice(&bytes[..end]);
            self.whole_line(&line);
            line.clear();
            self.line = line;
        }
        end + 1
    }

    fn whole_line(&mut self, line: &[u8]) {
        let (line, bare) = line.strip_suffix(b"\r").map_or((line, true), |line| (line, false));
        match self.state {
            // In trailers the library takes a bare line feed for part of the line. To end the message before it does would
            // leave the two waiting for each other.
            State::Trailers if bare || self.in_trailer => self.in_trailer = bare,
            State::Headers if line.is_empty() => self.head_ends(),
            State::Headers => self.header(line),
            State::Trailers if line.is_empty() => self.state = State::Method,
            State::ChunkSize if !line.is_empty() => self.chunk(line),
            _ => {}
        }
    }

    fn head_ends(&mut self) {
        self.state = match self.framing {
            Framing::NoBody | Framing::Length(0) => State::Method,
            Framing::Length(length) => State::Body(length),
            Framing::Chunked => State::ChunkSize,
        };
    }

    fn header(&mut self, line: &[u8]) {
        // Nearly every header line ends here.
        if !matches!(line[0] | 0x20, b'c' | b't' | b'u') {
            return;
        }
        let Some(colon) = memchr::memchr(b':', line) else { return };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            match (length, self.framing) {
                (Some(length), Framing::NoBody) => self.framing = Framing::Length(length),
                (None, _) => self.state = State::Opaque,
                _ => {}
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") && value.eq_ignore_ascii_case(b"chunked") {
            self.framing = Framing::Chunked;
        } else if name.eq_ignore_ascii_case(b"upgrade") && value.eq_ignore_ascii_case(b"websocket") {
            self.state = State::Opaque;
        }
    }

    fn chunk(&mut self, line: &[u8]) {
        let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(size).ok().and_then(|size| u64::from_str_radix(size, 16).ok());
        self.state = match size {
            Some(0) => {
                self.in_trailer = false;
                State::Trailers
            }
            Some(size) => State::Body(size),
            None => State::Opaque,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `bytes` in pieces that end at `cuts`.
    fn fed(bytes: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut encoder = TargetEncoder::default();
        let mut out = Vec::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            let cut = cut.clamp(from, bytes.len());
            while from < cut {
                let piece = &bytes[from..cut];
                let Fed { taken, encoded, .. } = encoder.feed(piece);
                out.extend(encoded.unwrap_or_else(|| piece[..taken].to_vec()));
                from += taken;
            }
        }
        out
    }

    const MESSAGES: &str = "GET /é?<é> HTTP/1.1\r\nHost: é\r\nX: GET /é HTTP/1.1\r\n\r\n\
        POST /a#b HTTP/1.1\r\nContent-Length: 18\r\n\r\nGET /é HTTP/1.1\r\nPOST /ü HTTP/1.1\r\n\
        Transfer-Encoding: chunked\r\n\r\n12;x=é\r\nGET /é HTTP/1.1\r\n\r\n0\r\nTrailer: é\r\n\r\nGET /\" HTTP/1.1\r\n\r\n";
    const ENCODED: &str = "GET /%C3%A9?%3C%C3%A9%3E HTTP/1.1\r\nHost: é\r\nX: GET /é HTTP/1.1\r\n\r\n\
        POST /a%23b HTTP/1.1\r\nContent-Length: 18\r\n\r\nGET /é HTTP/1.1\r\nPOST /%C3%BC HTTP/1.1\r\n\
        Transfer-Encoding: chunked\r\n\r\n12;x=é\r\nGET /é HTTP/1.1\r\n\r\n0\r\nTrailer: é\r\n\r\nGET /\" HTTP/1.1\r\n\r\n";

    #[test]
    fn only_targets_are_encoded() {
        assert_eq!(String::from_utf8_lossy(&fed(MESSAGES.as_bytes(), &[])), ENCODED);
    }

    #[test]
    fn what_is_fine_is_not_copied() {
        let mut encoder = TargetEncoder::default();
        let message = b"GET /v1/fixed/a?b=%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(encoder.feed(message), Fed { taken: message.len(), encoded: None, ended: true });
    }

    #[test]
    fn it_stops_where_a_message_ends() {
        let mut encoder = TargetEncoder::default();
        let mut rest = MESSAGES.as_bytes();
        let mut starts = Vec::new();
        while !rest.is_empty() {
            starts.push(String::from_utf8_lossy(rest).chars().take(7).collect::<String>());
            let Fed { taken, ended, .. } = encoder.feed(rest);
            assert!(ended);
            rest = &rest[taken..];
        }
        assert_eq!(starts, ["GET /é?", "POST /a", "POST /ü", "GET /\" "]);
        assert!(!encoder.feed(b"\r\nGET / HTTP/1.1\r\nHost: a\r\n").ended);
        assert!(!encoder.feed(b"Content-Length: 2\r\n\r\na").ended);
        assert_eq!(encoder.feed(b"bGET").taken, 1);
        for (trailers, rest) in
            [("\r\n", ""), ("A: b\r\n\r\n", ""), ("\r\n\r\n", "\r\n"), ("\n\r\n\r\n", ""), ("\x0b\n\r\n\r\n.", ".")]
        {
            let message = format!("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{trailers}");
            let Fed { taken, ended, .. } = TargetEncoder::default().feed(message.as_bytes());
            assert_eq!((&message[taken..], ended), (rest, true), "{trailers:?}");
        }
    }

    #[test]
    fn the_request_line_being_read_is_known() {
        let mut encoder = TargetEncoder::default();
        for (piece, seen) in [
            ("GE", "GE"),
            ("T /v1/\u{e9}", "GET /v1/%C3%A9"),
            ("?a HTTP/1.1\r\nA: b\r\n", "GET /v1/%C3%A9?a"),
            ("\r\n", "GET /v1/%C3%A9?a"),
            ("PUT /", "PUT /"),
        ] {
            encoder.feed(piece.as_bytes());
            assert_eq!(String::from_utf8_lossy(encoder.seen()), seen);
        }
        encoder.feed(&[b'x'; 2 * SEEN_MAX]);
        assert_eq!(encoder.seen().len(), SEEN_MAX);
    }

    #[test]
    fn what_can_not_be_followed_passes() {
        for bytes in [
            b"GET \r\n\xff \xff \xff\r\n\r\n\xff".as_slice(),
            b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nGET /\xff HTTP/1.1\r\n\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /\xff HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET /\xff HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(fed(bytes, &[]), bytes);
        }
    }

    proptest! {
        #[test]
        fn reads_may_be_cut_anywhere(mut cuts in prop::collection::vec(0..MESSAGES.len(), 0..12)) {
            cuts.sort_unstable();
            prop_assert_eq!(fed(MESSAGES.as_bytes(), &cuts), ENCODED.as_bytes());
        }

        #[test]
        fn bodies_pass_as_they_are(body in prop::collection::vec(any::<u8>(), 0..300), cut in 0..400_usize) {
            let mut message = format!("POST /x HTTP/1.1\r\ncontent-length:{}\r\n\r\n", body.len()).into_bytes();
            message.extend_from_slice(&body);
            let next = message.len();
            message.extend_from_slice(b"GET /\xe9 HTTP/1.1\r\n\r\n");
            let out = fed(&message, &[cut]);
            prop_assert_eq!(&out[..next], &message[..next]);
            prop_assert!(out[next..].starts_with(b"GET /%E9 HTTP/1.1"));
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0..400_usize) {
            fed(&bytes, &[cut]);
        }
    }
}
