//! Rollups: counts from which the audit trail's statistics are computed without reading its rows.
//!
//! For each minute (of the event's `timestamp`, UTC) and each route, group, status, success, auth type and source there
//! is a [`Cell`](cells::Cell): a count, a sum of durations and a histogram of them. The writer keeps the cells of the
//! latest minutes and writes those of a batch in the batch's own transaction, one row per minute: a *part*. Each writer
//! has its own parts, so writers never wait for each other. A statistic adds up all parts of its minutes.
//!
//! - **Hours** are copies: the sum of the parts of a closed hour. A copy records how many parts and events it was made of. It
//!   is used only while these numbers match, so a late event makes it stale instead of wrong.
//! - **Gaps** are minutes whose rollups can't be trusted: events were removed from them, or written by a version without
//!   rollups. Statistics read the rows there until the housekeeper has recounted the minutes.
//! - **Edges** of a time range that begin or end within a minute are read from the rows too.
//!
//! All reads of a statistic use one snapshot, so counts are always exact. Percentiles are within 1 %, and exact when
//! fewer than [`EXACT_BELOW`] events match.
//!
//! | module | contents |
//! |---|---|
//! | [`histogram`] | durations in buckets of 1.6 % |
//! | [`cells`] | cells of a minute or an hour, and their encoding |
//! | [`parts`] | cells that the writer keeps between batches |
//! | [`plan`] | queries that rollups can answer, and the source for each part of a time range |
//! | [`answer`] | sums of cells and rows |
//! | [`overview`] | all figures of a dashboard together |
//! | [`fill`] | recounts gaps and copies hours |
//! | [`sql`] | queries for both databases, and their rows |

mod answer;
mod cells;
mod fill;
mod histogram;
mod overview;
mod parts;
mod plan;
mod sql;

pub(super) use answer::Answer;
pub(super) use fill::Work;
pub(super) use overview::{overview, overview_singly};
pub(super) use parts::{Part, Parts};
pub(super) use plan::Question;
pub(super) use sql::{CellsRow, Fact, FactRow, NumbersRow, RollupQueries, Rollups};

use cells::Cells;

/// Number of matching events below which percentiles are exact.
pub(super) const EXACT_BELOW: u64 = 10_000;
/// Microseconds of a minute.
pub(super) const MINUTE: i64 = 60_000_000;

/// Returns the minute of a time in microseconds.
pub(super) const fn minute_of(micros: i64) -> i64 {
    micros.div_euclid(MINUTE)
}
