//! The relay of one HTTP/2 connection with a fault.

use std::collections::{HashMap, HashSet};

use super::frames::{CONTINUATION, END_HEADERS, Frame, HEADERS, PREFACE};
use super::hpack::{Decoder, Field, encode};
use crate::socket::{PIECE, Socket, Stop};

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Upstream,
}

impl Side {
    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Client => Self::Upstream,
            Self::Upstream => Self::Client,
        }
    }
}

/// What a field block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Fields after the body.
    pub(crate) trailers: bool,
    /// The stream ends with it.
    pub(crate) ends: bool,
}

/// What becomes of a field block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is sent as edited.
    Send,
    /// It is dropped; an end of the stream is sent as an empty DATA frame.
    Drop,
    /// It is sent without the end of the stream, which follows as an empty DATA frame.
    EndApart,
    /// The stream is reset on both sides with this code.
    Reset(u32),
    /// The receiver's stream is reset with this code.
    ResetReceiver(u32),
}

/// Edits the field blocks of one side.
pub(crate) type OnBlock = fn(&mut Vec<Field>, Block) -> Verdict;

/// Frames that a fault keeps, by stream.
pub(crate) type Held = HashMap<u32, Vec<Frame>>;

/// Says what is sent in place of a frame, and to whom.
pub(crate) type OnFrame = fn(Side, Frame, &mut Held, &mut Vec<(Side, Frame)>);

/// What is done to a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// Whose field blocks are edited, and how.
    pub(crate) blocks: Option<(Side, OnBlock)>,
    /// What is done with frames that are no field blocks, and with those of blocks that aren't edited.
    pub(crate) frames: Option<OnFrame>,
}

struct Relay {
    change: Change,
    decoder: Decoder,
    /// Frames of a block that is not complete.
    block: Vec<Frame>,
    /// Streams whose sender has sent its first block.
    begun: HashSet<u32>,
    /// Streams that a fault has ended.
    dead: HashSet<u32>,
    held: Held,
}

/// Joins a client and an upstream that speak HTTP/2. `sent` are the bytes that the client has sent already.
pub(crate) async fn relay(client: &Socket, upstream: &Socket, change: Change, sent: &[u8]) -> Result<(), Stop> {
    let (mut from_client, mut from_upstream) = (sent.to_vec(), Vec::new());
    let mut relay = Relay {
        change,
        decoder: Decoder::new(),
        block: Vec::new(),
        begun: HashSet::new(),
        dead: HashSet::new(),
        held: Held::new(),
    };
    let mut preface = PREFACE.len();
    let (mut client_buffer, mut upstream_buffer) = (vec![0; PIECE], vec![0; PIECE]);
    let (mut client_open, mut upstream_open) = (true, true);
    loop {
        let (mut to_client, mut to_upstream) = (Vec::new(), Vec::new());
        let begin = preface.min(from_client.len());
        to_upstream.extend(from_client.drain(..begin));
        preface -= begin;
        for side in [Side::Client, Side::Upstream] {
            let buffer = if side == Side::Client { &mut from_client } else { &mut from_upstream };
            if preface > 0 && side == Side::Client {
                continue;
            }
            while let Some(frame) = Frame::take(buffer) {
                for (to, frame) in relay.take(side, frame) {
                    frame.write(if to == Side::Client { &mut to_client } else { &mut to_upstream });
                }
            }
        }
        client.write(&to_client).await.map_err(|_| Stop::Reset)?;
        upstream.write(&to_upstream).await.map_err(|_| Stop::Reset)?;
        tokio::select! {
            read = client.read(&mut client_buffer), if client_open => {
                let length = read.map_err(|_| Stop::Reset)?;
                from_client.extend_from_slice(client_buffer.get(..length).unwrap_or_default());
                if length == 0 {
                    client_open = false;
                    upstream.finish();
                }
            }
            read = upstream.read(&mut upstream_buffer), if upstream_open => {
                let length = read.map_err(|_| Stop::Reset)?;
                from_upstream.extend_from_slice(upstream_buffer.get(..length).unwrap_or_default());
                if length == 0 {
                    upstream_open = false;
                    client.finish();
                }
            }
            else => return Ok(()),
        }
    }
}

impl Relay {
    fn take(&mut self, from: Side, frame: Frame) -> Vec<(Side, Frame)> {
        let mut out = Vec::new();
        if let Some((side, edit)) = self.change.blocks
            && side == from
            && matches!(frame.kind, HEADERS | CONTINUATION)
        {
            let complete = frame.has(END_HEADERS);
            self.block.push(frame);
            if complete {
                let frames = std::mem::take(&mut self.block);
                self.edit(from, frames, edit, &mut out);
            }
            return out;
        }
        if self.dead.contains(&frame.stream) {
            return out;
        }
        match self.change.frames {
            Some(change) => change(from, frame, &mut self.held, &mut out),
            None => out.push((from.other(), frame)),
        }
        out
    }

    fn edit(&mut self, from: Side, frames: Vec<Frame>, edit: OnBlock, out: &mut Vec<(Side, Frame)>) {
        let to = from.other();
        let mut coded = Vec::new();
        let (mut stream, mut ends) = (0, false);
        for frame in &frames {
            if frame.kind == HEADERS {
                (stream, ends) = (frame.stream, frame.ends());
                coded.extend_from_slice(frame.fragment().unwrap_or_default());
            } else {
                coded.extend_from_slice(&frame.payload);
            }
        }
        let Some(mut fields) = self.decoder.decode(&coded) else {
            // Whoever reads it will say what is wrong.
            out.extend(frames.into_iter().map(|frame| (to, frame)));
            return;
        };
        if self.dead.contains(&stream) {
            return;
        }
        let interim = fields.iter().any(|(name, value)| name == b":status" && value.starts_with(b"1"));
        let trailers = self.begun.contains(&stream);
        if !interim {
            self.begun.insert(stream);
        }
        let verdict = edit(&mut fields, Block { trailers, ends });
        let frames = |ends| Frame::block(stream, ends, &encode(&fields)).into_iter().map(move |frame| (to, frame));
        match verdict {
            Verdict::Send => out.extend(frames(ends)),
            Verdict::Drop if ends => out.push((to, Frame::end(stream))),
            Verdict::Drop => {}
            Verdict::EndApart => {
                out.extend(frames(false));
                if ends {
                    out.push((to, Frame::end(stream)));
                }
            }
            Verdict::Reset(code) => {
                self.dead.insert(stream);
                out.push((from, Frame::reset(stream, code)));
                if trailers {
                    out.push((to, Frame::reset(stream, code)));
                }
            }
            Verdict::ResetReceiver(code) => {
                self.dead.insert(stream);
                out.push((to, Frame::reset(stream, code)));
            }
        }
    }
}
