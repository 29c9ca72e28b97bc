//! Executes the acts of a run: each becomes a step of the delivery, or reads the request.

use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    super::{
        Fault, RequestBody,
        delivery::{End, FieldLine, Framing, Head, Interim, Step, Way},
    },
    guard::Guard,
};
use crate::script::{
    Act, Run,
    act::{FieldBytes, PlannedFraming, PlannedHead, Reading},
    run::MAX_RUN,
    step,
};

/// Size of the pieces in which the request is read, in bytes.
const PIECE: usize = 64 << 10;

/// Waits of a slow reader in a second.
const TICKS: usize = 20;

/// Executes the acts of a run.
pub(super) async fn run(acts: Run, body: &RequestBody, guard: Guard, way: &mut Way) -> Result<(), Fault> {
    let executed = timeout(MAX_RUN, execute(acts, body, guard, way)).await;
    executed.unwrap_or_else(|_| Err(Fault::new(StatusCode::GATEWAY_TIMEOUT, "the script took too long")))
}

async fn execute(acts: Run, body: &RequestBody, guard: Guard, way: &mut Way) -> Result<(), Fault> {
    for act in acts {
        let step = match act {
            Act::Read(reading) => {
                read(reading, body, way).await?;
                continue;
            }
            Act::Echo(pause) => {
                echo(pause, body, way).await?;
                continue;
            }
            Act::Pause(pause) if pause.is_zero() => {
                tokio::task::yield_now().await;
                continue;
            }
            Act::Pause(pause) => Step::Pause(pause),
            Act::Continue => Step::Continue,
            Act::Interim(interim) => {
                let fields = lines(interim.fields)?;
                Step::Interim(Interim { status: interim.status, reason: interim.reason, fields })
            }
            Act::Head(planned) => Step::Head(head(planned, &guard)?),
            Act::Piece(bytes) => Step::piece(bytes),
            Act::Trailers(fields) => Step::Trailers(lines(fields)?),
            Act::Raw(bytes) => {
                guard.allow("raw")?;
                Step::Raw(bytes)
            }
            Act::End { how, complete } => {
                if complete {
                    way.send(Step::Finish).await;
                }
                Step::End(how.map_or(End::Default, end))
            }
        };
        way.send(step).await;
    }
    Ok(())
}

/// Reads the body of the request, or a part of it.
async fn read(reading: Reading, body: &RequestBody, way: &mut Way) -> Result<(), Fault> {
    if reading.bytes == Some(0) {
        return Ok(());
    }
    if !reading.sends_continue {
        way.send(Step::WithholdContinue).await;
    }
    way.send(Step::Note("read")).await;
    let began = Instant::now();
    let most = reading.rate.map_or(PIECE, |rate| (rate as usize / TICKS).clamp(1, PIECE));
    let mut done = 0;
    while reading.bytes.is_none_or(|bytes| done < bytes) {
        let left = reading.bytes.map_or(u64::MAX, |bytes| bytes - done);
        let most = usize::try_from(left).unwrap_or(most).min(most);
        let Some(piece) = body.piece(most).await? else { break };
        done += piece.len() as u64;
        if let Some(rate) = reading.rate {
            sleep_until(began + Duration::from_secs_f64(done as f64 / f64::from(rate))).await;
        }
    }
    Ok(())
}

/// Sends the body of the request back, piece by piece.
async fn echo(pause: Duration, body: &RequestBody, way: &mut Way) -> Result<(), Fault> {
    let mut is_first = true;
    while let Some(piece) = body.piece(PIECE).await? {
        if !std::mem::take(&mut is_first) && !pause.is_zero() {
            way.send(Step::Pause(pause)).await;
        }
        way.send(Step::piece(piece)).await;
    }
    Ok(())
}

fn head(planned: PlannedHead, guard: &Guard) -> Result<Head, Fault> {
    let mut fields = lines(planned.fields)?;
    if planned.own_fields {
        guard.add(&mut fields)?;
    } else {
        guard.allow("own_fields: false")?;
    }
    let framing = match planned.framing {
        PlannedFraming::None => Framing::None,
        PlannedFraming::Length(length) => Framing::Length(length),
        PlannedFraming::Chunked => Framing::Chunked,
        PlannedFraming::Close => Framing::Close,
    };
    let (own_fields, reads_on) = (planned.own_fields, planned.reads_on);
    Ok(Head { status: planned.status, reason: planned.reason, fields, framing, own_fields, reads_on })
}

fn lines(fields: Vec<FieldBytes>) -> Result<Vec<FieldLine>, Fault> {
    fields.into_iter().map(|(name, value)| Ok(FieldLine::new(name, value)?)).collect()
}

const fn end(end: step::End) -> End {
    match end {
        step::End::Keep => End::Keep,
        step::End::Close => End::Close,
        step::End::HalfClose => End::HalfClose,
        step::End::Reset => End::Reset,
        step::End::H2Reset(code) => End::ResetStream(code as u32),
        step::End::Goaway(goaway) => End::GoAway(goaway.code as u32),
    }
}
