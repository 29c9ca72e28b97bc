//! libpq connection strings (PostgreSQL documentation, "Connection Strings"): `host=db password='it\'s'`.
//!
//! The only parser of them, so that the mask that hides passwords and the client that connects agree on where a value
//! ends.

/// Keyword with its value.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair<'t> {
    /// The keyword.
    pub name: &'t str,
    /// Value as written, including quotes and escapes.
    pub raw: &'t str,
    /// Value without quotes and escapes.
    pub value: String,
}

/// Returns true for the form of a URL: a scheme before `://`. The password of a pair may contain `://` too.
#[must_use]
pub fn is_url(text: &str) -> bool {
    let scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    text.split_once("://").is_some_and(|(before, _)| scheme(before))
}

/// Parses all pairs; `None` when the text is not a connection string: empty, a keyword without `=`, an open quote.
#[must_use]
pub fn pairs(text: &str) -> Option<Vec<Pair<'_>>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_end();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return None;
        }
        let text = after.trim_start();
        let (value, end) = if text.starts_with('\'') { quoted(text)? } else { bare(text) };
        pairs.push(Pair { name, raw: &text[..end], value });
        rest = text[end..].trim_start();
    }
    (!pairs.is_empty()).then_some(pairs)
}

/// Parses a value in single quotes and returns where it ends. A backslash escapes the next character.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            '\'' => return Some((value, at + 1)),
            character => value.push(character),
        }
    }
    None
}

/// Parses a value without quotes, up to white space. A backslash at the end of the text is ignored, as in libpq.
fn bare(text: &str) -> (String, usize) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            character if character.is_whitespace() => return (value, at),
            character => value.push(character),
        }
    }
    (value, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_libpq_reads_them() {
        let read = |text| -> Option<Vec<(String, String)>> {
            Some(pairs(text)?.into_iter().map(|pair| (pair.name.to_owned(), pair.value)).collect())
        };
        for (text, expected) in [
            ("host=db user=u", vec![("host", "db"), ("user", "u")]),
            ("  host = db\tuser= u ", vec![("host", "db"), ("user", "u")]),
            (r"password='it\'s a \\' host=db", vec![("password", r"it's a \"), ("host", "db")]),
            (r"password=s3\ cret host=db", vec![("password", "s3 cret"), ("host", "db")]),
            (r"password=a\", vec![("password", "a")]),
            ("password= host=db", vec![("password", "host=db")]),
            ("password='' host=db", vec![("password", ""), ("host", "db")]),
            ("password=a://b", vec![("password", "a://b")]),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in ["", " ", "db", "=db", "Host=db", "password='open", r"password='open\'", "host=db user"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_url_is_told_from_a_password_that_holds_one() {
        assert!(is_url("postgres://db/x"));
        assert!(!is_url("host=db password=a://b"));
        assert!(!is_url("host=db"));
    }
}
