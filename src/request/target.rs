//! The target of a request, split for routing.

use std::ops::Range;

use actix_web::http::Version;
use bytes::Bytes;

use super::{RequestHead, TargetForm};
use crate::wire::hex;

/// Path, query and host of a target. Some bytes that a URI cannot contain are percent-encoded, so that the target is
/// text. Everything else is as received. The audit trail keeps the original bytes.
#[derive(Clone, Debug)]
pub struct Target {
    text: Bytes,
    path: Range<usize>,
    /// Start of the query, after its `?`.
    query: Option<usize>,
    /// Host and port in a target in absolute-form or authority-form.
    host: Option<Range<usize>>,
    /// The target is in absolute-form.
    is_whole: bool,
    /// Value of `:authority` on HTTP/2.
    authority: Option<String>,
}

impl Target {
    /// Parses the target of a request.
    #[must_use]
    pub fn of(head: &RequestHead) -> Self {
        let raw = head.target();
        let text = escaped(raw).map_or_else(|| head.target_bytes(), Bytes::from);
        let form = TargetForm::of(head.method().as_str().as_bytes(), &text);
        let is_whole = matches!(form, Some(TargetForm::Absolute { .. }));
        let start = form.as_ref().map_or(0, |form| form.path_start(&text));
        let host = match form {
            Some(TargetForm::Absolute { host, .. }) => Some(host),
            Some(TargetForm::Authority) => Some(0..text.len()),
            _ => None,
        };
        let mark = memchr::memchr(b'?', &text[start..]).map(|at| start + at);
        let authority = (head.version() == Version::HTTP_2).then(|| head.get(":authority")).flatten();
        let authority = authority.map(|authority| String::from_utf8_lossy(authority).into_owned());
        Self { path: start..mark.unwrap_or(text.len()), query: mark.map(|at| at + 1), host, is_whole, authority, text }
    }

    /// Returns the path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        match self.slice(self.path.clone()) {
            // A URI without a path means the root (RFC 9110, section 4.2.3).
            "" if self.is_whole => "/",
            path => path,
        }
    }

    /// Returns the query without its `?`, still percent-encoded; `None` when there is no `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.map(|start| self.slice(start..self.text.len()))
    }

    /// Returns path and query.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        self.slice(self.path.start..self.text.len())
    }

    /// Returns the host and port of the target, or `:authority` on HTTP/2.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.clone().map(|host| self.slice(host)).or(self.authority.as_deref())
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Percent-encodes bytes that a URI cannot contain in that position. Returns `None` when there are none.
fn escaped(raw: &[u8]) -> Option<Vec<u8>> {
    let mut text: Option<Vec<u8>> = None;
    let mut in_query = false;
    for (at, &byte) in raw.iter().enumerate() {
        let refused = match byte {
            0x80..=0xFF | b'<' | b'>' | b'#' => true,
            b'`' => !in_query,
            b'"' => in_query,
            _ => false,
        };
        in_query |= byte == b'?';
        match (&mut text, refused) {
            (Some(text), false) => text.push(byte),
            (None, false) => {}
            (_, true) => {
                let [high, low] = hex::upper(byte);
                text.get_or_insert_with(|| raw[..at].to_vec()).extend_from_slice(&[b'%', high, low]);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;

    use super::*;

    fn of(method: Method, target: &[u8]) -> Target {
        Target::of(&RequestHead::new(method, target, Version::HTTP_11, []))
    }

    #[test]
    fn targets_are_taken_apart_as_they_are() {
        for (target, path, query, host) in [
            ("/v1/a%2Fb?c=d?e", "/v1/a%2Fb", Some("c=d?e"), None),
            ("//a/./b", "//a/./b", None, None),
            ("/a?", "/a", Some(""), None),
            ("/\u{e9}<#`\"?\u{e9}`\"", "/%C3%A9%3C%23%60\"", Some("%C3%A9`%22"), None),
            ("http://u@h:1/a?b", "/a", Some("b"), Some("h:1")),
            ("http://h", "/", None, Some("h")),
            ("http://h?b", "/", Some("b"), Some("h")),
            ("*", "*", None, None),
        ] {
            let read = of(Method::OPTIONS, target.as_bytes());
            assert_eq!((read.path(), read.query(), read.host()), (path, query, host), "{target}");
        }
        let tunnel = of(Method::CONNECT, b"h:443");
        assert_eq!((tunnel.path(), tunnel.query(), tunnel.host()), ("", None, Some("h:443")));
        assert_eq!(of(Method::GET, b"/\xff").path(), "/%FF");
        assert_eq!(of(Method::GET, &[b'/'; 100_000]).path().len(), 100_000);
    }
}
