//! Compares whole messages.

use super::{
    body,
    difference::{Difference, Differences, Direction, Ground},
    fields, target,
};
use crate::check::message::{Ended, Framing, Message, Start, Version, short, text};

/// Compares a request that was sent with the one that arrived.
pub(crate) fn requests(sent: &Message, arrived: &Message, ground: &Ground) -> Vec<Difference> {
    let mut found = Differences::new(Direction::Request);
    let (before, after) = (sent.method(), arrived.method());
    if before != after {
        let said = format!("changes the method {} to {}", short(before, 40), short(after, 40));
        found.add("method-changed", &text(before), (before, after), said);
    }
    if after == b"PROXY" {
        // The header of the PROXY protocol stands where the request line should be: nothing else can be compared.
        return found.list;
    }
    target::compare(sent.target(), arrived.target(), ground, &mut found);
    common(sent, arrived, &mut found);
    found.list
}

/// Compares a response that was given with the one that came back.
pub(crate) fn responses(answered: &Message, got: &Message) -> Vec<Difference> {
    let mut found = Differences::new(Direction::Response);
    if let (Start::Response { status: s1, reason: r1 }, Start::Response { status: s2, reason: r2 }) =
        (&answered.start, &got.start)
    {
        if *s1 == 0 {
            // A broken answer: what its receiver makes of it is no change of a message.
            return found.list;
        }
        if s1 != s2 {
            let pair = (s1.to_string(), s2.to_string());
            let said = if *s2 == 0 {
                format!("gives the client no response in place of {s1} ({})", got.ended)
            } else {
                format!("changes status {s1} to {s2}")
            };
            found.add("status-changed", &format!("{s1}"), (pair.0.as_bytes(), pair.1.as_bytes()), said);
        } else if r1 != r2 && got.version != Version::H2 && answered.version != Version::H2 {
            let said = format!("changes the reason phrase `{}` to `{}`", short(r1, 60), short(r2, 60));
            found.add("reason-changed", "", (r1, r2), said);
        }
        if s1 != s2 {
            // Another response: its fields and body are those of its sender, not changes of this one.
            return found.list;
        }
    }
    interim(answered, got, &mut found);
    common(answered, got, &mut found);
    found.list
}

fn common(before: &Message, after: &Message, found: &mut Differences) {
    if before.version != after.version {
        let said = format!("speaks {} where the sender spoke {}", after.version, before.version);
        let pair = (before.version.to_string(), after.version.to_string());
        found.add("version-changed", &pair.1, (pair.0.as_bytes(), pair.1.as_bytes()), said);
    }
    fields::compare(before, after, found);
    framing(before, after, found);
    let cut = end(before, after, found);
    if !cut {
        body::compare(before, after, found);
    }
    fields::trailers(before, after, found);
}

fn interim(answered: &Message, got: &Message, found: &mut Differences) {
    // 100 belongs to the connection that asked for it (RFC 9110, section 10.1.1).
    let list = |message: &Message| -> Vec<u16> {
        message.interim.iter().map(|interim| interim.status).filter(|status| *status != 100).collect()
    };
    let (before, mut after) = (list(answered), list(got));
    for status in &before {
        if let Some(at) = after.iter().position(|other| other == status) {
            after.remove(at);
        } else {
            let code = status.to_string();
            found.add("interim-lost", &code, (code.as_bytes(), b""), format!("drops the interim response {code}"));
        }
    }
    for status in after {
        let code = status.to_string();
        found.add("interim-added", &code, (b"", code.as_bytes()), format!("adds an interim response {code}"));
    }
    for (one, other) in answered.interim.iter().zip(&got.interim) {
        if one.status == other.status && one.status != 100 {
            for field in &one.fields {
                if !other.fields.iter().any(|kept| kept.is(&field.key()) && kept.value == field.value) {
                    let said = format!("drops or changes `{}` of the interim response {}", field.key(), one.status);
                    found.add("interim-field-lost", &field.key(), (&field.value, b""), said);
                }
            }
        }
    }
}

/// Kind of a framing, without its number.
fn framing_word(framing: Framing) -> &'static str {
    match framing {
        Framing::None => "none",
        Framing::Length(_) => "length",
        Framing::Chunked => "chunked",
        Framing::Close => "close",
        Framing::H2 => "h2",
    }
}

fn framing(before: &Message, after: &Message, found: &mut Differences) {
    let (one, other) = (before.framing, after.framing);
    if one == Framing::H2 || other == Framing::H2 {
        return;
    }
    let words = (framing_word(one), framing_word(other));
    let pair = (one.to_string(), other.to_string());
    if words.0 != words.1 {
        let subject = format!("{}-to-{}", words.0, words.1);
        let said = format!("turns the framing from {one} into {other}");
        found.add("framing-changed", &subject, (pair.0.as_bytes(), pair.1.as_bytes()), said);
    } else if one == Framing::Chunked {
        if before.chunks != after.chunks && before.body == after.body {
            let said = format!("cuts {} chunks into {}", before.chunks.len(), after.chunks.len());
            let sizes = (format!("{:?}", before.chunks), format!("{:?}", after.chunks));
            found.add("chunks-changed", "", (sizes.0.as_bytes(), sizes.1.as_bytes()), said);
        }
        if before.extensions != after.extensions {
            let join = |list: &[Vec<u8>]| list.join(&b" "[..]);
            let said = "drops or changes chunk extensions".to_owned();
            found.add("chunk-extension-lost", "", (&join(&before.extensions), &join(&after.extensions)), said);
        }
    }
}

/// Compares how the messages ended; returns whether one of them was cut.
fn end(before: &Message, after: &Message, found: &mut Differences) -> bool {
    let pair = (before.ended.to_string(), after.ended.to_string());
    let pair = (pair.0.as_bytes(), pair.1.as_bytes());
    match (&before.ended, &after.ended) {
        (Ended::Complete, Ended::Complete) => false,
        (Ended::Complete, ended) => {
            let said = format!("cuts a complete message after {} body bytes ({ended})", after.body.len());
            found.add("message-cut", "", pair, said);
            true
        }
        (ended, Ended::Complete) => {
            let said = format!("makes a message that was cut ({ended}) look complete, {} body bytes", after.body.len());
            found.add("cut-hidden", framing_word(before.framing), pair, said);
            true
        }
        _ => true,
    }
}
