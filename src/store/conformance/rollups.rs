//! Statistics that may come from rollups, after writes, late events and removals.

use std::sync::Arc;

use actors::audit::{AuditStore, Bucket, Dimension, Filter, Group, Record, Source, Stats, StatusFilter};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::{
    Fresh,
    dice::{AUTH, Dice, GROUPS, ROUTES, STATUS, start},
    fill,
    model::{Model, near},
};

/// Time range of the events.
const SPAN: TimeDelta = TimeDelta::hours(6);

/// Dimensions that rollups contain.
const DIMENSIONS: [Dimension; 5] =
    [Dimension::EndpointGroup, Dimension::RouteName, Dimension::Status, Dimension::AuthType, Dimension::Success];

/// Returns a time in or near the span, sometimes exactly on a minute or an hour.
fn bound(dice: &mut Dice) -> Option<DateTime<Utc>> {
    let hour = TimeDelta::hours(1);
    let at = dice.moment_within(SPAN + hour * 2) - hour;
    match dice.below(5) {
        0 => None,
        1 => at.duration_trunc(hour).ok(),
        2 => at.duration_trunc(TimeDelta::minutes(1)).ok(),
        _ => Some(at),
    }
}

fn filter(dice: &mut Dice) -> Filter {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let (from, to) = (bound(dice), bound(dice));
    let swap = from.zip(to).is_some_and(|(from, to)| from > to) && !dice.once_in(9);
    let (from, to) = if swap { (to, from) } else { (from, to) };
    let mut filter = Filter { from, to, ..Filter::default() };
    if dice.once_in(3) {
        filter.route_name = owned(dice.pick(&ROUTES));
    }
    if dice.once_in(4) {
        filter.endpoint_group = owned(dice.pick(&GROUPS));
    }
    if dice.once_in(4) {
        filter.auth_type = owned(dice.pick(&AUTH));
    }
    if dice.once_in(4) {
        filter.success = Some(dice.once_in(2));
    }
    if dice.once_in(4) {
        filter.source = Some(dice.pick(&Source::ALL));
    }
    if dice.once_in(4) {
        let status = dice.pick(&STATUS);
        filter.status =
            Some(if dice.once_in(2) { StatusFilter::Exactly(status) } else { StatusFilter::Class(status / 100) });
    }
    filter
}

/// Checks the statistics of some filters against the model.
async fn agree(store: &dyn AuditStore, records: &[Record], dice: &mut Dice, when: &str) {
    let model = Model::new(records.to_vec());
    let mut filters =
        vec![Filter::default(), Filter { from: Some(start()), to: Some(start() + SPAN), ..Filter::default() }];
    filters.extend((0..8).map(|_| filter(dice)));
    for filter in &filters {
        let about = || format!("{when}: {filter:?}");
        assert_eq!(store.count(filter).await.unwrap(), model.events(filter).len() as u64, "{}", about());
        assert_stats(store.stats(filter).await.unwrap(), model.stats(filter), &about());
        for dimension in DIMENSIONS {
            let groups = store.breakdown(filter, dimension, 5).await.unwrap();
            assert_groups(&groups, &model.breakdown(filter, dimension, 5), &about());
        }
        let span = Filter {
            from: filter.from.or(Some(start() - TimeDelta::minutes(7))),
            to: filter.to.or(Some(start() + SPAN)),
            ..filter.clone()
        };
        for seconds in [10, 60, 420, 3600, 7200, 86_400] {
            let about = format!("{seconds} s, {}", about());
            let expected = model.timeseries(&span, seconds);
            assert_buckets(&store.timeseries(&span, seconds).await.unwrap(), &expected, &about);
            let overview = store.overview(&span, seconds, 5).await.unwrap();
            assert_stats(overview.stats, model.stats(&span), &about);
            assert_buckets(&overview.buckets, &expected, &about);
            assert_groups(&overview.statuses, &model.breakdown(&span, Dimension::Status, 5), &about);
            assert_groups(&overview.routes, &model.breakdown(&span, Dimension::RouteName, 5), &about);
        }
    }
}

fn assert_stats(told: Stats, exact: Stats, about: &str) {
    assert_eq!((told.total, told.errors), (exact.total, exact.errors), "{about}");
    let pairs = [(told.p50_ms, exact.p50_ms), (told.p95_ms, exact.p95_ms), (told.p99_ms, exact.p99_ms)];
    assert!(pairs.into_iter().all(|(told, exact)| near(told, exact)), "{told:?} for {exact:?}, {about}");
}

fn assert_groups(told: &[Group], exact: &[Group], about: &str) {
    let same = told.len() == exact.len()
        && told.iter().zip(exact).all(|(one, other)| {
            one.key == other.key
                && (one.count, one.errors) == (other.count, other.errors)
                && near(one.avg_duration_ms, other.avg_duration_ms)
        });
    assert!(same, "{told:?} for {exact:?}, {about}");
}

fn assert_buckets(told: &[Bucket], exact: &[Bucket], about: &str) {
    let same = told.len() == exact.len()
        && told.iter().zip(exact).all(|(one, other)| {
            one.time == other.time
                && (one.count, one.errors) == (other.count, other.errors)
                && near(one.avg_duration_ms, other.avg_duration_ms)
        });
    assert!(same, "{told:?} for {exact:?}, {about}");
}

/// Brings the rollups up to date, like the housekeeper.
pub(in crate::store) async fn roll_up(store: &dyn AuditStore) {
    for _ in 0..1000 {
        if !store.roll_up(Utc::now()).await.unwrap() {
            return;
        }
    }
    panic!("there is always more to do");
}

/// Statistics match the model while events are written, written again, arrive late and are removed, before and after a
/// run of the housekeeper.
pub(in crate::store) async fn figures_are_exact_whatever_happens(fresh: Fresh) {
    let store = &*fresh.store;
    let mut dice = Dice::new(40);
    let make = |dice: &mut Dice, count: usize| -> Vec<Record> {
        (0..count)
            .map(|_| {
                let at = dice.moment_within(SPAN);
                dice.record_at(at)
            })
            .collect()
    };
    let mut records = make(&mut dice, 700);
    records.sort_by_key(|record| record.event.timestamp);
    fill(store, &records).await;
    agree(store, &records, &mut dice, "written").await;
    roll_up(store).await;
    agree(store, &records, &mut dice, "rolled up").await;

    let late = make(&mut dice, 60);
    let again: Vec<Arc<Record>> = records.iter().skip(90).take(200).chain(&late).cloned().map(Arc::new).collect();
    store.append(&again, true).await.unwrap();
    records.extend(late);
    agree(store, &records, &mut dice, "late ones").await;
    roll_up(store).await;
    agree(store, &records, &mut dice, "late ones, rolled up").await;

    // The cutoff is within a minute of the second day: a store with one partition per day drops one and deletes the
    // rest in chunks.
    let cutoff = start() + TimeDelta::minutes(95) + TimeDelta::milliseconds(31_415);
    while store.delete_before(cutoff, 30).await.unwrap() > 0 {}
    records.retain(|record| record.event.timestamp >= cutoff);
    agree(store, &records, &mut dice, "removed").await;
    let more = make(&mut dice, 40);
    fill(store, &more).await;
    records.extend(more);
    agree(store, &records, &mut dice, "removed, and more").await;
    roll_up(store).await;
    agree(store, &records, &mut dice, "removed, rolled up").await;
}

/// With many events, counts are still exact.
pub(in crate::store) async fn percentiles_of_many_are_within_one_percent(fresh: Fresh) {
    let store = &*fresh.store;
    let mut dice = Dice::new(41);
    let mut records = Vec::new();
    for _ in 0..12_000 {
        let at = dice.moment_within(SPAN);
        let mut record = dice.record_at(at);
        record.payload = None;
        // Durations from microseconds to minutes.
        record.event.duration_ms = f64::exp2(dice.below(27_000) as f64 / 1000.0) / 1000.0;
        records.push(record);
    }
    fill(store, &records).await;
    roll_up(store).await;
    let model = Model::new(records);
    let odd = Filter {
        from: Some(start() + TimeDelta::milliseconds(7)),
        to: Some(start() + SPAN - TimeDelta::seconds(3)),
        ..Filter::default()
    };
    for filter in [Filter::default(), odd] {
        let (stats, expected) = (store.stats(&filter).await.unwrap(), model.stats(&filter));
        assert_eq!((stats.total, stats.errors), (expected.total, expected.errors));
        for (told, exact) in
            [(stats.p50_ms, expected.p50_ms), (stats.p95_ms, expected.p95_ms), (stats.p99_ms, expected.p99_ms)]
        {
            assert!((told - exact).abs() <= exact * 0.01, "{told} for {exact}");
        }
    }
}
