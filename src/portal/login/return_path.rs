//! Where a browser may be sent after a sign-in: to pages of this server, and nowhere else.

use crate::wire::percent;

/// Where it is sent when nothing was asked for.
pub(super) const HOME: &str = "/portal/";
/// Most bytes of a path.
const MOST_BYTES: usize = 2048;
/// How often a path may be percent-encoded over and over.
const ENCODED_MOST: usize = 3;

/// Gives back the path when a browser may be sent there.
///
/// A browser takes `//host`, `/\host` and the like for another host. Whatever would become one of these by decoding is
/// refused as well: somebody on the way might decode it.
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
            // Nobody can decode it any further.
            _ => return Some(path),
        }
    }
    is_own(&form).then_some(path)
}

fn is_own(path: &str) -> bool {
    let plain = path.split(['?', '#']).next().unwrap_or_default();
    let begins_sign_in = plain.starts_with("/portal/auth") || plain.starts_with("/portal/login");
    plain.starts_with('/')
        && !plain[1..].starts_with('/')
        && !plain.contains('\\')
        && !plain.contains("/../")
        && !path.contains(char::is_control)
        && !begins_sign_in
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
            "/x/../portal/auth/login",
            "/%zz",
        ] {
            assert_eq!(check(path), None, "{path:?}");
        }
        assert_eq!(check(&format!("/{}", "a".repeat(MOST_BYTES))), None);
    }
}
