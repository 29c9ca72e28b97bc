//! A run of a script for one request: the acts, one after the other.

use std::{collections::VecDeque, time::Duration};

use super::{
    act::{Act, Refusal},
    facts::Facts,
    flow::is_of_connection,
    pieces::{Pieces, Planned},
    plan,
    program::{FieldOp, Op, Program},
    step::{End, HttpVersion},
    template::Values,
};

/// Time limit of a run, for scripts whose waits depend on the request (an endless echo). The waits that a script tells
/// take 15 minutes at most; the rest is for sending.
pub const MAX_RUN: Duration = Duration::from_secs(16 * 60);

/// A run of a script for one request. What depends on the request was put in before the first act.
#[derive(Debug)]
pub struct Run {
    acts: VecDeque<Planned>,
    current: Option<Pieces>,
}

impl Program {
    /// Begins the run that answers an attempt, which is counted from 1.
    ///
    /// # Errors
    /// The reason why the script can't answer this request: a step that its version of HTTP can't do, or a text that
    /// grew too long by values of the request.
    pub fn begin(&self, attempt: u64, facts: &dyn Facts) -> Result<Run, Refusal> {
        let mut steps = Vec::new();
        flatten(self.steps(attempt), facts, attempt, &mut steps);
        for op in &steps {
            if let Some(what) = unsupported(op, facts.version()) {
                return Err(Refusal(format!("the script has {what}, which {} can't do", version(facts.version()))));
            }
        }
        let values = Values::new(facts, attempt);
        let acts = plan::plan(&steps, &values)?;
        Ok(Run { acts, current: None })
    }
}

/// Follows the conditions.
fn flatten<'o>(steps: &'o [Op], facts: &dyn Facts, attempt: u64, into: &mut Vec<&'o Op>) {
    for op in steps {
        match op {
            Op::If(choice) if choice.holds(facts, attempt) => flatten(&choice.then, facts, attempt, into),
            Op::If(choice) => flatten(&choice.other, facts, attempt, into),
            op => into.push(op),
        }
    }
}

/// Returns what a version can't do of a step.
fn unsupported(op: &Op, version: HttpVersion) -> Option<String> {
    let is_http2 = version == HttpVersion::Http2;
    let of_connection = |fields: &[FieldOp]| {
        let named = fields.iter().find(|field| is_of_connection(&field.name));
        named.map(|field| format!("the field {}", String::from_utf8_lossy(&field.name)))
    };
    match op {
        Op::Raw(_) if is_http2 => Some("the step raw".to_owned()),
        Op::Interim(interim) if is_http2 && interim.status == 101 => Some("an interim response with 101".to_owned()),
        Op::Interim(interim) if is_http2 => of_connection(&interim.fields),
        Op::Head(head) if is_http2 && head.status < 200 => Some(format!("a final response with {}", head.status)),
        Op::Head(head) if is_http2 => of_connection(&head.fields),
        Op::Trailers(_) if version == HttpVersion::Http10 => Some("the step trailers".to_owned()),
        Op::Trailers(fields) if is_http2 => of_connection(fields),
        Op::End(End::HalfClose) if is_http2 => Some("the end half_close".to_owned()),
        Op::End(End::H2Reset(_)) if !is_http2 => Some("the end h2_reset".to_owned()),
        Op::End(End::Goaway(_)) if !is_http2 => Some("the end goaway".to_owned()),
        _ => None,
    }
}

const fn version(version: HttpVersion) -> &'static str {
    match version {
        HttpVersion::Http10 => "HTTP/1.0",
        HttpVersion::Http11 => "HTTP/1.1",
        HttpVersion::Http2 => "HTTP/2",
    }
}

impl Iterator for Run {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        loop {
            if let Some(pieces) = &mut self.current {
                match pieces.next() {
                    Some(act) => return Some(act),
                    None => self.current = None,
                }
            }
            match self.acts.pop_front()? {
                Planned::Act(act) => return Some(act),
                Planned::Body(pieces) => self.current = Some(pieces),
            }
        }
    }
}
