//! Facts about a response below HTTP, collected while it is sent.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::delivery::{FieldLine, Framing, Interim};

/// Most interim responses, and most steps, on record.
const INTERIM_KEPT: usize = 64;
const STEPS_KEPT: usize = 64;

/// A field: name and value.
pub(super) type RecordedField = (Bytes, Bytes);

/// Facts about a response below HTTP.
#[derive(Default)]
pub struct ResponseRecord {
    /// Head as sent on HTTP/1.
    pub head: Bytes,
    /// Fields of the head in order on HTTP/2, `:status` first.
    pub fields: Vec<(Bytes, Bytes)>,
    /// How the end of the body is marked; `None` without a head.
    pub framing: Option<RecordedFraming>,
    /// Trailers.
    pub trailers: Vec<(Bytes, Bytes)>,
    /// What the socket took.
    pub written: Written,
    pub(super) interim: Vec<RecordedInterim>,
    pub(super) steps: Vec<RecordedStep>,
    pub(super) steps_left_out: u64,
}

/// Framing of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedFraming {
    /// HTTP/1.
    Http1(Framing),
    /// HTTP/2, with the announced length.
    Http2(Option<u64>),
}

/// What the socket took of a response. On HTTP/2 the library stands between: it is what the library took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// Time when the first bytes were taken.
    pub first: Option<Instant>,
    /// Time when the last bytes were taken.
    pub last: Option<Instant>,
    /// Time for which bytes were ready and the socket took none.
    pub stalled: Duration,
    /// Bytes taken on HTTP/1, with heads and framing.
    pub bytes: u64,
    /// Chunks that were begun.
    pub chunks: u64,
    pub(super) stalled_since: Option<Instant>,
}

impl Written {
    /// Notes that bytes are ready and none can be written.
    pub fn stalls(&mut self) {
        self.stalled_since.get_or_insert_with(Instant::now);
    }

    /// Notes bytes that were taken.
    pub fn take(&mut self, bytes: usize) {
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        self.bytes += bytes as u64;
        self.stalled += self.stalled_since.take().map_or(Duration::ZERO, |since| now - since);
    }

    /// Returns the time for which no bytes were taken, up to now.
    pub(super) fn stalled(&self) -> Duration {
        self.stalled + self.stalled_since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// An interim response that was sent.
pub(super) struct RecordedInterim {
    pub(super) status: u16,
    pub(super) reason: Option<Bytes>,
    pub(super) fields: Vec<RecordedField>,
    pub(super) at: Instant,
}

/// A step, or several of a kind one after the other.
pub(super) struct RecordedStep {
    pub(super) word: &'static str,
    pub(super) at: Instant,
    pub(super) last: Instant,
    pub(super) count: u64,
    pub(super) bytes: u64,
}

impl ResponseRecord {
    /// Notes an interim response.
    pub fn interim(&mut self, interim: &Interim) {
        if self.interim.len() < INTERIM_KEPT {
            let (status, reason) = (interim.status, interim.reason.clone());
            let fields = recorded(&interim.fields);
            self.interim.push(RecordedInterim { status, reason, fields, at: Instant::now() });
        }
    }

    /// Notes trailers.
    pub fn trailed(&mut self, trailers: &[FieldLine]) {
        self.trailers = recorded(trailers);
    }

    /// Notes a step of a delivery that is about to be executed, with the bytes in it.
    pub fn step(&mut self, word: &'static str, bytes: usize) {
        let (now, bytes) = (Instant::now(), bytes as u64);
        let has_room = self.steps.len() < STEPS_KEPT;
        match self.steps.last_mut() {
            Some(step) if step.word == word && self.steps_left_out == 0 => {
                step.count += 1;
                step.bytes += bytes;
                step.last = now;
            }
            _ if has_room => {
                self.steps.push(RecordedStep { word, at: now, last: now, count: 1, bytes });
            }
            _ => self.steps_left_out += 1,
        }
    }
}

fn recorded(fields: &[FieldLine]) -> Vec<RecordedField> {
    fields.iter().map(|field| (field.name_bytes(), field.value_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_together_and_bounded() {
        let mut record = ResponseRecord::default();
        record.step("head", 0);
        for _ in 0..1000 {
            record.step("body", 3);
        }
        assert_eq!(
            record.steps.iter().map(|step| (step.word, step.count, step.bytes)).collect::<Vec<_>>(),
            [("head", 1, 0), ("body", 1000, 3000)]
        );
        for _ in 0..100 {
            record.step("pause", 0);
            record.step("body", 1);
        }
        assert_eq!((record.steps.len(), record.steps_left_out), (STEPS_KEPT, 2 + 200 - STEPS_KEPT as u64));
        let hint = Interim { status: 103, reason: None, fields: Vec::new() };
        (0..1000).for_each(|_| record.interim(&hint));
        assert_eq!(record.interim.len(), INTERIM_KEPT);
    }
}
