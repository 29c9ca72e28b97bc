//! Sums of cells and rows.

use std::{cmp::Reverse, collections::HashMap, ops::Range};

use actors::audit::{Bucket, Dimension, Filter, Group, Stats, StatusFilter};
use chrono::DateTime;
use diesel::result::{Error, QueryResult};

use super::{
    EXACT_BELOW,
    cells::{Key, Malformed, read},
    histogram::{Dense, bucket},
    minute_of,
    plan::{Outline, Question},
    sql::{Fact, RollupQueries, Rollups, start_of},
};

/// Sums for one group of a result.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: u64,
    errors: u64,
    duration_ms: f64,
}

/// Sums for a query.
pub(in crate::store) struct Answer {
    question: Question,
    filter: Filter,
    total: Tally,
    /// Sums by start of the bucket, in seconds of the Unix epoch.
    buckets: HashMap<i64, Tally>,
    groups: HashMap<String, Tally>,
    histogram: Dense,
    /// Range of the minutes with matching events.
    minutes: Option<Range<i64>>,
}

impl Answer {
    /// Computes the result from the rollups; `None` when the rows must be read instead. The connection must be in a
    /// transaction with a single snapshot.
    pub(in crate::store) async fn find(
        store: &mut impl Rollups,
        queries: RollupQueries,
        question: Question,
        filter: &Filter,
    ) -> QueryResult<Option<Self>> {
        let found = Self::find_all(store, queries, [question], filter).await?;
        Ok(found.map(|[answer]| answer))
    }

    /// Computes several results with the same filter, like [`Answer::find`], reading everything once.
    pub(in crate::store) async fn find_all<const N: usize>(
        store: &mut impl Rollups,
        queries: RollupQueries,
        questions: [Question; N],
        filter: &Filter,
    ) -> QueryResult<Option<[Self; N]>> {
        let Some(outline) = Outline::of(&questions, filter) else { return Ok(None) };
        let touched = outline.touched();
        let gaps = store.numbers(queries.gaps(touched.start, touched.end)).await?;
        let mut extents = [None, None];
        let (first, last) = outline.edges();
        for (extent, minute) in extents.iter_mut().zip([first, last]) {
            let Some(minute) = minute else { continue };
            *extent = store.numbers(queries.extent(minute)).await?.first().map(|[_, first, last]| (*first, *last));
        }
        let Some(mut sources) = outline.divide(&gaps, extents[0], extents[1]) else { return Ok(None) };
        let takes_hours = questions.into_iter().all(Question::takes_hours);
        if let Some(hours) = sources.whole_hours().filter(|_| takes_hours) {
            let copies = store.numbers(queries.copies(hours.start, hours.end)).await?;
            let originals = store.numbers(queries.originals(hours.start, hours.end)).await?;
            sources.use_copies(&copies, &originals);
        }
        let mut answers = questions.map(|question| Self::new(question, filter));
        for hours in sources.hours {
            for (minute, cells) in store.cells(queries.hours(hours.start, hours.end)).await? {
                add_cells(&mut answers, filter, minute..minute + 60, &cells).map_err(broken)?;
            }
        }
        for minutes in sources.minutes {
            for (minute, cells) in store.cells(queries.minutes(minutes.start, minutes.end)).await? {
                add_cells(&mut answers, filter, minute..minute + 1, &cells).map_err(broken)?;
            }
        }
        for stretch in sources.rows {
            let mut take = |fact: Fact| answers.iter_mut().for_each(|answer| answer.add_fact(&fact));
            store.facts(queries.facts(stretch.start, stretch.end), &mut take).await?;
        }
        Ok(Some(answers))
    }

    fn new(question: Question, filter: &Filter) -> Self {
        Self {
            question,
            filter: filter.clone(),
            total: Tally::default(),
            buckets: HashMap::new(),
            groups: HashMap::new(),
            histogram: Dense::default(),
            minutes: None,
        }
    }

    fn add_fact(&mut self, fact: &Fact) {
        if matches(&self.filter, &fact.key) {
            let minute = minute_of(fact.ts);
            self.add(minute..minute + 1, &fact.key, 1, fact.duration_ms);
            self.histogram.add(bucket(fact.duration_ms), 1);
        }
    }

    fn add(&mut self, minutes: Range<i64>, key: &Key, count: u64, duration_ms: f64) {
        let add = |tally: &mut Tally| {
            tally.count += count;
            tally.errors += if key.success { 0 } else { count };
            tally.duration_ms += duration_ms;
        };
        add(&mut self.total);
        match self.question {
            Question::Timeseries(seconds) => {
                let width = i64::from(seconds.max(1));
                add(self.buckets.entry((minutes.start * 60).div_euclid(width) * width).or_default());
            }
            Question::Breakdown(dimension) => {
                let of = |text: &Option<actors::audit::Text>| text.as_deref().unwrap_or_default().to_owned();
                let group = match dimension {
                    Dimension::EndpointGroup => of(&key.endpoint_group),
                    Dimension::RouteName => of(&key.route_name),
                    Dimension::AuthType => of(&key.auth_type),
                    Dimension::Status => key.status.to_string(),
                    Dimension::Success => key.success.to_string(),
                    Dimension::User | Dimension::Method | Dimension::Path => return,
                };
                add(self.groups.entry(group).or_default());
            }
            Question::Count | Question::Stats => {}
        }
        let known = self.minutes.get_or_insert_with(|| minutes.clone());
        *known = known.start.min(minutes.start)..known.end.max(minutes.end);
    }

    pub(in crate::store) fn count(&self) -> u64 {
        self.total.count
    }

    /// Returns the buckets with events, oldest first.
    pub(in crate::store) fn buckets(self) -> Vec<Bucket> {
        let mut buckets: Vec<_> = self.buckets.into_iter().collect();
        buckets.sort_unstable_by_key(|(start, _)| *start);
        let bucket = |(start, tally): (i64, Tally)| Bucket {
            time: DateTime::from_timestamp(start, 0).unwrap_or_default(),
            count: tally.count,
            errors: tally.errors,
            avg_duration_ms: tally.duration_ms / tally.count as f64,
        };
        buckets.into_iter().map(bucket).collect()
    }

    /// Returns the groups, largest first, then by key.
    pub(in crate::store) fn groups(self, top: u32) -> Vec<Group> {
        let group = |(key, tally): (String, Tally)| Group {
            key,
            count: tally.count,
            errors: tally.errors,
            avg_duration_ms: tally.duration_ms / tally.count as f64,
        };
        let mut groups: Vec<Group> = self.groups.into_iter().map(group).collect();
        groups.sort_unstable_by(|one, other| (Reverse(one.count), &one.key).cmp(&(Reverse(other.count), &other.key)));
        groups.truncate(top as usize);
        groups
    }

    /// Returns totals, and percentiles from the histogram.
    pub(in crate::store) fn stats(&self) -> Stats {
        let [p50_ms, p95_ms, p99_ms] = self.histogram.percentiles([0.5, 0.95, 0.99]);
        Stats { total: self.total.count, errors: self.total.errors, p50_ms, p95_ms, p99_ms }
    }

    /// Returns the filter for computing exact percentiles when few enough events match, narrowed to the minutes that
    /// have some. `None` when there are more, or none.
    pub(in crate::store) fn few(&self) -> Option<Filter> {
        let minutes = self.minutes.clone().filter(|_| self.total.count < EXACT_BELOW)?;
        let (from, to) = (time(minutes.start), time(minutes.end));
        Some(Filter {
            from: self.filter.from.into_iter().chain(from).max(),
            to: self.filter.to.into_iter().chain(to).min(),
            ..self.filter.clone()
        })
    }
}

/// Adds encoded cells of these minutes to all results, which have the same filter.
fn add_cells(answers: &mut [Answer], filter: &Filter, minutes: Range<i64>, bytes: &[u8]) -> Result<(), Malformed> {
    read(bytes, |coded| {
        if !matches(filter, &coded.key) {
            return coded.buckets.pass();
        }
        for answer in answers.iter_mut() {
            answer.add(minutes.clone(), &coded.key, coded.count, coded.duration_ms);
        }
        // At most one of them wants percentiles.
        match answers.iter_mut().find(|answer| answer.question == Question::Stats) {
            Some(answer) => coded.buckets.each(|bucket, count| answer.histogram.add(bucket, count)),
            None => coded.buckets.pass(),
        }
    })
}

fn time(minute: i64) -> Option<DateTime<chrono::Utc>> {
    DateTime::from_timestamp_micros(start_of(minute))
}

fn broken(error: Malformed) -> Error {
    Error::DeserializationError(error.into())
}

/// Returns true when a key matches, like [`Filter::matches`] for events.
fn matches(filter: &Filter, key: &Key) -> bool {
    let is =
        |wanted: &Option<String>, value: Option<&str>| wanted.as_deref().is_none_or(|wanted| value == Some(wanted));
    is(&filter.route_name, key.route_name.as_deref())
        && is(&filter.endpoint_group, key.endpoint_group.as_deref())
        && is(&filter.auth_type, key.auth_type.as_deref())
        && filter.source.is_none_or(|source| key.source == source.as_str())
        && filter.success.is_none_or(|success| key.success == success)
        && filter
            .status
            .map(StatusFilter::range)
            .is_none_or(|(from, to)| (i32::from(from)..i32::from(to)).contains(&key.status))
}
