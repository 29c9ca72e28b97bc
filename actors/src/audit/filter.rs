//! Filters, cursors and pages of queries for events.

use std::net::{IpAddr, SocketAddr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{Connection, Event, JsonText, Source, WireFacts, hub::Live};

/// Conditions on events, combined by AND. The default matches all events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// `timestamp` at or after.
    pub from: Option<DateTime<Utc>>,
    /// `timestamp` before.
    pub to: Option<DateTime<Utc>>,
    /// HTTP method.
    pub method: Option<String>,
    /// Text that the path contains, case-sensitive.
    pub path: Option<String>,
    /// Name of the route.
    pub route_name: Option<String>,
    /// Group of the route.
    pub endpoint_group: Option<String>,
    /// Status, or its class.
    pub status: Option<StatusFilter>,
    /// Subject or email address of the identity.
    pub user: Option<String>,
    /// Authentication type of the caller.
    pub auth_type: Option<String>,
    /// Portal session.
    pub session: Option<String>,
    /// Success or not.
    pub success: Option<bool>,
    /// Source of the request.
    pub source: Option<Source>,
    /// Value of `X-Request-Id`.
    pub request_id: Option<String>,
    /// Text that the path, error message or request id contains, case-sensitive.
    pub q: Option<String>,
    /// Names (canonical form) and values of request or response headers. All must be present.
    pub headers: Vec<(String, String)>,
    /// Names (canonical form) of request or response headers. All must be present.
    pub has_headers: Vec<String>,
    /// Minimum `duration_ms`.
    pub min_duration_ms: Option<f64>,
    /// Fingerprint of a redacted value: eight lower-case hex digits.
    pub fingerprint: Option<String>,
    /// Address of the peer, with or without port.
    pub remote_addr: Option<PeerFilter>,
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
    pub http_version: Option<String>,
    /// Connection of the request.
    pub connection: Option<Uuid>,
    /// Rule that a malformed request breaks.
    pub rule: Option<String>,
    /// How the exchange ended.
    pub ended_by: Option<String>,
    /// Trace id.
    pub trace_id: Option<String>,
    /// Value of `X-Test-Run`.
    pub test_run: Option<String>,
    /// Key by which attempts of one call are counted.
    pub call_key: Option<String>,
    /// Name of the script that answered.
    pub script: Option<String>,
    /// Number of the attempt within its call.
    pub attempt: Option<u32>,
}

/// Conditions on connections, combined by AND. The default matches all connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionFilter {
    /// `opened` at or after.
    pub from: Option<DateTime<Utc>>,
    /// `opened` before.
    pub to: Option<DateTime<Utc>>,
    /// Address of the peer, with or without port.
    pub remote_addr: Option<PeerFilter>,
    /// Protocol: `http/1`, `http/2` or `none`.
    pub protocol: Option<String>,
    /// How it ended.
    pub ended_by: Option<String>,
}

impl ConnectionFilter {
    /// Returns true when a connection matches. Equivalent to the SQL of the stores.
    #[must_use]
    pub fn matches(&self, connection: &Connection) -> bool {
        self.from.is_none_or(|from| connection.opened >= from)
            && self.to.is_none_or(|to| connection.opened < to)
            && self.remote_addr.as_ref().is_none_or(|peer| peer.matches(&connection.remote_addr))
            && self.protocol.as_deref().is_none_or(|protocol| protocol == connection.protocol)
            && self.ended_by.as_deref().is_none_or(|ended_by| ended_by == connection.ended_by)
    }
}

/// Condition on the address of a peer, which is recorded as `address:port`, with IPv6 addresses in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerFilter {
    /// This text.
    Exactly(String),
    /// This address, with any port.
    Address(IpAddr),
}

impl PeerFilter {
    /// Parses an address with or without port. Other text matches itself alone.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Self::Address(address.to_canonical());
        }
        match text.parse::<SocketAddr>() {
            Ok(peer) => Self::Exactly(SocketAddr::new(peer.ip().to_canonical(), peer.port()).to_string()),
            Err(_) => Self::Exactly(text.to_owned()),
        }
    }

    /// Returns the start of the matching texts, for an address with any port.
    #[must_use]
    pub fn prefix(&self) -> Option<String> {
        match self {
            Self::Exactly(_) => None,
            Self::Address(IpAddr::V4(address)) => Some(format!("{address}:")),
            Self::Address(IpAddr::V6(address)) => Some(format!("[{address}]:")),
        }
    }

    /// Returns true when the recorded address matches.
    #[must_use]
    pub fn matches(&self, recorded: &str) -> bool {
        match (self, self.prefix()) {
            (_, Some(prefix)) => recorded.starts_with(&prefix),
            (Self::Exactly(peer), None) => recorded == peer,
            (Self::Address(_), None) => false,
        }
    }
}

/// Status, or class of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Exactly this status.
    Exactly(u16),
    /// Statuses with this first digit, 1 to 5.
    Class(u16),
}

impl StatusFilter {
    /// Parses `404` or `4xx`; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
            let class = class.parse().ok().filter(|class| (1..=5).contains(class))?;
            return (text.len() == 3).then_some(Self::Class(class));
        }
        let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|status| digits && (100..600).contains(status)).map(Self::Exactly)
    }

    /// Returns the lowest status and the one after the highest.
    #[must_use]
    pub const fn range(self) -> (u16, u16) {
        match self {
            Self::Exactly(status) => (status, status + 1),
            Self::Class(class) => (class * 100, class * 100 + 100),
        }
    }
}

impl Filter {
    /// Returns true when the filter has no conditions.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Returns true when a condition needs the payload.
    #[must_use]
    pub fn needs_payload(&self) -> bool {
        !(self.headers.is_empty() && self.has_headers.is_empty())
    }

    /// Returns true when a condition needs the record below HTTP.
    #[must_use]
    pub fn needs_wire(&self) -> bool {
        self.is_about_few() || self.ended_by.is_some() || self.script.is_some() || self.attempt.is_some()
    }

    /// Returns true when a condition on the record below HTTP has an index.
    #[must_use]
    pub fn is_about_few(&self) -> bool {
        self.connection.is_some()
            || self.rule.is_some()
            || self.trace_id.is_some()
            || self.test_run.is_some()
            || self.call_key.is_some()
    }

    /// Returns true when an event matches. Equivalent to the SQL of the stores.
    #[must_use]
    pub fn matches(&self, live: &Live) -> bool {
        let event = &live.entry.event;
        let is =
            |wanted: &Option<String>, value: Option<&str>| wanted.as_deref().is_none_or(|wanted| value == Some(wanted));
        let holds = |value: &str, wanted: &str| value.contains(wanted);
        self.from.is_none_or(|from| event.timestamp >= from)
            && self.to.is_none_or(|to| event.timestamp < to)
            && is(&self.method, Some(&event.method))
            && self.path.as_deref().is_none_or(|path| holds(&event.path, path))
            && is(&self.route_name, event.route_name.as_deref())
            && is(&self.endpoint_group, event.endpoint_group.as_deref())
            && self.status.map(StatusFilter::range).is_none_or(|(from, to)| (from..to).contains(&event.status))
            && (is(&self.user, event.user_subject.as_deref()) || is(&self.user, event.user_email.as_deref()))
            && is(&self.auth_type, event.auth_type.as_deref())
            && is(&self.session, event.session_id.as_deref())
            && self.success.is_none_or(|success| event.success == success)
            && self.source.is_none_or(|source| event.source == source)
            && is(&self.request_id, Some(&event.request_id))
            && self.q.as_deref().is_none_or(|q| {
                holds(&event.path, q)
                    || holds(&event.request_id, q)
                    || event.error_message.as_deref().is_some_and(|message| holds(message, q))
            })
            && self.min_duration_ms.is_none_or(|least| event.duration_ms >= least)
            && self.fingerprint.as_deref().is_none_or(|wanted| event.fingerprints.contains(wanted))
            && self.remote_addr.as_ref().is_none_or(|peer| peer.matches(&event.remote_addr))
            && is(&self.http_version, Some(&event.http_version))
            && (!self.needs_wire() || live.entry.facts.as_ref().is_some_and(|facts| self.facts_match(facts)))
            && (!self.needs_payload() || self.headers_match(live))
    }

    fn facts_match(&self, facts: &WireFacts) -> bool {
        let is =
            |wanted: &Option<String>, value: Option<&str>| wanted.as_deref().is_none_or(|wanted| value == Some(wanted));
        (self.connection.is_none() || self.connection == facts.connection_id)
            && is(&self.rule, facts.rule.as_deref())
            && is(&self.ended_by, Some(&facts.ended_by))
            && is(&self.trace_id, facts.trace_id.as_deref())
            && is(&self.test_run, facts.test_run.as_deref())
            && is(&self.call_key, facts.call_key.as_deref())
            && is(&self.script, facts.script.as_deref())
            && (self.attempt.is_none() || self.attempt == facts.attempt)
    }

    fn headers_match(&self, live: &Live) -> bool {
        let read = |text: &Option<JsonText>| {
            text.as_ref().and_then(|text| serde_json::from_str::<Value>(text.as_str()).ok()).unwrap_or_default()
        };
        let sides = [read(&live.request_headers), read(&live.response_headers)];
        let has = |name: &str| sides.iter().any(|side| side.get(name).is_some());
        let carries = |name: &str, value: &str| {
            sides.iter().filter_map(|side| side.get(name)?.as_array()).flatten().any(|found| found == value)
        };
        self.headers.iter().all(|(name, value)| carries(name, value)) && self.has_headers.iter().all(|name| has(name))
    }
}

/// Position after an event in the order newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Timestamp of that event, in microseconds of the Unix epoch.
    pub micros: i64,
    /// Id of that event.
    pub id: Uuid,
}

impl Cursor {
    /// Returns the position after `event`.
    #[must_use]
    pub fn behind(event: &Event) -> Self {
        Self { micros: event.timestamp.timestamp_micros(), id: event.id }
    }

    /// Returns the position after `connection`, in the order of `opened`.
    #[must_use]
    pub fn after_connection(connection: &Connection) -> Self {
        Self { micros: connection.opened.timestamp_micros(), id: connection.id }
    }

    /// Encodes the cursor for a client.
    #[must_use]
    pub fn encode(self) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.micros.to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes the output of [`Cursor::encode`]; `None` for any other text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (micros, id) = bytes.split_at(8);
        Some(Self { micros: i64::from_be_bytes(micros.try_into().ok()?), id: Uuid::from_slice(id).ok()? })
    }
}

/// Part of the matching events, newest first (by `timestamp`, then `id`, both descending).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Start after this event.
    pub after: Option<Cursor>,
    /// Number of events to skip.
    pub offset: u64,
    /// Maximum number of events to return.
    pub limit: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_three_digits_or_a_class() {
        assert_eq!(StatusFilter::parse("404"), Some(StatusFilter::Exactly(404)));
        assert_eq!(StatusFilter::parse("4xx"), Some(StatusFilter::Class(4)));
        for bad in ["", "4", "40", "4x", "xx", "6xx", "0xx", "+44", "4044", "04xx", "099", "600", "4xX", " 404"] {
            assert_eq!(StatusFilter::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_peer_is_found_with_or_without_its_port() {
        let found = |filter: &str, recorded: &str| PeerFilter::parse(filter).matches(recorded);
        for filter in ["10.0.0.1", "10.0.0.1:80", "::ffff:10.0.0.1", "[::ffff:10.0.0.1]:80"] {
            assert!(found(filter, "10.0.0.1:80"), "{filter}");
            assert!(!found(filter, "10.0.0.10:80") && !found(filter, "110.0.0.1:80"), "{filter}");
        }
        assert!(!found("10.0.0.1:8", "10.0.0.1:80") && !found("10.0.0", "10.0.0.1:80"));
        for filter in ["::1", "[::1]", "[::1]:5", "0:0:0:0:0:0:0:1"] {
            assert!(found(filter, "[::1]:5"), "{filter}");
            assert!(!found(filter, "[::11]:5") && !found(filter, "[::1:2]:5"), "{filter}");
        }
        assert!(found("inner", "inner") && !found("inner", "inner:1") && !found("", "10.0.0.1:80"));
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let cursor = Cursor { micros: -5, id: Uuid::from_u128(7) };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        for bad in ["", "abc", "####", &"A".repeat(33)] {
            assert_eq!(Cursor::decode(bad), None, "{bad:?}");
        }
    }
}
