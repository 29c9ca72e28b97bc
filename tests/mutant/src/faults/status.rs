//! Status of responses, methods that change them, error pages, redirects, conditions and ranges (groups 7, 10, 22).

use crate::conduct::{Conduct, FAITHFUL};
use crate::editor::{Editor, Out};
use crate::editors::{Whole, is_interim};
use crate::fault::{Commit, Fault};
use crate::http1::{Event, Head};

pub(super) const FAULTS: &[Fault] = &[
    Fault::response(
        "head-length-removed",
        &["7.1"],
        "Removes `Content-Length` of responses to HEAD.",
        |head, asked| {
            if asked.method() == b"HEAD" {
                head.remove("Content-Length");
            }
        },
    ),
    Fault::response("head-length-zero", &["7.1"], "Sets `Content-Length: 0` in responses to HEAD.", |head, asked| {
        if asked.method() == b"HEAD" {
            head.replace("Content-Length", "0");
        }
    }),
    Fault::new(
        "head-sent-as-get",
        &["7.2"],
        "Sends HEAD as GET, and drops the body of the response.",
        Commit::Exchange(
            |head, _| {
                if head.method() == b"HEAD" {
                    head.set_method(b"GET");
                }
            },
            || Box::new(HeadOnly(false)),
        ),
    )
    .also(&["7.1"]),
    Fault::response("status-503-as-502", &["10.1"], "Turns 503 into 502.", |head, _| {
        status(head, 503, "502 Bad Gateway");
    }),
    Fault::response("status-201-as-200", &["10.1"], "Turns 201 into 200.", |head, _| status(head, 201, "200 OK")),
    Fault::response("status-404-as-200", &["10.1"], "Turns 404 into 200.", |head, _| status(head, 404, "200 OK")),
    Fault::response("status-unassigned-folded", &["10.2"], "Turns statuses above 511 into 500.", |head, _| {
        if head.status() > 511 {
            head.set_status("500 Internal Server Error");
        }
    })
    .also(&["10.1", "10.3"]),
    Fault::response("reason-replaced", &["10.3"], "Writes the usual reason of 200.", |head, _| {
        status(head, 200, "200 OK");
    }),
    Fault::response("reason-dropped", &["10.3"], "Leaves the reason empty.", |head, _| {
        let status = head.status();
        head.set_status(&format!("{status} "));
    }),
    Fault::new(
        "error-page-replaced",
        &["10.4"],
        "Replaces the bodies of 5xx responses by its own page.",
        Commit::Response(|| Box::new(Whole::new(|head, _| head.status() >= 500, error_page))),
    )
    .also(&["11.9", "13.1", "13.9", "14.2"]),
    Fault::new(
        "error-body-dropped",
        &["10.4"],
        "Drops the bodies of 4xx responses.",
        Commit::Response(|| {
            Box::new(Whole::new(|head, _| (400..500).contains(&head.status()), |_, body| body.clear()))
        }),
    )
    .also(&["13.1", "13.9", "14.2"]),
    Fault::new(
        "redirect-followed",
        &["10.5"],
        "Follows redirects of GET itself.",
        Commit::Conduct(Conduct { follows: true, ..FAITHFUL }),
    )
    .also(&["10.1", "11.8"]),
    Fault::response("retry-after-removed", &["10.6"], "Removes `Retry-After`.", |head, _| head.remove("Retry-After"))
        .also(&["11.2"]),
    Fault::response("retry-after-rewritten", &["10.6"], "Sets `Retry-After` to 120.", |head, _| {
        head.replace("Retry-After", "120");
    }),
    Fault::response("content-range-removed", &["22.2"], "Removes `Content-Range`.", |head, _| {
        head.remove("Content-Range");
    })
    .also(&["11.2"]),
    Fault::response("partial-as-whole", &["22.2"], "Turns 206 into 200.", |head, _| status(head, 206, "200 OK"))
        .also(&["10.1"]),
    Fault::response("range-unsatisfiable-as-404", &["22.2"], "Turns 416 into 404.", |head, _| {
        status(head, 416, "404 Not Found");
    })
    .also(&["10.1"]),
    Fault::response("accept-ranges-removed", &["22.2"], "Removes `Accept-Ranges`.", |head, _| {
        head.remove("Accept-Ranges");
    })
    .also(&["11.2"]),
    Fault::response("not-modified-without-tag", &["22.5"], "Removes `ETag` and `Last-Modified` of 304.", |head, _| {
        if head.status() == 304 {
            head.keep(|line| !line.is("ETag") && !line.is("Last-Modified"));
        }
    })
    .also(&["11.2", "19.7"]),
    Fault::response("not-modified-with-length", &["22.5"], "Sets `Content-Length: 0` in 304.", |head, _| {
        if head.status() == 304 {
            head.set("Content-Length", "0");
        }
    })
    .also(&["12.10", "19.7"]),
];

fn status(head: &mut Head, from: u16, to: &str) {
    if head.status() == from {
        head.set_status(to);
    }
}

fn error_page(head: &mut Head, body: &mut Vec<u8>) {
    *body = b"<html><body><h1>Something went wrong</h1></body></html>\n".to_vec();
    head.replace("Content-Type", "text/html");
    head.remove("Content-Encoding");
}

/// Passes the head alone of responses to HEAD. The parser knows the request as HEAD, so the body comes as raw bytes.
#[derive(Debug)]
struct HeadOnly(bool);

impl Editor for HeadOnly {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        if let Event::Head(head) = &event {
            self.0 = asked.method() == b"HEAD" && !is_interim(head);
        } else if self.0 && !matches!(event, Event::End | Event::Closed) {
            return;
        }
        out.pass(&event);
    }
}
