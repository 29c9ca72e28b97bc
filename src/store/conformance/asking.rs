//! Filters, pages, counts, aggregates.

use std::time::Duration;

use actors::{
    audit::{AuditStore, Cursor, Dimension, Entry, Filter, Page, PeerFilter, Source, StatusFilter},
    store::StoreError,
};
use chrono::{TimeDelta, Utc};

use super::{
    EVERYTHING, Fresh,
    dice::{
        AUTH, Dice, ENDS, ERRORS, FINGERPRINTS, GROUPS, HEADERS, KEYS, METHODS, PATHS, ROUTES, RULES, RUNS, SCRIPTS,
        SESSIONS, SPAN, STATUS, TRACES, USERS, VALUES, connection_id, record_at, start,
    },
    fill,
    model::{Model, near},
    total,
};

async fn filled(store: &dyn AuditStore, seed: u64, count: usize) -> Model {
    let records = Dice::new(seed).records(count);
    fill(store, &records).await;
    Model::new(records)
}

/// Checks all queries with `filter` against the model.
async fn agree(store: &dyn AuditStore, model: &Model, filter: &Filter) {
    let expected = model.entries(filter);
    let events = store.events(filter, EVERYTHING).await.unwrap();
    let ids = |events: &[Entry]| events.iter().map(|entry| entry.event.id).collect::<Vec<_>>();
    assert_eq!(ids(&events), ids(&expected), "{filter:?}");
    assert_eq!(events, expected, "{filter:?}");
    assert_eq!(store.count(filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    let records = store.records(filter, Page { after: None, offset: 2, limit: 3 }, u64::MAX).await.unwrap();
    let records: Vec<_> = records.into_iter().map(|record| record.event).collect();
    assert_eq!(records, model.events(filter).into_iter().skip(2).take(3).collect::<Vec<_>>(), "{filter:?}");

    let (stats, expected) = (store.stats(filter).await.unwrap(), model.stats(filter));
    let same = stats.total == expected.total
        && stats.errors == expected.errors
        && near(stats.p50_ms, expected.p50_ms)
        && near(stats.p95_ms, expected.p95_ms)
        && near(stats.p99_ms, expected.p99_ms);
    assert!(same, "{filter:?}: {stats:?} for {expected:?}");

    let span = Filter {
        from: filter.from.or(Some(start() - TimeDelta::hours(1))),
        to: filter.to.or(Some(start() + TimeDelta::hours(1))),
        ..filter.clone()
    };
    for seconds in [7, 60, 86_400] {
        let (buckets, expected) = (store.timeseries(&span, seconds).await.unwrap(), model.timeseries(&span, seconds));
        let same = buckets.len() == expected.len()
            && buckets.iter().zip(&expected).all(|(one, other)| {
                (one.time, one.count, one.errors) == (other.time, other.count, other.errors)
                    && near(one.avg_duration_ms, other.avg_duration_ms)
            });
        assert!(same, "{span:?} by {seconds} s: {buckets:?} for {expected:?}");
    }
    for dimension in Dimension::ALL {
        let (groups, expected) =
            (store.breakdown(filter, dimension, 4).await.unwrap(), model.breakdown(filter, dimension, 4));
        let same = groups.len() == expected.len()
            && groups.iter().zip(&expected).all(|(one, other)| {
                (&one.key, one.count, one.errors) == (&other.key, other.count, other.errors)
                    && near(one.avg_duration_ms, other.avg_duration_ms)
            });
        assert!(same, "{filter:?} by {dimension:?}: {groups:?} for {expected:?}");
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Filters with one condition each: matching, nearly matching, and not matching.
fn single() -> Vec<Filter> {
    let all = Filter::default;
    let mut filters = vec![all()];
    let moments = [TimeDelta::zero(), TimeDelta::minutes(5), TimeDelta::minutes(10), TimeDelta::nanoseconds(1), SPAN];
    for moment in moments.map(|after| start() + after) {
        filters.push(Filter { from: Some(moment), ..all() });
        filters.push(Filter { to: Some(moment), ..all() });
    }
    for method in METHODS.into_iter().chain(["get", "GE_"]) {
        filters.push(Filter { method: text(method), ..all() });
    }
    let parts =
        ["", "%", "_", r"\", "'", "\"", "A", "a_b", "a%b", "axb", "größe", "本", "$1", "?2", ":x", "\0", "/v1/fixed/a"];
    for part in PATHS.into_iter().chain(parts) {
        filters.push(Filter { path: text(part), ..all() });
        filters.push(Filter { q: text(part), ..all() });
    }
    for q in ["wrong", "100%", "req_1", "q_1%", "not_", "\n"].into_iter().chain(ERRORS.into_iter().flatten()) {
        filters.push(Filter { q: text(q), ..all() });
    }
    for name in ROUTES.into_iter().flatten().chain(["e%", "", "none"]) {
        filters.push(Filter { route_name: text(name), ..all() });
    }
    for name in GROUPS.into_iter().flatten().chain(["axb", "\0"]) {
        filters.push(Filter { endpoint_group: text(name), ..all() });
    }
    for status in STATUS {
        filters.push(Filter { status: Some(StatusFilter::Exactly(status)), ..all() });
    }
    for class in 1..=5 {
        filters.push(Filter { status: Some(StatusFilter::Class(class)), ..all() });
    }
    for user in USERS.into_iter().flatten().chain(["ALICE", "zoë"]) {
        filters.push(Filter { user: text(user), ..all() });
    }
    for auth_type in AUTH.into_iter().flatten().chain(["none"]) {
        filters.push(Filter { auth_type: text(auth_type), ..all() });
    }
    for session in SESSIONS.into_iter().flatten().chain(["s_1"]) {
        filters.push(Filter { session: text(session), ..all() });
    }
    for success in [true, false] {
        filters.push(Filter { success: Some(success), ..all() });
    }
    for source in Source::ALL {
        filters.push(Filter { source: Some(source), ..all() });
    }
    for id in ["req_7%", "req_7", "reqx7%"] {
        filters.push(Filter { request_id: text(id), ..all() });
    }
    for name in HEADERS.into_iter().chain(["accept", "X", "X-Odd\".Name", "", "\0"]) {
        filters.push(Filter { has_headers: vec![name.to_owned()], ..all() });
        for value in VALUES.into_iter().chain(["A", "\0", "\"a\""]) {
            filters.push(Filter { headers: vec![(name.to_owned(), value.to_owned())], ..all() });
        }
    }
    for least in [-1.0, 0.0, 1000.5, 300_000.0, 1e9, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        filters.push(Filter { min_duration_ms: Some(least), ..all() });
    }
    let hex = FINGERPRINTS.map(|fingerprint| format!("{fingerprint:08x}"));
    let nearly = ["00000000", "0000007", "000000070", "3F9A01BC", "bc 00000", "07 3f9a0", "%", "________", "", "\0"];
    for fingerprint in hex.iter().map(String::as_str).chain(nearly) {
        filters.push(Filter { fingerprint: text(fingerprint), ..all() });
    }
    for peer in ["127.0.0.1", "127.0.0.1:5000", "127.0.0.1:50", "::1", "127.0.0.11", "%", "\0"] {
        filters.push(Filter { remote_addr: Some(PeerFilter::parse(peer)), ..all() });
    }
    for version in ["HTTP/1.1", "HTTP/2.0", "http/1.1"] {
        filters.push(Filter { http_version: text(version), ..all() });
    }
    for connection in (0..10).map(connection_id).chain([uuid::Uuid::nil()]) {
        filters.push(Filter { connection: Some(connection), ..all() });
    }
    for rule in RULES.into_iter().flatten().chain(["bare_cr", "\0"]) {
        filters.push(Filter { rule: text(rule), ..all() });
    }
    for ended_by in ENDS.into_iter().chain(["complet_"]) {
        filters.push(Filter { ended_by: text(ended_by), ..all() });
    }
    for trace_id in TRACES.into_iter().flatten().chain(["0af7651916cd43dd8448eb211c80319C", "0"]) {
        filters.push(Filter { trace_id: text(trace_id), ..all() });
    }
    for test_run in RUNS.into_iter().flatten().chain(["run-_", "it's 100", ""]) {
        filters.push(Filter { test_run: text(test_run), ..all() });
    }
    for call_key in KEYS.into_iter().flatten().chain(["k:_"]) {
        filters.push(Filter { call_key: text(call_key), ..all() });
    }
    for script in SCRIPTS.into_iter().flatten().chain(["f_"]) {
        filters.push(Filter { script: text(script), ..all() });
    }
    for attempt in [0, 1, 2, u32::MAX] {
        filters.push(Filter { attempt: Some(attempt), ..all() });
    }
    filters
}

/// A filter of up to four conditions.
fn several(dice: &mut Dice) -> Filter {
    let single = single();
    let mut filter = Filter::default();
    for _ in 0..=dice.below(4) {
        let more = single[dice.below(single.len())].clone();
        filter = Filter {
            from: more.from.or(filter.from),
            to: more.to.or(filter.to),
            method: more.method.or(filter.method),
            path: more.path.or(filter.path),
            route_name: more.route_name.or(filter.route_name),
            endpoint_group: more.endpoint_group.or(filter.endpoint_group),
            status: more.status.or(filter.status),
            user: more.user.or(filter.user),
            auth_type: more.auth_type.or(filter.auth_type),
            session: more.session.or(filter.session),
            success: more.success.or(filter.success),
            source: more.source.or(filter.source),
            request_id: more.request_id.or(filter.request_id),
            q: more.q.or(filter.q),
            headers: [filter.headers, more.headers].concat(),
            has_headers: [filter.has_headers, more.has_headers].concat(),
            min_duration_ms: more.min_duration_ms.or(filter.min_duration_ms),
            fingerprint: more.fingerprint.or(filter.fingerprint),
            remote_addr: more.remote_addr.or(filter.remote_addr),
            http_version: more.http_version.or(filter.http_version),
            connection: more.connection.or(filter.connection),
            rule: more.rule.or(filter.rule),
            ended_by: more.ended_by.or(filter.ended_by),
            trace_id: more.trace_id.or(filter.trace_id),
            test_run: more.test_run.or(filter.test_run),
            call_key: more.call_key.or(filter.call_key),
            script: more.script.or(filter.script),
            attempt: more.attempt.or(filter.attempt),
        };
    }
    filter
}

/// Each condition alone, with all queries.
pub(in crate::store) async fn each_filter_alone(fresh: Fresh) {
    let model = filled(&*fresh.store, 11, 500).await;
    for filter in single() {
        agree(&*fresh.store, &model, &filter).await;
    }
}

/// Combined conditions, with all queries. Half of the filters are derived from an event, so that they match something.
pub(in crate::store) async fn filters_together(fresh: Fresh) {
    let model = filled(&*fresh.store, 12, 500).await;
    let mut dice = Dice::new(13);
    let mut met = 0;
    for number in 0..160 {
        let mut filter = several(&mut dice);
        if number % 2 == 0 {
            let record = &model.all()[dice.below(model.all().len())];
            let (event, wire) = (&record.event, record.wire.as_ref().filter(|_| dice.once_in(2)));
            filter = Filter {
                from: Some(event.timestamp),
                method: text(&event.method),
                path: text(&event.path),
                user: event.user_subject.clone(),
                session: event.session_id.clone(),
                status: dice.once_in(2).then_some(StatusFilter::Class(event.status / 100)),
                success: Some(event.success),
                source: dice.once_in(2).then_some(event.source),
                has_headers: if dice.once_in(3) { vec![dice.pick(&HEADERS).to_owned()] } else { Vec::new() },
                min_duration_ms: dice.once_in(2).then_some(event.duration_ms),
                fingerprint: event.fingerprints.as_text().map(|all| all[..8].to_owned()),
                remote_addr: dice.once_in(3).then(|| PeerFilter::parse("127.0.0.1")),
                connection: wire.and_then(|wire| wire.connection_id).filter(|_| dice.once_in(2)),
                test_run: wire.and_then(|wire| wire.test_run.clone()).filter(|_| dice.once_in(2)),
                attempt: wire.and_then(|wire| wire.attempt).filter(|_| dice.once_in(2)),
                ended_by: wire.map(|wire| wire.ended_by.clone().into_owned()).filter(|_| dice.once_in(2)),
                ..Filter::default()
            };
        }
        met += usize::from(!model.matching(&filter).is_empty());
        agree(&*fresh.store, &model, &filter).await;
    }
    assert!(met > 60, "only {met} filters matched anything");
}

/// Texts that would act as SQL, patterns or JSON unless taken literally.
pub(in crate::store) async fn nothing_in_a_filter_has_a_meaning_of_its_own(fresh: Fresh) {
    let store = &*fresh.store;
    let model = filled(store, 14, 200).await;
    let texts =
        ["'; DROP TABLE audit_events; --", "$1", "?1", "{}", "\"", "\\", "%", "_", "\u{fffd}", "a\0b", "', '1' = '1"];
    for odd in texts {
        let odd = || text(odd);
        let pair = (odd().unwrap(), odd().unwrap());
        for filter in [
            Filter { method: odd(), ..Filter::default() },
            Filter { path: odd(), ..Filter::default() },
            Filter { q: odd(), ..Filter::default() },
            Filter { user: odd(), ..Filter::default() },
            Filter { test_run: odd(), ..Filter::default() },
            Filter { rule: odd(), ended_by: odd(), ..Filter::default() },
            Filter { headers: vec![pair], ..Filter::default() },
            Filter { has_headers: vec![odd().unwrap()], ..Filter::default() },
        ] {
            agree(store, &model, &filter).await;
        }
    }
    assert_eq!(total(store).await, 200);
}

/// Cursors and offsets visit each event once, in the same order, although many have the same time.
pub(in crate::store) async fn pages_by_cursor_are_pages_by_offset(fresh: Fresh) {
    let store = &*fresh.store;
    let mut dice = Dice::new(15);
    let mut records = dice.records(300);
    records.extend((0..150).map(|_| record_at(start() + TimeDelta::minutes(3), &mut dice)));
    fill(store, &records).await;
    let model = Model::new(records);
    let filters = [
        Filter::default(),
        Filter { method: text("GET"), ..Filter::default() },
        Filter { has_headers: vec!["Accept".to_owned()], ..Filter::default() },
        Filter { test_run: text("run-1"), ..Filter::default() },
        Filter { ended_by: text("complete"), has_headers: vec!["Accept".to_owned()], ..Filter::default() },
    ];
    for filter in filters {
        let expected = model.entries(&filter);
        let mut by_cursor = Vec::new();
        let mut after = None;
        loop {
            let page = Page { after, offset: 0, limit: 7 };
            let by_offset = Page { after: None, offset: by_cursor.len() as u64, limit: 7 };
            let events = store.events(&filter, page).await.unwrap();
            assert_eq!(events, store.events(&filter, by_offset).await.unwrap());
            let records = store.records(&filter, page, u64::MAX).await.unwrap();
            assert_eq!(events, records.iter().map(Entry::from).collect::<Vec<_>>());
            let Some(last) = events.last() else { break };
            after = Some(Cursor::behind(&last.event));
            by_cursor.extend(events);
        }
        assert_eq!(by_cursor, expected);
    }
}

/// Pages of records end after the body that fills them. No record is lost or repeated.
pub(in crate::store) async fn records_are_bounded_by_bytes(fresh: Fresh) {
    let store = &*fresh.store;
    let model = filled(store, 19, 300).await;
    let bytes = |record: &actors::audit::Record| {
        let payload = record.payload.as_ref();
        let wire = record.wire.as_ref().map_or(0, |wire| {
            let document = wire.document.as_ref().map_or(0, |document| document.as_str().len());
            wire.request_head.len() + wire.response_head.len() + document
        });
        (payload.map_or(0, |payload| payload.request_body.len() + payload.response_body.len()) + wire) as u64
    };
    for filter in [Filter::default(), Filter { has_headers: vec!["Accept".to_owned()], ..Filter::default() }] {
        for bytes_max in [1, 100, 1000] {
            let (mut after, mut ids) = (None, Vec::new());
            loop {
                let page = Page { after, offset: 0, limit: 50 };
                let records = store.records(&filter, page, bytes_max).await.unwrap();
                let Some((last, others)) = records.split_last() else { break };
                let before: u64 = others.iter().map(bytes).sum();
                assert!(before < bytes_max, "{before} of {bytes_max}");
                after = Some(Cursor::behind(&last.event));
                ids.extend(records.iter().map(|record| record.event.id));
            }
            assert_eq!(ids, model.events(&filter).iter().map(|event| event.id).collect::<Vec<_>>());
        }
    }
}

/// Extreme limits and offsets.
pub(in crate::store) async fn bounds_of_pages(fresh: Fresh) {
    let store = &*fresh.store;
    let model = filled(store, 16, 30).await;
    let all = Filter::default();
    let events = model.entries(&all);
    for (offset, limit) in [(0, 0), (0, 1), (29, 5), (30, 5), (u64::MAX, 5), (0, u32::MAX), (5, u32::MAX)] {
        let found = store.events(&all, Page { after: None, offset, limit }).await.unwrap();
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let expected: Vec<_> = events.iter().skip(skip).take(limit as usize).cloned().collect();
        assert_eq!(found, expected, "{offset} {limit}");
    }
    let last = Cursor::behind(&events.last().unwrap().event);
    assert_eq!(store.events(&all, Page { after: Some(last), offset: 0, limit: 5 }).await.unwrap(), []);
    for micros in [i64::MIN, 0] {
        let before = Cursor { micros, id: last.id };
        assert_eq!(store.events(&all, Page { after: Some(before), offset: 0, limit: 5 }).await.unwrap(), []);
    }
    assert_eq!(store.breakdown(&all, Dimension::Path, 0).await.unwrap(), []);
    // `from` after `to`: no events, and no error.
    let backwards = Filter { from: Some(start() + SPAN), to: Some(start()), ..all };
    agree(store, &model, &backwards).await;
}

/// Events by their ends, the oldest end first, whatever order they began in.
pub(in crate::store) async fn ended_since_finds_the_late_ones(fresh: Fresh) {
    let store = &*fresh.store;
    let model = filled(store, 17, 400).await;
    let filters = [
        Filter::default(),
        Filter { success: Some(false), ..Filter::default() },
        Filter { has_headers: vec!["Accept".to_owned()], ..Filter::default() },
        Filter { connection: Some(connection_id(1)), ..Filter::default() },
    ];
    for filter in &filters {
        for minutes in [0, 4, 9, 15, 40] {
            let end = start() + TimeDelta::minutes(minutes);
            for lookback in [0, 120, 3600] {
                let from = end - TimeDelta::seconds(lookback);
                let expected = model.ended_since(filter, end, from);
                let lookback = Duration::from_secs(lookback.unsigned_abs());
                let found = store.ended_since(filter, end, lookback, 1000).await.unwrap();
                assert_eq!(found, expected, "{filter:?} {minutes} {lookback:?}");
                let some = store.ended_since(filter, end, lookback, 5).await.unwrap();
                assert_eq!(some, expected[..expected.len().min(5)]);
            }
        }
    }
}

/// Queries of an empty store.
pub(in crate::store) async fn buckets_and_groups_of_nothing(fresh: Fresh) {
    let model = Model::new(Vec::new());
    agree(&*fresh.store, &model, &Filter::default()).await;
    agree(&*fresh.store, &model, &Filter { success: Some(true), ..Filter::default() }).await;
    assert_eq!(fresh.store.delete_before(Utc::now(), 10).await.unwrap(), 0);
    fresh.store.prepare_days(Utc::now(), 3).await.unwrap();
}

/// After closing, queries fail instead of hanging.
pub(in crate::store) async fn a_closed_store_says_so(fresh: Fresh) {
    let store = &*fresh.store;
    filled(store, 18, 10).await;
    store.close().await.unwrap();
    let counted = store.count(&Filter::default()).await;
    assert!(matches!(counted, Err(StoreError::Unavailable(_))), "{counted:?}");
    let written = store.append(&[std::sync::Arc::new(Dice::new(1).record())], false).await;
    assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    store.close().await.unwrap();
}
