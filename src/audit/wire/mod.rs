//! The record below HTTP: what of a request and its connection has no place in the event.
//!
//! | module | contents |
//! |---|---|
//! | `raw_head` | the head as received, with secrets masked in place |
//! | `malformed` | the first bytes of a malformed request |
//! | `document` | the wire document |
//! | `request`, `response`, `connection` | its objects |
//! | `frames` | frames and settings of HTTP/2 |
//! | `trace` | trace id |
//! | `shown` | bytes and times in the document |

mod connection;
mod document;
mod frames;
mod malformed;
mod raw_head;
mod request;
mod response;
mod shown;
mod trace;

use actors::audit::{JsonText, Masked, Text, Wire};
use bytes::Bytes;

pub use self::connection::ConnectionEnd;
use self::{
    connection::Connection,
    document::Document,
    request::{Parts, Request},
    response::Response,
};
pub(super) use self::{connection::connection_json, shown::millis};
pub(super) use self::{malformed::Malformed, raw_head::MaskedHead};
use super::{Ending, Refused, ResponseRecord, Seen, masker::Masker, stored_text};
use crate::request::{ChunkRecord, EndedBy, Fields, RequestFacts, RequestHead};

/// Field by which test suites mark their requests.
const TEST_RUN: &str = "x-test-run";

/// Builds the record below HTTP of a request. `payloads`: with the document. `masked` is its head, if headers are
/// recorded.
pub(super) fn of_exchange(
    payloads: bool,
    masker: &Masker<'_>,
    masked: Option<&MaskedHead<'_>>,
    ending: &Ending<'_>,
    response: &ResponseRecord,
) -> Wire {
    let Ending { head, facts, ended, rule, .. } = *ending;
    Wire {
        request_head: masked.map(|masked| masked.raw(head)).unwrap_or_default(),
        response_head: masked.map(|_| response::masked_head(&response.head, masker)).unwrap_or_default(),
        document: payloads.then(|| document(masker, masked, ending, response)).flatten(),
        ..narrow(head, masker, facts, ended.by, rule)
    }
}

fn document(
    masker: &Masker<'_>,
    masked: Option<&MaskedHead<'_>>,
    ending: &Ending<'_>,
    response: &ResponseRecord,
) -> Option<JsonText> {
    let Ending { head, facts, ended, .. } = *ending;
    let pseudo = masked.map(|masked| request::pseudo_fields(head, masked, masker)).unwrap_or_default();
    let response = facts.and_then(|facts| Response::new(response, facts, masker, masked.is_some()));
    let render = |chunks: Option<&ChunkRecord>, trailers: &Fields| {
        let trailers = masked.map(|_| masker.fields(trailers.iter(), Masked::REQUEST_HEADERS)).unwrap_or_default();
        let parts = Parts { head, masked, pseudo: &pseudo, trailers: &trailers, facts, chunks };
        let request = Request::new(&parts, masker);
        Document {
            request,
            response: response.as_ref(),
            connection: facts.map(Connection::new),
            reset_code: ended.code,
        }
        .json()
    };
    match facts {
        Some(facts) => facts.with_body(render),
        None => render(None, &Fields::default()),
    }
}

/// Builds the record below HTTP of a malformed request. `raw` holds its masked bytes, and where in
/// them the rule is broken.
pub(super) fn of_malformed(
    refused: &Refused<'_>,
    payloads: bool,
    (raw, rule_at): (Bytes, Option<usize>),
    (head, masker): (&RequestHead, &Masker<'_>),
) -> Wire {
    let received = match refused.seen {
        Seen::Bytes(_, received) => Some(received),
        Seen::Head(_) => None,
    };
    let request = || Request::refused(refused.facts, received, rule_at);
    Wire { request_head: raw, ..of_refused(refused, payloads, request, (head, masker)) }
}

/// Builds the record below HTTP of a request on HTTP/2 that was refused.
pub(super) fn of_unwanted(
    refused: &Refused<'_>,
    payloads: bool,
    masked: Option<&MaskedHead<'_>>,
    (head, masker): (&RequestHead, &Masker<'_>),
) -> Wire {
    let pseudo = masked.map(|masked| request::pseudo_fields(head, masked, masker)).unwrap_or_default();
    let parts = Parts { head, masked, pseudo: &pseudo, trailers: &[], facts: Some(refused.facts), chunks: None };
    of_refused(refused, payloads, || Request::new(&parts, masker), (head, masker))
}

fn of_refused<'d>(
    refused: &Refused<'_>,
    payloads: bool,
    request: impl FnOnce() -> Request<'d>,
    (head, masker): (&RequestHead, &Masker<'_>),
) -> Wire {
    let connection = Some(Connection::new(refused.facts));
    let document = || Document { request: request(), response: None, connection, reset_code: None }.json();
    Wire {
        response_head: refused.response_head.clone(),
        document: payloads.then(document).flatten(),
        ..narrow(head, masker, Some(refused.facts), refused.ended, Some(refused.rule))
    }
}

/// Columns that are recorded in any case.
fn narrow(
    head: &RequestHead,
    masker: &Masker<'_>,
    facts: Option<&RequestFacts>,
    ended: EndedBy,
    rule: Option<&'static str>,
) -> Wire {
    let test_run = head.get(TEST_RUN).map(|value| masker.header(TEST_RUN, value, Masked::REQUEST_HEADERS));
    Wire {
        connection_id: facts.map(|facts| facts.connection.id),
        request_on_connection: facts.map(|facts| facts.number),
        ended_by: Text::Borrowed(ended.as_str()),
        rule: rule.map(Text::Borrowed),
        trace_id: trace::trace_id(head),
        test_run: test_run.map(|value| stored_text::name_of_bytes(&value)).filter(|value| !value.is_empty()),
        ..Wire::default()
    }
}

#[cfg(test)]
mod tests;
