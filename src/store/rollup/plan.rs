//! Queries that rollups can answer, and the source for each part of a time range.

use std::ops::Range;

use actors::audit::{Dimension, Filter};

use super::{minute_of, sql::start_of};
use crate::store::sql::micros_up;

/// Maximum number of minutes read from the rows (edges and gaps). With more, everything is read from the rows.
const ROWS_MAX: i64 = 60;
/// First minute of the year 1 to the first minute after the year 9999.
const EVER: Range<i64> = -1_035_593_280..4_223_371_680;

/// Query of the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Question {
    Count,
    Stats,
    /// Buckets of this many seconds.
    Timeseries(u32),
    Breakdown(Dimension),
}

impl Question {
    /// Returns true when cells suffice for the query and the filter.
    fn is_about_cells(self, filter: &Filter) -> bool {
        let rest = Filter {
            from: None,
            to: None,
            route_name: None,
            endpoint_group: None,
            status: None,
            auth_type: None,
            success: None,
            source: None,
            ..filter.clone()
        };
        rest.is_all()
            && match self {
                Self::Count | Self::Stats => true,
                Self::Timeseries(seconds) => seconds.is_multiple_of(60),
                Self::Breakdown(dimension) => matches!(
                    dimension,
                    Dimension::EndpointGroup
                        | Dimension::RouteName
                        | Dimension::Status
                        | Dimension::AuthType
                        | Dimension::Success
                ),
            }
    }

    /// Returns true when whole hours are precise enough.
    pub(super) fn takes_hours(self) -> bool {
        match self {
            Self::Timeseries(seconds) => seconds.is_multiple_of(3600),
            Self::Count | Self::Stats | Self::Breakdown(_) => true,
        }
    }
}

/// Time range of a query: its bounds in microseconds, and the whole minutes within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Outline {
    from: Option<i64>,
    to: Option<i64>,
    minutes: Range<i64>,
}

/// Sources for the parts of a time range. Each moment is read from exactly one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    /// Ranges in microseconds to read from the rows.
    pub(super) rows: Vec<Range<i64>>,
    pub(super) minutes: Vec<Range<i64>>,
    pub(super) hours: Vec<Range<i64>>,
}

/// Earliest and latest time of the events of a minute, in microseconds.
pub(super) type Extent = Option<(i64, i64)>;

impl Outline {
    /// Returns the outline of queries with the same filter; `None` when rollups can't help with all of them and the rows
    /// must be read.
    pub(in crate::store) fn of(questions: &[Question], filter: &Filter) -> Option<Self> {
        if !questions.iter().all(|question| question.is_about_cells(filter)) {
            return None;
        }
        let (from, to) = (filter.from.map(micros_up), filter.to.map(micros_up));
        let first = from.map_or(EVER.start, |from| -minute_of(-from)).max(EVER.start);
        let behind = to.map_or(EVER.end, minute_of).min(EVER.end);
        (first < behind).then_some(Self { from, to, minutes: first..behind })
    }

    /// Returns the minutes that the range covers only in part: at its start, and at its end.
    pub(super) fn edges(&self) -> (Option<i64>, Option<i64>) {
        let cut = |micros: i64| (start_of(minute_of(micros)) != micros).then(|| minute_of(micros));
        (self.from.and_then(cut), self.to.and_then(cut))
    }

    /// Returns the minutes that the range touches.
    pub(super) fn touched(&self) -> Range<i64> {
        let (first, last) = self.edges();
        first.unwrap_or(self.minutes.start)..last.map_or(self.minutes.end, |last| last + 1)
    }

    /// Assigns the parts of the range to sources. `gaps` are first and last minutes. The extents are those of the
    /// minutes that the range covers in part. `None` when too much would be read from the rows.
    pub(super) fn divide(&self, gaps: &[[i64; 3]], first: Extent, last: Extent) -> Option<Sources> {
        let touched = self.touched();
        let mut whole = touched.clone();
        let mut gaps: Vec<Range<i64>> = gaps.iter().map(|[first, last, _]| *first..last + 1).collect();
        let (first_cut, last_cut) = self.edges();
        // A partly covered minute counts as whole when all its events are within the range, and is skipped when it has
        // none.
        let is_gap = |minute: i64| gaps.iter().any(|gap| gap.contains(&minute));
        let mut cuts = Vec::new();
        if let Some(minute) = first_cut {
            let inside = first.is_none_or(|(earliest, _)| self.from.is_none_or(|from| earliest >= from));
            if is_gap(minute) || !inside {
                cuts.push(minute..minute + 1);
            }
        }
        if let Some(minute) = last_cut {
            let inside = last.is_none_or(|(_, latest)| self.to.is_none_or(|to| latest < to));
            if is_gap(minute) || !inside {
                cuts.push(minute..minute + 1);
            }
        }
        gaps.extend(cuts);
        gaps.sort_unstable_by_key(|gap| (gap.start, gap.end));
        let mut sources = Sources::default();
        let mut read = 0;
        for gap in gaps {
            let gap = gap.start.max(whole.start)..gap.end.min(whole.end);
            if gap.is_empty() {
                continue;
            }
            if whole.start < gap.start {
                sources.minutes.push(whole.start..gap.start);
            }
            whole.start = gap.end;
            read += gap.end - gap.start;
            if read > ROWS_MAX {
                return None;
            }
            let stretch = start_of(gap.start).max(self.from.unwrap_or(i64::MIN))
                ..start_of(gap.end).min(self.to.unwrap_or(i64::MAX));
            match sources.rows.last_mut() {
                Some(before) if before.end == stretch.start => before.end = stretch.end,
                _ => sources.rows.push(stretch),
            }
        }
        if whole.start < whole.end {
            sources.minutes.push(whole);
        }
        Some(sources)
    }
}

impl Sources {
    /// Returns the whole hours within the minutes to read.
    pub(super) fn whole_hours(&self) -> Option<Range<i64>> {
        let hours = self.minutes.iter().map(hours_in).filter(|hours| !hours.is_empty());
        hours.reduce(|one, other| one.start.min(other.start)..one.end.max(other.end))
    }

    /// Reads hours from their copies where the copies match the sum of the minutes.
    pub(super) fn use_copies(&mut self, copies: &[[i64; 3]], originals: &[[i64; 3]]) {
        let mut good: Vec<i64> =
            copies.iter().filter(|copy| originals.contains(copy)).map(|[hour, ..]| *hour).collect();
        good.sort_unstable();
        let mut minutes = Vec::new();
        for range in std::mem::take(&mut self.minutes) {
            let hours = hours_in(&range);
            let mut rest = range;
            for hour in good.iter().copied().filter(|hour| hours.contains(hour)) {
                if rest.start < hour * 60 {
                    minutes.push(rest.start..hour * 60);
                }
                rest.start = (hour + 1) * 60;
                match self.hours.last_mut() {
                    Some(before) if before.end == hour => before.end = hour + 1,
                    _ => self.hours.push(hour..hour + 1),
                }
            }
            if rest.start < rest.end {
                minutes.push(rest);
            }
        }
        self.minutes = minutes;
    }
}

/// Returns the whole hours within minutes, both since 1970.
fn hours_in(minutes: &Range<i64>) -> Range<i64> {
    let hours = -(-minutes.start.max(0)).div_euclid(60)..minutes.end.div_euclid(60);
    hours.start..hours.end.max(hours.start)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
    use chrono::DateTime;

    use super::*;

    const S: i64 = 1_000_000;

    fn outline(from: i64, to: i64) -> Option<Outline> {
        let time = |seconds| DateTime::from_timestamp(seconds, 0);
        Outline::of(&[Question::Count], &Filter { from: time(from), to: time(to), ..Filter::default() })
    }

    #[test]
    fn edges_come_from_the_rows_unless_their_minute_lies_within() {
        let cut = outline(90, 330).unwrap();
        assert_eq!(cut.edges(), (Some(1), Some(5)));
        let sources = cut.divide(&[], Some((60 * S, 119 * S)), Some((300 * S, 340 * S))).unwrap();
        assert_eq!(sources.rows, [90 * S..120 * S, 300 * S..330 * S]);
        assert_eq!(sources.minutes, [2..5]);
        let within = cut.divide(&[], Some((90 * S, 119 * S)), Some((300 * S, 330 * S - 1))).unwrap();
        assert_eq!((within.rows, within.minutes), (vec![], vec![1..6]));
        let none = cut.divide(&[], None, None).unwrap();
        assert_eq!((none.rows, none.minutes), (vec![], vec![1..6]));
        assert_eq!(outline(60, 300).unwrap().edges(), (None, None));
        assert_eq!(outline(61, 119), None);
        assert_eq!(outline(119, 121), None);
    }

    #[test]
    fn gaps_come_from_the_rows_until_there_are_too_many() {
        let span = outline(0, 36_000).unwrap();
        let sources = span.divide(&[[5, 5, 1], [-9, 0, 1], [6, 7, 1], [5, 6, 1]], None, None).unwrap();
        assert_eq!(sources.rows, [0..60 * S, 300 * S..480 * S]);
        assert_eq!(sources.minutes, [1..5, 8..600]);
        assert_eq!(span.divide(&[[5, 65, 1]], None, None), None);
        assert_eq!(span.divide(&[[700, 99_999, 1]], None, None).unwrap().minutes, [0..600]);
        let cut = outline(90, 36_000).unwrap();
        let sources = cut.divide(&[[1, 1, 1]], None, None).unwrap();
        assert_eq!((sources.rows, sources.minutes), (vec![90 * S..120 * S], vec![2..600]));
    }

    #[test]
    fn copies_of_hours_are_used_where_they_are_true() {
        let mut sources = Sources { minutes: vec![50..310, 330..400], ..Sources::default() };
        assert_eq!(sources.whole_hours(), Some(1..5));
        sources.use_copies(
            &[[1, 3, 9], [2, 1, 1], [3, 2, 5], [4, 1, 1], [6, 1, 1]],
            &[[1, 3, 9], [2, 1, 1], [3, 2, 6], [4, 1, 1]],
        );
        assert_eq!(sources.hours, [1..3, 4..5]);
        assert_eq!(sources.minutes, [50..60, 180..240, 300..310, 330..400]);
    }
}
