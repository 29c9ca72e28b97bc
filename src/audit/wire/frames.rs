//! Frames and settings of an HTTP/2 connection in the wire document.

use std::time::Instant;

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::shown::millis;
use crate::request::{Frame, Says};

/// A frame.
#[derive(Serialize)]
pub(super) struct ShownFrame {
    /// Milliseconds since the head of the request was complete; negative before.
    ms: f64,
    /// `client` or `server`.
    from: &'static str,
    /// Name of the type, or its number.
    #[serde(rename = "type")]
    kind: Name,
    flags: u8,
    length: u32,
    stream: u32,
    /// Error code of RST_STREAM and GOAWAY.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    /// Last stream of GOAWAY.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_stream: Option<u32>,
    /// Increment of WINDOW_UPDATE.
    #[serde(skip_serializing_if = "Option::is_none")]
    increment: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Settings>,
}

/// Name from a registry, or a number.
#[derive(Serialize)]
#[serde(untagged)]
enum Name {
    Known(&'static str),
    Unknown(u8),
}

/// Settings: name (or number) → value.
pub(super) struct Settings(pub(super) Vec<(u16, u32)>);

impl ShownFrame {
    /// Describes a frame; times count from `head_at`.
    pub(super) fn new(frame: Frame, head_at: Instant) -> Self {
        let Frame { at, of_client, kind, flags, length, stream, says } = frame;
        let ms = match at.checked_duration_since(head_at) {
            Some(after) => millis(after),
            None => -millis(head_at.duration_since(at)),
        };
        let from = if of_client { "client" } else { "server" };
        let mut shown = Self {
            ms,
            from,
            kind: name(kind),
            flags,
            length,
            stream,
            code: None,
            last_stream: None,
            increment: None,
            settings: None,
        };
        match says {
            Says::Nothing => {}
            Says::Reset(code) => shown.code = Some(code),
            Says::GoAway(last, code) => (shown.last_stream, shown.code) = (Some(last), Some(code)),
            Says::Window(increment) => shown.increment = Some(increment),
            Says::Settings(values) => shown.settings = Some(Settings(values)),
        }
        shown
    }
}

/// Names of RFC 9113, section 11.2.
fn name(kind: u8) -> Name {
    const NAMES: [&str; 10] = [
        "DATA",
        "HEADERS",
        "PRIORITY",
        "RST_STREAM",
        "SETTINGS",
        "PUSH_PROMISE",
        "PING",
        "GOAWAY",
        "WINDOW_UPDATE",
        "CONTINUATION",
    ];
    NAMES.get(usize::from(kind)).map_or(Name::Unknown(kind), |name| Name::Known(name))
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (id, value) in &self.0 {
            // Names of RFC 9113, section 6.5.2, and RFC 8441, section 3.
            let known = match id {
                1 => "HEADER_TABLE_SIZE",
                2 => "ENABLE_PUSH",
                3 => "MAX_CONCURRENT_STREAMS",
                4 => "INITIAL_WINDOW_SIZE",
                5 => "MAX_FRAME_SIZE",
                6 => "MAX_HEADER_LIST_SIZE",
                8 => "ENABLE_CONNECT_PROTOCOL",
                _ => "",
            };
            match known {
                "" => map.serialize_entry(&id.to_string(), value)?,
                known => map.serialize_entry(known, value)?,
            }
        }
        map.end()
    }
}
