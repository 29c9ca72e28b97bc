//! Requests that were refused before the application saw them. They are recorded as far as they are known.

use std::{sync::Arc, time::Duration};

use actors::audit::{Event, Masked, Record, Text};

use super::{
    Recorder, facts, is_recorded,
    kept::exact,
    masker::Masker,
    refusal::{Refused, Seen},
    stored_text,
    wire::{self, Malformed, MaskedHead},
};
use crate::{
    request::{RequestHead, TargetForm},
    wire::peer::peer_text,
};

/// Most bytes of the path and the target of a malformed request in its event. The raw head has more of them.
const SHOWN_MAX: usize = 8 * 1024;

impl Recorder {
    /// Records a refusal, unless it is known that requests with this target are not recorded. There is no payload.
    pub fn refused(&self, refused: &Refused<'_>) {
        let arrived = facts::now();
        match refused.seen {
            Seen::Bytes(raw, _) => {
                let malformed = Malformed::read(raw);
                if malformed.is_recorded() {
                    self.sink.record(raw.len(), || Arc::new(self.malformed(arrived, &malformed, refused)));
                }
            }
            Seen::Head(head) => {
                let (path, _) = TargetForm::split(head.method().as_str().as_bytes(), head.target());
                if std::str::from_utf8(path).is_ok_and(is_recorded) {
                    self.sink.record(0, || Arc::new(self.unwanted(arrived, head, refused)));
                }
            }
        }
    }

    /// Record of a request that could not be read.
    fn malformed(&self, arrived: Duration, malformed: &Malformed<'_>, refused: &Refused<'_>) -> Record {
        let (path, query) = malformed.split();
        let head = malformed.head();
        let masker = Masker::new(&self.redactor, &self.finder, &head, query);
        let field = |name: &str| head.get(name).map(|value| self.shown(&masker, name, value));
        let mut event = self.event(arrived, refused);
        event.method = Text::Owned(stored_text::name_of_bytes(&masker.bytes(malformed.method())));
        event.path = stored_text::cut(stored_text::text(&masker.path(path)).into_owned(), SHOWN_MAX);
        event.target = stored_text::cut(stored_text::target(&masker.target(malformed.target())), SHOWN_MAX);
        event.http_version = Text::Borrowed(malformed.version());
        event.host = field("host").unwrap_or_default();
        event.user_agent = field("user-agent");
        let (raw, rule_at) =
            if self.headers { malformed.masked(&self.redactor, &masker, refused.at) } else { (Vec::new(), None) };
        event.fingerprints = masker.fingerprints();
        let wire = wire::of_malformed(refused, self.payloads, (exact(raw.into()), rule_at), (&head, &masker));
        Record { event, payload: None, wire: Some(wire) }
    }

    /// Record of a request that was read, on HTTP/2, but is not served.
    fn unwanted(&self, arrived: Duration, head: &RequestHead, refused: &Refused<'_>) -> Record {
        let method = head.get(":method").unwrap_or_default();
        let (path, query) = TargetForm::split(method, head.target());
        let masker = Masker::new(&self.redactor, &self.finder, head, query);
        let target = masker.target(head.target());
        let mut event = self.event(arrived, refused);
        event.method = Text::Owned(stored_text::name_of_bytes(&masker.bytes(method)));
        event.path = stored_text::text(&masker.path(path)).into_owned();
        event.target = stored_text::target(&target);
        event.http_version = Text::Borrowed("HTTP/2.0");
        event.host = head.get(":authority").map(|host| masker.storable(host)).unwrap_or_default();
        event.user_agent = head.get("user-agent").map(|value| masker.storable(value));
        let masked = self.headers.then(|| MaskedHead {
            method: masker.bytes(method),
            target,
            fields: masker.fields(head.fields(), Masked::REQUEST_HEADERS),
        });
        let wire = wire::of_unwanted(refused, self.payloads, masked.as_ref(), (head, &masker));
        event.fingerprints = masker.fingerprints();
        Record { event, payload: None, wire: Some(wire) }
    }

    fn event(&self, arrived: Duration, refused: &Refused<'_>) -> Event {
        Event {
            first_byte_ms: Some(0.0),
            request_id: refused.request_id.to_owned(),
            status: refused.status,
            bytes_out: refused.bytes_out,
            error_message: Some(refused.message.to_owned().into()),
            error_category: Some(Text::Borrowed(refused.category)),
            remote_addr: refused.facts.connection.peer().map_or_else(String::new, peer_text),
            instance: self.instance.clone(),
            ..Event::new(facts::id(arrived), facts::timestamp(arrived))
        }
    }

    /// Value of a field that is shown on its own, as a name.
    pub(super) fn shown(&self, masker: &Masker<'_>, name: &str, value: &[u8]) -> String {
        stored_text::name_of_bytes(&masker.header(name, value, Masked::REQUEST_HEADERS))
    }
}
