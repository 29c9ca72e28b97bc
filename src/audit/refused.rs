//! Requests that were refused before they could be read. They are recorded as far as they are known.

use std::{net::SocketAddr, sync::Arc};

use actix_web::http::{Method, Version};
use actors::audit::{Event, Record, Text};

use super::{Recorder, facts, is_recorded, masker::Masker, stored_text};
use crate::{
    request::{RequestHead, TargetForm},
    wire::peer::peer_text,
};

/// Request that was refused before it could be read.
pub struct Refused<'r> {
    /// The first bytes, as they arrived.
    pub seen: &'r [u8],
    /// Status of the response.
    pub status: u16,
    /// Error message that the client got.
    pub message: &'r str,
    /// What kind of thing was wrong.
    pub category: &'static str,
    /// Value of `X-Request-Id` in the response.
    pub request_id: &'r str,
    /// Address of the client.
    pub peer: Option<SocketAddr>,
    /// Bytes of the response body.
    pub bytes_out: u64,
}

impl Recorder {
    /// Records a refusal when its target is one that is recorded. There is no payload, because headers that can't be
    /// parsed can't be redacted either.
    pub fn refused(&self, refused: &Refused<'_>) {
        let Refused { seen, status, message, category, request_id, peer, bytes_out } = *refused;
        let seen = stored_text::text(request_line(seen));
        let recorded = seen.split_once(' ').filter(|(_, target)| is_recorded(target));
        let Some((method, target)) = recorded else { return };
        let arrived = facts::now();
        self.sink.record(0, || {
            let (path, query) = TargetForm::split(method.as_bytes(), target.as_bytes());
            // Fields that can't be read are not repeated: nothing of them is known.
            let head = RequestHead::new(Method::GET, b"/", Version::HTTP_11, []);
            let masker = Masker::new(&self.redactor, &self.finder, &head, query);
            let text = |bytes: &[u8]| stored_text::text(bytes).into_owned();
            let event = Event {
                first_byte_ms: Some(0.0),
                request_id: request_id.to_owned(),
                method: Text::Owned(method.to_owned()),
                path: text(&masker.path(path)),
                target: text(&masker.target(target.as_bytes())),
                http_version: "HTTP/1.1".into(),
                status,
                bytes_out,
                error_message: Some(message.to_owned().into()),
                error_category: Some(Text::Borrowed(category)),
                remote_addr: peer.map_or_else(String::new, peer_text),
                instance: self.instance.clone(),
                fingerprints: masker.fingerprints(),
                ..Event::new(facts::id(arrived), facts::timestamp(arrived))
            };
            Arc::new(Record { event, payload: None, wire: None })
        });
    }
}

/// Verb and target, as far as they arrived.
fn request_line(seen: &[u8]) -> &[u8] {
    const MOST: usize = 8 * 1024;
    let line = seen.trim_ascii_start();
    let line = &line[..line.len().min(MOST)];
    let end = line.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(line.len());
    let mut spaces = line[..end].iter().enumerate().filter(|(_, byte)| **byte == b' ').map(|(at, _)| at);
    let end = spaces.nth(1).unwrap_or(end);
    &line[..end]
}
