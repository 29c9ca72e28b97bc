//! Header names in canonical form, as shown in bodies.

/// Writes a header name in canonical form: upper case at the start and after each `-`, lower case elsewhere
/// (`x-api-key` becomes `X-Api-Key`, `etag` becomes `Etag`, `x_under` becomes `X_under`).
#[must_use]
pub fn canonical_header(name: &str) -> String {
    let mut canonical = String::with_capacity(name.len());
    push_canonical(&mut canonical, name);
    canonical
}

/// Appends a header name in canonical form. See [`canonical_header`].
pub fn push_canonical(out: &mut String, name: &str) {
    let mut starts = true;
    for letter in name.chars() {
        out.push(if starts { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() });
        starts = letter == '-';
    }
}

/// Appends a header name in canonical form to bytes. See [`canonical_header`].
pub fn push_canonical_bytes(out: &mut Vec<u8>, name: &[u8]) {
    let begin = out.len();
    out.extend_from_slice(name);
    let mut starts = true;
    for letter in &mut out[begin..] {
        if starts {
            letter.make_ascii_uppercase();
        } else {
            letter.make_ascii_lowercase();
        }
        starts = *letter == b'-';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_start_in_upper_case() {
        for (name, expected) in [
            ("x-api-key", "X-Api-Key"),
            ("ETag", "Etag"),
            ("DNT", "Dnt"),
            ("te", "Te"),
            ("accept-ENCODING", "Accept-Encoding"),
            ("x_under", "X_under"),
            ("x--y-", "X--Y-"),
            ("1a-2b", "1a-2b"),
            ("", ""),
        ] {
            assert_eq!(canonical_header(name), expected);
            let mut bytes = Vec::new();
            push_canonical_bytes(&mut bytes, name.as_bytes());
            assert_eq!(bytes, expected.as_bytes());
        }
    }
}
