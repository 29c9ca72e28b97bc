//! Rollups: what the audit trail's figures are answered from without reading its rows.
//!
//! For each minute (of the event's `timestamp`, UTC) and each route, group, status, success, auth type and source there is
//! a [`Cell`](cells::Cell): a count, a sum of durations and a histogram of them. The writer keeps the cells of the latest
//! minutes, and writes those of a batch in the batch's own transaction, one row a minute: a *part*. Several writers have
//! parts of their own, so that they never wait for each other. A figure adds up all parts of its minutes.
//!
//! - **Hours** are copies: the sum of the parts of a closed hour. A copy tells how many parts and events it was made of; it
//!   is used only where that is still so, so a late event makes it stale instead of wrong.
//! - **Gaps** are minutes whose rollups are not to be trusted: events were removed from them, or written by a version that
//!   knew no rollups. Figures read the rows there, until the housekeeper has counted the minutes anew.
//! - **Edges** of a span that begin or end inside a minute are read from the rows too.
//!
//! All reads of a figure see one snapshot, so counts are exact at any time. Percentiles are within 1 %, and exact where
//! fewer than [`EXACT_BELOW`] events match.
//!
//! | module | what it is |
//! |---|---|
//! | [`histogram`] | durations in buckets of 1.6 % |
//! | [`cells`] | the cells of a minute or an hour, and their bytes |
//! | [`parts`] | what the writer keeps between batches |
//! | [`plan`] | which questions rollups can answer, and which stretches of a span are read from where |
//! | [`answer`] | adds up |
//! | [`fill`] | counts gaps anew, and copies hours |
//! | [`sql`] | the queries, the same for both databases, and their rows |

mod answer;
mod cells;
mod fill;
mod histogram;
mod parts;
mod plan;
mod sql;

pub(super) use answer::Answer;
pub(super) use fill::Work;
pub(super) use parts::{Part, Parts};
pub(super) use plan::Question;
pub(super) use sql::{CellsRow, Fact, FactRow, NumbersRow, RollupQueries, Rollups};

use cells::Cells;

/// Percentiles are exact where fewer events match.
pub(super) const EXACT_BELOW: u64 = 10_000;
/// Microseconds of a minute.
pub(super) const MINUTE: i64 = 60_000_000;

/// The minute that a time in microseconds is in.
pub(super) const fn minute_of(micros: i64) -> i64 {
    micros.div_euclid(MINUTE)
}
