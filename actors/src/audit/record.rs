//! One request on record: the event, and the payload beside it.

use std::{borrow::Cow, collections::HashSet, fmt::Write as _};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

/// Text that is known at compile time more often than not.
pub type Text = Cow<'static, str>;

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Over the network.
    External,
    /// From the portal's Try-It form.
    PortalTryit,
    /// From a replay of a recorded request.
    Replay,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::External, Self::PortalTryit, Self::Replay];

    /// The name in rows, filters and bodies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::PortalTryit => "portal-tryit",
            Self::Replay => "replay",
        }
    }

    /// Reads the name; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// What is recorded of a request whether payloads are captured or not. Holds no secret: what had to be redacted was
/// redacted before it was made. Texts hold no NUL.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// UUID version 7 whose time is that of `timestamp`, so that the id alone tells the day.
    pub id: Uuid,
    /// When the request's head had arrived; whole microseconds.
    #[serde(serialize_with = "rfc3339")]
    pub timestamp: DateTime<Utc>,
    /// Milliseconds from the head of the request to the end of the answer.
    pub duration_ms: f64,
    /// Milliseconds until the answer's head was handed to the socket; `None` when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<f64>,
    /// Value of `X-Request-Id` in the answer.
    pub request_id: String,
    /// Portal session that the request was sent from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Subject of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_subject: Option<String>,
    /// Mail address of the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_email: Option<String>,
    /// How the caller was authenticated; `None` when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_type: Option<Text>,
    /// Name of the key or token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_name: Option<String>,
    /// Client that the token was given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The verb.
    pub method: Text,
    /// The path as it arrived, without the query.
    pub path: String,
    /// The request target as it arrived; redacted values masked.
    pub target: String,
    /// Authority that was asked for: `Host`, or `:authority` of HTTP/2.
    pub host: String,
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
    pub http_version: Text,
    /// Name of the route; `None` when no route was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_name: Option<Text>,
    /// Group of the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_group: Option<Text>,
    /// Status of the answer; 499 when the client left before it was complete.
    pub status: u16,
    /// Bytes of the request's body that arrived, transfer coding removed.
    pub bytes_in: u64,
    /// Bytes of the answer's body that were handed to the connection.
    pub bytes_out: u64,
    /// True for 200 ≤ status < 400.
    pub success: bool,
    /// What went wrong, as the client was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<Text>,
    /// What kind of thing went wrong: a bounded set of words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_category: Option<Text>,
    /// Address and port of the peer.
    pub remote_addr: String,
    /// Value of `User-Agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Where the request came from.
    pub source: Source,
    /// Which replica answered.
    pub instance: Text,
    /// Fingerprints of the values that were redacted.
    #[serde(skip_serializing_if = "Fingerprints::is_empty")]
    pub fingerprints: Fingerprints,
}

/// Fingerprints of redacted values: eight lower-case hex digits each, every one once, in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints(Option<Box<str>>);

impl Fingerprints {
    /// Hex digits of one fingerprint.
    pub const DIGITS: usize = 8;

    /// Collects them; one that is given again is passed over.
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

    /// Takes over the form in which a store keeps them: one blank between two. `None` without any.
    #[must_use]
    pub fn from_text(text: Option<String>) -> Self {
        Self(text.filter(|text| !text.is_empty()).map(String::into_boxed_str))
    }

    /// The form in which a store keeps them.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// True without any.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// True when `fingerprint` is one of them.
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

/// Parts of a request and its answer in which something was masked before it was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masked(u8);

impl Masked {
    /// The request's path.
    pub const REQUEST_PATH: Self = Self(1);
    /// The request's query.
    pub const REQUEST_QUERY: Self = Self(2);
    /// A request header.
    pub const REQUEST_HEADERS: Self = Self(4);
    /// The request's body.
    pub const REQUEST_BODY: Self = Self(8);
    /// A response header.
    pub const RESPONSE_HEADERS: Self = Self(16);
    /// The answer's body.
    pub const RESPONSE_BODY: Self = Self(32);
    const ALL: u8 = 63;

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// `self` when `masked`, else nothing.
    #[must_use]
    pub const fn when(self, masked: bool) -> Self {
        if masked { self } else { Self(0) }
    }

    /// True when something was masked in `part`.
    #[must_use]
    pub const fn has(self, part: Self) -> bool {
        self.0 & part.0 != 0
    }

    /// The form in which a store keeps it.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Reads that form; bits without a meaning are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL)
    }

    /// The request's parts by name.
    pub fn of_request(self) -> impl Iterator<Item = &'static str> {
        self.names([
            (Self::REQUEST_PATH, "path"),
            (Self::REQUEST_QUERY, "query"),
            (Self::REQUEST_HEADERS, "headers"),
            (Self::REQUEST_BODY, "body"),
        ])
    }

    /// The answer's parts by name.
    pub fn of_response(self) -> impl Iterator<Item = &'static str> {
        self.names([(Self::RESPONSE_HEADERS, "headers"), (Self::RESPONSE_BODY, "body")])
    }

    fn names<const N: usize>(self, parts: [(Self, &'static str); N]) -> impl Iterator<Item = &'static str> {
        parts.into_iter().filter(move |(part, _)| self.has(*part)).map(|(_, name)| name)
    }
}

/// Writes a time as RFC 3339 with microseconds.
fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// A JSON document as text, made once and handed on as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// Takes over text that is JSON: whoever makes it answers for that.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// What is recorded when `audit.capture_payloads` is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Request headers: canonical name → values in their order, sorted by name. `None` with `capture_headers` off.
    pub request_headers: Option<JsonText>,
    /// Query parameters: name → values in their order. `None` without a query.
    pub request_query: Option<JsonText>,
    /// `Content-Type` of the request.
    pub request_content_type: Option<String>,
    /// The first bytes of the request's body.
    pub request_body: Bytes,
    /// Bytes of the request's body that arrived.
    pub request_size: u64,
    /// True when more arrived than was captured.
    pub request_truncated: bool,
    /// Address and port of the peer.
    pub request_remote_addr: String,
    /// Response headers, as the request's.
    pub response_headers: Option<JsonText>,
    /// `Content-Type` of the answer.
    pub response_content_type: Option<String>,
    /// The first bytes of the answer's body.
    pub response_body: Bytes,
    /// Bytes of the answer's body that were handed to the connection.
    pub response_size: u64,
    /// True when more was sent than was captured.
    pub response_truncated: bool,
    /// The event whose request was sent again.
    pub replayed_from: Option<Uuid>,
    /// Where something was masked.
    pub masked: Masked,
}

/// An event with its payload, on the way to the store or back from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The event.
    pub event: Event,
    /// The payload, when it was captured (and asked for).
    pub payload: Option<Payload>,
}

impl Record {
    /// Bytes of memory it takes, near enough to bound a queue by.
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
        let payload = self.payload.as_ref().map_or(0, |payload| {
            json(&payload.request_headers)
                + json(&payload.request_query)
                + json(&payload.response_headers)
                + payload.request_body.len()
                + payload.response_body.len()
        });
        size_of::<Self>()
            + event.fingerprints.as_text().map_or(0, str::len)
            + texts.into_iter().map(String::len).sum::<usize>()
            + optional.into_iter().flatten().map(String::len).sum::<usize>()
            + payload
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
