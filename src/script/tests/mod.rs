//! Scripts from their JSON to their acts.

mod acts;
mod agreement;
mod bodies;
mod consistent;
mod refused;
mod resources;

use super::{
    act::{Act, PlannedFraming, PlannedHead},
    facts::TestFacts,
    read,
};

/// Runs a script's attempt and shows its acts.
fn acts_of(script: &str, attempt: u64, facts: &TestFacts) -> Vec<String> {
    let program = read(script.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    match program.begin(attempt, facts) {
        Ok(run) => run.map(|act| shown(&act)).collect(),
        Err(refusal) => vec![format!("refused: {refusal}")],
    }
}

/// Runs steps for a usual request.
fn run(steps: &str) -> Vec<String> {
    run_for(steps, &TestFacts::default())
}

fn run_for(steps: &str, facts: &TestFacts) -> Vec<String> {
    acts_of(&format!(r#"{{"attempts": [{{"steps": [{steps}]}}]}}"#), 1, facts)
}

fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= 400 => text.replace("\r\n", "|"),
        _ => format!("<{} bytes>", bytes.len()),
    }
}

fn fields(list: &[super::act::FieldBytes]) -> String {
    list.iter().map(|(name, value)| format!(" {}: {};", text(name), text(value))).collect()
}

pub(super) fn shown(act: &Act) -> String {
    match act {
        Act::Read(reading) => {
            let bytes = reading.bytes.map_or("all".to_owned(), |bytes| bytes.to_string());
            let rate = reading.rate.map_or(String::new(), |rate| format!(" at {rate}"));
            format!("read {bytes}{rate}{}", if reading.sends_continue { "" } else { " without 100" })
        }
        Act::Continue => "continue".to_owned(),
        Act::Interim(interim) => {
            let reason = interim.reason.as_ref().map_or(String::new(), |reason| format!(" {}", text(reason)));
            format!("interim {}{reason}{}", interim.status, fields(&interim.fields))
        }
        Act::Pause(pause) => format!("pause {}", pause.as_millis()),
        Act::Head(head) => shown_head(head),
        Act::Piece(bytes) => format!("piece {}", text(bytes)),
        Act::Echo(pause) => format!("echo {}", pause.as_millis()),
        Act::Trailers(list) => format!("trailers{}", fields(list)),
        Act::Raw(bytes) => format!("raw {}", text(bytes)),
        Act::End { how, complete } => {
            let how = how.map_or("default".to_owned(), |how| format!("{how:?}"));
            format!("end {how}{}", if *complete { "" } else { " incomplete" })
        }
    }
}

fn shown_head(head: &PlannedHead) -> String {
    let reason = head.reason.as_ref().map_or(String::new(), |reason| format!(" '{}'", text(reason)));
    let framing = match head.framing {
        PlannedFraming::None => "unframed".to_owned(),
        PlannedFraming::Length(length) => format!("length {length}"),
        PlannedFraming::Chunked => "chunked".to_owned(),
        PlannedFraming::Close => "close".to_owned(),
    };
    let own = if head.own_fields { "" } else { " alone" };
    let reads = if head.reads_on { " reads on" } else { "" };
    format!("head {}{reason} {framing}{own}{reads}{}", head.status, fields(&head.fields))
}
