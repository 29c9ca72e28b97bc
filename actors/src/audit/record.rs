//! Record of a request: the event and its payload.

use std::{collections::HashSet, fmt::Write as _};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use uuid::Uuid;

use super::{
    values::{JsonText, PIECE_EXTRA, Text},
    wire::Wire,
};

/// Source of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Network client.
    #[default]
    External,
    /// Try-It form of the portal.
    PortalTryit,
    /// Replay of a recorded request.
    Replay,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 3] = [Self::External, Self::PortalTryit, Self::Replay];

    /// Returns the name in rows, filters and bodies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::PortalTryit => "portal-tryit",
            Self::Replay => "replay",
        }
    }

    /// Parses the name; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// Rust types of the kinds of columns.
mod kind {
    use bytes::Bytes;
    use uuid::Uuid;

    pub(super) use super::{Fingerprints, Masked, Source};
    use super::{JsonText, Text};

    pub(super) type Real = f64;
    pub(super) type OptionalReal = Option<f64>;
    pub(super) type Line = String;
    pub(super) type OptionalLine = Option<String>;
    pub(super) type Word = Text;
    pub(super) type OptionalWord = Option<Text>;
    pub(super) type Status = u16;
    pub(super) type Size = u64;
    pub(super) type Flag = bool;
    pub(super) type OptionalJson = Option<JsonText>;
    pub(super) type Body = Bytes;
    pub(super) type OptionalId = Option<Uuid>;
}

macro_rules! event {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        /// Part of a record that is kept even when payloads are not captured. It contains no secrets, because values
        /// were redacted before. Texts contain no NUL.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Event {
            /// UUID version 7 with the time of `timestamp`, so that the day is known from the id.
            pub id: Uuid,
            /// Time when the request head was complete, in whole microseconds.
            pub timestamp: DateTime<Utc>,
            $($(#[doc = $about])* pub $name: kind::$kind,)*
        }

        impl Event {
            /// Creates an event with only id and time set.
            #[must_use]
            pub fn new(id: Uuid, timestamp: DateTime<Utc>) -> Self {
                Self { id, timestamp, $($name: Default::default(),)* }
            }
        }

        /// Serialises with the fields in the order of the list; fields without a value are omitted.
        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut fields = serializer.serialize_struct("Event", 2 $(+ usize::from(self.$name.is_given()))*)?;
                fields.serialize_field("id", &self.id)?;
                fields.serialize_field("timestamp", &self.timestamp.to_rfc3339_opts(SecondsFormat::Micros, true))?;
                $(if self.$name.is_given() {
                    fields.serialize_field(stringify!($name), &self.$name)?;
                })*
                fields.end()
            }
        }
    };
}

macro_rules! payload {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        /// Part of a record that is kept when `audit.capture_payloads` is on.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Payload {
            $($(#[doc = $about])* pub $name: kind::$kind,)*
        }
    };
}

crate::event_columns!(event);
crate::payload_columns!(payload);

/// Fields that may have no value.
trait Given {
    fn is_given(&self) -> bool {
        true
    }
}

impl Given for f64 {}
impl Given for u16 {}
impl Given for u64 {}
impl Given for bool {}
impl Given for String {}
impl Given for Text {}
impl Given for Source {}

impl Given for Fingerprints {
    fn is_given(&self) -> bool {
        !self.is_empty()
    }
}

impl<T> Given for Option<T> {
    fn is_given(&self) -> bool {
        self.is_some()
    }
}

/// Fingerprints of redacted values: eight lower-case hex digits each, without duplicates, in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints(Option<Box<str>>);

impl Fingerprints {
    /// Number of hex digits of a fingerprint.
    pub const DIGITS: usize = 8;

    /// Collects fingerprints, without duplicates.
    #[must_use]
    pub fn of(all: &[u32]) -> Self {
        let mut text = String::with_capacity(all.len() * (Self::DIGITS + 1));
        let mut seen = HashSet::new();
        for fingerprint in all.iter().filter(|fingerprint| seen.insert(**fingerprint)) {
            if !text.is_empty() {
                text.push(' ');
            }
            // Writing to a string does not fail.
            let _ = write!(text, "{fingerprint:08x}");
        }
        Self::from_text(Some(text))
    }

    /// Creates fingerprints from their stored form: separated by single spaces. `None` without any.
    #[must_use]
    pub fn from_text(text: Option<String>) -> Self {
        Self(text.filter(|text| !text.is_empty()).map(String::into_boxed_str))
    }

    /// Returns the stored form.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Returns true when there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns true when `fingerprint` is among them.
    #[must_use]
    pub fn contains(&self, fingerprint: &str) -> bool {
        self.iter().any(|one| one == fingerprint)
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.as_deref().into_iter().flat_map(|text| text.split(' '))
    }
}

impl Serialize for Fingerprints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Parts of a request and its response in which something was masked before recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masked(u8);

impl Masked {
    /// Request path.
    pub const REQUEST_PATH: Self = Self(1);
    /// Request query.
    pub const REQUEST_QUERY: Self = Self(2);
    /// Request headers.
    pub const REQUEST_HEADERS: Self = Self(4);
    /// Request body.
    pub const REQUEST_BODY: Self = Self(8);
    /// Response headers.
    pub const RESPONSE_HEADERS: Self = Self(16);
    /// Response body.
    pub const RESPONSE_BODY: Self = Self(32);
    const ALL: u8 = 63;

    /// Returns the union.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns `self` when `masked`, otherwise nothing.
    #[must_use]
    pub const fn when(self, masked: bool) -> Self {
        if masked { self } else { Self(0) }
    }

    /// Returns true when something was masked in `part`.
    #[must_use]
    pub const fn has(self, part: Self) -> bool {
        self.0 & part.0 != 0
    }

    /// Returns the stored form.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Creates the set from its stored form. Unknown bits are ignored.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL)
    }

    /// Returns the names of the request's parts.
    pub fn of_request(self) -> impl Iterator<Item = &'static str> {
        self.names([
            (Self::REQUEST_PATH, "path"),
            (Self::REQUEST_QUERY, "query"),
            (Self::REQUEST_HEADERS, "headers"),
            (Self::REQUEST_BODY, "body"),
        ])
    }

    /// Returns the names of the response's parts.
    pub fn of_response(self) -> impl Iterator<Item = &'static str> {
        self.names([(Self::RESPONSE_HEADERS, "headers"), (Self::RESPONSE_BODY, "body")])
    }

    fn names<const N: usize>(self, parts: [(Self, &'static str); N]) -> impl Iterator<Item = &'static str> {
        parts.into_iter().filter(move |(part, _)| self.has(*part)).map(|(_, name)| name)
    }
}

/// An event with its payload, on its way to or from the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The event.
    pub event: Event,
    /// The payload, if it was captured (and requested).
    pub payload: Option<Payload>,
    /// The record below HTTP, if there is one (and it was requested).
    pub wire: Option<Wire>,
}

/// Maximum number of allocations of a record.
const PIECES: usize = 30;

impl Record {
    /// Returns an upper bound of the memory it takes, in bytes: the capacity of its texts, the length of its bodies,
    /// and the allocator's overhead. Bodies count by length, because they must have been copied out of larger buffers.
    #[must_use]
    pub fn weight(&self) -> usize {
        let event = &self.event;
        let texts = [&event.request_id, &event.path, &event.target, &event.host, &event.remote_addr];
        let optional = [
            &event.session_id,
            &event.user_subject,
            &event.user_email,
            &event.api_key_name,
            &event.client_id,
            &event.user_agent,
        ];
        let json = |text: &Option<JsonText>| text.as_ref().map_or(0, |text| text.as_str().len());
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::capacity);
        let payload = self.payload.as_ref().map_or(0, |payload| {
            json(&payload.request_headers)
                + json(&payload.request_query)
                + json(&payload.response_headers)
                + text(&payload.request_content_type)
                + text(&payload.response_content_type)
                + payload.request_remote_addr.capacity()
                + payload.request_body.len()
                + payload.response_body.len()
        });
        let owned = size_of::<Self>()
            + event.fingerprints.as_text().map_or(0, str::len)
            + texts.into_iter().map(String::capacity).sum::<usize>()
            + optional.into_iter().map(text).sum::<usize>()
            + payload
            + self.wire.as_ref().map_or(0, Wire::held);
        // Allocators round up: large allocations by at most an eighth, small ones by a few bytes each.
        owned + owned / 8 + PIECES * PIECE_EXTRA
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_kept_once_and_found_whole() {
        let all = Fingerprints::of(&[0x3f9a_01bc, 1, 0x3f9a_01bc]);
        assert_eq!(all.as_text(), Some("3f9a01bc 00000001"));
        assert_eq!(serde_json::to_string(&all).ok().as_deref(), Some(r#"["3f9a01bc","00000001"]"#));
        assert_eq!(Fingerprints::from_text(all.as_text().map(str::to_owned)), all);
        assert!(all.contains("00000001") && !all.contains("0000001") && !all.contains("01bc 000") && !all.contains(""));
        let none = Fingerprints::of(&[]);
        assert!(none.is_empty() && none.as_text().is_none() && !none.contains(""));
        assert_eq!(Fingerprints::from_text(Some(String::new())), none);
    }

    #[test]
    fn masked_parts_have_names() {
        let masked = Masked::REQUEST_PATH.and(Masked::RESPONSE_BODY).and(Masked::REQUEST_BODY.when(false));
        assert_eq!(masked.of_request().collect::<Vec<_>>(), ["path"]);
        assert_eq!(masked.of_response().collect::<Vec<_>>(), ["body"]);
        assert_eq!(Masked::from_bits(masked.bits()), masked);
        assert_eq!(Masked::from_bits(0xff).of_request().count() + Masked::from_bits(0xff).of_response().count(), 6);
    }
}
