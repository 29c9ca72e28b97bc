//! `X-Request-Id`: copied from the request if valid, otherwise generated.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::http::header::{HeaderName, HeaderValue};
use uuid::{NoContext, Timestamp, Uuid};

/// Name of the field.
pub(super) const NAME: &str = "x-request-id";
/// The same for answers.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static(NAME);

const LENGTH_MAX: usize = 128;

/// Returns the first value of the request if it is 1 to 128 visible ASCII characters, otherwise a new UUID.
#[must_use]
pub(super) fn of(inbound: Option<&[u8]>) -> HeaderValue {
    inbound.filter(|value| is_fit(value)).and_then(|value| HeaderValue::from_bytes(value).ok()).unwrap_or_else(new)
}

/// Returns a new UUID of version 7 (RFC 9562, section 5.7). Version 4 would do for callers. But the audit trail has an
/// index on request ids, and ids of version 7 are added at its end.
#[must_use]
pub(super) fn new() -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // No context: a counter for ids of one millisecond would be shared by all threads, behind a lock.
    let id = Uuid::new_v7(Timestamp::from_unix(NoContext, now.as_secs(), now.subsec_nanos()));
    let id = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("-"))
}

fn is_fit(value: &[u8]) -> bool {
    (1..=LENGTH_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of_value(value: &[u8]) -> String {
        of(Some(value)).to_str().unwrap().to_owned()
    }

    #[test]
    fn takes_over_what_is_fit() {
        assert_eq!(of_value(b"abc-123"), "abc-123");
        assert_eq!(of_value(&[b'~'; 128]).len(), 128);
    }

    #[test]
    fn makes_a_new_one_of_what_is_not() {
        for value in [b"".as_slice(), b"a b", b"\xc3\xa9", &[b'x'; 129]] {
            let id = of_value(value);
            assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 7, "{id}");
        }
    }
}
