//! The forms of a request target, and the syntax of a host.

use std::ops::Range;

/// The form of a target (RFC 9112, section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetForm {
    /// A path with an optional query.
    Origin,
    /// A complete URI.
    Absolute {
        /// Position of the host and the optional port, without user information.
        host: Range<usize>,
        /// Start of the path or query; the length of the target when it has neither.
        path: usize,
    },
    /// A host and port, for CONNECT.
    Authority,
    /// `*`, for OPTIONS.
    Asterisk,
}

impl TargetForm {
    /// Returns the form of `target` in a request with `method`; `None` when it is malformed. Only the first byte, the
    /// scheme and the authority are checked, not the path.
    #[must_use]
    pub fn of(method: &[u8], target: &[u8]) -> Option<Self> {
        match (method, target.first()?) {
            (b"CONNECT", _) => is_authority(target).then_some(Self::Authority),
            (_, b'/') => Some(Self::Origin),
            (b"OPTIONS", b'*') if target.len() == 1 => Some(Self::Asterisk),
            (_, first) if first.is_ascii_alphabetic() => Self::absolute(target),
            _ => None,
        }
    }

    /// Returns the path of a target and its query without the `?`, as received. The path is the root for a URI without
    /// one (RFC 9110, section 4.2.3), and empty in authority-form. A malformed target counts as a path.
    #[must_use]
    pub fn split<'t>(method: &[u8], target: &'t [u8]) -> (&'t [u8], Option<&'t [u8]>) {
        let form = Self::of(method, target);
        let start = form.as_ref().map_or(0, |form| form.path_start(target));
        let rest = target.get(start..).unwrap_or_default();
        let mark = memchr::memchr(b'?', rest);
        let path = match &rest[..mark.unwrap_or(rest.len())] {
            [] if matches!(form, Some(Self::Absolute { .. })) => b"/",
            path => path,
        };
        (path, mark.map(|mark| &rest[mark + 1..]))
    }

    /// Returns where the path of `target`, which has this form, starts.
    pub(super) fn path_start(&self, target: &[u8]) -> usize {
        match self {
            Self::Origin | Self::Asterisk => 0,
            Self::Absolute { path, .. } => *path,
            Self::Authority => target.len(),
        }
    }

    /// Parses a scheme, `://`, an authority with a host (RFC 9110, section 4.2.1), and the rest.
    fn absolute(target: &[u8]) -> Option<Self> {
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let scheme = target.iter().position(|byte| !is_scheme(byte))?;
        let start = scheme + 3;
        if target.get(scheme..start)? != b"://" {
            return None;
        }
        let rest = target.get(start..)?;
        let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let authority = rest.get(..length)?;
        // RFC 9110, section 4.2.4 advises treating user information as an error. Here it is accepted and recorded.
        let host = authority.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1);
        let named = authority.get(host..)?;
        (is_host(named) && !matches!(named.first(), None | Some(b':')))
            .then_some(Self::Absolute { host: start + host..start + length, path: start + length })
    }
}

/// Returns true for a host and a port from 1 to 65535 (RFC 9110, section 9.3.6).
fn is_authority(target: &[u8]) -> bool {
    let Some(colon) = target.iter().rposition(|byte| *byte == b':') else { return false };
    let port = std::str::from_utf8(&target[colon + 1..]).ok();
    colon > 0 && is_host(target) && port.and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0)
}

/// Returns true for a valid `Host` value: a name, an address or nothing, with an optional port (RFC 9110, section 7.2;
/// RFC 3986, section 3.2.2).
#[must_use]
pub fn is_host(value: &[u8]) -> bool {
    let (host, port) = match value {
        [b'[', rest @ ..] => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
            let (address, port) = rest.split_at(end);
            if address.is_empty() || !address.iter().all(|byte| (in_name(*byte) && *byte != b'%') || *byte == b':') {
                return false;
            }
            (&[][..], &port[1..])
        }
        _ => value.split_at(value.iter().position(|byte| *byte == b':').unwrap_or(value.len())),
    };
    let port_fits = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    port_fits && host.iter().all(|byte| in_name(*byte)) && escapes_fit(host)
}

/// Returns true when two hexadecimal digits follow each percent sign.
fn escapes_fit(host: &[u8]) -> bool {
    let mut after = host.split(|byte| *byte == b'%').skip(1);
    after.all(|rest| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit))
}

/// Returns true for the bytes of a host name: unreserved characters, percent signs and sub-delimiters.
const fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'%'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_query_are_cut_out_of_every_form() {
        for (method, target, path, query) in [
            ("GET", "/v1/a%2Fb?c=d?e", "/v1/a%2Fb", Some("c=d?e")),
            ("GET", "/a?", "/a", Some("")),
            ("GET", "http://u@h:1/a?b", "/a", Some("b")),
            ("GET", "http://h", "/", None),
            ("GET", "http://h?b", "/", Some("b")),
            ("OPTIONS", "*", "*", None),
            ("CONNECT", "h:443", "", None),
            ("GET", "malformed?x", "malformed", Some("x")),
            ("GET", "", "", None),
        ] {
            let expected = (path.as_bytes(), query.map(str::as_bytes));
            assert_eq!(TargetForm::split(method.as_bytes(), target.as_bytes()), expected, "{method} {target}");
        }
    }
}
