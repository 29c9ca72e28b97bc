//! The parameters of `/v1/answer`.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::super::{
    Fault, Text,
    param::Param,
    param_kinds::{Choice, MaybeInt, Repeated},
};
use crate::{
    script::{
        body::CodingName,
        bounds::{MAX_LENGTH, MAX_PAUSE_MS, MAX_PIECE, MAX_REPEAT},
        parameters::Parameters,
        step::{Base64, End, Framing, Octets},
    },
    wire::Query,
};

const STATUS: MaybeInt = MaybeInt::query("status", "Status, 200 by default.", 100, 999, 299);
const REASON: Text = Text::query("reason", "Reason phrase; by default the usual one.", "Fine");
const FIELD: Repeated =
    Repeated::query("field", "Field of the response as `Name:value`, the name as written; repeatable.", "X-cAsE:1");
const BODY: Text = Text::query("body", "Text of the body.", "made to order");
const BYTES: MaybeInt =
    MaybeInt::query("bytes", "Length of a body of the alphabet, repeated.", 0, MAX_LENGTH as i64, 26);
const TYPE: Text = Text::query("type", "`Content-Type`.", "text/plain");
const DELAY_MS: MaybeInt =
    MaybeInt::query("delay_ms", "Milliseconds to wait before the head.", 0, MAX_PAUSE_MS as i64, 10);
const PIECE: MaybeInt = MaybeInt::query("piece", "Size of each piece of the body in bytes.", 1, MAX_PIECE as i64, 10);
const PAUSE_MS: MaybeInt =
    MaybeInt::query("pause_ms", "Milliseconds between two pieces; needs `piece`.", 0, MAX_PAUSE_MS as i64, 1);
const FRAMING: Choice<Framing> = Choice::query(
    "framing",
    "How the end of the body is marked; by default by its length.",
    &[("length", Framing::Length), ("chunked", Framing::Chunked), ("close", Framing::Close), ("none", Framing::None)],
);
const CODING: Choice<CodingName> = Choice::query(
    "coding",
    "Content coding of the body.",
    &[("gzip", CodingName::Gzip), ("deflate", CodingName::Deflate), ("br", CodingName::Br), ("zstd", CodingName::Zstd)],
);
const TRAILER: Repeated = Repeated::query("trailer", "Trailer as `Name:value`; repeatable.", "X-Sum:1");
const INTERIM: MaybeInt =
    MaybeInt::query("interim", "Status of an interim response before the head; repeatable.", 100, 199, 103);
const EARLY: Choice<bool> = Choice::query(
    "early",
    "True to answer before the body of the request is read.",
    &[("true", true), ("false", false)],
);
const CUT: MaybeInt =
    MaybeInt::query("cut", "Bytes of the body after which the response is cut off.", 0, MAX_LENGTH as i64, 5);
const END: Choice<End> = Choice::query(
    "end",
    "How the exchange ends.",
    &[("close", End::Close), ("keep", End::Keep), ("half_close", End::HalfClose), ("reset", End::Reset)],
);
const ANNOUNCE: MaybeInt =
    MaybeInt::query("announce", "Value of `Content-Length`, whatever the body.", 0, MAX_LENGTH as i64, 13);
const FAIL: MaybeInt = MaybeInt::query("fail", "Number of attempts that fail first.", 0, MAX_REPEAT as i64, 0);
const KEY: Text = Text::query("key", "Name of the call whose attempts are counted; by default its path.", "call-1");
const FAIL_STATUS: MaybeInt =
    MaybeInt::query("fail_status", "Status of attempts that fail, 503 by default.", 100, 999, 503);

/// Returns all parameters, in the order of the document.
pub(super) fn all() -> [&'static dyn Param; 20] {
    [
        &STATUS,
        &REASON,
        &FIELD,
        &BODY,
        &BYTES,
        &TYPE,
        &DELAY_MS,
        &PIECE,
        &PAUSE_MS,
        &FRAMING,
        &CODING,
        &TRAILER,
        &INTERIM,
        &EARLY,
        &CUT,
        &END,
        &ANNOUNCE,
        &FAIL,
        &KEY,
        &FAIL_STATUS,
    ]
}

/// Reads the parameters.
///
/// # Errors
/// 400 for the first one that is out of bounds.
pub(super) fn read(query: &Query<'_>) -> Result<Parameters, Fault> {
    let default = Parameters::default();
    let text = |param: &Text, name: &str| {
        let text = param.read(query).map(|text| String::from_utf8(text.into_owned()));
        text.transpose().map_err(|_| Fault::bad_request(format!("{name} must be UTF-8 text")))
    };
    let body = BODY.read(query).map(|body| octets(&body));
    let bytes = BYTES.read(query)?;
    if body.is_some() && bytes.is_some() {
        return Err(Fault::bad_request("only one of body and bytes can be the body"));
    }
    Ok(Parameters {
        status: STATUS.read(query)?.unwrap_or(default.status),
        reason: text(&REASON, "reason")?,
        fields: fields(&FIELD, "field", query)?,
        body,
        bytes,
        media_type: text(&TYPE, "type")?,
        delay_ms: DELAY_MS.read(query)?.unwrap_or_default(),
        piece: PIECE.read(query)?,
        pause_ms: PAUSE_MS.read(query)?,
        framing: FRAMING.read(query)?,
        coding: CODING.read(query)?,
        trailers: fields(&TRAILER, "trailer", query)?,
        interim: INTERIM.read_all(query)?,
        early: EARLY.read(query)?.unwrap_or_default(),
        cut: CUT.read(query)?,
        end: END.read(query)?,
        announce: ANNOUNCE.read(query)?,
        fail: FAIL.read(query)?.unwrap_or_default(),
        key: text(&KEY, "key")?,
        fail_status: FAIL_STATUS.read(query)?.unwrap_or(default.fail_status),
    })
}

fn fields(param: &Repeated, name: &str, query: &Query<'_>) -> Result<Vec<(String, Octets)>, Fault> {
    let field = |value: std::borrow::Cow<'_, [u8]>| {
        let colon = value.iter().position(|byte| *byte == b':');
        let parts = colon.map(|colon| (&value[..colon], without_blanks(&value[colon + 1..])));
        let parts = parts.and_then(|(name, value)| Some((std::str::from_utf8(name).ok()?.to_owned(), octets(value))));
        parts.ok_or_else(|| Fault::bad_request(format!("{name} must be a field as Name:value")))
    };
    param.read(query).map(field).collect()
}

/// Removes spaces and tabs around a value, but no line break.
fn without_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn octets(bytes: &[u8]) -> Octets {
    match std::str::from_utf8(bytes) {
        Ok(text) => Octets::Text(text.to_owned()),
        Err(_) => Octets::Base64(Base64 { base64: STANDARD.encode(bytes) }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parameters_are_read_or_refused() {
        let told = read(&Query::parse(
            "status=201&field=X-A:+1%09&field=X-a:b:c&trailer=T:&body=%ff&interim=103&interim=102&early=true&fail=2&key=k",
        ))
        .unwrap();
        let text = |text: &str| Octets::Text(text.to_owned());
        assert_eq!((told.status, told.early, told.fail, told.interim), (201, true, 2, vec![103, 102]));
        assert_eq!(told.fields, [("X-A".to_owned(), text("1")), ("X-a".to_owned(), text("b:c"))]);
        assert_eq!(told.trailers, [("T".to_owned(), text(""))]);
        assert_eq!(told.body, Some(Octets::Base64(Base64 { base64: "/w==".to_owned() })));
        assert_eq!(read(&Query::parse("")).unwrap(), Parameters::default());
        for (query, message) in [
            ("status=99", "status must be an integer in [100, 999]"),
            ("status=abc", "status must be an integer in [100, 999]"),
            ("field=X", "field must be a field as Name:value"),
            ("reason=%ff", "reason must be UTF-8 text"),
            ("body=a&bytes=1", "only one of body and bytes can be the body"),
            ("framing=chunk", "framing must be one of length, chunked, close, none"),
            ("early=yes", "early must be one of true, false"),
            ("delay_ms=900001", "delay_ms must be an integer in [0, 900000]"),
            ("end=abort", "end must be one of close, keep, half_close, reset"),
        ] {
            assert_eq!(read(&Query::parse(query)).unwrap_err().message, message, "{query}");
        }
    }
}
