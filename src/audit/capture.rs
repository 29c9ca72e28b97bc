//! Data captured from one request while it runs, and the record built from it at the end.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use actix_web::http::{
    Method, Version,
    header::{self, HeaderName, HeaderValue},
};
use actors::{
    Identity,
    audit::{Event, Masked, Payload, Record, Source, Text},
};
use bytes::Bytes;
use uuid::Uuid;

use super::{
    Kept, Recorder,
    facts::{self, CLIENT_CLOSED, Ending, category},
    is_recorded,
    kept::exact,
    masker::{MaskedField, Masker, by_name},
    response_record::ResponseRecord,
    stored_text,
    wire::{self, MaskedHead},
};
use crate::{request::TargetForm, wire::peer::peer_text};

/// Slot for the response body to record when the client closes before there is a response. A handler fills it.
#[derive(Clone, Default)]
pub struct Parting(Rc<Cell<Option<PartingWord>>>);

type PartingWord = Box<dyn FnOnce() -> Bytes>;

impl Parting {
    /// Fills the slot. `word` is called only when the client closes.
    pub fn leave(&self, word: impl FnOnce() -> Bytes + 'static) {
        self.0.set(Some(Box::new(word)));
    }
}

/// Data captured from one request.
pub struct Capture {
    recorder: Arc<Recorder>,
    arrived: Duration,
    /// Response headers, once there are some.
    headers: Vec<(HeaderName, HeaderValue)>,
    first_byte: Option<Duration>,
    /// Response body.
    pub body: Kept,
    /// Response below HTTP.
    pub response: ResponseRecord,
    /// Response body that the handler left to be recorded.
    pub parting: Parting,
}

impl Recorder {
    /// Begins the capture of a request whose path is under `/v1/`; `None` for others, which are not recorded.
    #[must_use]
    pub fn begin(self: &Arc<Self>, path: &str) -> Option<Box<Capture>> {
        is_recorded(path).then(|| Box::new(Capture::begin(Arc::clone(self))))
    }
}

impl Capture {
    fn begin(recorder: Arc<Recorder>) -> Self {
        let body = Kept::new(recorder.body_max);
        Self {
            recorder,
            arrived: facts::now(),
            headers: Vec::new(),
            first_byte: None,
            body,
            response: ResponseRecord::default(),
            parting: Parting::default(),
        }
    }

    /// Creates the buffer for the first bytes of the request body.
    #[must_use]
    pub fn request_body(&self) -> Kept {
        Kept::new(self.recorder.body_max)
    }

    /// Records the response's head, which was ready `after` the request's head.
    pub fn answered<'h>(&mut self, headers: impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)>, after: Duration) {
        self.first_byte = Some(after);
        if self.recorder.payloads {
            self.headers.reserve(16);
            self.headers.extend(headers.map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    /// Sends the record to the sink if a place is free; otherwise the event is dropped and counted.
    pub fn finish(self, ending: Ending<'_>) {
        let recorder = Arc::clone(&self.recorder);
        let id = facts::id(self.arrived);
        if let Some(origin) = ending.origin {
            origin.event_id.set(Some(id));
        }
        let least = self.body.kept() + ending.body.kept();
        recorder.sink.record(least, || Arc::new(self.into_record(id, ending)));
    }

    fn into_record(mut self, id: Uuid, mut ending: Ending<'_>) -> Record {
        let recorder = Arc::clone(&self.recorder);
        let Ending { head, origin, .. } = ending;
        // As it arrived: what is escaped for the routes is not here.
        let (path, query) = TargetForm::split(head.method().as_str().as_bytes(), head.target());
        let masker = Masker::new(&recorder.redactor, &recorder.finder, head, query);
        let remote_addr = ending.peer.map_or_else(String::new, peer_text);
        // A route may answer 499 as well: then nothing went wrong.
        let gone = ending.status == CLIENT_CLOSED && ending.message.is_some();
        if gone
            && self.first_byte.is_none()
            && let Some(parting) = self.parting.0.take()
        {
            self.headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
            self.body.pass_whole(&parting());
        }
        let path = masker.path(path);
        let target = masker.target(head.target());
        let (shown_path, shown_target) = (stored_text::text(&path).into_owned(), stored_text::target(&target));
        let masked = recorder.headers.then(|| MaskedHead {
            method: masker.bytes(head.method().as_str().as_bytes()),
            target,
            fields: masker.fields(head.fields(), Masked::REQUEST_HEADERS),
        });
        let wire = wire::of_exchange(recorder.payloads, &masker, masked.as_ref(), &ending, &self.response);
        let fields = masked.as_ref().map(|masked| &*masked.fields);
        let payload = self.payload(&recorder, &masker, &mut ending, fields, &remote_addr);
        let field = |name: &'static str| head.get(name).map(|value| masker.storable(value));
        let host = || ending.target.host().map(|host| masker.storable(host.as_bytes()));
        let identity = ending.identity;
        // Claims come from the provider and may be any text.
        let known = |of: &dyn Fn(&Identity) -> Option<&str>| identity.and_then(of).map(stored_text::name);
        // A failure status without a message is one that the request asked for (`/v1/status/500`).
        let asked_for = ending.status >= 400 && !gone && ending.message.is_none();
        let category = || if asked_for { Some("requested") } else { category(ending.status) };
        let error_category = ending.category.or_else(category).map(Text::Borrowed);
        let event = Event {
            id,
            timestamp: facts::timestamp(self.arrived),
            duration_ms: milliseconds(ending.took),
            first_byte_ms: self.first_byte.map(milliseconds),
            request_id: masker.storable(ending.request_id.as_bytes()),
            session_id: origin.and_then(|origin| origin.session_id.clone()),
            user_subject: known(&|identity| Some(&identity.subject)).filter(|subject| !subject.is_empty()),
            user_email: known(&|identity| identity.email.as_deref()),
            auth_type: identity.map(|identity| Text::Borrowed(identity.auth_type.as_str())),
            api_key_name: known(&|identity| identity.key_name.as_deref()),
            client_id: known(&|identity| identity.client_id.as_deref()),
            method: method(head.method(), &masker),
            path: shown_path,
            target: shown_target,
            host: field("host").or_else(host).unwrap_or_default(),
            http_version: version(head.version()),
            route_name: ending.route.map(|(name, _)| Text::Borrowed(name)),
            endpoint_group: ending.route.map(|(_, group)| Text::Borrowed(group)),
            status: ending.status,
            bytes_in: ending.body.total(),
            bytes_out: ending.bytes_out,
            success: (200..400).contains(&ending.status),
            error_message: ending.message.map(|message| match message {
                Text::Owned(message) => Text::Owned(masker.storable(message.as_bytes())),
                ours => ours,
            }),
            error_category,
            remote_addr,
            user_agent: field("user-agent"),
            source: origin.map_or(Source::External, |origin| origin.source),
            instance: recorder.instance.clone(),
            fingerprints: masker.fingerprints(),
        };
        Record { event, payload, wire: Some(wire) }
    }

    /// Payload recorded with the event; `None` when payloads are off.
    fn payload(
        &mut self,
        recorder: &Recorder,
        masker: &Masker<'_>,
        ending: &mut Ending<'_>,
        fields: Option<&[MaskedField<'_>]>,
        remote_addr: &str,
    ) -> Option<Payload> {
        if !recorder.payloads {
            return None;
        }
        let head = ending.head;
        let shown = |value: &HeaderValue| masker.storable(value.as_bytes());
        let answered = || self.headers.iter().map(|(name, value)| (name, value));
        // A body that was cut off may end within a secret, just like a truncated one.
        let partial = ending.status == CLIENT_CLOSED || ending.category.is_some();
        let request_truncated = ending.body.is_truncated();
        let (response_truncated, response_body) = (self.body.is_truncated(), self.body.take());
        let mut payload = Payload {
            request_headers: fields.map(by_name),
            request_query: masker.query(),
            request_content_type: head.get("content-type").map(|value| masker.storable(value)),
            request_size: ending.body.total(),
            request_truncated,
            request_body: exact(masker.request_body(ending.body.take(), request_truncated || partial)),
            request_remote_addr: remote_addr.to_owned(),
            response_headers: recorder.headers.then(|| {
                let fields = answered().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
                by_name(&masker.fields(fields, Masked::RESPONSE_HEADERS))
            }),
            response_content_type: answered()
                .find(|(name, _)| *name == header::CONTENT_TYPE)
                .map(|(_, value)| shown(value)),
            response_size: ending.bytes_out,
            response_truncated,
            response_body: exact(masker.response_body(response_body, response_truncated || partial)),
            replayed_from: ending.origin.and_then(|origin| origin.replayed_from),
            masked: Masked::default(),
        };
        payload.masked = masker.masked();
        Some(payload)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

fn version(version: Version) -> Text {
    Text::Borrowed(match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    })
}

fn method(method: &Method, masker: &Masker<'_>) -> Text {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::CONNECT,
        Method::TRACE,
    ];
    const NAMES: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    match KNOWN.iter().position(|known| known == method) {
        Some(place) => Text::Borrowed(NAMES[place]),
        None => Text::Owned(masker.storable(method.as_str().as_bytes())),
    }
}
