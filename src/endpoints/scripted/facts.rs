//! What a script may know of a call. Secrets are redacted, as in the answers of `/v1/headers`.

use std::{
    borrow::Cow,
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::http::Version;

use super::super::Call;
use crate::{
    credentials::REDACTED,
    script::{Facts, step::HttpVersion},
};

/// Facts of a call.
pub(super) struct CallFacts<'c> {
    call: &'c Call,
}

impl<'c> CallFacts<'c> {
    pub(super) const fn of(call: &'c Call) -> Self {
        Self { call }
    }

    fn is_secret(&self, name: &[u8]) -> bool {
        std::str::from_utf8(name).is_ok_and(|name| self.call.surroundings.redactor.is_secret_header(name))
    }

    /// Returns the query with the values of secret parameters replaced.
    fn masked_target(&self) -> Vec<u8> {
        let target = self.call.head.target();
        let Some(mark) = target.iter().position(|byte| *byte == b'?') else { return target.to_vec() };
        let (path, query) = target.split_at(mark + 1);
        let mut masked = path.to_vec();
        for (index, pair) in query.split(|byte| *byte == b'&').enumerate() {
            if index > 0 {
                masked.push(b'&');
            }
            let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
            let (decoded, _) = crate::wire::percent::decode_with_places(name, true);
            if self.call.surroundings.redactor.is_secret_param(&decoded) {
                masked.extend_from_slice(name);
                masked.push(b'=');
                masked.extend_from_slice(REDACTED.as_bytes());
            } else {
                masked.extend_from_slice(pair);
            }
        }
        masked
    }

    /// Returns the head as received, with secrets replaced in place.
    fn masked_raw(&self) -> Vec<u8> {
        let head = &self.call.head;
        let (raw, mut masked, mut done) = (head.raw(), Vec::new(), 0);
        let values = head.fields().zip(head.value_ranges());
        let secrets = values.filter(|((name, _), _)| self.is_secret(name));
        let secrets = secrets.map(|(_, range)| (range, REDACTED.as_bytes().to_vec()));
        for (range, value) in std::iter::once((head.target_range(), self.masked_target())).chain(secrets) {
            masked.extend_from_slice(&raw[done..range.start]);
            masked.extend_from_slice(&value);
            done = range.end;
        }
        masked.extend_from_slice(&raw[done..]);
        masked
    }
}

impl Facts for CallFacts<'_> {
    fn method(&self) -> &str {
        self.call.method().as_str()
    }

    fn version(&self) -> HttpVersion {
        match self.call.head.version() {
            Version::HTTP_2 => HttpVersion::Http2,
            Version::HTTP_10 => HttpVersion::Http10,
            _ => HttpVersion::Http11,
        }
    }

    fn path(&self) -> Cow<'_, [u8]> {
        self.call.path().as_bytes().into()
    }

    fn query(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let value = self.call.query().first(name)?;
        let is_secret = self.call.surroundings.redactor.is_secret_param(name.as_bytes());
        Some(if is_secret { REDACTED.as_bytes().into() } else { value })
    }

    fn fields(&self, name: &str) -> Vec<Cow<'_, [u8]>> {
        let is_secret = self.is_secret(name.as_bytes());
        let named = self.call.head.fields().filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| if is_secret { REDACTED.as_bytes().into() } else { value.into() }).collect()
    }

    fn head(&self) -> Cow<'_, [u8]> {
        let head = &self.call.head;
        if !head.raw().is_empty() {
            return self.masked_raw().into();
        }
        let mut lines = Vec::new();
        for (name, value) in head.pseudo_fields().chain(head.fields()) {
            let value = match name {
                b":path" => self.masked_target(),
                name if self.is_secret(name) => REDACTED.as_bytes().to_vec(),
                _ => value.to_vec(),
            };
            lines.extend_from_slice(&[name, b": ", &value, b"\r\n"].concat());
        }
        lines.extend_from_slice(b"\r\n");
        lines.into()
    }

    fn request_id(&self) -> Cow<'_, [u8]> {
        self.call.origin.request_id.as_bytes().into()
    }

    fn connection(&self) -> Cow<'_, [u8]> {
        let id = self.call.origin.facts.as_ref().map(|facts| facts.connection.id.to_string());
        id.unwrap_or_default().into_bytes().into()
    }

    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn uuid(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }
}
