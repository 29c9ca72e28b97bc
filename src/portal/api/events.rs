//! Pages of events, and single events with their payload.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actors::audit::{Cursor, Page};
use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use super::{
    PortalApi, PortalCell,
    filters::filtered,
    on,
    params::{Field, ParamKind, ParsedQuery, must_be},
    render::{self, EntryView},
    shapes,
};
use crate::endpoints::{Answer, Call, Fault, Int, Outcome, Route, Text, answer::JSON};

/// Maximum number of events in a page.
pub(super) const LIMIT_MAX: i64 = 1000;
/// Default number of events in a page.
pub(super) const LIMIT_DEFAULT: i64 = 50;

pub(super) const LIMIT: Int =
    Int::query("limit", "Maximum number of entries per page.").between(1, LIMIT_MAX).or(LIMIT_DEFAULT).example(50);
const OFFSET: Int =
    Int::query("offset", "Events to skip; for deep pages a cursor is faster.").between(0, 1_000_000_000).example(0);
pub(super) const CURSOR: Field = Field {
    name: "cursor",
    about: "The `next_cursor` of the previous page; can't be combined with an offset.",
    kind: ParamKind::Text,
    example: "AAY0ZfNrQAABmo0QAAAHAIAAAAAAAAAB",
};
const ID: Text = Text::path("id", "Id of the event.", "019a8d10-0000-7000-8000-000000000001");

/// Declares the route of the list.
pub(super) fn list(api: &Arc<PortalCell>) -> Route {
    let route = on(api, Method::GET, "audit_events", "/api/v1/portal/audit/events", page)
        .about("Matching events, newest first, with the total count.")
        .takes(&LIMIT)
        .takes(&OFFSET)
        .takes(&CURSOR);
    filtered(route).answers::<shapes::EventsPage>("200", "A page of events.", shapes::page_example())
}

/// Declares the route of a single event.
pub(super) fn one(api: &Arc<PortalCell>) -> Route {
    on(api, Method::GET, "audit_event", "/api/v1/portal/audit/events/{id}", event)
        .about("One event with its payload (headers, query and bodies) and its record below HTTP (`wire`).")
        .takes(&ID)
        .answers::<shapes::AuditRecord>("200", "The event.", shapes::record_example())
        .answers::<shapes::Refusal>(
            "404",
            "Event not found.",
            json!({"error": "no such event", "code": "event_not_found"}),
        )
}

async fn page(api: Arc<PortalApi>, call: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let filter = asked.filter()?;
    let query = call.query();
    let limit = u32::try_from(LIMIT.count(&query)?).unwrap_or_default();
    let offset = OFFSET.count(&query)?;
    let after = match asked.text(&CURSOR) {
        Some(_) if offset > 0 => return Err(Fault::bad_request("offset and cursor can't be given together")),
        Some(text) => Some(Cursor::decode(text).ok_or_else(|| Fault::bad_request("cursor is malformed"))?),
        None => None,
    };
    let body = reader
        .ask("events", move |store| async move {
            // One more than requested tells whether there is a next page.
            let page = Page { after, offset, limit: limit + 1 };
            let (events, counted) = tokio::join!(store.events(&filter, page), store.count(&filter));
            let (mut events, counted) = (events?, counted?);
            let more = events.len() > limit as usize;
            let total = reconciled(counted, &page, events.len() as u64, more);
            events.truncate(limit as usize);
            let next_cursor = events.last().filter(|_| more).map(|last| Cursor::behind(&last.event).encode());
            let events = events.iter().map(EntryView::of).collect();
            Ok(render::line(&render::Page { events, total, limit, offset, next_cursor }))
        })
        .await?;
    Ok(Answer::bytes(StatusCode::OK, JSON, body))
}

/// Returns the total number of matches. Page and count are queried at the same time on two connections, so events may
/// arrive between the two. The page's own count then wins as far as it reaches.
fn reconciled(counted: u64, page: &Page, seen: u64, more: bool) -> u64 {
    let passed = page.offset + seen;
    match (page.after, more) {
        // The page contains the end of the list, unless it begins after it.
        (None, false) if seen > 0 || page.offset == 0 => passed,
        (None, false) => counted,
        _ => counted.max(passed),
    }
}

/// Parses the id in the path.
///
/// # Errors
/// 400 when it is not a UUID.
pub(super) fn id_of(call: &Call) -> Result<Uuid, Fault> {
    let segment = call.segment_named("id")?;
    // Only the canonical form of 36 characters; the parser accepts others too.
    let text = std::str::from_utf8(&segment).ok().filter(|text| text.len() == 36);
    text.and_then(|text| Uuid::try_parse(text).ok())
        .ok_or_else(|| must_be("id", "a UUID like 019a8d10-0000-7000-8000-000000000001"))
}

/// Error for an unknown event id.
pub(super) fn no_such_event() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "no such event").code("event_not_found")
}

async fn event(api: Arc<PortalApi>, call: Call, _: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let id = id_of(&call)?;
    let body: Option<Bytes> = reader
        .ask("event", move |store| async move {
            Ok(store.get(id).await?.map(|record| {
                let mut out = Vec::with_capacity(record.weight() * 2);
                render::append_record(&mut out, &record);
                out.push(b'\n');
                out.into()
            }))
        })
        .await?;
    body.map(|body| Answer::bytes(StatusCode::OK, JSON, body)).ok_or_else(no_such_event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(offset: u64) -> Page {
        Page { after: None, offset, limit: 3 }
    }

    #[test]
    fn the_total_never_contradicts_the_page() {
        assert_eq!(reconciled(1, &page(0), 0, false), 0, "came after the page was read");
        assert_eq!(reconciled(0, &page(0), 1, false), 1, "came after the count");
        assert_eq!(reconciled(9, &page(4), 2, false), 6);
        assert_eq!(reconciled(2, &page(0), 3, true), 3, "at least what is seen");
        assert_eq!(reconciled(7, &page(0), 3, true), 7);
        assert_eq!(reconciled(5, &page(9), 0, false), 5, "after the end");
        let behind = Page { after: Cursor::decode("AAY0ZfNrQAABmo0QAAAHAIAAAAAAAAAB"), offset: 0, limit: 3 };
        assert!(behind.after.is_some());
        assert_eq!(reconciled(5, &behind, 1, false), 5);
    }
}
