//! Embedded build of `web/` from `static-build/`: strong ETags, long caching for names with a hash, and content
//! codings. It contains two pages: the portal ([`crate::portal`]) and the API reference at `/docs` ([`crate::site`]).

use std::borrow::Cow;

use actix_web::http::{
    StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};
use serde_json::json;

use crate::{
    request::RequestHead,
    wire::{hex, json as wire_json},
};

#[derive(RustEmbed)]
#[folder = "static-build/"]
struct Build;

/// The portal's page, relative to `static-build/`.
pub const PORTAL: &str = "index.html";

/// The page of the API reference, relative to `static-build/`.
pub const REFERENCE: &str = "docs.html";

/// Folder of the files whose names change with their content.
const HASHED: &str = "assets/";

/// Content codings of embedded files, in order of preference, with their file extensions.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Response that is ready to send.
pub struct Reply {
    /// 200, or 304 when the client has the file.
    pub status: StatusCode,
    /// All headers but the length.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Empty with 304.
    pub body: Bytes,
}

/// Returns true when a build is embedded.
#[must_use]
pub fn has_build() -> bool {
    Build::get(PORTAL).is_some() && Build::get(REFERENCE).is_some()
}

/// Returns the response for the file at `path` (relative to `static-build/`) with the content policy `policy`; `None`
/// when there is no such file. `head` is that of the request.
#[must_use]
pub fn file(path: &str, head: &RequestHead, policy: &'static str) -> Option<Reply> {
    // Hidden files keep the folder in git; they are not part of a build.
    let plain = Build::get(path).filter(|_| !path.starts_with('.'))?;
    let coded = accepted(head).into_iter().find_map(|(coding, ending)| {
        let file = Build::get(&format!("{path}{ending}"))?;
        Some((Some(coding), file))
    });
    let (coding, file) = coded.unwrap_or((None, plain));
    Some(reply(path, coding, file, head, policy))
}

/// Returns the response of a binary without a build, which says how to make one.
#[must_use]
pub fn banner() -> Reply {
    let body = json!({
        "status": "banner",
        "name": "api-test",
        "detail": "This binary contains no build of the portal. Run `make ui` and `make build`, then restart it.",
        "links": {"docs": "/docs", "healthz": "/healthz", "openapi_json": "/openapi.json", "openapi_yaml": "/openapi.yaml"}
    });
    Reply {
        status: StatusCode::OK,
        headers: vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: wire_json::to_line(&body).into(),
    }
}

fn reply(
    path: &str,
    coding: Option<&'static str>,
    file: EmbeddedFile,
    known: &RequestHead,
    policy: &'static str,
) -> Reply {
    let etag = strong_etag(&file.metadata.sha256_hash());
    let fresh = is_known(known, &etag);
    let cache = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut headers = vec![
        (header::ETAG, HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\""))),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::VARY, HeaderValue::from_static("Accept-Encoding")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    if fresh {
        return Reply { status: StatusCode::NOT_MODIFIED, headers, body: Bytes::new() };
    }
    if let Some(coding) = coding {
        headers.push((header::CONTENT_ENCODING, HeaderValue::from_static(coding)));
    }
    headers.push((header::CONTENT_TYPE, content_type(path)));
    let body = match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    };
    Reply { status: StatusCode::OK, headers, body }
}

/// Returns a strong validator (RFC 9110, section 8.8.3) from the first 16 bytes of a content hash.
fn strong_etag(hash: &[u8; 32]) -> String {
    format!("\"{}\"", hex::encode(&hash[..16]))
}

/// Returns true when the client already has the content, by the weak comparison that `If-None-Match` uses.
fn is_known(head: &RequestHead, etag: &str) -> bool {
    let known = head.get_all("if-none-match").filter_map(|known| std::str::from_utf8(known).ok());
    known
        .flat_map(|known| known.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

fn content_type(path: &str) -> HeaderValue {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let value = match kind.type_() {
        mime_guess::mime::TEXT => HeaderValue::from_str(&format!("{kind}; charset=utf-8")),
        _ => HeaderValue::from_str(kind.as_ref()),
    };
    value.unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// Returns the codings that `Accept-Encoding` accepts (RFC 9110, section 12.5.3), highest weight first, then in our
/// order of preference.
fn accepted(head: &RequestHead) -> Vec<(&'static str, &'static str)> {
    let mut accepted: Vec<_> = CODINGS.into_iter().map(|coding| (weight(head, coding.0), coding)).collect();
    accepted.retain(|(weight, _)| *weight > 0.0);
    accepted.sort_by(|one, other| other.0.total_cmp(&one.0));
    accepted.into_iter().map(|(_, coding)| coding).collect()
}

/// Returns the weight of a coding in `Accept-Encoding`; 0 when it is not listed.
fn weight(head: &RequestHead, coding: &str) -> f32 {
    let ranges = head.get_all("accept-encoding").filter_map(|value| std::str::from_utf8(value).ok());
    let weights = ranges.flat_map(|value| value.split(',')).filter_map(|range| {
        let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding).then_some(weight.unwrap_or(1.0))
    });
    weights.fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use actix_web::http::{Method, Version};

    use super::*;

    fn accepted(value: &'static str) -> Vec<&'static str> {
        let head = RequestHead::new(Method::GET, b"/", Version::HTTP_11, [(&b"Accept-Encoding"[..], value.as_bytes())]);
        super::accepted(&head).into_iter().map(|(coding, _)| coding).collect()
    }

    #[test]
    fn a_binary_without_a_build_says_how_to_make_one() {
        let answer = banner();
        assert_eq!(answer.status, StatusCode::OK);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        assert_eq!((&body["status"], &body["name"]), (&json!("banner"), &json!("api-test")));
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("make ui") && detail.contains("make build"), "{detail}");
        assert_eq!(body["links"]["docs"], "/docs");
    }

    #[test]
    fn a_coding_is_taken_when_it_is_named_and_not_ruled_out() {
        for value in ["deflate, BR", "br;q=0.5", " br ;q=1", "gzip;q=0, br; q=0.001"] {
            assert_eq!(accepted(value), ["br"], "{value}");
        }
        for refused in ["", "*", "brotli", "br;q=0", "br; q=0.0", "identity", "gzip;q=NaN"] {
            assert!(accepted(refused).is_empty(), "{refused}");
        }
    }

    #[test]
    fn the_coding_with_the_most_weight_comes_first() {
        assert_eq!(accepted("gzip, deflate, br"), ["br", "gzip"]);
        assert_eq!(accepted("gzip;q=1, br;q=0.5"), ["gzip", "br"]);
        assert_eq!(accepted("br;q=0.2, gzip;q=0.2"), ["br", "gzip"]);
    }

    #[test]
    fn hidden_files_are_no_part_of_the_build() {
        assert!(
            file(".gitkeep", &RequestHead::new(Method::GET, b"/", Version::HTTP_11, []), "default-src 'none'")
                .is_none()
        );
    }
}
