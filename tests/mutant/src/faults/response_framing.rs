//! Framing and trailers of responses (group 12), protocol errors of the upstream (group 18).

use crate::conduct::{Conduct, FAITHFUL};
use crate::editor::{Editor, Out};
use crate::editors::{
    Chunked, Counted, Cut, CutEnd, Deal, JoinChunks, NoExtensions, Smaller, Trailers, Unchunked, every, is_interim,
};
use crate::fault::{Commit, Fault};
use crate::http1::{Event, Head};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "response-chunked",
        &["12.1"],
        "Sends response bodies with a length in chunks.",
        Commit::Response(|| Box::new(Chunked::new(every))),
    )
    .also(&["12.4"]),
    Fault::new(
        "response-counted",
        &["12.1"],
        "Holds chunked response bodies and sends them with a length.",
        Commit::Response(|| Box::new(Counted::default())),
    )
    .also(&["12.6", "12.7", "12.11", "14.1", "14.2", "14.3", "14.8"]),
    Fault::new(
        "response-unframed",
        &["12.1", "12.2"],
        "Ends chunked responses by closing the connection.",
        Commit::Response(|| Box::new(Unchunked::default())),
    )
    .also(&["12.11", "17.1"]),
    Fault::new(
        "response-until-close-chunked",
        &["12.2"],
        "Sends responses that end with the connection in chunks.",
        Commit::Response(|| Box::new(CloseToChunks(false))),
    )
    .also(&["12.3", "12.8"]),
    Fault::response("response-version-raised", &["12.3"], "Turns HTTP/1.0 responses into HTTP/1.1.", |head, _| {
        head.start.text = super::edit::replace(&head.start.text, b"HTTP/1.0", b"HTTP/1.1");
    }),
    Fault::response("response-version-lowered", &["12.3"], "Turns HTTP/1.1 responses into HTTP/1.0.", |head, _| {
        head.start.text = super::edit::replace(&head.start.text, b"HTTP/1.1", b"HTTP/1.0");
    }),
    Fault::new(
        "short-body-filled",
        &["12.4"],
        "Fills up bodies that are shorter than their length.",
        Commit::Response(|| Box::new(CutEnd::Filled.editor())),
    )
    .also(&["12.8"]),
    Fault::new(
        "excess-dropped",
        &["12.5", "18.3"],
        "Drops bytes that come when no response is due.",
        Commit::Conduct(Conduct { drops_unasked: true, ..FAITHFUL }),
    )
    .also(&["12.10"]),
    Fault::new(
        "chunk-end-invented",
        &["12.6"],
        "Ends chunked bodies that the upstream didn't end.",
        Commit::Response(|| Box::new(CutEnd::Ended.editor())),
    )
    .also(&["12.7"]),
    Fault::new(
        "response-chunk-lines-mended",
        &["12.7"],
        "Writes chunk lines of responses anew, without extensions and with CRLF.",
        Commit::Response(|| Box::new(NoExtensions)),
    ),
    Fault::new(
        "reset-as-end",
        &["12.8"],
        "Ends with FIN what the upstream ended with RST.",
        Commit::Conduct(Conduct { reset_to_fin: true, ..FAITHFUL }),
    )
    .also(&["18.1"]),
    Fault::response("length-second-dropped", &["12.9"], "Keeps the last of two lengths.", |head, _| {
        let mut left = head.count("Content-Length");
        head.keep(|line| {
            left -= usize::from(line.is("Content-Length"));
            !line.is("Content-Length") || left == 0
        });
    }),
    Fault::response(
        "length-beside-chunked-dropped",
        &["12.9"],
        "Drops `Content-Length` beside `Transfer-Encoding`.",
        |head, _| {
            if head.has("Transfer-Encoding") {
                head.remove("Content-Length");
            }
        },
    ),
    Fault::response("chunked-on-204", &["12.10"], "Adds `Transfer-Encoding: chunked` to 204.", |head, _| {
        if head.status() == 204 {
            head.add("Transfer-Encoding", "chunked");
        }
    }),
    Fault::response("length-on-204", &["12.10"], "Sets `Content-Length: 0` in 204.", |head, _| {
        if head.status() == 204 {
            head.set("Content-Length", "0");
        }
    }),
    Fault::response(
        "response-length-removed",
        &["12.1", "13.8"],
        "Removes `Content-Length` of responses to GET.",
        |head, asked| {
            if asked.method() == b"GET" && head.status() == 200 {
                head.remove("Content-Length");
            }
        },
    ),
    Fault::new(
        "response-trailers-dropped",
        &["12.11"],
        "Drops the trailers of responses.",
        Commit::Response(|| Box::new(Trailers::new(Deal::Drop))),
    ),
    Fault::new(
        "response-trailers-unannounced-dropped",
        &["12.11"],
        "Drops trailers of responses that `Trailer` doesn't announce.",
        Commit::Response(|| Box::new(Trailers::new(Deal::Announced))),
    ),
    Fault::new(
        "response-trailers-invented",
        &["12.11"],
        "Adds a trailer `X-Checksum` to chunked responses.",
        Commit::Response(|| Box::new(Trailers::new(Deal::Invent))),
    ),
    Fault::new(
        "response-trailers-merged",
        &["12.12"],
        "Turns announced trailers of responses into fields of the head.",
        Commit::Response(|| Box::new(Trailers::new(Deal::Merge))),
    )
    .also(&["12.11", "14.2", "11.1"]),
    Fault::new(
        "response-chunks-cut",
        &["14.2"],
        "Cuts the chunks of responses into chunks of at most 3 bytes.",
        Commit::Response(|| Box::new(Smaller::new(3))),
    )
    .also(&["12.1"]),
    Fault::new(
        "response-chunks-joined",
        &["14.2"],
        "Joins two chunks of a response into one.",
        Commit::Response(|| Box::new(JoinChunks::default())),
    )
    .also(&["12.1", "14.1", "14.3"]),
    Fault::new(
        "response-cut-whole",
        &["13.1"],
        "Cuts response bodies after 1,024 bytes, with a length that fits.",
        Commit::Response(|| Box::new(Cut::new(every, 1024))),
    )
    .also(&["12.4", "13.8", "13.9"]),
    Fault::new(
        "gone-as-502",
        &["18.1", "12.8"],
        "Answers 502 when the upstream ends the connection without an answer.",
        Commit::Conduct(Conduct { gone_is_502: true, ..FAITHFUL }),
    )
    .also(&["30.1", "30.2", "30.4"]),
    Fault::new(
        "garbage-as-502",
        &["18.2"],
        "Answers 502 when the response is no HTTP.",
        Commit::Conduct(Conduct { garbage_is_502: true, ..FAITHFUL }),
    )
    .also(&["30.1", "30.2", "30.4", "12.7"]),
];

/// Sends a body that ends with the connection in chunks.
#[derive(Debug)]
struct CloseToChunks(bool);

impl Editor for CloseToChunks {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        match event {
            Event::Head(mut head) if !is_interim(&head) => {
                let bodiless = matches!(head.status(), 101 | 204 | 304) || asked.method() == b"HEAD";
                self.0 = !bodiless && !head.has("Content-Length") && !head.has("Transfer-Encoding");
                if self.0 {
                    head.add("Transfer-Encoding", "chunked");
                }
                out.send(head.bytes());
            }
            Event::Data(data) if self.0 => out.chunk(&data),
            Event::End if self.0 => out.send("0\r\n\r\n"),
            event => out.pass(&event),
        }
    }
}
