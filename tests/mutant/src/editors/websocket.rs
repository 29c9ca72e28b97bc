//! Editor of WebSocket frames (RFC 6455, section 5.2) in a connection that was upgraded.

use crate::editor::{Editor, Out};
use crate::http1::{Event, Head};

/// A frame with its payload unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// First byte: FIN, the reserved bits, the opcode.
    pub(crate) first: u8,
    /// Masking key of a client's frame.
    pub(crate) mask: Option<[u8; 4]>,
    /// Payload.
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// Opcode: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    pub(crate) fn opcode(&self) -> u8 {
        self.first & 0x0f
    }

    fn write(&self, out: &mut Vec<u8>) {
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        out.push(self.first);
        match self.payload.len() {
            length @ 0..=125 => out.push(masked | u8::try_from(length).unwrap_or_default()),
            length => {
                if let Ok(length) = u16::try_from(length) {
                    out.push(masked | 126);
                    out.extend(length.to_be_bytes());
                } else {
                    out.push(masked | 127);
                    out.extend((length as u64).to_be_bytes());
                }
            }
        }
        let key = self.mask.unwrap_or_default();
        out.extend(self.mask.iter().flatten());
        out.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    }

    /// Takes a whole frame from the front of a buffer.
    fn take(buffer: &mut Vec<u8>) -> Option<Self> {
        let (first, second) = (*buffer.first()?, *buffer.get(1)?);
        let number = |range: std::ops::Range<usize>| {
            buffer.get(range).map(|bytes| bytes.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)))
        };
        let (length, mut at) = match second & 0x7f {
            126 => (number(2..4)?, 4),
            127 => (number(2..10)?, 10),
            short => (u64::from(short), 2),
        };
        let mask = if second & 0x80 == 0 {
            None
        } else {
            at += 4;
            Some(<[u8; 4]>::try_from(buffer.get(at - 4..at)?).ok()?)
        };
        let end = at.checked_add(usize::try_from(length).ok()?)?;
        let key = mask.unwrap_or_default();
        let payload = buffer.get(at..end)?.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        buffer.drain(..end);
        Some(Self { first, mask, payload })
    }
}

/// What is sent in place of a frame.
pub(crate) type OnFrame = fn(Frame, &mut Vec<Frame>);

/// Edits the frames of one direction, once the upgrade was answered.
#[derive(Debug)]
pub(crate) struct Frames {
    on: OnFrame,
    upgraded: bool,
    buffer: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(on: OnFrame) -> Self {
        Self { on, upgraded: false, buffer: Vec::new() }
    }
}

impl Editor for Frames {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        let websocket = |head: &Head| head.says("Upgrade", "websocket");
        match event {
            Event::Raw(bytes) if self.upgraded || websocket(asked) => {
                self.buffer.extend(bytes);
                while let Some(frame) = Frame::take(&mut self.buffer) {
                    let mut frames = Vec::new();
                    (self.on)(frame, &mut frames);
                    frames.iter().for_each(|frame| frame.write(&mut out.bytes));
                }
            }
            Event::Closed => out.send(std::mem::take(&mut self.buffer)),
            event => {
                if let Event::Head(head) = &event {
                    self.upgraded = websocket(head);
                }
                out.pass(&event);
            }
        }
    }
}
