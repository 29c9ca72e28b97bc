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

/// Shorter secrets are not looked for just anywhere: they would be found in whatever they happen to be a part of.
const SEARCHED_LEAST: usize = 8;
/// Shorter values of parameters, down to this, are looked for where answers repeat a value: behind a quote or `=`.
const REPEATED_LEAST: usize = 3;
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
pub(super) struct Secrets {
    long: Vec<Vec<u8>>,
    /// Values of parameters that are shorter than [`SEARCHED_LEAST`].
    short: Vec<Vec<u8>>,
}

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

    /// Adds the secret value of a query parameter, as it stands.
    pub(super) fn add_param(&mut self, value: &[u8]) {
        match value.trim_ascii().len() {
            REPEATED_LEAST..SEARCHED_LEAST => add_to(&mut self.short, value.trim_ascii()),
            _ => self.add(value),
        }
    }

    fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.len() >= SEARCHED_LEAST {
            add_to(&mut self.long, value);
        }
    }

    /// Makes the search.
    pub(super) fn search(mut self) -> Search {
        // A secret that is part of another would leave the rest of it to be seen.
        for secrets in [&mut self.long, &mut self.short] {
            secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
        let Self { long: secrets, short } = self;
        if secrets.len() <= ONE_BY_ONE_MOST {
            return Search { all: None, secrets, short };
        }
        let all = AhoCorasick::builder()
            .match_kind(aho_corasick::MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&secrets)
            .ok();
        Search { all, secrets, short }
    }
}

/// Adds a secret, and what it is in JSON, unless it is there.
fn add_to(secrets: &mut Vec<Vec<u8>>, value: &[u8]) {
    if secrets.iter().any(|known| known == value) {
        return;
    }
    if let Ok(text) = std::str::from_utf8(value) {
        let quoted = json::to_vec(text);
        let escaped = &quoted[1..quoted.len() - 1];
        if escaped != value {
            secrets.push(escaped.to_vec());
        }
    }
    secrets.push(value.to_vec());
}

/// Finds the secrets of one request and masks them.
pub(super) struct Search {
    /// For many secrets.
    all: Option<AhoCorasick>,
    secrets: Vec<Vec<u8>>,
    /// Looked for behind a quote or `=` only.
    short: Vec<Vec<u8>>,
}

impl Search {
    /// Masks what is secret in a value or a body, where a short secret may be repeated.
    pub(super) fn mask<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let mut masked = self.mask_long(bytes);
        for secret in &self.short {
            let repeated = |at: usize| is_repeated(&masked, at, secret.len());
            if memmem::find_iter(&masked, secret).any(repeated) {
                masked = Cow::Owned(replace(&masked, secret, is_repeated));
            }
        }
        masked
    }

    fn mask_long<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if let Some(all) = &self.all {
            if !all.is_match(bytes) {
                return Cow::Borrowed(bytes);
            }
            return Cow::Owned(all.replace_all_bytes(bytes, &vec![REDACTED; self.secrets.len()]));
        }
        let mut masked = Cow::Borrowed(bytes);
        for secret in &self.secrets {
            if memmem::find(&masked, secret).is_some() {
                masked = Cow::Owned(replace(&masked, secret, |_, _, _| true));
            }
        }
        masked
    }

    /// Masks text in which a short secret is none of its own: a path.
    pub(super) fn mask_text(&self, text: &str) -> String {
        match self.mask_long(text.as_bytes()) {
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

/// Tells whether the `length` bytes at `at` are a whole value: of a JSON string, or of a parameter in a URL.
fn is_repeated(bytes: &[u8], at: usize, length: usize) -> bool {
    let opens = |byte: &u8| matches!(byte, b'"' | b'=');
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'+');
    at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(opens)
        && !bytes.get(at + length).is_some_and(goes_on)
}

/// Replaces a secret at each place where `is_one` says so of the text, the place and the length.
fn replace(bytes: &[u8], secret: &[u8], is_one: impl Fn(&[u8], usize, usize) -> bool) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for at in memmem::find_iter(bytes, secret).filter(|at| is_one(bytes, *at, secret.len())) {
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
    fn short_values_of_parameters_are_masked_where_they_are_repeated() {
        let mut secrets = Secrets::default();
        for value in ["hunter2", "a\"<c", "12"] {
            secrets.add_param(value.as_bytes());
        }
        let search = secrets.search();
        for (text, masked) in [
            (r#"{"q":{"pw":["hunter2"],"n":["12"]}}"#, r#"{"q":{"pw":["[redacted]"],"n":["12"]}}"#),
            (r#"{"q":["a\"\u003cc"]}"#, r#"{"q":["[redacted]"]}"#),
            (
                "<http://h/v1?pw=hunter2&n=1>, <http://h/v1?pw=hunter2>",
                "<http://h/v1?pw=[redacted]&n=1>, <http://h/v1?pw=[redacted]>",
            ),
            ("pw=hunter2", "pw=[redacted]"),
            (r#"hunter2 "hunter22" "xhunter2""#, r#"hunter2 "hunter22" "xhunter2""#),
        ] {
            assert_eq!(search.mask(text.as_bytes()), masked.as_bytes(), "{text}");
        }
        assert_eq!(search.mask_text("/v1/fixed/hunter2"), "/v1/fixed/hunter2");
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
