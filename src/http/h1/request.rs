//! A request as the application takes it.

use std::net::SocketAddr;

use actix_http::Request;
use actix_web::{
    HttpMessage as _,
    dev::Payload,
    http::{
        Uri,
        header::{HeaderName, HeaderValue},
        uri::{Authority, Scheme},
    },
};

use crate::{
    http::{departure::Departures, head::RequestHead},
    wire::hex,
};

/// Makes a request of a head. Pooled requests keep what they were: each part is set.
pub(in crate::http) fn of(
    head: RequestHead,
    payload: Payload,
    peer: Option<SocketAddr>,
    departures: Departures,
) -> Request {
    let mut request = Request::with_payload(payload);
    let parts = request.head_mut();
    parts.method = head.method().clone();
    parts.version = head.version();
    parts.uri = uri_of(&head);
    parts.peer_addr = peer;
    for (name, value) in head.fields() {
        // What has been parsed is good for both.
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            parts.headers.append(name, value);
        }
    }
    request.extensions_mut().insert(head);
    request.extensions_mut().insert(departures);
    request
}

/// The target, on HTTP/2 with its authority, for services that want a [`Uri`].
fn uri_of(head: &RequestHead) -> Uri {
    let uri = uri(head.target());
    let authority = head.get(":authority").and_then(|authority| Authority::try_from(authority).ok());
    let scheme = head.get(":scheme").and_then(|scheme| Scheme::try_from(scheme).ok());
    if authority.is_none() || scheme.is_none() || uri.authority().is_some() {
        return uri;
    }
    let mut parts = uri.clone().into_parts();
    (parts.scheme, parts.authority) = (scheme, authority);
    Uri::from_parts(parts).unwrap_or(uri)
}

/// The target for services that want a [`Uri`]; `/` for one that can't be made one. Bytes that the type refuses are
/// percent-encoded.
fn uri(target: &[u8]) -> Uri {
    Uri::try_from(target)
        .ok()
        .filter(|_| !target.contains(&b'#'))
        .or_else(|| Uri::try_from(encoded(target)).ok())
        .unwrap_or_default()
}

fn encoded(target: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(target.len() + 32);
    let mut in_query = false;
    for &byte in target {
        let refused = match byte {
            0x80..=0xFF | b'<' | b'>' | b'#' => true,
            b'`' => !in_query,
            b'"' => in_query,
            _ => false,
        };
        in_query |= byte == b'?';
        if refused {
            let [high, low] = hex::upper(byte);
            encoded.extend_from_slice(&[b'%', high, low]);
        } else {
            encoded.push(byte);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use actix_web::http::{Method, Version};

    use super::*;

    #[test]
    fn an_authority_of_http_2_is_part_of_the_uri() {
        let of = |target: &str, authority: &str| {
            let fields = [(":authority", authority), (":scheme", "https")].map(|(n, v)| (n.as_bytes(), v.as_bytes()));
            let head = RequestHead::new(Method::GET, target.as_bytes(), Version::HTTP_2, fields);
            uri_of(&head).to_string()
        };
        assert_eq!(of("/a?b=%zz", "a.test:81"), "https://a.test:81/a?b=%zz");
        assert_eq!(of("/a", "a b"), "/a");
        assert_eq!(of("*", "a.test"), "https://a.test*");
        assert_eq!(of("a.test:443", "a.test:443"), "a.test:443");
    }

    #[test]
    fn what_a_uri_refuses_is_encoded() {
        for (target, path_and_query) in [
            ("/v1/\u{e9}?\u{e9}", "/v1/%C3%A9?%C3%A9"),
            ("/a<b>#c`\"?<>#`\"", "/a%3Cb%3E%23c%60\"?%3C%3E%23`%22"),
            ("/a#b", "/a%23b"),
            ("*", "*"),
            ("/%zz", "/%zz"),
        ] {
            let uri = uri(target.as_bytes());
            assert_eq!(uri.path_and_query().map(|target| target.as_str()), Some(path_and_query), "{target}");
        }
        assert_eq!(uri(&[b'/'; 100_000]), "/");
        assert_eq!(uri(b"http://other.test/v1/a").path(), "/v1/a");
        assert_eq!(uri(b"other.test:443").authority().map(|authority| authority.as_str()), Some("other.test:443"));
    }
}
