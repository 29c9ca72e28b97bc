//! Finds which known rewritings turn one text into another.

/// A rewriting: the kind of difference it makes, its sentence, and the rewriting itself.
pub(crate) struct Transform {
    pub kind: &'static str,
    pub said: &'static str,
    pub apply: fn(&[u8]) -> Vec<u8>,
}

/// Most rewritings that are tried together.
const TOGETHER: usize = 4;
/// Longest text that is searched; above it only single rewritings and pairs are tried.
const LONG: usize = 2_000;

/// Finds the smallest set of rewritings, applied in the order of the table, that turns `before` into `after`.
/// `None` when no such set is known; an empty set when they are equal.
pub(crate) fn explain<'t>(table: &'t [Transform], before: &[u8], after: &[u8]) -> Option<Vec<&'t Transform>> {
    if before == after {
        return Some(Vec::new());
    }
    let most = if before.len() > LONG { 2 } else { TOGETHER };
    (1..=most).find_map(|count| search(table, before, after, count))
}

fn search<'t>(table: &'t [Transform], text: &[u8], after: &[u8], count: usize) -> Option<Vec<&'t Transform>> {
    for (at, transform) in table.iter().enumerate() {
        let changed = (transform.apply)(text);
        if changed == text {
            continue;
        }
        if count == 1 {
            if changed == after {
                return Some(vec![transform]);
            }
        } else if let Some(mut rest) = search(&table[at + 1..], &changed, after, count - 1) {
            rest.insert(0, transform);
            return Some(rest);
        }
    }
    None
}

/// Replaces each escape for which `decode` says so by its byte.
pub(crate) fn decode(text: &[u8], decode: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match escape(text, at) {
            Some(byte) if decode(byte) => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

/// Byte of the escape at a position.
pub(crate) fn escape(text: &[u8], at: usize) -> Option<u8> {
    match text.get(at..at + 3)? {
        [b'%', high, low] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        }
        _ => None,
    }
}

/// Rewrites each escape by `change`, which gets its two digits.
pub(crate) fn recase(text: &[u8], change: fn(&u8) -> u8) -> Vec<u8> {
    let mut out = text.to_vec();
    let mut at = 0;
    while at < out.len() {
        if escape(&out, at).is_some() {
            out[at + 1] = change(&out[at + 1]);
            out[at + 2] = change(&out[at + 2]);
            at += 3;
        } else {
            at += 1;
        }
    }
    out
}

/// Escapes each byte for which `which` says so, in upper case.
pub(crate) fn encode(text: &[u8], which: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if which(*byte) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

/// Replaces each occurrence of a text.
pub(crate) fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.push(text[at]);
            at += 1;
        }
    }
    out
}

/// Tells whether a byte is unreserved (RFC 3986, section 2.3).
pub(crate) fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A rewriting of single characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Local {
    /// An escape was turned into this byte.
    Decoded(u8),
    /// This byte was escaped.
    Encoded(u8),
    /// The digits of an escape were turned to upper case.
    Upper,
    /// The digits of an escape were turned to lower case.
    Lower,
    /// The `%` of an escape was escaped.
    Double,
    /// `+` became `%20`.
    PlusToEscape,
    /// `%20` became `+`.
    EscapeToPlus,
    /// A slash behind a slash was left out.
    SlashMerged,
    /// One character became another: backslash to slash, semicolon to ampersand.
    Replaced(u8, u8),
}

/// Walks both texts at once and lists the rewritings of single characters that make the one out of the other, where
/// some places were rewritten and others not. `None` when there is another change.
pub(crate) fn locals(before: &[u8], after: &[u8]) -> Option<Vec<Local>> {
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < before.len() || j < after.len() {
        let (one, other) = (before.get(i).copied(), after.get(j).copied());
        let step = match (escape(before, i), escape(after, j)) {
            (Some(a), Some(b)) if a == b => {
                let (digits, new) = (&before[i + 1..i + 3], &after[j + 1..j + 3]);
                if digits != new {
                    found.push(if new == digits.to_ascii_uppercase() { Local::Upper } else { Local::Lower });
                }
                (3, 3)
            }
            (Some(_), Some(b'%')) if before[i + 1..i + 3] == *after.get(j + 3..j + 5).unwrap_or_default() => {
                found.push(Local::Double);
                (3, 5)
            }
            (Some(b' '), _) if other == Some(b'+') => {
                found.push(Local::EscapeToPlus);
                (3, 1)
            }
            (Some(a), None) if other == Some(a) => {
                found.push(Local::Decoded(a));
                (3, 1)
            }
            (None, Some(b' ')) if one == Some(b'+') => {
                found.push(Local::PlusToEscape);
                (1, 3)
            }
            (None, Some(b)) if one == Some(b) && b != b'%' => {
                found.push(Local::Encoded(b));
                (1, 3)
            }
            _ if one == other => (1, 1),
            _ if one == Some(b'/') && i > 0 && before[i - 1] == b'/' => {
                found.push(Local::SlashMerged);
                (1, 0)
            }
            _ => match (one?, other?) {
                (b'\\', b'/') => {
                    found.push(Local::Replaced(b'\\', b'/'));
                    (1, 1)
                }
                (b';', b'&') => {
                    found.push(Local::Replaced(b';', b'&'));
                    (1, 1)
                }
                _ => return None,
            },
        };
        i += step.0;
        j += step.1;
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_rewritings_are_found_character_by_character() {
        let found = locals(b"/a%7Eb%41%2f//c%C3%A9", b"/a~b%41%2F/c%C3%A9").unwrap();
        assert_eq!(found, [Local::Decoded(b'~'), Local::Upper, Local::SlashMerged]);
        assert_eq!(locals(b"/a%7Cb", b"/a%257Cb"), Some(vec![Local::Double]));
        assert_eq!(locals(b"/abc", b"/abd"), None);
        assert_eq!(locals(b"/a", b"/a"), Some(Vec::new()));
    }
}
