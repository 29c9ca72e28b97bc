//! Live tail: events as they are written, as server-sent events.
//!
//! A task on the audit trail's threads listens, filters and renders. A short channel carries its chunks to the
//! connection. A slow reader fills the channel and makes the task wait; the hub then tells the task how many events it
//! missed, and the task tells the reader. So memory is bounded.
//!
//! A reader that names the last event it received resumes after it. While the hub remembers that event, the reader gets
//! exactly the events after it. Otherwise the store is queried for those that ended since, with some overlap, so that
//! events may be repeated but none is missing.

use std::sync::Arc;

use actix_web::http::{
    Method,
    header::{HeaderName, HeaderValue},
};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    PortalApi, PortalCell,
    filters::filtered,
    on,
    params::{Field, ParamKind, ParsedQuery, must_be},
    tail::{Ended, Tail},
};
use crate::endpoints::{Answer, Call, Fault, Header, Outcome, Route};

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Capacity of the channel between task and connection, in chunks.
const PIPE_PLACES: usize = 4;

const RESUME: Field = Field {
    name: "last_event_id",
    about: "Same as the header Last-Event-ID, for clients that can't set it; the header takes precedence.",
    kind: ParamKind::Id,
    example: "019a8d10-0000-7000-8000-000000000001",
};

/// Header for resuming the stream.
const LAST_EVENT_ID: Header = Header::new(
    "Last-Event-ID",
    "Id of the last event received; the stream resumes after it, without a gap.",
    "019a8d10-0000-7000-8000-000000000001",
)
.format("uuid");

/// Declares the live tail.
pub(super) fn route(api: &Arc<PortalCell>) -> Route {
    let route = on(api, Method::GET, "audit_stream", "/api/v1/portal/audit/stream", open)
        .about("Matching events as they are written (server-sent events). Ends when the client disconnects or the server stops.")
        .takes(&LAST_EVENT_ID)
        .takes(&RESUME);
    filtered(route).answers_text(
        "200",
        "`event: audit` for each event; `event: lagged` with the number of events of any kind that were missed because \
         the reader was slow; a comment at the beginning and every 15 s.",
        "text/event-stream",
        ": stream open\n\nid: 019a8d10-0000-7000-8000-000000000001\nevent: audit\ndata: {\"id\":\"…\"}\n\n",
    )
}

async fn open(api: Arc<PortalApi>, call: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let filter = asked.filter()?;
    let last = last_event_id(&call, &asked)?;
    let (pipe, mut chunks) = mpsc::channel(PIPE_PLACES);
    let tail = Tail::new(Arc::clone(&reader.store), reader.hub.clone(), filter, pipe.clone());
    let readiness = api.readiness.clone();
    reader.runtime.spawn(async move {
        tokio::select! {
            ended = tail.follow(last) => if let Ended::Store(error) = ended {
                log::warn!(error:% = error; "audit stream ended: missed events can't be read");
            },
            () = readiness.drained() => {
                // If the channel is full, the end of the stream is notice enough.
                let _ = pipe.try_send(Bytes::from_static(b": the server is stopping\n\n"));
            }
            () = pipe.closed() => {}
        }
    });
    let body = stream::poll_fn(move |cx| chunks.poll_recv(cx));
    Ok(Answer::stream("text/event-stream", None, body).header(X_ACCEL_BUFFERING, HeaderValue::from_static("no")))
}

/// Returns the event after which the client wants to resume.
fn last_event_id(call: &Call, asked: &ParsedQuery) -> Result<Option<Uuid>, Fault> {
    let (name, text) = match (LAST_EVENT_ID.read(&call.head)?, asked.text(&RESUME)) {
        (Some(text), _) => (LAST_EVENT_ID.name(), text),
        (None, Some(text)) => (RESUME.name, text),
        (None, None) => return Ok(None),
    };
    Uuid::try_parse(text).map(Some).map_err(|_| must_be(name, "the id of an event, a UUID"))
}
