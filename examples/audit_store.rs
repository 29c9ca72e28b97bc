//! Fills an audit store and measures its queries.
//!
//! `audit_store DATABASE_URL [EVENTS [IN_LAST_HOUR [PAYLOAD]]]` appends events (a million by default, 200,000 of them
//! in the last hour and the others in the eight days before, with bodies of 256 bytes; 0 bytes: no payload) in batches
//! like the sink, and does the housekeeper's work on rollups. Then it runs each query a few times, also those of the
//! portal's dashboard together, and prints its shortest time. With 0 events it measures the existing ones.
#![allow(clippy::print_stdout)]

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use actors::{
    audit::{AuditStore, Cursor, Dimension, Event, Filter, JsonText, Page, Payload, Record, StatusFilter},
    store::StoreError,
};
use anyhow::Context as _;
use api_test::{config::DatabaseConfig, store};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

const BATCH: usize = 512;
const ROUNDS: usize = 3;
/// Days before the last hour that events are spread over: more than the widest range of the dashboard.
const DAYS: i64 = 8;

#[actix_rt::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let url = arguments.first().context("usage: audit_store DATABASE_URL [EVENTS [IN_LAST_HOUR [PAYLOAD]]]")?;
    let number = |place: usize, preset: usize| arguments.get(place).map_or(Ok(preset), |text| text.parse());
    let (events, recent, payload) = (number(1, 1_000_000)?, number(2, 200_000)?, number(3, 256)?);
    let config = DatabaseConfig {
        url: Some(url.parse()?),
        max_open_conns: 25,
        max_idle_conns: 5,
        conn_max_lifetime: Duration::from_secs(3600),
    };
    let store = store::open(&config).await?.audit;
    if events > 0 {
        fill(&*store, events, recent.min(events), payload).await?;
    }
    let began = Instant::now();
    while store.roll_up(Utc::now()).await? {}
    println!("{:<28} {:>10.1} ms", "roll up", began.elapsed().as_secs_f64() * 1000.0);
    measure(&*store).await?;
    store.close().await?;
    Ok(())
}

/// Distributes the events: `recent` in the last hour, the others in the [`DAYS`] days before.
async fn fill(store: &dyn AuditStore, events: usize, recent: usize, body: usize) -> anyhow::Result<()> {
    let now = Utc::now();
    store.prepare_days(now - TimeDelta::days(DAYS + 1), DAYS as u32 + 2).await?;
    let hour = now - TimeDelta::hours(1);
    let old = events - recent;
    let at = |number: usize| {
        let part = |number: usize, of: usize, span: TimeDelta| {
            TimeDelta::microseconds(span.num_microseconds().unwrap_or_default() / of.max(1) as i64 * number as i64)
        };
        match number.checked_sub(old) {
            None => hour - part(old - number, old, TimeDelta::days(DAYS)),
            Some(number) => hour + part(number, recent, TimeDelta::minutes(59)),
        }
    };
    let mut writing = Duration::ZERO;
    for start in (0..events).step_by(BATCH) {
        let batch: Vec<Arc<Record>> =
            (start..events.min(start + BATCH)).map(|number| Arc::new(record(number, at(number), body))).collect();
        let began = Instant::now();
        store.append(&batch, false).await?;
        writing += began.elapsed();
    }
    println!("{:<28} {:>10.0} events/s", "append in 512s", events as f64 / writing.as_secs_f64());
    Ok(())
}

/// Returns an event with a payload, which differs from its neighbours in the columns that matter to an index.
fn record(number: usize, at: DateTime<Utc>, body: usize) -> Record {
    let at = at - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos() % 1000));
    let mixed = (number as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 16;
    let pick = |from: u64| (mixed / 7 % from) as usize;
    let mut random = [0; 10];
    random[2..].copy_from_slice(&mixed.wrapping_mul(0x94D0_49BB_1331_11EB).to_be_bytes());
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    let (route, group) = [("fixed", "data"), ("sized", "data"), ("slow", "failure"), ("whoami", "identity")][pick(4)];
    let path = format!("/v1/{route}/{}", pick(1000));
    let status = [200, 200, 200, 200, 200, 200, 204, 404, 401, 503][pick(10)];
    // As the server makes it: in the order of time.
    let request_id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string();
    let request_headers = format!(
        "{{\"Accept\":[\"*/*\"],\"Accept-Encoding\":[\"gzip, deflate, br\"],\"Host\":[\"localhost:8080\"],\
         \"User-Agent\":[\"load/1.0\"],\"X-Api-Key\":[\"[redacted]\"],\"X-Forwarded-For\":[\"192.0.2.7\"],\
         \"X-Forwarded-Proto\":[\"https\"],\"X-Number\":[\"{number}\"],\"X-Request-Id\":[\"{request_id}\"]}}"
    );
    let response_headers = format!(
        "{{\"Access-Control-Allow-Origin\":[\"*\"],\"Access-Control-Expose-Headers\":[\"X-Request-Id\"],\
         \"Content-Length\":[\"{body}\"],\"Content-Type\":[\"application/json\"],\
         \"Date\":[\"Sat, 31 Jan 2026 12:00:00 GMT\"],\"X-Request-Id\":[\"{request_id}\"]}}"
    );
    Record {
        event: Event {
            duration_ms: (mixed % 100_000) as f64 / 1000.0,
            first_byte_ms: Some(0.5),
            request_id,
            user_subject: Some(format!("user-{}", pick(50))),
            auth_type: Some("api_key".into()),
            api_key_name: Some("load".to_owned()),
            method: "GET".into(),
            target: format!("{path}?number={number}"),
            path,
            host: "localhost:8080".to_owned(),
            http_version: "HTTP/1.1".into(),
            route_name: Some(route.into()),
            endpoint_group: Some(group.into()),
            status,
            bytes_out: body as u64,
            success: status < 400,
            remote_addr: "127.0.0.1:50000".to_owned(),
            user_agent: Some("load/1.0".to_owned()),
            instance: "example".into(),
            ..Event::new(id, at)
        },
        payload: (body > 0).then(|| Payload {
            request_headers: Some(JsonText::new(request_headers)),
            request_query: Some(JsonText::new(format!("{{\"number\":[\"{number}\"]}}"))),
            request_remote_addr: "127.0.0.1:50000".to_owned(),
            response_headers: Some(JsonText::new(response_headers)),
            response_content_type: Some("application/json".to_owned()),
            response_body: Bytes::from(vec![b'x'; body]),
            response_size: body as u64,
            ..Payload::default()
        }),
        wire: None,
    }
}

async fn measure(store: &dyn AuditStore) -> anyhow::Result<()> {
    let all = Filter::default();
    let newest = store.events(&all, Page { after: None, offset: 0, limit: 1 }).await?;
    let newest = newest.first().context("the store is empty")?.event.timestamp;
    let hour =
        Filter { from: Some(newest - TimeDelta::hours(1)), to: Some(newest + TimeDelta::seconds(1)), ..all.clone() };
    let total = store.count(&all).await?;
    println!("{:<28} {total:>10} events, {} of them in the last hour", "count", store.count(&hour).await?);
    let page = |after, limit| Page { after, offset: 0, limit };
    let deep = store.events(&all, Page { after: None, offset: total / 2, limit: 1 }).await?;
    let deep = deep.first().map(|entry| Cursor::behind(&entry.event));
    let with = |change: fn(&mut Filter)| {
        let mut filter = all.clone();
        change(&mut filter);
        filter
    };
    let class = |class| Filter { status: Some(StatusFilter::Class(class)), ..all.clone() };

    for (name, span, width) in [
        ("15 minutes", TimeDelta::minutes(15), 10),
        ("last hour", TimeDelta::hours(1), 60),
        ("24 hours", TimeDelta::hours(24), 1800),
        ("last 7 days", TimeDelta::days(7), 7200),
    ] {
        // Like a dashboard, which ends now.
        let to = newest + TimeDelta::seconds(1);
        let filter = Filter { from: Some(to - span), to: Some(to), ..all.clone() };
        time(&format!("dashboard, {name}"), || dashboard(store, &filter, width)).await?;
        time(&format!("stats, {name}"), || store.stats(&filter)).await?;
        time(&format!("timeseries, {name}"), || store.timeseries(&filter, width)).await?;
        time(&format!("breakdown, {name}"), || store.breakdown(&filter, Dimension::RouteName, 1000)).await?;
        time(&format!("recent, {name}"), || store.events(&filter, page(None, 12))).await?;
    }
    time("count all", || store.count(&all)).await?;
    time("count last hour", || store.count(&hour)).await?;
    time("first page", || store.events(&all, page(None, 50))).await?;
    time("page in the middle", || store.events(&all, page(deep, 50))).await?;
    time("page by offset, middle", || store.events(&all, Page { after: None, offset: total / 2, limit: 50 })).await?;
    time("stats last hour", || store.stats(&hour)).await?;
    time("timeseries last hour", || store.timeseries(&hour, 60)).await?;
    for dimension in Dimension::ALL {
        time(&format!("breakdown {}", dimension.as_str()), || store.breakdown(&hour, dimension, 20)).await?;
    }
    for (name, filter) in [
        ("route", with(|filter| filter.route_name = Some("slow".to_owned()))),
        ("status 503", with(|filter| filter.status = Some(StatusFilter::Exactly(503)))),
        ("status 2xx", class(2)),
        ("status 5xx", class(5)),
        ("status 3xx (none)", class(3)),
        ("user", with(|filter| filter.user = Some("user-7".to_owned()))),
        ("path (none)", with(|filter| filter.path = Some("nowhere".to_owned()))),
        ("q (none)", with(|filter| filter.q = Some("nowhere".to_owned()))),
        ("request id (none)", with(|filter| filter.request_id = Some("nowhere".to_owned()))),
        ("header common", with(|filter| filter.headers = vec![("Accept".to_owned(), "*/*".to_owned())])),
        ("header", with(|filter| filter.headers = vec![("X-Number".to_owned(), "77777".to_owned())])),
        ("header (none)", with(|filter| filter.headers = vec![("X-None".to_owned(), "1".to_owned())])),
        ("has header", with(|filter| filter.has_headers = vec!["X-Number".to_owned()])),
    ] {
        time(&format!("page, {name}"), || store.events(&filter, page(None, 50))).await?;
        time(&format!("count, {name}"), || store.count(&filter)).await?;
    }
    let id = store.events(&all, page(deep, 1)).await?.first().map(|entry| entry.event.id).unwrap_or_default();
    time("one event", || store.get(id)).await?;
    time("ended in the last minute", || {
        store.ended_since(&all, newest - TimeDelta::minutes(1), Duration::from_secs(3600), 1000)
    })
    .await?;
    export(store, &all).await
}

/// Asks what the portal's dashboard asks, all at once.
async fn dashboard(store: &dyn AuditStore, filter: &Filter, width: u32) -> Result<(), StoreError> {
    tokio::try_join!(
        store.overview(filter, width, 1000),
        store.events(filter, Page { after: None, offset: 0, limit: 12 }),
    )
    .map(drop)
}

/// Reads a part of everything, page by page.
async fn export(store: &dyn AuditStore, filter: &Filter) -> anyhow::Result<()> {
    let began = Instant::now();
    let (mut after, mut read) = (None, 0);
    while read < 200_000 {
        let records = store.records(filter, Page { after, offset: 0, limit: 500 }, 1 << 20).await?;
        let Some(last) = records.last() else { break };
        after = Some(Cursor::behind(&last.event));
        read += records.len();
    }
    println!("{:<28} {:>10.0} records/s", "export by cursor", read as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

async fn time<T, F>(name: &str, ask: impl Fn() -> F) -> anyhow::Result<()>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut least = Duration::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        ask().await?;
        least = least.min(began.elapsed());
    }
    println!("{name:<28} {:>10.1} ms", least.as_secs_f64() * 1000.0);
    Ok(())
}
