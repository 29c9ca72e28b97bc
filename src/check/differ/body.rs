//! Compares bodies, and says what kind of change was made.

use super::difference::Differences;
use crate::check::message::{Message, short};

/// Compares two bodies. Neither message was cut.
pub(super) fn compare(before: &Message, after: &Message, found: &mut Differences) {
    let (one, other) = (before.body.as_slice(), after.body.as_slice());
    if one == other {
        return;
    }
    let (kind, subject, said) = kind(before, after);
    found.add(kind, &subject, (one, other), said);
}

fn kind(before: &Message, after: &Message) -> (&'static str, String, String) {
    let (one, other) = (before.body.as_slice(), after.body.as_slice());
    let sizes = format!("{} bytes to {}", one.len(), other.len());
    let none = String::new();
    let codings = (before.tokens("content-encoding"), after.tokens("content-encoding"));
    if one.is_empty() {
        return ("body-added", none, format!("adds a body of {} bytes", other.len()));
    }
    if other.is_empty() {
        return ("body-removed", none, format!("drops the body of {} bytes", one.len()));
    }
    if codings.1.len() > codings.0.len() {
        let coding = codings.1.last().cloned().unwrap_or_default();
        return ("body-compressed", coding.clone(), format!("compresses the body with {coding} ({sizes})"));
    }
    if codings.0.len() > codings.1.len() {
        let coding = codings.0.last().cloned().unwrap_or_default();
        return ("body-decompressed", coding.clone(), format!("undoes the content coding {coding} ({sizes})"));
    }
    if let (Some(from), Some(to)) = (codings.0.last(), codings.1.last()) {
        let said = if from == to {
            format!("compresses the body anew with {to} ({sizes})")
        } else {
            format!("changes the content coding {from} to {to} ({sizes})")
        };
        return ("body-recompressed", to.clone(), said);
    }
    if one.starts_with(other) {
        return ("body-truncated", none, format!("cuts the body to {} of {} bytes", other.len(), one.len()));
    }
    if other.starts_with(one) {
        return ("body-extended", none, format!("appends {} bytes to the body", other.len() - one.len()));
    }
    if other.ends_with(one) {
        return ("body-prepended", none, format!("puts {} bytes before the body", other.len() - one.len()));
    }
    let unix = |body: &[u8]| -> Vec<u8> { body.iter().copied().filter(|byte| *byte != b'\r').collect() };
    if unix(one) == unix(other) {
        return ("body-line-ends-changed", none, format!("changes the line ends of the body ({sizes})"));
    }
    if let Some((kind, said)) = json(one, other) {
        return (kind, none, said);
    }
    if let Some(said) = charset(one, other) {
        return ("body-charset-changed", none, said);
    }
    if one.trim_ascii() == other.trim_ascii() {
        return ("body-trimmed", none, format!("trims white space around the body ({sizes})"));
    }
    if let (Some(from), Some(to)) = (boundary(before), boundary(after))
        && from != to
    {
        return ("multipart-rewritten", none, format!("writes the multipart body anew ({sizes})"));
    }
    if one.eq_ignore_ascii_case(other) {
        return ("body-changed", none, "changes letters' case in the body".to_owned());
    }
    let at = one.iter().zip(other).position(|(a, b)| a != b).unwrap_or(one.len().min(other.len()));
    let around = |body: &[u8]| short(body.get(at..body.len().min(at + 24)).unwrap_or_default(), 40);
    let said = format!("changes the body from byte {at}: `{}` to `{}` ({sizes})", around(one), around(other));
    ("body-changed", none, said)
}

/// Tells apart white space, other spelling of the same data, and other data.
fn json(one: &[u8], other: &[u8]) -> Option<(&'static str, String)> {
    let parse = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).ok();
    let (first, second) = (parse(one)?, parse(other)?);
    if !matches!(first, serde_json::Value::Object(_) | serde_json::Value::Array(_)) {
        return None;
    }
    if compact(one) == compact(other) {
        return Some(("json-reformatted", "changes white space of the JSON body".to_owned()));
    }
    if first == second {
        return Some(("json-reserialised", "writes the JSON body anew: the same data, other bytes".to_owned()));
    }
    Some(("json-changed", "changes the data of the JSON body".to_owned()))
}

/// JSON without the white space outside of strings.
fn compact(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let (mut inside, mut escaped) = (false, false);
    for byte in body {
        if inside {
            out.push(*byte);
            if escaped {
                escaped = false;
            } else if *byte == b'\\' {
                escaped = true;
            } else if *byte == b'"' {
                inside = false;
            }
        } else if !byte.is_ascii_whitespace() {
            inside = *byte == b'"';
            out.push(*byte);
        }
    }
    out
}

/// Latin-1 read as UTF-8, or the other way, or U+FFFD in place of bytes.
fn charset(one: &[u8], other: &[u8]) -> Option<String> {
    let widen = |body: &[u8]| -> Vec<u8> { body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes() };
    if widen(one) == other {
        return Some("encodes the body from Latin-1 to UTF-8".to_owned());
    }
    if widen(other) == one {
        return Some("encodes the body from UTF-8 to Latin-1".to_owned());
    }
    if String::from_utf8_lossy(one).as_bytes() == other {
        return Some("replaces bytes of the body that are no UTF-8 by U+FFFD".to_owned());
    }
    None
}

fn boundary(message: &Message) -> Option<Vec<u8>> {
    let value = message.value("content-type")?;
    if !value.to_ascii_lowercase().starts_with(b"multipart/") {
        return None;
    }
    let at = crate::check::probe::find(value, b"boundary=")?;
    Some(value[at + 9..].to_vec())
}
