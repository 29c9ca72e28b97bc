//! HTTP/2 client that sends exactly the given frames (RFC 9113, section 4.1).

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use super::Server;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `GET /` of host `a`, from HPACK's static table (RFC 7541, appendix A).
pub const GET: &[u8] = &[0x82, 0x86, 0x84, 0x41, 1, b'a'];
/// `POST /` of host `a`.
pub const POST: &[u8] = &[0x83, 0x86, 0x84, 0x41, 1, b'a'];

/// Received frame: kind, stream, payload.
pub type Frame = (u8, u32, Vec<u8>);

/// Encodes a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Encodes a field in HPACK without any table (RFC 7541, section 6.2.2). Both parts must be shorter than 127 bytes.
pub fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// Writes `bytes`, closes the sending side, and reads to the end of the connection.
pub fn exchange(server: &Server, bytes: impl IntoIterator<Item = Vec<u8>> + Send + 'static) -> Vec<Frame> {
    let mut socket = connect(server);
    let mut writer = socket.try_clone().unwrap();
    let writing = thread::spawn(move || {
        // The server may have closed it.
        let _ = bytes.into_iter().try_for_each(|bytes| writer.write_all(&bytes));
        let _ = writer.shutdown(Shutdown::Write);
    });
    let mut received = Vec::new();
    // A reset ends it too; frames received before count.
    let _ = socket.read_to_end(&mut received);
    writing.join().unwrap();
    let (mut frames, mut rest) = (Vec::new(), received.as_slice());
    while let Some(frame) = next(&mut rest) {
        frames.push(frame);
    }
    frames
}

/// Like [`exchange`], after preface and SETTINGS.
pub fn exchange_after_preface(
    server: &Server,
    bytes: impl IntoIterator<Item = Vec<u8>, IntoIter: Send> + Send + 'static,
) -> Vec<Frame> {
    exchange(server, std::iter::once(start()).chain(bytes).collect::<Vec<_>>())
}

/// Writes preface, SETTINGS and `bytes`, and reads until `enough` returns true, or to the end of the connection.
pub fn ask(server: &Server, bytes: &[u8], enough: impl Fn(&[Frame]) -> bool) -> Vec<Frame> {
    let mut socket = connect(server);
    socket.write_all(&[&start(), bytes].concat()).unwrap();
    let (mut frames, mut received) = (Vec::new(), Vec::new());
    let mut piece = [0; 4096];
    while !enough(&frames) {
        match socket.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(length) => received.extend_from_slice(&piece[..length]),
        }
        let mut rest = received.as_slice();
        while let Some(frame) = next(&mut rest) {
            frames.push(frame);
        }
        received = rest.to_vec();
    }
    frames
}

fn connect(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(70))).unwrap();
    socket
}

fn start() -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()
}

/// Removes and returns the next complete frame.
fn next(bytes: &mut &[u8]) -> Option<Frame> {
    let (head, after) = bytes.split_first_chunk::<9>()?;
    let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
    let (payload, rest) = after.split_at_checked(length)?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    *bytes = rest;
    Some((head[3], stream, payload.to_vec()))
}

/// Returns the error code of the last received GOAWAY.
pub fn goaway(frames: &[Frame]) -> Option<u32> {
    let (_, _, payload) = frames.iter().rfind(|(kind, _, _)| *kind == GOAWAY)?;
    Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()))
}

/// Returns the error code with which a stream was reset.
pub fn reset(frames: &[Frame], stream: u32) -> Option<u32> {
    let (_, _, payload) = frames.iter().find(|(kind, of, _)| *kind == RST_STREAM && *of == stream)?;
    Some(u32::from_be_bytes(payload[..4].try_into().unwrap()))
}
