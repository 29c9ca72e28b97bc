//! The record below HTTP as JSON shows it: the wire document, with the stored heads and the fields in them.

use actors::audit::{Entry, JsonText, Record, Wire};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::body_text::body_text;
use crate::audit::lenient;

/// Returns the object `wire` of an event.
pub(super) fn wire(wire: &Wire) -> Value {
    let mut document = wire.document.as_ref().map(members).unwrap_or_default();
    add_head(&mut document, "request", "raw_head", &wire.request_head);
    add_head(&mut document, "response", "head", &wire.response_head);
    Value::Object(document)
}

/// Returns the members of a document. Rows may have been edited by hand: anything but an object has none.
fn members(document: &JsonText) -> Map<String, Value> {
    serde_json::from_str(document.as_str()).unwrap_or_default()
}

/// Adds a head, and the fields in it, to the object of its side.
fn add_head(document: &mut Map<String, Value>, side: &str, name: &str, head: &[u8]) {
    if head.is_empty() {
        return;
    }
    let side = document.entry(side).or_insert_with(|| json!({}));
    let Value::Object(side) = side else { return };
    let (text, encoding) = body_text(head, false);
    side.insert(name.to_owned(), text.into());
    if let Some(encoding) = encoding {
        side.insert(format!("{name}_encoding"), encoding.into());
    }
    side.insert(
        "fields".to_owned(),
        fields(head).map(|(name, value)| json!([text_of(name), text_of(value)])).collect(),
    );
}

/// Returns the fields of a head in their order, as sent: names are not trimmed, because a blank before the colon is what
/// a malformed request may be about. Folded lines belong to the value. A line without a colon is a name without value.
fn fields(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = lenient::all_lines(head).map(|line| line.text);
    lines.skip_while(|text| text.is_empty()).skip(1).take_while(|text| !text.is_empty()).filter_map(|text| {
        let text = head.get(text)?;
        Some(match text.iter().position(|byte| *byte == b':') {
            Some(colon) => (&text[..colon], text[colon + 1..].trim_ascii()),
            None => (text, &b""[..]),
        })
    })
}

/// Returns bytes as text; as `{"base64": …}` when they are not UTF-8.
fn text_of(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!({"base64": STANDARD.encode(bytes)}),
    }
}

/// Returns the raw target of an event in base64, when it is not UTF-8.
pub(super) fn target_base64(entry: &Entry) -> Option<String> {
    odd_target(&entry.head)
}

/// Like [`target_base64`], of a record.
pub(super) fn target_base64_of(record: &Record) -> Option<String> {
    odd_target(&Entry::head_of(record))
}

fn odd_target(head: &[u8]) -> Option<String> {
    let line = lenient::all_lines(head).map(|line| line.text).find(|text| !text.is_empty())?;
    let line = head.get(line)?;
    let (_, rest) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')? + 1)?;
    // A target may contain blanks when the request was malformed.
    let target = rest.iter().rposition(|byte| *byte == b' ').map_or(rest, |end| &rest[..end]);
    std::str::from_utf8(target).is_err().then(|| STANDARD.encode(target))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actors::audit::Event;
    use bytes::Bytes;
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn shown(request: &'static [u8], response: &'static [u8], document: Option<&str>) -> Value {
        wire(&Wire {
            request_head: Bytes::from_static(request),
            response_head: Bytes::from_static(response),
            document: document.map(JsonText::new),
            ..Wire::default()
        })
    }

    #[test]
    fn heads_and_fields_join_the_document() {
        let document =
            r#"{"request":{"framing":"none","head_ms":0.123},"connection":{"local_port":80},"reset_code":8}"#;
        let head = b"GET / HTTP/1.1\r\nhOST: a\r\nX:  1 \r\nX:\r\n\r\nbody: no field";
        assert_eq!(
            shown(head, b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", Some(document)),
            json!({
                "request": {
                    "framing": "none", "head_ms": 0.123,
                    "raw_head": "GET / HTTP/1.1\r\nhOST: a\r\nX:  1 \r\nX:\r\n\r\nbody: no field",
                    "fields": [["hOST", "a"], ["X", "1"], ["X", ""]]
                },
                "response": {"head": "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "fields": [["A", "b"]]},
                "connection": {"local_port": 80},
                "reset_code": 8
            })
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        let wire = shown(b"\r\nGET /\xff HTTP/1.1\nA : \x80\n b\nnone\n\xfc: c\n", b"", None);
        assert_eq!(wire["request"]["raw_head_encoding"], "base64");
        let expected = json!([["A ", {"base64": "gAogYg=="}], ["none", ""], [{"base64": "/A=="}, "c"]]);
        assert_eq!(wire["request"]["fields"], expected);
        assert_eq!(wire.get("response"), None);
    }

    #[test]
    fn without_heads_the_document_is_shown_as_it_is() {
        let document = r#"{"request":{"fields":[[":method","GET"]]}}"#;
        assert_eq!(shown(b"", b"", Some(document)), json!({"request": {"fields": [[":method", "GET"]]}}));
        assert_eq!(shown(b"", b"", None), json!({}));
        for odd in ["[]", "1", "{", r#"{"request":1}"#] {
            let wire = shown(b"GET / HTTP/1.1\r\n\r\n", b"", Some(odd));
            assert!(wire.is_object(), "{odd}: {wire}");
        }
        let long = Bytes::from(format!("GET / HTTP/1.1\r\n{}Last: 1\r\n\r\n", "X: y\r\n".repeat(20_000)));
        assert_eq!(fields(&long).last(), Some((&b"Last"[..], &b"1"[..])), "heads may be longer than 64 KiB");
    }

    #[test]
    fn a_target_that_is_no_text_is_shown_raw() {
        let of = |target: &str, head: &'static [u8]| {
            let event = Event { target: target.to_owned(), ..Event::new(Uuid::nil(), DateTime::UNIX_EPOCH) };
            let wire = Wire { request_head: Bytes::from_static(head), ..Wire::default() };
            let record = Record { event, payload: None, wire: Some(wire) };
            assert_eq!(target_base64(&Entry::from(&record)), target_base64_of(&record));
            target_base64_of(&record)
        };
        assert_eq!(of("/\u{FFFD}", b"GET /\xff HTTP/1.1\r\n\r\n").as_deref(), Some("L/8="));
        assert_eq!(of("/\u{FFFD} a", b"\r\nGET /\xff a HTTP/1.1\r\n").as_deref(), Some("L/8gYQ=="));
        assert_eq!(of("/\u{FFFD}", b"GET /\xff").as_deref(), Some("L/8="));
        assert_eq!(of("/\u{FFFD}", "GET /\u{FFFD} HTTP/1.1\r\n\r\n".as_bytes()), None, "U+FFFD itself");
        assert_eq!(of("/", b"GET / HTTP/1.1\r\n\r\n"), None);
        for head in [&b""[..], b"\r\n\r\n", b"GET", b" "] {
            assert_eq!(of("\u{FFFD}", head), None);
        }
    }
}
