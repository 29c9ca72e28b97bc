//! Frames (RFC 9113, section 4.1).

/// The client's connection preface.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

/// Flag END_STREAM of DATA and HEADERS.
pub(crate) const END_STREAM: u8 = 1;
/// Flag END_HEADERS.
pub(crate) const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 32;

/// Largest payload that is sent without asking (RFC 9113, section 4.2).
const LARGEST: usize = 16_384;

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// A frame that resets a stream.
    pub(crate) fn reset(stream: u32, code: u32) -> Self {
        Self { kind: RST_STREAM, flags: 0, stream, payload: code.to_be_bytes().to_vec() }
    }

    /// An empty DATA frame that ends a stream.
    pub(crate) fn end(stream: u32) -> Self {
        Self { kind: DATA, flags: END_STREAM, stream, payload: Vec::new() }
    }

    /// Says whether a flag is set.
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Says whether the sender's side of the stream ends with it.
    pub(crate) fn ends(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.has(END_STREAM)
    }

    /// Takes a whole frame from the front of a buffer.
    pub(crate) fn take(buffer: &mut Vec<u8>) -> Option<Self> {
        let head: [u8; 9] = buffer.get(..9)?.try_into().ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        let payload = buffer.get(9..9 + length)?.to_vec();
        buffer.drain(..9 + length);
        Some(Self { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    /// Appends the frame's bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let [_, length @ ..] = u32::try_from(self.payload.len()).unwrap_or_default().to_be_bytes();
        out.extend(length);
        out.extend([self.kind, self.flags]);
        out.extend(self.stream.to_be_bytes());
        out.extend(&self.payload);
    }

    /// The field block of a HEADERS frame, without padding and priority.
    pub(crate) fn fragment(&self) -> Option<&[u8]> {
        let mut rest = &*self.payload;
        if self.has(PADDED) {
            let (padding, after) = rest.split_first()?;
            rest = after.get(..after.len().checked_sub(usize::from(*padding))?)?;
        }
        if self.has(PRIORITY) { rest.get(5..) } else { Some(rest) }
    }

    /// HEADERS and as many CONTINUATION frames as a block needs.
    pub(crate) fn block(stream: u32, ends: bool, block: &[u8]) -> Vec<Self> {
        let mut pieces: Vec<&[u8]> = block.chunks(LARGEST).collect();
        if pieces.is_empty() {
            pieces.push(&[]);
        }
        let last = pieces.len() - 1;
        let frame = |(at, piece): (usize, &[u8])| {
            let end = if at == last { END_HEADERS } else { 0 };
            let (kind, flags) = if at == 0 { (HEADERS, end | u8::from(ends)) } else { (CONTINUATION, end) };
            Self { kind, flags, stream, payload: piece.to_vec() }
        };
        pieces.into_iter().enumerate().map(frame).collect()
    }
}
