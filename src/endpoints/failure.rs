//! failure: statuses, delays and failures on request, for retry, timeout and circuit-breaker tests.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, Call, Fault, Fraction, Group, Int, Outcome, PathInt, Route, Text};
use crate::{
    random,
    wire::{Pcg, json as wire_json, reason_phrase},
};

const CODE: PathInt = PathInt::new("code", "Status to answer with.", 100, 599, 418);
const MS: Int = Int::query("ms", "Milliseconds to wait; unreadable or negative values count as 0.")
    .between(0, 60_000)
    .lenient()
    .example(10);
const FAIL_RATE: Fraction =
    Fraction::query("fail_rate", "Share of calls that fail, clamped to 0 to 1; unreadable values count as 0.", 0.5);
const SEED: Text =
    Text::query("seed", "The same seed and call_id give the same result. Without a seed the result is random.", "demo");
const CALL_ID: Int = Int::query("call_id", "Number of the call, chosen by the caller; unreadable values count as 0.")
    .at_least(i64::MIN)
    .lenient()
    .example(1);

/// Declares the group.
pub(super) fn group() -> Group {
    Group::new("failure", "Status codes, delays and failures on request.")
        .route(
            Route::get("status", "/v1/status/{code}", status)
                .about("Returns the given status. 1xx codes return 200, because they can't be final; 101 returns 400.")
                .takes(&CODE)
                .example("/v1/status/418")
                .plain_method_not_allowed()
                .answers::<StatusAnswer>(
                    "default",
                    "The status and its reason phrase; no body for 204 and 304.",
                    json!({"status": 418, "message": "I'm a teapot"}),
                )
                .answers_empty("204", "No body.")
                .answers_empty("304", "No body."),
        )
        .route(
            Route::get("slow", "/v1/slow", slow)
                .about("Responds after a delay.")
                .takes(&MS)
                .example("/v1/slow?ms=10")
                .answers::<Slow>("200", "Actual and requested delay.", json!({"slept_ms": 10, "requested_ms": 10})),
        )
        .route(
            Route::get("flaky", "/v1/flaky", flaky)
                .about("Fails at random, or by seed.")
                .takes(&FAIL_RATE)
                .takes(&SEED)
                .takes(&CALL_ID)
                .example("/v1/flaky?fail_rate=0.5&seed=demo&call_id=1")
                .answers::<Flaky>(
                    "200",
                    "The call succeeded.",
                    json!({"failed": false, "roll": 0.649_109_890_875_841_6, "fail_rate": 0.5}),
                )
                .answers::<Flaky>(
                    "503",
                    "The call failed, as requested.",
                    json!({"failed": true, "roll": 0.119_775_054_040_551_11, "fail_rate": 0.5}),
                ),
        )
}

#[derive(Serialize)]
struct Status {
    /// The requested status code.
    status: u16,
    /// Its reason phrase, empty for an unassigned code.
    message: &'static str,
}

// Only the document uses it.
/// Returns the response: the requested status, or the refusal of a code.
#[derive(ToSchema)]
#[allow(dead_code)]
struct StatusAnswer {
    /// The requested status code.
    status: Option<u16>,
    /// Reason phrase of `status`, empty for an unassigned code.
    message: Option<String>,
    /// Only with 400: reason why the code was refused.
    error: Option<String>,
}

async fn status(call: Call) -> Outcome {
    let code = CODE.read(&call.segment()?)?;
    let code = u16::try_from(code).unwrap_or_default();
    if code == 101 {
        return Err(Fault::bad_request("code 101 would need an upgrade, and none was asked for"));
    }
    let status = if code < 200 { StatusCode::OK } else { StatusCode::from_u16(code).unwrap_or_default() };
    if matches!(code, 204 | 304) {
        return Ok(Answer::empty(status));
    }
    Ok(Answer::json_with(status, &Status { status: code, message: reason_phrase(code) }))
}

#[derive(Serialize, ToSchema)]
struct Slow {
    /// Actual delay in milliseconds.
    slept_ms: u64,
    /// Requested delay in milliseconds.
    requested_ms: u64,
}

/// Body that is recorded when the client closes during the wait.
#[derive(Serialize)]
struct Cancelled {
    slept_ms: u64,
    cancelled: bool,
    requested_ms: u64,
}

async fn slow(call: Call) -> Outcome {
    let requested_ms = MS.count(&call.query())?;
    let began = Instant::now();
    call.if_client_leaves(move || {
        let slept_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        wire_json::to_line(&Cancelled { slept_ms, cancelled: true, requested_ms }).into()
    });
    let slept_ms = sleep(requested_ms).await;
    Ok(Answer::json(&Slow { slept_ms, requested_ms }))
}

/// Waits and returns the milliseconds waited. The future is dropped when the client closes.
pub(super) async fn sleep(ms: u64) -> u64 {
    let start = Instant::now();
    if ms > 0 {
        actix_rt::time::sleep(Duration::from_millis(ms)).await;
    }
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[derive(Serialize, ToSchema)]
struct Flaky {
    /// True when the call failed.
    failed: bool,
    /// The number drawn, in [0, 1).
    roll: f64,
    /// The rate that was used.
    fail_rate: f64,
}

async fn flaky(call: Call) -> Outcome {
    let query = call.query();
    let fail_rate = FAIL_RATE.read(&query);
    let call_id = CALL_ID.read(&query)?;
    let mut generator = match SEED.read(&query) {
        Some(seed) => Pcg::for_flaky(&seed, call_id),
        None => random::generator(),
    };
    let roll = generator.float64();
    let failed = roll < fail_rate;
    let status = if failed { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok(Answer::json_with(status, &Flaky { failed, roll, fail_rate }))
}
