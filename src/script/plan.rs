//! Plans the acts of a run: the head with its framing and the fields that follow from the body, then what comes after.

use std::collections::VecDeque;

use super::{
    act::{Act, PlannedFraming, PlannedHead, PlannedInterim, Reading, Refusal},
    content::Content,
    fields::{fields, has, set_default, too_long},
    pieces::{Pieces, Planned},
    prepared::{Prepared, prepare},
    program::{BodyOp, HeadOp, Op, RawOp, Source},
    representation,
    step::{End, Framing},
    template::{Template, TooLong, Values},
};

/// Plans the acts of all steps, whose conditions were followed.
pub(super) fn plan(steps: &[&Op], values: &Values<'_>) -> Result<VecDeque<Planned>, Refusal> {
    let mut acts = VecDeque::with_capacity(steps.len() + 1);
    // Bodies after a head that has none: a response to HEAD, or with a status that allows no body.
    let mut has_body = true;
    // Without a head there is nothing to complete.
    let mut has_head = false;
    let mut is_cut = false;
    // After raw bytes the script itself completes what it began.
    let mut is_raw = false;
    let mut bodies = VecDeque::new();
    for (index, op) in steps.iter().enumerate() {
        let act = match op {
            Op::Read(reading) => Act::Read(*reading),
            Op::Continue => Act::Continue,
            Op::Interim(interim) => Act::Interim(PlannedInterim {
                status: interim.status,
                reason: reason(interim.reason.as_ref(), values)?,
                fields: fields(&interim.fields, values)?,
            }),
            Op::Pause(pause) => Act::Pause(*pause),
            Op::Head(op) => {
                let after = &steps[index + 1..];
                bodies =
                    after.iter().filter_map(body_of).map(|body| prepare(body, values)).collect::<Result<_, _>>()?;
                let head = head(op, bodies.make_contiguous(), after, values)?;
                has_head = true;
                has_body = !is_bodyless(head.status) && values.facts.method() != "HEAD";
                Act::Head(head)
            }
            Op::Body(_) => {
                let Some(body) = bodies.pop_front() else { continue };
                is_cut |= body.op.cut.is_some();
                is_raw = false;
                if has_body {
                    acts.push_back(sending(body));
                }
                continue;
            }
            Op::Trailers(trailers) if has_body => {
                is_raw = false;
                Act::Trailers(fields(trailers, values)?)
            }
            Op::Trailers(_) | Op::If(_) => continue,
            Op::Raw(raw) => {
                is_raw = true;
                acts.push_back(Planned::Body(raw_pieces(raw)));
                continue;
            }
            Op::End(end) => {
                let complete = has_head && !is_cut && !is_raw && !matches!(end, End::Reset | End::H2Reset(_));
                Act::End { how: Some(*end), complete }
            }
        };
        acts.push_back(Planned::Act(act));
    }
    if !matches!(steps.last(), Some(Op::End(_))) {
        acts.push_back(Planned::Act(Act::End {
            how: is_cut.then_some(End::Close),
            complete: has_head && !is_cut && !is_raw,
        }));
    }
    Ok(acts)
}

fn body_of<'o>(op: &&'o Op) -> Option<&'o BodyOp> {
    match op {
        Op::Body(body) => Some(body),
        _ => None,
    }
}

fn reason(reason: Option<&Template>, values: &Values<'_>) -> Result<Option<bytes::Bytes>, Refusal> {
    let reason = reason.map(|template| template.expand_in_head(values)).transpose();
    reason.map_err(|TooLong| too_long("the reason"))
}

fn raw_pieces(raw: &RawOp) -> Pieces {
    let length = raw.bytes.len() as u64;
    let piece = raw.piece.unwrap_or(length);
    Pieces::new([(Content::Bytes(raw.bytes.clone()), 0..length)], Some(piece), raw.pause).raw()
}

fn sending(body: Prepared<'_>) -> Planned {
    if matches!(body.op.source, Source::Echo) {
        return Planned::Act(Act::Echo(body.op.pause));
    }
    let pieces = Pieces::new(body.parts, body.op.piece, body.op.pause).cut(body.op.cut);
    Planned::Body(match body.coding {
        Some(name) => pieces.coded(name),
        None => pieces,
    })
}

/// Plans the head: fields of the script, then those that follow from its body.
fn head(op: &HeadOp, bodies: &mut [Prepared<'_>], after: &[&Op], values: &Values<'_>) -> Result<PlannedHead, Refusal> {
    let mut head = PlannedHead {
        status: op.status,
        reason: reason(op.reason.as_ref(), values)?,
        fields: fields(&op.fields, values)?,
        framing: PlannedFraming::None,
        reads_on: after.iter().any(reads),
        own_fields: op.own_fields,
    };
    if let Some(first) = bodies.first()
        && op.own_fields
        && !is_bodyless(op.status)
    {
        set_default(&mut head, "Content-Type", media_type(&first.op.source));
    }
    let coding = bodies.iter().find_map(|body| body.op.coding?.field());
    if let Some(coding) = coding {
        set_default(&mut head, "Content-Encoding", coding.as_str());
    }
    if let [body] = bodies
        && op.status == 200
        && body.op.resource.is_some()
    {
        representation::select(&mut head, body, values)?;
    }
    head.framing = framing(op, &head, bodies, after)?;
    Ok(head)
}

fn framing(op: &HeadOp, head: &PlannedHead, bodies: &[Prepared<'_>], after: &[&Op]) -> Result<PlannedFraming, Refusal> {
    let length = bodies.iter().try_fold(0_u64, |sum, body| Some(sum + body.length()?));
    let is_told = ["content-length", "transfer-encoding"].iter().any(|name| has(head, name));
    let has_trailers = || after.iter().any(|op| matches!(op, Op::Trailers(_)));
    let is_bodyless = is_bodyless(head.status);
    Ok(match (op.framing, op.announce) {
        (Some(Framing::None), _) => PlannedFraming::None,
        (Some(Framing::Chunked), _) => PlannedFraming::Chunked,
        (Some(Framing::Close), _) => PlannedFraming::Close,
        (_, Some(announced)) => PlannedFraming::Length(announced),
        (Some(Framing::Length), None) => {
            let unknown = || Refusal("the length of the body is not known; the script has to announce one".to_owned());
            PlannedFraming::Length(length.ok_or_else(unknown)?)
        }
        (None, None) if is_told || is_bodyless => PlannedFraming::None,
        (None, None) => match length {
            Some(length) if !has_trailers() => PlannedFraming::Length(length),
            _ => PlannedFraming::Chunked,
        },
    })
}

fn reads(op: &&Op) -> bool {
    match op {
        Op::Read(Reading { bytes, .. }) => *bytes != Some(0),
        Op::Body(body) => matches!(body.source, Source::Echo),
        _ => false,
    }
}

/// Returns true for a status whose responses have no body (RFC 9110, section 6.4.1).
const fn is_bodyless(status: u16) -> bool {
    status < 200 || status == 204 || status == 304
}

const fn media_type(source: &Source) -> &'static str {
    match source {
        Source::Text(_) => "text/plain; charset=utf-8",
        Source::Json(_) => "application/json",
        _ => "application/octet-stream",
    }
}
