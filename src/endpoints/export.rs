//! export: large bodies and long delays, for size limits and timeouts of a gateway.

use std::io::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::{Stream, stream};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, Call, Group, Int, Outcome, Route, Text, failure::sleep};
use crate::wire::digest;

const SIZE_KB: Int = Int::query("size_kb", "Size in KiB that the array reaches before its closing bracket.")
    .between(1, 10_240)
    .or(64)
    .example(1);
const ROWS: Int = Int::query("rows", "Number of rows below the header.").between(1, 250_000).or(1000).example(3);
const DURATION_MS: Int = Int::query("duration_ms", "Milliseconds to wait.").between(1, 60_000).or(1000).example(50);
const SEED: Text = Text::query("seed", "The same seed gives the same values.", "a").or("");

/// Bytes collected per chunk: large enough to be cheap, small enough to have many in memory at once.
const CHUNK: usize = 32 * 1024;

/// Declares the group.
pub(super) fn group() -> Group {
    Group::new("export", "Large bodies and long delays.")
        .route(
            Route::get("export_big_body", "/v1/export/big-body", big_body)
                .about("Streams a JSON array of at least the given size.")
                .takes(&SIZE_KB)
                .takes(&SEED)
                .example("/v1/export/big-body?size_kb=1&seed=a")
                .answers::<Vec<Row>>("200", "An array of rows.", json!([{"index": 0, "value": "0ed32d3352f0cddd"}])),
        )
        .route(
            Route::get("export_csv", "/v1/export/csv", csv)
                .about("Streams a CSV document (RFC 4180, but lines end with LF).")
                .takes(&ROWS)
                .takes(&SEED)
                .example("/v1/export/csv?rows=3&seed=a")
                .answers_text(
                    "200",
                    "A header row, then the rows.",
                    "text/csv; charset=utf-8",
                    "index,value\n0,0ed32d3352f0cddd\n1,2b2c40a6706d9e5f\n2,d860d1415d6eb004\n",
                ),
        )
        .route(
            Route::get("export_long_running", "/v1/export/long-running", long_running)
                .about("Responds after a delay, as `/v1/slow` does, in another group.")
                .takes(&DURATION_MS)
                .example("/v1/export/long-running?duration_ms=50")
                .answers::<LongRunning>("200", "The requested delay.", json!({"slept_ms": 50})),
        )
}

/// Row of the large body.
#[derive(ToSchema)]
#[allow(dead_code)]
struct Row {
    /// Number of the row, from 0.
    index: u64,
    /// First 16 hex digits of the SHA-256 of `<seed>:<index>`.
    value: String,
}

/// Values of the rows for one seed.
struct Values {
    text: Vec<u8>,
    prefix: usize,
}

impl Values {
    fn of(seed: &[u8]) -> Self {
        let mut text = seed.to_vec();
        text.push(b':');
        Self { prefix: text.len(), text }
    }

    fn value(&mut self, index: u64) -> impl AsRef<str> + use<> {
        self.text.truncate(self.prefix);
        self.text.extend_from_slice(itoa::Buffer::new().format(index).as_bytes());
        digest::item_value(&self.text)
    }
}

async fn big_body(call: Call) -> Outcome {
    let query = call.query();
    let goal = SIZE_KB.count(&query)? * 1024;
    let mut values = Values::of(&SEED.read(&query).unwrap_or_default());
    let (mut written, mut index, mut closed) = (0_u64, 0_u64, false);
    let chunks = gather(move |chunk| {
        if closed {
            return false;
        }
        let before = chunk.len();
        if index == 0 {
            chunk.put_u8(b'[');
        }
        if written >= goal {
            chunk.put_u8(b']');
            closed = true;
            return true;
        }
        if index > 0 {
            chunk.put_u8(b',');
        }
        let value = values.value(index);
        // Writing into memory can't fail.
        let _ = write!(chunk.writer(), "{{\"index\":{index},\"value\":\"{}\"}}", value.as_ref());
        index += 1;
        written += (chunk.len() - before) as u64;
        true
    });
    Ok(Answer::stream("application/json", None, chunks))
}

async fn csv(call: Call) -> Outcome {
    let query = call.query();
    let rows = ROWS.count(&query)?;
    let mut values = Values::of(&SEED.read(&query).unwrap_or_default());
    let mut next = None;
    let chunks = gather(move |chunk| {
        match next {
            None => {
                chunk.put_slice(b"index,value\n");
                next = Some(0);
            }
            Some(index) if index < rows => {
                let value = values.value(index);
                // Writing into memory can't fail.
                let _ = writeln!(chunk.writer(), "{index},{}", value.as_ref());
                next = Some(index + 1);
            }
            Some(_) => return false,
        }
        true
    });
    Ok(Answer::stream("text/csv; charset=utf-8", None, chunks))
}

/// Calls `write` until it returns false, and streams its output in chunks of about [`CHUNK`] bytes.
fn gather(mut write: impl FnMut(&mut BytesMut) -> bool + 'static) -> impl Stream<Item = Bytes> + 'static {
    stream::iter(std::iter::from_fn(move || {
        let mut chunk = BytesMut::with_capacity(CHUNK + 128);
        while chunk.len() < CHUNK && write(&mut chunk) {}
        (!chunk.is_empty()).then(|| chunk.freeze())
    }))
}

#[derive(Serialize, ToSchema)]
struct LongRunning {
    /// Requested delay in milliseconds (not measured).
    slept_ms: u64,
}

async fn long_running(call: Call) -> Outcome {
    let slept_ms = DURATION_MS.count(&call.query())?;
    sleep(slept_ms).await;
    Ok(Answer::json(&LongRunning { slept_ms }))
}
