//! Expected results, computed without a database by [`Filter::matches`].

use std::collections::BTreeMap;

use actors::audit::{Bucket, Dimension, Entry, Event, Filter, Group, JsonText, Live, Payload, Record, Stats, Wire};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Contents of the store.
pub(super) struct Model(Vec<Record>);

#[derive(Default)]
struct Sums {
    count: u64,
    errors: u64,
    duration_ms: f64,
}

impl Sums {
    fn add(&mut self, event: &Event) {
        self.count += 1;
        self.errors += u64::from(!event.success);
        self.duration_ms += event.duration_ms;
    }

    fn avg(&self) -> f64 {
        self.duration_ms / self.count as f64
    }
}

impl Model {
    pub(super) fn new(mut records: Vec<Record>) -> Self {
        records.sort_by(|one, other| {
            let place = |record: &Record| (record.event.timestamp, record.event.id);
            place(other).cmp(&place(one))
        });
        Self(records)
    }

    /// Returns all records, newest first.
    pub(super) fn all(&self) -> &[Record] {
        &self.0
    }

    /// Returns the matching records, newest first.
    pub(super) fn matching(&self, filter: &Filter) -> Vec<&Record> {
        self.0.iter().filter(|record| filter.matches(&Live::from(*record))).collect()
    }

    pub(super) fn events(&self, filter: &Filter) -> Vec<Event> {
        self.matching(filter).into_iter().map(|record| record.event.clone()).collect()
    }

    pub(super) fn entries(&self, filter: &Filter) -> Vec<Entry> {
        self.matching(filter).into_iter().map(Entry::from).collect()
    }

    pub(super) fn timeseries(&self, filter: &Filter, seconds: u32) -> Vec<Bucket> {
        let mut buckets: BTreeMap<i64, Sums> = BTreeMap::new();
        for record in self.matching(filter) {
            let start = record.event.timestamp.timestamp().div_euclid(seconds.into()) * i64::from(seconds);
            buckets.entry(start).or_default().add(&record.event);
        }
        let bucket = |(start, sums): (i64, Sums)| Bucket {
            time: DateTime::from_timestamp(start, 0).unwrap(),
            count: sums.count,
            errors: sums.errors,
            avg_duration_ms: sums.avg(),
        };
        buckets.into_iter().map(bucket).collect()
    }

    pub(super) fn breakdown(&self, filter: &Filter, dimension: Dimension, top: usize) -> Vec<Group> {
        let mut groups: BTreeMap<String, Sums> = BTreeMap::new();
        for record in self.matching(filter) {
            groups.entry(key(&record.event, dimension)).or_default().add(&record.event);
        }
        let group = |(key, sums): (String, Sums)| Group {
            key,
            count: sums.count,
            errors: sums.errors,
            avg_duration_ms: sums.avg(),
        };
        let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups.truncate(top);
        groups
    }

    pub(super) fn stats(&self, filter: &Filter) -> Stats {
        let events = self.events(filter);
        let mut durations: Vec<f64> = events.iter().map(|event| event.duration_ms).collect();
        durations.sort_by(f64::total_cmp);
        let percentile = |part: f64| {
            let Some(last) = durations.len().checked_sub(1) else { return 0.0 };
            let place = part * last as f64;
            let low = durations[place as usize];
            let high = durations[(place as usize + 1).min(last)];
            low + (high - low) * place.fract()
        };
        Stats {
            total: events.len() as u64,
            errors: events.iter().filter(|event| !event.success).count() as u64,
            p50_ms: percentile(0.5),
            p95_ms: percentile(0.95),
            p99_ms: percentile(0.99),
        }
    }

    pub(super) fn ended_since(&self, filter: &Filter, end: DateTime<Utc>, from: DateTime<Utc>) -> Vec<Entry> {
        let after = |event: &Event| {
            let micros = event.timestamp.signed_duration_since(end).num_microseconds().unwrap();
            micros as f64 / 1000.0 + event.duration_ms
        };
        let mut entries = self.entries(filter);
        entries.retain(|entry| entry.event.timestamp >= from && after(&entry.event) >= 0.0);
        entries.sort_by(|one, other| {
            let place = |entry: &Entry| (entry.event.timestamp, entry.event.id);
            after(&one.event).total_cmp(&after(&other.event)).then_with(|| place(one).cmp(&place(other)))
        });
        entries
    }
}

fn key(event: &Event, dimension: Dimension) -> String {
    let text = match dimension {
        Dimension::EndpointGroup => event.endpoint_group.as_deref(),
        Dimension::RouteName => event.route_name.as_deref(),
        Dimension::Status => return event.status.to_string(),
        Dimension::AuthType => event.auth_type.as_deref(),
        Dimension::User => event.user_subject.as_deref(),
        Dimension::Method => Some(&*event.method),
        Dimension::Path => Some(&*event.path),
        Dimension::Success => return event.success.to_string(),
    };
    text.unwrap_or_default().to_owned()
}

/// Returns the record with normalised JSON, because stores may format it anew.
pub(super) fn plain(record: &Record) -> (Event, Option<Payload>, Option<Wire>, [Option<Value>; 4]) {
    let read =
        |text: &Option<JsonText>| text.as_ref().map(|text| serde_json::from_str::<Value>(text.as_str()).unwrap());
    let Record { event, mut payload, mut wire } = record.clone();
    let mut json = [None, None, None, None];
    if let Some(payload) = &mut payload {
        let documents = [&mut payload.request_headers, &mut payload.request_query, &mut payload.response_headers];
        for (json, document) in json.iter_mut().zip(documents) {
            *json = read(&document.take());
        }
    }
    if let Some(wire) = &mut wire {
        json[3] = read(&wire.document.take());
    }
    (event, payload, wire, json)
}

/// Returns true when the numbers differ only by rounding.
pub(super) fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0)
}
