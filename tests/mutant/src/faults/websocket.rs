//! WebSocket (group 24).

use crate::conduct::{Conduct, FAITHFUL};
use crate::editors::{Frame, Frames};
use crate::fault::{Commit, Direction, Fault};

pub(super) const FAULTS: &[Fault] = &[
    Fault::request(
        "websocket-extensions-removed",
        &["24.1"],
        "Removes `Sec-WebSocket-Extensions` of requests.",
        |head, _| {
            head.remove("Sec-WebSocket-Extensions");
        },
    )
    .also(&["3.25"]),
    Fault::request(
        "websocket-protocol-removed",
        &["24.1"],
        "Removes `Sec-WebSocket-Protocol` of requests.",
        |head, _| {
            head.remove("Sec-WebSocket-Protocol");
        },
    )
    .also(&["3.25"]),
    Fault::response(
        "websocket-protocol-lost",
        &["24.1"],
        "Removes `Sec-WebSocket-Protocol` of responses.",
        |head, _| {
            head.remove("Sec-WebSocket-Protocol");
        },
    ),
    Fault::response("websocket-refusal-502", &["24.2"], "Turns the refusal of an upgrade into 502.", |head, asked| {
        if asked.says("Upgrade", "websocket") && head.status() >= 400 {
            head.set_status("502 Bad Gateway");
        }
    })
    .also(&["10.1"]),
    Fault::new(
        "websocket-text-as-binary",
        &["24.3"],
        "Turns the upstream's text frames into binary ones.",
        Commit::Response(|| {
            Box::new(Frames::new(|frame, out| {
                let first = if frame.opcode() == 1 { (frame.first & 0xf0) | 2 } else { frame.first };
                out.push(Frame { first, ..frame });
            }))
        }),
    ),
    Fault::new(
        "websocket-fragmented",
        &["24.3"],
        "Cuts the client's messages of more than 4 bytes into two frames.",
        Commit::Request(|| {
            Box::new(Frames::new(|frame, out| {
                if !matches!(frame.first, 0x81 | 0x82) || frame.payload.len() <= 4 {
                    return out.push(frame);
                }
                let (one, other) = frame.payload.split_at(4);
                out.push(Frame { first: frame.first & 0x0f, mask: frame.mask, payload: one.to_vec() });
                out.push(Frame { first: 0x80, mask: frame.mask, payload: other.to_vec() });
            }))
        }),
    ),
    Fault::new(
        "websocket-byte-changed",
        &["24.3"],
        "Changes the first byte of the client's messages.",
        Commit::Request(|| {
            Box::new(Frames::new(|mut frame, out| {
                if frame.opcode() <= 2
                    && let Some(byte) = frame.payload.first_mut()
                {
                    *byte ^= 1;
                }
                out.push(frame);
            }))
        }),
    ),
    Fault::new(
        "websocket-close-code",
        &["24.4"],
        "Turns the upstream's close codes into 1000.",
        Commit::Response(|| Box::new(Frames::new(|frame, out| out.push(code(frame, 1000))))),
    ),
    Fault::new(
        "websocket-close-1006",
        &["24.4"],
        "Sends the client's close codes as 1006.",
        Commit::Request(|| Box::new(Frames::new(|frame, out| out.push(code(frame, 1006))))),
    ),
    Fault::new(
        "websocket-reason-lost",
        &["24.4"],
        "Drops the reason of the upstream's close frames.",
        Commit::Response(|| {
            Box::new(Frames::new(|mut frame, out| {
                if frame.opcode() == 8 {
                    frame.payload.truncate(2);
                }
                out.push(frame);
            }))
        }),
    ),
    Fault::new(
        "websocket-ping-dropped",
        &["24.5"],
        "Drops the client's pings.",
        Commit::Request(|| {
            Box::new(Frames::new(|frame, out| {
                if frame.opcode() != 9 {
                    out.push(frame);
                }
            }))
        }),
    )
    .also(&["24.6"]),
    Fault::new(
        "websocket-pong-dropped",
        &["24.5"],
        "Drops the upstream's pongs.",
        Commit::Response(|| {
            Box::new(Frames::new(|frame, out| {
                if frame.opcode() != 10 {
                    out.push(frame);
                }
            }))
        }),
    )
    .also(&["24.6"]),
    Fault::new(
        "websocket-idle",
        &["24.6"],
        "Cuts an upgraded connection when a unit passes without a byte from the upstream.",
        Commit::Conduct(Conduct { tunnel_idle: Some(1), ..FAITHFUL }),
    )
    .towards(Direction::Both),
];

fn code(mut frame: Frame, code: u16) -> Frame {
    if frame.opcode() == 8
        && let Some(bytes) = frame.payload.get_mut(..2)
    {
        bytes.copy_from_slice(&code.to_be_bytes());
    }
    frame
}
