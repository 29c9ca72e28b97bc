//! Maintenance of rollups beside the writer: recounts the minutes of gaps, and copies closed hours.

use std::{collections::BTreeMap, ops::Range};

use diesel::result::{Error, QueryResult};

use super::{
    Cells, minute_of,
    parts::Part,
    sql::{Fact, RollupQueries, Rollups, start_of},
};

/// Age in minutes at which a minute is recounted or an hour copied, because the writer seldom returns to it. If it
/// does, the result stays correct, but the work must be repeated.
const CLOSED_AFTER: i64 = 10;
/// Number of minutes of a gap that are counted at once.
const SLICE: i64 = 60;
/// Number of hours that are copied at once.
const HOURS: usize = 24;

/// Slice of the work, as found in one snapshot.
pub(in crate::store) enum Work {
    Minutes {
        minutes: Range<i64>,
        /// Existing gaps and parts.
        gaps: Vec<[i64; 3]>,
        parts: Vec<[i64; 3]>,
        rows: Vec<Part>,
    },
    Hours(Vec<([i64; 3], Vec<u8>)>),
}

impl Work {
    /// Finds the next slice, newest first; `None` when no work is left. `now` is in microseconds.
    pub(in crate::store) async fn find(
        store: &mut impl Rollups,
        queries: RollupQueries,
        now: i64,
    ) -> QueryResult<Option<Self>> {
        let closed = minute_of(now) - CLOSED_AFTER;
        if let Some([first, last, _]) = store.numbers(queries.newest_gap(closed)).await?.into_iter().next() {
            return Self::minutes(store, queries, first..last.min(closed) + 1).await.map(Some);
        }
        let behind = closed.div_euclid(60);
        let copies = store.numbers(queries.copies(0, behind)).await?;
        let mut stale = store.numbers(queries.originals(0, behind)).await?;
        stale.retain(|original| !copies.contains(original));
        stale.sort_unstable();
        let mut hours = Vec::new();
        for original in stale.into_iter().rev().take(HOURS) {
            let mut cells = Cells::default();
            for (_, bytes) in store.cells(queries.minutes(original[0] * 60, (original[0] + 1) * 60)).await? {
                cells.add_all(&bytes).map_err(|error| Error::DeserializationError(error.into()))?;
            }
            hours.push((original, cells.to_bytes()));
        }
        Ok((!hours.is_empty()).then_some(Self::Hours(hours)))
    }

    /// Counts the last minutes of a gap that have events.
    async fn minutes(store: &mut impl Rollups, queries: RollupQueries, gap: Range<i64>) -> QueryResult<Self> {
        let newest = store.numbers(queries.newest(start_of(gap.start), start_of(gap.end))).await?;
        let start = newest.first().map_or(gap.start, |[ts, ..]| gap.start.max(minute_of(*ts) + 1 - SLICE));
        let minutes = start..gap.end;
        let gaps = store.numbers(queries.gaps(minutes.start, minutes.end)).await?;
        let parts = store.numbers(queries.parts(minutes.start, minutes.end)).await?;
        let mut counted: BTreeMap<i64, (i64, i64, Cells)> = BTreeMap::new();
        let mut take = |fact: Fact| {
            let (first, last, cells) =
                counted.entry(minute_of(fact.ts)).or_insert_with(|| (fact.ts, fact.ts, Cells::default()));
            (*first, *last) = ((*first).min(fact.ts), (*last).max(fact.ts));
            cells.add_one(fact.key, fact.duration_ms);
        };
        store.facts(queries.facts(start_of(minutes.start), start_of(minutes.end)), &mut take).await?;
        let row = |(minute, (first_ts, last_ts, cells)): (i64, (i64, i64, Cells))| Part {
            minute,
            part: rand::random(),
            first_ts,
            last_ts,
            events: i64::try_from(cells.events()).unwrap_or(i64::MAX),
            cells: cells.to_bytes(),
            stored: false,
        };
        Ok(Self::Minutes { minutes, gaps, parts, rows: counted.into_iter().map(row).collect() })
    }

    /// Writes the slice. Returns false when something has changed in the meantime: then the transaction must be rolled
    /// back and the work found anew.
    pub(in crate::store) async fn settle(self, store: &mut impl Rollups, queries: RollupQueries) -> QueryResult<bool> {
        match self {
            Self::Hours(hours) => {
                for (original, cells) in hours {
                    store.execute(queries.put_hour(original, cells)).await?;
                }
            }
            Self::Minutes { minutes, gaps, parts, rows } => {
                for gap in gaps {
                    if store.execute(queries.remove_gap(gap)).await? != 1 {
                        return Ok(false);
                    }
                    let [first, last, _] = gap;
                    if first < minutes.start {
                        store.execute(queries.add_gap(first, minutes.start - 1)).await?;
                    }
                    if last >= minutes.end {
                        store.execute(queries.add_gap(minutes.end, last)).await?;
                    }
                }
                for part in parts {
                    if store.execute(queries.remove_part(part)).await? != 1 {
                        return Ok(false);
                    }
                }
                for row in &rows {
                    store.execute(queries.put_part(row)).await?;
                }
                let hours = minutes.start.div_euclid(60)..(minutes.end - 1).div_euclid(60) + 1;
                store.execute(queries.remove_hours(hours.start, hours.end)).await?;
            }
        }
        Ok(true)
    }
}
