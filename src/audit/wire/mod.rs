//! The record below HTTP: what of a request and its connection has no place in the event.
//!
//! | module | contents |
//! |---|---|
//! | `raw_head` | the head as received, with secrets masked in place |
//! | `document` | the wire document |
//! | `request`, `response`, `connection` | its objects |
//! | `trace` | trace id |
//! | `shown` | bytes and times in the document |

mod connection;
mod document;
mod raw_head;
mod request;
mod response;
mod shown;
mod trace;

use actors::audit::{JsonText, Masked, Text, Wire};

pub(super) use self::raw_head::MaskedHead;
use self::{
    connection::Connection,
    document::Document,
    request::{Parts, Request},
    response::Response,
};
use super::{Ending, ResponseRecord, masker::Masker, stored_text};
use crate::request::{ChunkRecord, Fields};

/// Field by which test suites mark their requests.
const TEST_RUN: &str = "x-test-run";

/// Builds the record below HTTP of a request. `payloads`: with the document. `masked` is its head, if headers are
/// recorded.
pub(super) fn wire(
    payloads: bool,
    masker: &Masker<'_>,
    masked: Option<&MaskedHead<'_>>,
    ending: &Ending<'_>,
    response: &ResponseRecord,
) -> Wire {
    let Ending { head, facts, ended, rule, .. } = *ending;
    let test_run = head.get(TEST_RUN).map(|value| masker.header(TEST_RUN, value, Masked::REQUEST_HEADERS));
    Wire {
        connection_id: facts.map(|facts| facts.connection.id),
        request_on_connection: facts.map(|facts| facts.number),
        ended_by: Text::Borrowed(ended.by.as_str()),
        rule: rule.map(Text::Borrowed),
        trace_id: trace::trace_id(head),
        test_run: test_run.map(|value| stored_text::name_of_bytes(&value)).filter(|value| !value.is_empty()),
        request_head: masked.map(|masked| masked.raw(head)).unwrap_or_default(),
        response_head: masked.map(|_| response::masked_head(&response.head, masker)).unwrap_or_default(),
        document: payloads.then(|| document(masker, masked, ending, response)).flatten(),
        ..Wire::default()
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

#[cfg(test)]
mod tests;
