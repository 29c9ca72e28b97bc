//! Names whose values are secret, and those values wherever else they stand.
//!
//! A value is secret when its header or query parameter is called so by `audit.redact_keys`, or carries the API key.
//! Answers repeat what a request said (`/v1/echo` above all), so a secret is looked for in everything else that is
//! recorded of the request too, as it stands and as it is escaped.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use bytes::Bytes;
use memchr::memmem;

use crate::wire::{Query, json};

/// What stands for a redacted value.
pub(super) const REDACTED: &str = "[redacted]";

/// Shorter secrets are not looked for elsewhere: they would be found in whatever they happen to be a part of.
const SEARCHED_LEAST: usize = 8;
/// More secrets than this are searched for all at once.
const ONE_BY_ONE_MOST: usize = 4;
/// Fewest bytes at the end of a truncated body that count as the start of a secret.
const CUT_LEAST: usize = 4;

/// Knows the names.
pub(super) struct Redactor {
    /// `None` when no name is secret.
    keys: Option<AhoCorasick>,
    header: String,
    param: String,
}

impl Redactor {
    /// `keys`: parts of names, any case. `header` and `param`: names under which the API key is sent.
    pub(super) fn new(keys: &[String], header: &str, param: &str) -> Self {
        let keys = keys.iter().filter(|key| !key.is_empty()).map(|key| key.to_lowercase());
        let keys = AhoCorasick::builder().ascii_case_insensitive(true).build(keys).ok();
        Self {
            keys: keys.filter(|keys| keys.patterns_len() > 0),
            header: header.to_ascii_lowercase(),
            param: param.to_owned(),
        }
    }

    /// True when the header's value is secret.
    pub(super) fn is_secret_header(&self, name: &str) -> bool {
        self.holds_key(name.as_bytes()) || name.eq_ignore_ascii_case(&self.header)
    }

    /// True when the query parameter's value is secret; `name` is decoded.
    pub(super) fn is_secret_param(&self, name: &[u8]) -> bool {
        self.holds_key(name) || name == self.param.as_bytes()
    }

    fn holds_key(&self, name: &[u8]) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.is_match(name))
    }
}

/// The secrets of one request.
#[derive(Default)]
pub(super) struct Secrets(Vec<Vec<u8>>);

impl Secrets {
    /// Adds a secret header value and what stands in it: the credentials behind a scheme, the values of cookies.
    pub(super) fn add_header(&mut self, value: &[u8]) {
        self.add(value);
        for part in value.split(|byte| matches!(byte, b' ' | b';' | b',')) {
            self.add(part);
            if let Some(equals) = memchr::memchr(b'=', part) {
                self.add(&part[equals + 1..]);
            }
        }
    }

    /// Adds a secret as it stands.
    pub(super) fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.len() < SEARCHED_LEAST || self.0.iter().any(|known| known == value) {
            return;
        }
        if let Ok(text) = std::str::from_utf8(value) {
            let quoted = json::to_vec(text);
            let escaped = &quoted[1..quoted.len() - 1];
            if escaped != value {
                self.0.push(escaped.to_vec());
            }
        }
        self.0.push(value.to_vec());
    }

    /// Makes the search.
    pub(super) fn search(mut self) -> Search {
        // A secret that is part of another would leave the rest of it to be seen.
        self.0.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        if self.0.len() <= ONE_BY_ONE_MOST {
            return Search { all: None, secrets: self.0 };
        }
        let all = AhoCorasick::builder()
            .match_kind(aho_corasick::MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&self.0)
            .ok();
        Search { all, secrets: self.0 }
    }
}

/// Finds the secrets of one request and masks them.
pub(super) struct Search {
    /// For many secrets.
    all: Option<AhoCorasick>,
    secrets: Vec<Vec<u8>>,
}

impl Search {
    /// Masks what is secret in `bytes`.
    pub(super) fn mask<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if let Some(all) = &self.all {
            if !all.is_match(bytes) {
                return Cow::Borrowed(bytes);
            }
            return Cow::Owned(all.replace_all_bytes(bytes, &vec![REDACTED; self.secrets.len()]));
        }
        let mut masked = Cow::Borrowed(bytes);
        for secret in &self.secrets {
            if memmem::find(&masked, secret).is_some() {
                masked = Cow::Owned(replace(&masked, secret));
            }
        }
        masked
    }

    /// Masks text.
    pub(super) fn mask_text(&self, text: &str) -> String {
        match self.mask(text.as_bytes()) {
            Cow::Borrowed(_) => text.to_owned(),
            Cow::Owned(masked) => String::from_utf8(masked).unwrap_or_else(|_| REDACTED.to_owned()),
        }
    }

    /// Masks a captured body; with `truncated`, the beginning of a secret at its end too.
    pub(super) fn mask_body(&self, body: Bytes, truncated: bool) -> Bytes {
        let mut body = match self.mask(&body) {
            Cow::Borrowed(_) => body,
            Cow::Owned(masked) => masked.into(),
        };
        if truncated {
            let cut = |secret: &Vec<u8>| {
                let longest = secret.len().saturating_sub(1).min(body.len());
                (CUT_LEAST..=longest).rev().find(|length| body.ends_with(&secret[..*length]))
            };
            if let Some(length) = self.secrets.iter().filter_map(cut).max() {
                let kept = body.len() - length;
                body = [&body[..kept], REDACTED.as_bytes()].concat().into();
            }
        }
        body
    }
}

/// Masks, in a request target, the values of the query parameters that are called secret. Everything else stays as it
/// arrived.
pub(super) fn mask_query(redactor: &Redactor, target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let mut masked = String::with_capacity(target.len() + REDACTED.len());
    masked.push_str(path);
    for (n, piece) in query.split('&').enumerate() {
        masked.push(if n == 0 { '?' } else { '&' });
        match (Query::parse(piece).pairs().next(), piece.split_once('=')) {
            (Some((name, value)), Some((raw_name, _))) if !value.is_empty() && redactor.is_secret_param(&name) => {
                masked.push_str(raw_name);
                masked.push('=');
                masked.push_str(REDACTED);
            }
            _ => masked.push_str(piece),
        }
    }
    masked
}

fn replace(bytes: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for at in memmem::find_iter(bytes, secret) {
        masked.extend_from_slice(&bytes[from..at]);
        masked.extend_from_slice(REDACTED.as_bytes());
        from = at + secret.len();
    }
    masked.extend_from_slice(&bytes[from..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(headers: &[&str]) -> Search {
        let mut secrets = Secrets::default();
        headers.iter().for_each(|value| secrets.add_header(value.as_bytes()));
        secrets.search()
    }

    #[test]
    fn names_count_in_any_case_and_in_part() {
        let redactor = Redactor::new(&["Token".into(), "api_key".into()], "X-Key", "k");
        for secret in ["x-access-TOKEN", "tokens", "X-key", "x-key"] {
            assert!(redactor.is_secret_header(secret), "{secret}");
        }
        assert!(redactor.is_secret_param(b"my_API_KEY") && redactor.is_secret_param(b"k"));
        assert!(!redactor.is_secret_header("x-keys") && !redactor.is_secret_param(b"K"));
        assert!(!Redactor::new(&[], "X-Key", "k").is_secret_header("authorization"));
    }

    #[test]
    fn targets_stay_as_they_arrived_but_for_secrets() {
        let redactor = Redactor::new(&["token".into()], "x-key", "api_key");
        for (target, masked) in [
            ("/v1/a%2Fb", "/v1/a%2Fb"),
            ("/v1/a?b=%c3%A9&&api_key=x+y&c", "/v1/a?b=%c3%A9&&api_key=[redacted]&c"),
            (
                "/v1/a?%61pi_key=s&My%54oken=t&token=&token",
                "/v1/a?%61pi_key=[redacted]&My%54oken=[redacted]&token=&token",
            ),
            ("http://h/v1/a?x=api_key=y", "http://h/v1/a?x=api_key=y"),
        ] {
            assert_eq!(mask_query(&redactor, target), masked);
        }
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let search = search(&["Bearer abc<defgh", "sid=0123456789; theme=dark-and-long"]);
        assert_eq!(search.mask_text("x abc<defgh y"), "x [redacted] y");
        assert_eq!(search.mask_text(r#"{"a":"Bearer abc\u003cdefgh"}"#), r#"{"a":"[redacted]"}"#);
        assert_eq!(search.mask_text("0123456789,dark-and-long"), "[redacted],[redacted]");
        assert_eq!(search.mask_text("01234567"), "01234567");
    }

    #[test]
    fn many_secrets_are_masked_as_few_are() {
        let values: Vec<String> = (0..40).map(|n| format!("secret-number-{n:03}")).collect();
        let search = search(&values.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(search.all.is_some());
        assert_eq!(search.mask_text("a secret-number-007 secret-number-0399"), "a [redacted] [redacted]9");
    }

    #[test]
    fn the_cut_beginning_of_a_secret_is_masked_too() {
        let search = search(&["0123456789abcdef"]);
        let body = |text: &'static str, truncated| search.mask_body(Bytes::from_static(text.as_bytes()), truncated);
        assert_eq!(body("key=01234567", true), "key=[redacted]");
        assert_eq!(body("key=01234567", false), "key=01234567");
        assert_eq!(body("key=012", true), "key=012");
    }
}
