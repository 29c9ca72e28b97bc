//! Bodies with the values of a request put in.

use super::{
    act::Refusal,
    body::CodingName,
    bounds::MAX_KNOWN,
    coding,
    content::Content,
    fields::too_long,
    pieces::Part,
    program::{BodyOp, Source},
    template::{TooLong, Values},
};

/// A body whose bytes are known, or whose coding is done while it is sent.
pub(super) struct Prepared<'p> {
    pub(super) op: &'p BodyOp,
    pub(super) parts: Vec<Part>,
    /// Coding that is done while the body is sent: its length is not known.
    pub(super) coding: Option<CodingName>,
}

impl Prepared<'_> {
    /// Returns the length of what is sent, if it is known.
    pub(super) fn length(&self) -> Option<u64> {
        let is_known = self.coding.is_none() && !matches!(self.op.source, Source::Echo);
        is_known.then(|| self.parts.iter().map(|(_, range)| range.end - range.start).sum())
    }
}

/// Puts in the values of the request, and codes what is short.
pub(super) fn prepare<'p>(op: &'p BodyOp, values: &Values<'_>) -> Result<Prepared<'p>, Refusal> {
    let too_long = |TooLong| too_long("a body");
    let content = match &op.source {
        Source::Text(text) => Content::Bytes(text.expand(values).map_err(too_long)?),
        Source::Json(json) => Content::Bytes(json.expand(values).map_err(too_long)?),
        Source::Base64(bytes) => Content::Bytes(bytes.clone()),
        Source::Fill(length) => Content::Fill(*length),
        Source::Random { length, seed } => Content::Random { length: *length, seed: seed.clone() },
        Source::BytesOf(_) => Content::Bytes(values.facts.head().into_owned().into()),
        Source::Echo => return Ok(Prepared { op, parts: Vec::new(), coding: None }),
    };
    let failed = |_| Refusal("a body of the script can't be coded".to_owned());
    let (content, coding) = match (&op.coded, op.coding.and_then(|coding| coding.bytes())) {
        (Some(coded), _) => (Content::Bytes(coded.clone()), None),
        (None, Some(name)) if content.len() <= MAX_KNOWN => {
            let coded = coding::code(name, &content.slice(0, content.len())).map_err(failed)?;
            (Content::Bytes(coded), None)
        }
        (None, coding) => (content, coding),
    };
    let length = content.len();
    Ok(Prepared { op, parts: vec![(content, 0..length)], coding })
}
