//! Return paths after a sign-in: pages of this server, and nothing else.

use std::borrow::Cow;

use crate::wire::percent;

/// Default return path.
pub(super) const HOME: &str = "/portal/";
/// Maximum size of a path in bytes.
pub(super) const MOST_BYTES: usize = 2048;
/// Maximum number of nested percent-encodings of a path.
const ENCODED_MOST: usize = 3;

/// Returns the path if a browser may be sent there.
///
/// Browsers take `//host`, `/\host` and the like for another host. A path that becomes one of these by decoding is
/// refused too, because an intermediary might decode it.
pub(super) fn check(path: &str) -> Option<&str> {
    if path.len() > MOST_BYTES || path.contains('\\') || path.contains(char::is_whitespace) || !is_own(path) {
        return None;
    }
    let mut form = String::from_utf8(percent::decode_path(path).ok()?.into_owned()).ok()?;
    for _ in 1..ENCODED_MOST {
        if !is_own(&form) {
            return None;
        }
        match percent::decode_path(&form).map(|decoded| String::from_utf8(decoded.into_owned())) {
            Ok(Ok(decoded)) => form = decoded,
            // Decoding changes nothing any more.
            _ => return Some(path),
        }
    }
    is_own(&form).then_some(path)
}

fn is_own(path: &str) -> bool {
    let plain = path.split(['?', '#']).next().unwrap_or_default();
    let segments = segments(plain);
    let leads_to_other_host = |segments: &[Cow<'_, str>]| segments.len() > 1 && segments[0].is_empty();
    plain.starts_with('/')
        && !plain[1..].starts_with('/')
        && !plain.contains('\\')
        && !path.contains(char::is_control)
        && !leads_to_other_host(&segments)
        && !signs_in(&segments)
}

/// Returns true for the pages and routes of the sign-in itself, which would loop.
fn signs_in(segments: &[Cow<'_, str>]) -> bool {
    let mut named = segments.iter().filter(|segment| !segment.is_empty());
    let mut is = |names: &[&str]| {
        named.next().is_some_and(|segment| names.iter().any(|name| segment.eq_ignore_ascii_case(name)))
    };
    is(&["portal"]) && is(&["auth", "login"])
}

/// Returns the segments of a normalised path: escapes of unreserved characters decoded (RFC 3986, section 6.2.2.2), dot
/// segments removed (section 5.2.4).
fn segments(path: &str) -> Vec<Cow<'_, str>> {
    let mut kept = Vec::new();
    for segment in path.split('/').skip(1).map(unescaped) {
        match &*segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    kept
}

/// Decodes the escapes of unreserved characters (RFC 3986, section 2.3) and no others.
fn unescaped(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return segment.into();
    }
    let mut decoded = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        match percent::escaped(&rest.as_bytes()[at..]).map(char::from) {
            Some(unreserved) if unreserved.is_ascii_alphanumeric() || "-._~".contains(unreserved) => {
                decoded.push(unreserved);
                rest = &rest[at + 3..];
            }
            _ => {
                decoded.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_are_gone_back_to() {
        for path in [
            "/portal/",
            "/portal/audit?path=%2Fv1%2Fecho&from=a+b",
            "/portal/events/1#body",
            "/",
            "/docs",
            "/portal/audit?search=100%25%20a%5Cb",
            "/portal/./audit",
            "/x/../portal/%61udit",
            "/portal/authors",
            "/portal/events?to=/portal/login",
        ] {
            assert_eq!(check(path), Some(path));
        }
    }

    #[test]
    fn other_places_are_not() {
        for path in [
            "",
            "portal",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/a\\b",
            "https://evil.test",
            "https:evil.test",
            "https:/evil.test",
            "javascript:alert(1)",
            "%2f%2fevil.test",
            "/%2fevil.test",
            "/%2F%2Fevil.test",
            "/%5cevil.test",
            "/%252fevil.test",
            "/%09/evil.test",
            "/\t/evil.test",
            "/\r\nSet-Cookie: a=b",
            " /portal/",
            "/portal/auth/login",
            "/portal/login?error=x",
            "/portal/%61uth/login",
            "/portal/login",
            "/portal/login/",
            "/portal/auth",
            "/PORTAL/Login",
            "/portal//auth/login",
            "/x/../portal/auth/login",
            "/./portal/auth/login",
            "/%2e/portal/auth/login",
            "/%2E/portal/login",
            "/portal/./auth/login",
            "/portal/%2e/login",
            "/portal/x/%2e%2E/login",
            "/portal/x/.%2e/login",
            "/portal/auth/x/../logout",
            "/%252e/portal/auth/login",
            "/%3F/../portal/auth/login",
            "/%3f/%2e%2e/portal/%61uth/login",
            "/%23/../portal/%6Cogin",
            "/x/..//evil.test",
            "/.//evil.test",
            "/%2e//evil.test",
            "/%zz",
        ] {
            assert_eq!(check(path), None, "{path:?}");
        }
        assert_eq!(check(&format!("/{}", "a".repeat(MOST_BYTES))), None);
    }
}
