//! Export of all matching events as a stream: JSON lines, or HAR.
//!
//! Pages are read by cursor while the previous one is rendered and sent, so memory holds at most three, however many
//! events match. A page ends after a megabyte of bodies, so each holds at most that and one more record. When the store
//! fails midway, the body is cut and the connection closed, so that the export does not look complete.

use std::sync::Arc;

use actix_web::http::{
    Method,
    header::{CONTENT_DISPOSITION, HeaderValue},
};
use actors::{
    audit::{AuditStore, Cursor, Entry, Event, Filter, Page, Record},
    store::StoreError,
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::{
    PortalApi, PortalCell,
    filters::{BOOLEAN, filtered},
    har::Har,
    on,
    params::{Field, ParamKind, ParsedQuery},
    reader::{Task, in_time},
    render::{self, EntryView, now},
};
use crate::endpoints::{Answer, Call, Outcome, Route, answer::CutShort};

/// Forms of the export.
pub(super) const FORMATS: [&str; 2] = ["ndjson", "har"];

const FORMAT: Field = Field {
    name: "format",
    about: "One JSON document per line (ndjson, the default) or an HTTP archive (har).",
    kind: ParamKind::Word(&FORMATS),
    example: "ndjson",
};
const PAYLOAD: Field = Field {
    name: "payload",
    about: "True to include the payload of each event; a HAR always includes it.",
    kind: ParamKind::Word(BOOLEAN),
    example: "false",
};
const LIMIT: Field =
    Field { name: "limit", about: "Maximum number of events; default all.", kind: ParamKind::Count, example: "1000" };

/// Maximum number of events in a page.
const PAGE: u32 = 512;
/// Body bytes after which a page ends.
const PAGE_BYTES: u64 = 1024 * 1024;
/// Bytes sent to the connection at once.
const CHUNK: usize = 64 * 1024;

/// Declares the export.
pub(super) fn route(api: &Arc<PortalCell>) -> Route {
    let route = on(api, Method::GET, "audit_export", "/api/v1/portal/audit/export.ndjson", export)
        .about("Matching events as a file, newest first.")
        .takes(&FORMAT)
        .takes(&PAYLOAD)
        .takes(&LIMIT);
    filtered(route)
        .answers_text(
            "200",
            "The events: one per line, or with format=har a HAR 1.2 document (application/json).",
            "application/x-ndjson",
            "{\"id\":\"019a8d10-0000-7000-8000-000000000001\",\"timestamp\":\"2026-01-31T12:00:00.000000Z\"}\n",
        )
        .with_header("Content-Disposition", "File name.")
}

async fn export(api: Arc<PortalApi>, _: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let filter = asked.filter()?;
    let har = asked.choice(&FORMAT)? == Some("har");
    let payloads = asked.choice(&PAYLOAD)? == Some("true");
    let left = asked.count(&LIMIT)?;
    let form = match (har, payloads) {
        (true, _) => Form::Har(Har::new(api.settings.tls)),
        (false, true) => Form::Records,
        (false, false) => Form::Events,
    };
    let pages = Pages::new(filter, left, har || payloads);
    // A store that can't be read must be noticed while the status can still say so.
    let (pages, first) = reader
        .ask("export", move |store| async move {
            let mut pages = pages;
            let first = pages.next(&*store).await?;
            Ok((pages, first))
        })
        .await?;
    let (pipe, chunks) = mpsc::channel(1);
    let store = Arc::clone(&reader.store);
    reader.runtime.spawn(send(store, pages, first, form, pipe));
    let (content_type, name) = match har {
        true => ("application/json", "har"),
        false => ("application/x-ndjson", "ndjson"),
    };
    let name = format!("attachment; filename=\"api-test-audit-{}.{name}\"", now().format("%Y%m%dT%H%M%SZ"));
    let answer = Answer::stream_or_cut(content_type, None, pieces(chunks));
    Ok(match HeaderValue::from_str(&name) {
        Ok(name) => answer.header(CONTENT_DISPOSITION, name),
        Err(_) => answer,
    })
}

/// Format of one event.
pub(super) enum Form {
    Events,
    Records,
    Har(Har),
}

/// An event to export.
pub(super) enum Exported {
    Entry(Box<Entry>),
    Record(Box<Record>),
}

impl Exported {
    pub(super) fn event(&self) -> &Event {
        match self {
            Self::Entry(entry) => &entry.event,
            Self::Record(record) => &record.event,
        }
    }
}

impl Form {
    fn render(&self, exported: &[Exported], first: bool, last: bool, usual: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(usual);
        if let (Self::Har(har), true) = (self, first) {
            har.begin(&mut out);
        }
        for (index, one) in exported.iter().enumerate() {
            match (self, one) {
                (_, Exported::Entry(entry)) => render::append(&mut out, &EntryView::of(entry)),
                (Self::Events | Self::Records, Exported::Record(record)) => render::append_record(&mut out, record),
                (Self::Har(har), Exported::Record(record)) => {
                    out.extend_from_slice(if first && index == 0 { b"\n" } else { b",\n" });
                    har.append(&mut out, record);
                    continue;
                }
            }
            out.push(b'\n');
        }
        if let (Self::Har(har), true) = (self, last) {
            har.end(&mut out);
        }
        out
    }
}

/// Reads the next page while the previous one is rendered and sent. Ends when the receiver is gone.
pub(super) async fn send(
    store: Arc<dyn AuditStore>,
    mut pages: Pages,
    mut records: Vec<Exported>,
    form: Form,
    pipe: Sender<Result<Bytes, CutShort>>,
) {
    let mut first = true;
    let mut usual = CHUNK;
    loop {
        let last = pages.done;
        let reading = (!last).then(|| {
            let store = Arc::clone(&store);
            Task(tokio::spawn(async move {
                let next = in_time(pages.next(&*store)).await;
                (pages, next)
            }))
        });
        let chunk = form.render(&records, first, last, usual);
        usual = chunk.len() + CHUNK;
        first = false;
        if pipe.send(Ok(chunk.into())).await.is_err() {
            return;
        }
        let Some(mut reading) = reading else { return };
        let reason = match (&mut reading.0).await {
            Ok((read_on, Ok(next))) => {
                (pages, records) = (read_on, next);
                continue;
            }
            Ok((_, Err(error))) => error.to_string(),
            Err(error) => error.to_string(),
        };
        log::warn!(store = store.name(), error = reason.as_str(); "audit export cut off: the store did not answer");
        let _ = pipe.send(Err(CutShort("the audit store did not answer".to_owned()))).await;
        return;
    }
}

/// Cuts rendered pages into chunks for the connection.
pub(super) fn pieces(mut chunks: Receiver<Result<Bytes, CutShort>>) -> impl Stream<Item = Result<Bytes, CutShort>> {
    let mut rest = Bytes::new();
    stream::poll_fn(move |cx| {
        while rest.is_empty() {
            match std::task::ready!(chunks.poll_recv(cx)) {
                Some(Ok(chunk)) => rest = chunk,
                other => return std::task::Poll::Ready(other),
            }
        }
        std::task::Poll::Ready(Some(Ok(rest.split_to(rest.len().min(CHUNK)))))
    })
}

/// Reader of pages by cursor.
pub(super) struct Pages {
    filter: Filter,
    after: Option<Cursor>,
    /// Number of events still to send; `None` for all.
    left: Option<u64>,
    payloads: bool,
    done: bool,
}

impl Pages {
    pub(super) fn new(filter: Filter, left: Option<u64>, payloads: bool) -> Self {
        Self { filter, after: None, left, payloads, done: false }
    }

    pub(super) async fn next(&mut self, store: &dyn AuditStore) -> Result<Vec<Exported>, StoreError> {
        let limit = self.left.map_or(PAGE, |left| u32::try_from(left).unwrap_or(u32::MAX).min(PAGE));
        let page = Page { after: self.after, offset: 0, limit };
        let records = if self.payloads {
            let records = store.records(&self.filter, page, PAGE_BYTES).await?;
            records.into_iter().map(|record| Exported::Record(Box::new(record))).collect()
        } else {
            let entries = store.events(&self.filter, page).await?;
            entries.into_iter().map(|entry| Exported::Entry(Box::new(entry))).collect::<Vec<_>>()
        };
        self.after = records.last().map(|last| Cursor::behind(last.event()));
        self.left = self.left.map(|left| left.saturating_sub(records.len() as u64));
        // A page with payloads may have ended early because of its bytes.
        let cut = self.payloads && !records.is_empty();
        self.done = (records.len() < limit as usize && !cut) || self.left == Some(0);
        Ok(records)
    }
}
