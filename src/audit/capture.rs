//! What is gathered of one request while it runs, and the record made of it at its end.

use std::{borrow::Cow, cell::Cell, rc::Rc, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest,
    http::{
        Method, Version,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use actors::{
    Identity,
    audit::{Event, Fingerprints, JsonText, Masked, Payload, Record, Source, Text},
};
use bytes::Bytes;
use uuid::Uuid;

use super::{
    Kept, Origin, Recorder,
    ending::{CLIENT_CLOSED, Ending, category},
    identify,
    redact::{REDACTED, Search, Secrets, mask_query},
    storable,
};
use crate::wire::{Query, header_name::canonical_header, json, peer::peer_text};

/// Where a handler leaves what is recorded as its answer's body when the client goes away before there is one.
#[derive(Clone, Default)]
pub struct Parting(Rc<Cell<Option<PartingWord>>>);

type PartingWord = Box<dyn FnOnce() -> Bytes>;

impl Parting {
    /// Leaves it; asked only when the client goes away.
    pub fn leave(&self, word: impl FnOnce() -> Bytes + 'static) {
        self.0.set(Some(Box::new(word)));
    }
}

/// What is gathered of one request.
pub struct Capture {
    recorder: Arc<Recorder>,
    arrived: Duration,
    /// The answer's headers, once it has some.
    headers: Vec<(HeaderName, HeaderValue)>,
    first_byte: Option<Duration>,
    /// The answer's body.
    pub body: Kept,
    /// What the handler left to be recorded.
    pub parting: Parting,
}

impl Recorder {
    /// Begins the capture of a request, when it is one that is recorded: everything under `/v1/`.
    #[must_use]
    pub fn begin(self: &Arc<Self>, request: &HttpRequest) -> Option<Box<Capture>> {
        request.uri().path().starts_with("/v1/").then(|| Box::new(Capture::begin(Arc::clone(self))))
    }
}

impl Capture {
    fn begin(recorder: Arc<Recorder>) -> Self {
        let body = Kept::new(recorder.body_max);
        Self {
            recorder,
            arrived: identify::now(),
            headers: Vec::new(),
            first_byte: None,
            body,
            parting: Parting::default(),
        }
    }

    /// Keeps the first bytes of the request's body.
    #[must_use]
    pub fn request_body(&self) -> Kept {
        Kept::new(self.recorder.body_max)
    }

    /// Takes note of the answer's head, `after` the request's.
    pub fn answered<'h>(&mut self, headers: impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)>, after: Duration) {
        self.first_byte = Some(after);
        if self.recorder.payloads {
            self.headers.reserve(16);
            self.headers.extend(headers.map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    /// Hands the record to the sink, if that has a place for it.
    pub fn finish(self, ending: Ending<'_>) {
        let recorder = Arc::clone(&self.recorder);
        let id = identify::id(self.arrived);
        if let Some(origin) = Origin::of(ending.request) {
            origin.event_id.set(Some(id));
        }
        recorder.sink.record(|| Arc::new(self.into_record(id, ending)));
    }

    fn into_record(mut self, id: Uuid, mut ending: Ending<'_>) -> Record {
        let recorder = Arc::clone(&self.recorder);
        let origin = Origin::of(ending.request);
        let origin = origin.as_deref();
        let request = ending.request;
        let query = request.uri().query();
        let search = self.secrets(request.headers(), query).search();
        let text = |bytes: &[u8]| storable::text(&search.mask(bytes)).into_owned();
        let header = |name: &HeaderName| request.headers().get(name).map(|value| text(value.as_bytes()));
        let remote_addr = request.peer_addr().map_or_else(String::new, peer_text);
        let gone = ending.status == CLIENT_CLOSED;
        if gone
            && self.first_byte.is_none()
            && let Some(parting) = self.parting.0.take()
        {
            self.headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
            self.body.pass_whole(&parting());
        }
        let payload = recorder.payloads.then(|| Payload {
            request_headers: recorder.headers.then(|| self.headers(request.headers().iter(), &search)),
            request_query: query.map(|query| self.query(query, &search)),
            request_content_type: header(&header::CONTENT_TYPE),
            request_size: ending.body.total(),
            request_truncated: ending.body.is_truncated(),
            request_body: search.mask_body(ending.body.take(), ending.body.is_truncated()),
            request_remote_addr: remote_addr.clone(),
            response_headers: recorder
                .headers
                .then(|| self.headers(self.headers.iter().map(|(name, value)| (name, value)), &search)),
            response_content_type: self
                .headers
                .iter()
                .find(|(name, _)| *name == header::CONTENT_TYPE)
                .map(|(_, value)| text(value.as_bytes())),
            response_size: ending.bytes_out,
            response_truncated: self.body.is_truncated(),
            response_body: search.mask_body(self.body.take(), self.body.is_truncated()),
            replayed_from: origin.and_then(|origin| origin.replayed_from),
            masked: Masked::default(),
        });
        let identity = ending.identity;
        // Claims are the provider's, and may be any text.
        let known = |of: &dyn Fn(&Identity) -> Option<&str>| identity.and_then(of).map(storable::name);
        // A failure that nothing went wrong for is one that the request asked for.
        let asked_for = ending.status >= 400 && !gone && ending.message.is_none();
        let category = || if asked_for { Some("requested") } else { category(ending.status) };
        let error_category = ending.category.or_else(category).map(Text::Borrowed);
        let event = Event {
            id,
            timestamp: identify::timestamp(self.arrived),
            duration_ms: milliseconds(ending.took),
            first_byte_ms: self.first_byte.map(milliseconds),
            request_id: ending.request_id.to_str().unwrap_or_default().to_owned(),
            session_id: origin.and_then(|origin| origin.session_id.clone()),
            user_subject: known(&|identity| Some(&identity.subject)).filter(|subject| !subject.is_empty()),
            user_email: known(&|identity| identity.email.as_deref()),
            auth_type: identity.map(|identity| Text::Borrowed(identity.auth_type.as_str())),
            api_key_name: known(&|identity| identity.key_name.as_deref()),
            client_id: known(&|identity| identity.client_id.as_deref()),
            method: method(request.method()),
            path: search.mask_text(request.uri().path()),
            target: search.mask_text(&mask_query(&recorder.redactor, &target(request))),
            host: header(&header::HOST)
                .or_else(|| request.uri().authority().map(ToString::to_string))
                .unwrap_or_default(),
            http_version: version(request.version()),
            route_name: ending.route.map(|(name, _)| Text::Borrowed(name)),
            endpoint_group: ending.route.map(|(_, group)| Text::Borrowed(group)),
            status: ending.status,
            bytes_in: ending.body.total(),
            bytes_out: ending.bytes_out,
            success: (200..400).contains(&ending.status),
            error_message: if gone {
                Some("the client left before its answer was complete".into())
            } else {
                ending.message
            },
            error_category,
            remote_addr,
            user_agent: header(&header::USER_AGENT),
            source: origin.map_or(Source::External, |origin| origin.source),
            instance: recorder.instance.clone(),
            fingerprints: Fingerprints::default(),
        };
        Record { event, payload }
    }

    /// The values that must not be recorded, from wherever the request names them as such.
    fn secrets(&self, headers: &HeaderMap, query: Option<&str>) -> Secrets {
        let redactor = &self.recorder.redactor;
        let mut secrets = Secrets::default();
        for (name, value) in headers {
            if redactor.is_secret_header(name.as_str()) {
                secrets.add_header(value.as_bytes());
            }
        }
        if let Some(query) = query {
            for (raw, (name, value)) in Query::parse(query).raw_pairs().zip(Query::parse(query).pairs()) {
                if redactor.is_secret_param(&name) {
                    secrets.add_param(raw.1);
                    secrets.add_param(&value);
                }
            }
        }
        secrets
    }

    /// Headers as JSON: canonical name → values in their order, sorted by name.
    fn headers<'h>(
        &self,
        headers: impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)>,
        search: &Search,
    ) -> JsonText {
        let mut sorted: Vec<_> = headers.collect();
        sorted.sort_by_key(|(name, _)| name.as_str());
        let redactor = &self.recorder.redactor;
        let values = sorted.iter().map(|(name, value)| {
            let value = if redactor.is_secret_header(name.as_str()) {
                Cow::Borrowed(REDACTED.as_bytes())
            } else {
                search.mask(value.as_bytes())
            };
            (name.as_str(), value)
        });
        lists(values, |out, name| json::append(out, canonical_header(name).as_str()))
    }

    /// The query as JSON: decoded name → decoded values in their order, sorted by name.
    fn query(&self, query: &str, search: &Search) -> JsonText {
        let mut pairs: Vec<_> = Query::parse(query).pairs().collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        let redactor = &self.recorder.redactor;
        let values = pairs.iter().map(|(name, value)| {
            let value = if redactor.is_secret_param(name) {
                Cow::Borrowed(REDACTED.as_bytes())
            } else {
                Cow::Owned(search.mask(value).into_owned())
            };
            (&**name, value)
        });
        lists(values, |out, name| json::append(out, &*storable::text(name)))
    }
}

/// The target as it arrived. HTTP/2 knows no target but path and query.
fn target(request: &HttpRequest) -> Cow<'_, str> {
    let uri = request.uri();
    if request.version() != Version::HTTP_2 && uri.scheme().is_some() {
        return Cow::Owned(uri.to_string());
    }
    uri.path_and_query().map_or_else(|| Cow::Borrowed(uri.path()), |target| Cow::Borrowed(target.as_str()))
}

/// Writes names, in groups that stand together, each with its list of values.
fn lists<'v, N: PartialEq + Copy>(
    values: impl Iterator<Item = (N, Cow<'v, [u8]>)>,
    write_name: impl Fn(&mut Vec<u8>, N),
) -> JsonText {
    let mut out = Vec::with_capacity(1024);
    out.push(b'{');
    let mut last = None;
    for (name, value) in values {
        if last == Some(name) {
            out.push(b',');
        } else {
            out.extend_from_slice(if last.is_some() { b"]," } else { b"" });
            write_name(&mut out, name);
            out.extend_from_slice(b":[");
            last = Some(name);
        }
        json::append(&mut out, &*storable::text(&value));
    }
    out.extend_from_slice(if last.is_some() { b"]}" } else { b"}" });
    JsonText::new(String::from_utf8(out).unwrap_or_else(|_| "{}".to_owned()))
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

fn method(method: &Method) -> Text {
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
        None => Text::Owned(method.as_str().to_owned()),
    }
}
