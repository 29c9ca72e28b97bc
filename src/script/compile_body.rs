//! Turns the body of a document into one that is ready to run.

use std::time::Duration;

use bytes::Bytes;

use super::{
    body::{Body, SOURCES},
    bounds::{MAX_CODED, MAX_KNOWN},
    coding,
    compiler::Compiler,
    content::Content,
    problems::{below, either},
    program::{BodyOp, ResourceOp, Source},
    resource,
    template::{JsonTemplate, Template},
};

pub(super) fn body(compiler: &mut Compiler<'_>, body: &Body, at: &str) -> BodyOp {
    let source = source(compiler, body, at);
    let is_echo = matches!(source, Source::Echo);
    let mut refuse = |name: &str, wrong: bool, rule: &str| {
        if wrong {
            compiler.problems.add(below(at, name), rule);
        }
    };
    refuse("seed", body.seed.is_some() && body.random.is_none(), "needs random");
    refuse("piece", is_echo && body.piece.is_some(), "must not be with echo, whose pieces are those of the request");
    refuse("coding", is_echo && body.coding.is_some(), "must not be with echo");
    refuse("cut", is_echo && body.cut.is_some(), "must not be with echo");
    refuse("resource", is_echo && body.resource, "must not be with echo");
    refuse("cut", body.resource && body.cut.is_some(), "must not be with resource");
    refuse("etag", !body.resource && body.etag.is_some(), "needs \"resource\": true; else write it into fields");
    refuse("last_modified", !body.resource && body.last_modified.is_some(), "needs \"resource\": true");
    let length = body.fill.or(body.random).unwrap_or(0);
    let is_coded = body.coding.is_some_and(|coding| coding.bytes().is_some());
    refuse("coding", is_coded && length > MAX_CODED, &format!("needs a body of at most {MAX_CODED} bytes"));
    let unknown = is_coded && length > MAX_KNOWN;
    refuse("resource", unknown && body.resource, &format!("needs a coded body of at most {MAX_KNOWN} bytes"));
    let neither = body.coding.is_some_and(|coding| coding.bytes().is_none() && coding.field().is_none());
    refuse("coding", neither, "codes neither the bytes nor the field; leave it out");
    if !is_echo {
        compiler.pace(body.piece, body.pause_ms, at);
    }
    let coded = body.coding.and_then(|coding| coding.bytes()).and_then(|name| {
        let plain = plain(&source)?;
        coding::code(name, &plain).ok()
    });
    BodyOp {
        piece: body.piece,
        pause: Duration::from_millis(u64::from(body.pause_ms.unwrap_or(0))),
        coding: body.coding,
        coded,
        cut: body.cut,
        resource: body.resource.then(|| resource_op(compiler, body, at)),
        source,
    }
}

fn source(compiler: &mut Compiler<'_>, body: &Body, at: &str) -> Source {
    let given = [
        body.text.is_some(),
        body.base64.is_some(),
        body.json.is_some(),
        body.fill.is_some(),
        body.random.is_some(),
        body.echo.is_some(),
        body.bytes_of.is_some(),
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        compiler.problems.add(at, format!("exactly one of {} is needed", either(SOURCES)));
    }
    if let Some(text) = &body.text {
        Source::Text(compiler.template(text, &below(at, "text")))
    } else if let Some(text) = &body.base64 {
        Source::Base64(compiler.base64(text, &below(at, "base64")))
    } else if let Some(value) = &body.json {
        let problems = &mut compiler.problems;
        Source::Json(JsonTemplate::parse(value, &below(at, "json"), &mut |at, message| problems.add(at, message)))
    } else if let Some(length) = body.fill {
        Source::Fill(length)
    } else if let Some(length) = body.random {
        let seed = body.seed.clone().unwrap_or_default().into_bytes().into();
        Source::Random { length, seed }
    } else if let Some(part) = body.bytes_of {
        Source::BytesOf(part)
    } else {
        Source::Echo
    }
}

fn resource_op(compiler: &mut Compiler<'_>, body: &Body, at: &str) -> ResourceOp {
    let etag = body.etag.as_ref().map(|tag| {
        let at = below(at, "etag");
        let template = compiler.template(tag, &at);
        if matches!(&template, Template::Plain(tag) if !resource::is_tag(tag)) {
            compiler.problems.add(at, "must be an entity tag, such as \"v1\" or W/\"v1\" with the quotes");
        }
        template
    });
    if let Some(date) = &body.last_modified
        && resource::date(date.as_bytes()).is_none()
    {
        let message = "must be a date such as Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, section 5.6.7)";
        compiler.problems.add(below(at, "last_modified"), message);
    }
    ResourceOp { etag, last_modified: body.last_modified.clone() }
}

/// Returns the bytes of a source that are few and always the same.
fn plain(source: &Source) -> Option<Bytes> {
    let content = match source {
        Source::Text(template) => Content::Bytes(template.plain()?.clone()),
        Source::Json(JsonTemplate::Plain(text)) => Content::Bytes(text.clone()),
        Source::Base64(bytes) => Content::Bytes(bytes.clone()),
        Source::Fill(length) => Content::Fill(*length),
        Source::Random { length, seed } => Content::Random { length: *length, seed: seed.clone() },
        Source::Json(JsonTemplate::Changing(_)) | Source::Echo | Source::BytesOf(_) => return None,
    };
    (content.len() <= MAX_KNOWN).then(|| content.slice(0, content.len()))
}
