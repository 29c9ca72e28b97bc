//! Tracing (group 29).

use crate::fault::Fault;

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("trace-child", &["29.1"], "Replaces the parent id of `traceparent`.", |head, _| {
        part(head, 2, "00000000000000aa");
    }),
    Fault::request("trace-new", &["29.1"], "Begins a new trace in place of one that came.", |head, _| {
        part(head, 1, "0000000000000000000000000000000a");
    }),
    Fault::request("trace-added", &["29.1"], "Adds `traceparent` when there is none.", |head, _| {
        if !head.has("traceparent") {
            head.add("traceparent", "00-0000000000000000000000000000000a-00000000000000aa-01");
        }
    })
    .also(&["3.15"]),
    Fault::request("trace-doubled", &["29.1"], "Adds a second `traceparent`.", |head, _| {
        if head.has("traceparent") {
            head.add("traceparent", "00-0000000000000000000000000000000a-00000000000000aa-01");
        }
    })
    .also(&["3.15"]),
    Fault::request("tracestate-dropped", &["29.2"], "Removes `tracestate`.", |head, _| head.remove("tracestate")),
    Fault::request("baggage-dropped", &["29.2"], "Removes `baggage`.", |head, _| head.remove("baggage")),
    Fault::request("b3-translated", &["29.2"], "Turns `b3` into `X-B3-TraceId` and `X-B3-SpanId`.", |head, _| {
        let b3 = head.text("b3");
        let mut parts = b3.split('-');
        if let (Some(trace), Some(span)) = (parts.next(), parts.next()) {
            head.remove("b3");
            head.add("X-B3-TraceId", trace);
            head.add("X-B3-SpanId", span);
        }
    })
    .also(&["3.14", "3.15"]),
    Fault::request("trace-sampled", &["29.3"], "Sets the sampling flag of `traceparent`.", |head, _| {
        part(head, 3, "01");
    }),
];

fn part(head: &mut crate::http1::Head, number: usize, to: &str) {
    head.edit("traceparent", |value| {
        let text = String::from_utf8_lossy(value).into_owned();
        let mut parts: Vec<&str> = text.split('-').collect();
        *parts.get_mut(number)? = to;
        Some(parts.join("-").into_bytes())
    });
}
