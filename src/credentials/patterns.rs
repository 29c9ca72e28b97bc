//! Search and replacement of texts that must not be recorded.

use std::{borrow::Cow, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memmem;

/// Up to this many patterns are searched for one by one, more by an automaton.
const ONE_BY_ONE_MOST: usize = 4;
/// Minimum number of bytes of a secret at the end of a truncated text that count as the start of that secret.
const CUT_LEAST: usize = 4;

/// A text to find, and its replacement.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Text to find.
    pub text: Vec<u8>,
    /// Replacement.
    pub mask: Vec<u8>,
    /// Number of bytes at the start of `text` that are not secret: the name of a field.
    pub name: usize,
}

/// Set of patterns. The pattern that begins first is replaced (the longest of those); matches that it overlaps are
/// replaced with it.
pub(super) struct Patterns {
    all: Vec<Pattern>,
    /// Present when there are many patterns.
    automaton: Option<AhoCorasick>,
}

/// Match of a pattern.
struct Found {
    range: Range<usize>,
    pattern: usize,
}

impl Patterns {
    pub(super) fn new(all: Vec<Pattern>) -> Self {
        let automaton = (all.len() > ONE_BY_ONE_MOST).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(all.iter().map(|pattern| &pattern.text))
        });
        Self { all, automaton: automaton.and_then(Result::ok) }
    }

    /// Returns a copy with more patterns.
    pub(super) fn with(&self, more: Vec<Pattern>) -> Self {
        Self::new(self.all.iter().cloned().chain(more).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Replaces the patterns in `text`; borrows it when there is no match.
    pub(super) fn replace<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        if self.all.is_empty() {
            return Cow::Borrowed(text);
        }
        replaced(text, self.find(text).iter().map(|found| (found.range.clone(), &*self.all[found.pattern].mask)))
    }

    /// Replaces the patterns in `text`, and matches in its decoded form `decoded`. `place` maps a byte of `decoded` to
    /// the bytes of `text` it comes from.
    pub(super) fn replace_encoded<'t>(
        &self,
        text: &'t [u8],
        decoded: &[u8],
        place: impl Fn(usize) -> Range<usize>,
    ) -> Cow<'t, [u8]> {
        let mut found = self.find(text);
        found.extend(self.find(decoded).into_iter().filter(|found| !found.range.is_empty()).map(|found| Found {
            range: place(found.range.start).start..place(found.range.end - 1).end,
            pattern: found.pattern,
        }));
        let found = joined(found);
        replaced(text, found.iter().map(|found| (found.range.clone(), &*self.all[found.pattern].mask)))
    }

    /// Returns how many bytes at the end of a truncated text are the beginning of a secret; 0 for none.
    pub(super) fn begun(&self, text: &[u8]) -> usize {
        let begun = self.all.iter().filter_map(|pattern| {
            let shown = begun(&pattern.text, text);
            let least = if pattern.name > 0 { pattern.name + 1 } else { CUT_LEAST };
            (shown >= least).then(|| shown - pattern.name)
        });
        begun.max().unwrap_or_default()
    }

    /// Returns the matches in their order, without overlaps.
    fn find(&self, text: &[u8]) -> Vec<Found> {
        if let Some(automaton) = &self.automaton {
            let found = automaton.find_iter(text);
            return found.map(|found| Found { range: found.range(), pattern: found.pattern().as_usize() }).collect();
        }
        let mut all = Vec::new();
        for (number, pattern) in self.all.iter().enumerate() {
            let found = memmem::find_iter(text, &pattern.text);
            all.extend(found.map(|at| Found { range: at..at + pattern.text.len(), pattern: number }));
        }
        joined(all)
    }
}

/// Sorts matches and joins those that overlap. The one that begins first, the longest of those, determines the
/// replacement.
fn joined(mut all: Vec<Found>) -> Vec<Found> {
    if all.len() < 2 {
        return all;
    }
    all.sort_by_key(|found| (found.range.start, std::cmp::Reverse(found.range.end)));
    let mut joined: Vec<Found> = Vec::with_capacity(all.len());
    for found in all {
        match joined.last_mut() {
            Some(last) if found.range.start < last.range.end => last.range.end = last.range.end.max(found.range.end),
            _ => joined.push(found),
        }
    }
    joined
}

/// Replaces ranges of `text`, which must be in order; borrows it when there are none.
pub(super) fn replaced<'t, 'm>(
    text: &'t [u8],
    places: impl Iterator<Item = (Range<usize>, &'m [u8])>,
) -> Cow<'t, [u8]> {
    let mut out = Vec::new();
    let mut done = 0;
    let mut any = false;
    for (range, mask) in places {
        any = true;
        out.extend_from_slice(&text[done..range.start]);
        out.extend_from_slice(mask);
        done = range.end;
    }
    if !any {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(&text[done..]);
    Cow::Owned(out)
}

/// Returns the length of the longest proper prefix of `secret` that `text` ends with. Linear in the length of the
/// secret (Knuth, Morris and Pratt).
fn begun(secret: &[u8], text: &[u8]) -> usize {
    let Some(longest) = secret.len().checked_sub(1) else { return 0 };
    let tail = &text[text.len() - longest.min(text.len())..];
    // borders[n]: length of the longest proper prefix of the first n + 1 bytes that is also their suffix.
    let mut borders = vec![0; longest];
    let mut length = 0;
    for at in 1..longest {
        while length > 0 && secret[at] != secret[length] {
            length = borders[length - 1];
        }
        length += usize::from(secret[at] == secret[length]);
        borders[at] = length;
    }
    let mut shown = 0;
    for byte in tail {
        while shown > 0 && (shown == longest || *byte != secret[shown]) {
            shown = borders[shown - 1];
        }
        if shown < longest && *byte == secret[shown] {
            shown += 1;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns(texts: &[&str]) -> Patterns {
        let pattern = |text: &&str| Pattern { text: text.as_bytes().to_vec(), mask: b"[*]".to_vec(), name: 0 };
        Patterns::new(texts.iter().map(pattern).collect())
    }

    #[test]
    fn the_longest_that_begins_first_is_replaced_with_what_it_overlaps() {
        let few = patterns(&["secret", "secret-two", "two-three"]);
        assert_eq!(&*few.replace(b"a secret b secret-two c"), b"a [*] b [*] c");
        assert_eq!(&*few.replace(b"a secret-two-three b"), b"a [*] b");
        assert!(matches!(few.replace(b"nothing"), Cow::Borrowed(_)));
        let many = patterns(&["one-secret", "two-secret", "three-secret", "four-secret", "five-secret"]);
        assert!(many.automaton.is_some());
        assert_eq!(&*many.replace(b"five-secret, one-secret3"), b"[*], [*]3");
    }

    #[test]
    fn the_start_of_a_secret_at_a_cut_is_found() {
        let secrets = patterns(&["0123456789abcdef"]);
        assert_eq!(secrets.begun(b"key=01234567"), 8);
        assert_eq!(secrets.begun(b"key=012"), 0, "too little to tell");
        let field = Pattern { text: b"\"A\":[\"xyz\"]".to_vec(), mask: Vec::new(), name: 6 };
        let field = Patterns::new(vec![field]);
        assert_eq!(field.begun(b"{\"A\":[\"x"), 1);
        assert_eq!(field.begun(b"{\"A\":[\""), 0, "the name alone is no secret");
    }

    proptest! {
        #[test]
        fn the_beginning_at_the_end_is_as_long_as_it_can_be(secret in "[ab]{1,12}", text in "[ab]{0,20}") {
            let (secret, text) = (secret.as_bytes(), text.as_bytes());
            let expected = (0..secret.len()).rev().find(|length| text.ends_with(&secret[..*length])).unwrap_or(0);
            prop_assert_eq!(begun(secret, text), expected);
        }

        #[test]
        fn no_pattern_is_left(secrets in prop::collection::vec("[abc]{3,6}", 1..8), text in "[abc]{0,60}") {
            let texts: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let masked = patterns(&texts).replace(text.as_bytes()).into_owned();
            for secret in &texts {
                prop_assert!(memmem::find(&masked, secret.as_bytes()).is_none());
            }
        }
    }
}
