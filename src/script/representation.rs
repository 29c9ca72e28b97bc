//! The response of a resource: whole, in parts, or not at all.

use bytes::Bytes;

use super::{
    act::{PlannedHead, Refusal},
    content::Content,
    fields::{has, name, set_default, too_long},
    pieces::Part,
    prepared::Prepared,
    resource::{self, Range, Selected, Validators},
    template::{TooLong, Values},
};
use crate::wire::generator::Fnv1a;

/// Adds the validators of a resource to its head, and changes head and body as conditions and ranges of the request
/// demand.
pub(super) fn select(head: &mut PlannedHead, body: &mut Prepared<'_>, values: &Values<'_>) -> Result<(), Refusal> {
    let (Some(op), Some(length)) = (&body.op.resource, body.length()) else { return Ok(()) };
    let etag = op.etag.as_ref().map(|etag| etag.expand_in_head(values)).transpose();
    let etag = etag.map_err(|TooLong| too_long("the entity tag"))?;
    let modified = op.last_modified.as_ref();
    for (field, value) in
        [("ETag", etag.clone()), ("Last-Modified", modified.map(|date| Bytes::copy_from_slice(date.as_bytes())))]
    {
        if let Some(value) = value
            && !has(head, field)
        {
            head.fields.push((name(field), value));
        }
    }
    set_default(head, "Accept-Ranges", "bytes");
    let modified = modified.and_then(|date| resource::date(date.as_bytes()));
    let validators = Validators { etag: etag.map(|etag| etag.to_vec()), modified };
    match resource::select(values.facts, &validators, length) {
        Selected::Whole => {}
        Selected::NotModified => without_body(head, body, 304),
        Selected::PreconditionFailed => without_body(head, body, 412),
        Selected::Unsatisfiable => {
            without_body(head, body, 416);
            head.fields.push((name("Content-Range"), format!("bytes */{length}").into()));
        }
        Selected::Ranges(ranges) => partial(head, body, &ranges, length),
    }
    Ok(())
}

/// Leaves out the body and what describes it (RFC 9110, section 15.4.5).
fn without_body(head: &mut PlannedHead, body: &mut Prepared<'_>, status: u16) {
    head.status = status;
    head.reason = None;
    head.fields.retain(|(name, _)| {
        let name = name.to_ascii_lowercase();
        !name.starts_with(b"content-") || matches!(&name[..], b"content-location" | b"content-security-policy")
    });
    body.parts.clear();
}

/// Selects the ranges of a body (RFC 9110, section 15.3.7).
fn partial(head: &mut PlannedHead, body: &mut Prepared<'_>, ranges: &[Range], length: u64) {
    head.status = 206;
    head.reason = None;
    let Some((content, _)) = body.parts.first().cloned() else { return };
    let content_range = |(first, last): &Range| format!("bytes {first}-{last}/{length}");
    let part = |(first, last): &Range| (content.clone(), *first..last + 1);
    if let [only] = ranges {
        head.fields.push((name("Content-Range"), content_range(only).into()));
        body.parts = vec![part(only)];
        return;
    }
    let boundary = boundary(ranges, length);
    let own_type = |(name, _): &&(Bytes, Bytes)| name.eq_ignore_ascii_case(b"content-type");
    let media_type = head.fields.iter().find(own_type).map(|(_, value)| value.clone());
    let text = |text: Vec<u8>| -> Part {
        let length = text.len() as u64;
        (Content::Bytes(text.into()), 0..length)
    };
    body.parts.clear();
    for range in ranges {
        let mut part_head = format!("\r\n--{boundary}\r\n").into_bytes();
        if let Some(media_type) = &media_type {
            part_head.extend_from_slice(b"Content-Type: ");
            part_head.extend_from_slice(media_type);
            part_head.extend_from_slice(b"\r\n");
        }
        part_head.extend_from_slice(format!("Content-Range: {}\r\n\r\n", content_range(range)).as_bytes());
        body.parts.push(text(part_head));
        body.parts.push(part(range));
    }
    body.parts.push(text(format!("\r\n--{boundary}--\r\n").into_bytes()));
    head.fields.retain(|(name, _)| !name.eq_ignore_ascii_case(b"content-type"));
    head.fields.push((name("Content-Type"), format!("multipart/byteranges; boundary={boundary}").into()));
}

/// Returns a boundary that is the same for the same request.
fn boundary(ranges: &[Range], length: u64) -> String {
    let hash = ranges.iter().fold(Fnv1a::new().write(&length.to_le_bytes()), |hash, (first, last)| {
        hash.write(&first.to_le_bytes()).write(&last.to_le_bytes())
    });
    format!("range-{:016x}", hash.finish())
}
