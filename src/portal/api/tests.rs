//! Situations that can't be provoked from outside: a store that fails halfway, slow readers, archives of odd exchanges.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{sync::Mutex, time::Duration};

use actors::{
    audit::{
        AuditStore, Bucket, Dimension, Entry, Event, Filter, Group, Hub, JsonText, Live, Overview, Page, Payload,
        Record, Stats,
    },
    store::{Pending, StoreError, Watch},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    export::{Form, Pages, pieces, send},
    har::Har,
    render,
    tail::Tail,
};

/// Store in memory, newest last. Fails on demand.
#[derive(Default)]
pub(super) struct Memory {
    records: Mutex<Vec<Record>>,
    fails: std::sync::atomic::AtomicBool,
}

impl Memory {
    fn add(&self, record: &Record) {
        self.records.lock().unwrap().push(record.clone());
    }

    fn answer<'a, T: Send + 'a>(&'a self, pick: impl FnOnce(&[Record]) -> T + Send + 'a) -> Pending<'a, T> {
        Box::pin(async move {
            if self.fails.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(StoreError::Unavailable("as asked".into()));
            }
            Ok(pick(&self.records.lock().unwrap()))
        })
    }
}

fn end(event: &Event) -> DateTime<Utc> {
    event.timestamp + TimeDelta::microseconds((event.duration_ms * 1000.0) as i64)
}

impl AuditStore for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn append<'a>(&'a self, _: &'a [std::sync::Arc<Record>], _: bool) -> Pending<'a, ()> {
        self.answer(|_| ())
    }

    fn events<'a>(&'a self, _: &'a Filter, page: Page) -> Pending<'a, Vec<Entry>> {
        self.answer(move |records| {
            let newest = records.iter().rev().map(Entry::from);
            let behind = newest.filter(|entry| page.after.is_none_or(|after| entry.event.id < after.id));
            behind.take(page.limit as usize).collect()
        })
    }

    fn records<'a>(&'a self, _: &'a Filter, _: Page, _: u64) -> Pending<'a, Vec<Record>> {
        self.answer(|_| Vec::new())
    }

    fn count<'a>(&'a self, _: &'a Filter) -> Pending<'a, u64> {
        self.answer(|_| 0)
    }

    fn get(&self, id: Uuid) -> Pending<'_, Option<Record>> {
        self.answer(move |records| records.iter().find(|record| record.event.id == id).cloned())
    }

    fn live<'a>(&'a self, ids: &'a [Uuid]) -> Pending<'a, Vec<Live>> {
        self.answer(|records| {
            ids.iter().filter_map(|id| records.iter().find(|record| record.event.id == *id).map(Live::from)).collect()
        })
    }

    fn ended_since<'a>(
        &'a self,
        filter: &'a Filter,
        since: DateTime<Utc>,
        _: Duration,
        limit: u32,
    ) -> Pending<'a, Vec<Entry>> {
        self.answer(move |records| {
            let matching = records.iter().filter(|record| filter.matches(&Live::from(*record)));
            let mut found: Vec<Entry> = matching.map(Entry::from).filter(|entry| end(&entry.event) >= since).collect();
            found.sort_by_key(|entry| end(&entry.event));
            found.truncate(limit as usize);
            found
        })
    }

    fn timeseries<'a>(&'a self, _: &'a Filter, _: u32) -> Pending<'a, Vec<Bucket>> {
        self.answer(|_| Vec::new())
    }

    fn breakdown<'a>(&'a self, _: &'a Filter, _: Dimension, _: u32) -> Pending<'a, Vec<Group>> {
        self.answer(|_| Vec::new())
    }

    fn stats<'a>(&'a self, _: &'a Filter) -> Pending<'a, Stats> {
        self.answer(|_| Stats::default())
    }

    fn overview<'a>(&'a self, _: &'a Filter, _: u32, _: u32) -> Pending<'a, Overview> {
        self.answer(|_| Overview::default())
    }

    fn delete_before(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, u64> {
        self.answer(|_| 0)
    }

    fn roll_up(&self, _: DateTime<Utc>) -> Pending<'_, bool> {
        self.answer(|_| false)
    }

    fn prepare_days(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, ()> {
        self.answer(|_| ())
    }

    fn watch(&self, _: std::sync::Arc<dyn Fn(Vec<Uuid>) + Send + Sync>) -> Option<Watch> {
        None
    }

    fn close(&self) -> Pending<'_, ()> {
        self.answer(|_| ())
    }
}

/// Returns the n-th of a series of events, one per millisecond.
fn record(n: u64) -> Record {
    let time = DateTime::from_timestamp_millis(1_769_860_800_000 + n as i64).unwrap();
    let event = Event {
        duration_ms: 1.5,
        first_byte_ms: Some(1.0),
        request_id: format!("r{n}"),
        method: "GET".into(),
        path: format!("/v1/fixed/{n}"),
        target: format!("/v1/fixed/{n}"),
        host: "api.test".into(),
        http_version: "HTTP/1.1".into(),
        route_name: Some("fixed".into()),
        endpoint_group: Some("data".into()),
        status: if n.is_multiple_of(2) { 200 } else { 404 },
        success: n.is_multiple_of(2),
        remote_addr: "127.0.0.1:1".into(),
        instance: "test".into(),
        ..Event::new(Uuid::from_u128(u128::from(n) + 1), time)
    };
    Record { event, payload: None, wire: None }
}

/// Audit trail, and a reader of its live tail.
struct Scene {
    store: std::sync::Arc<Memory>,
    hub: Hub,
}

impl Scene {
    fn new() -> Self {
        Self { store: std::sync::Arc::default(), hub: Hub::default() }
    }

    /// Writes events and announces them.
    fn write(&self, range: std::ops::Range<u64>) {
        let records: Vec<Record> = range.map(record).collect();
        records.iter().for_each(|record| self.store.add(record));
        self.hub.publish(&records);
    }

    fn follow(&self, filter: Filter, last: Option<Uuid>) -> mpsc::Receiver<Bytes> {
        let (pipe, chunks) = mpsc::channel(4);
        let store: std::sync::Arc<dyn AuditStore> = std::sync::Arc::clone(&self.store) as _;
        let tail = Tail::new(store, self.hub.clone(), filter, pipe);
        tokio::spawn(async move { tail.follow(last).await });
        chunks
    }
}

/// Reads until nothing arrives for a moment. Returns the numbers of the events, and all other messages.
async fn read(chunks: &mut mpsc::Receiver<Bytes>) -> (Vec<u64>, Vec<String>) {
    let (mut numbers, mut others) = (Vec::new(), Vec::new());
    while let Ok(Some(chunk)) = tokio::time::timeout(Duration::from_millis(300), chunks.recv()).await {
        for message in std::str::from_utf8(&chunk).unwrap().split_terminator("\n\n") {
            match message.strip_prefix("id: ") {
                Some(message) => {
                    let (id, rest) = message.split_once('\n').unwrap();
                    let data = rest.strip_prefix("event: audit\ndata: ").unwrap();
                    let event: Value = serde_json::from_str(data).unwrap();
                    assert_eq!(event["id"], id);
                    numbers.push(Uuid::parse_str(id).unwrap().as_u128() as u64 - 1);
                }
                None => others.push(message.to_owned()),
            }
        }
    }
    (numbers, others)
}

#[tokio::test(start_paused = true)]
async fn a_reader_gets_what_is_written_from_now_on() {
    let scene = Scene::new();
    scene.write(0..3);
    let mut chunks = scene.follow(Filter::default(), None);
    assert_eq!(chunks.recv().await.unwrap(), ": stream open\n\n");
    scene.write(3..7);
    assert_eq!(read(&mut chunks).await, ((3..7).collect(), Vec::new()));
    let failures = Filter { success: Some(false), ..Filter::default() };
    let mut chunks = scene.follow(failures, None);
    chunks.recv().await.unwrap();
    scene.write(7..12);
    assert_eq!(read(&mut chunks).await.0, [7, 9, 11]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_comes_back_goes_on_behind_what_it_saw() {
    let scene = Scene::new();
    // More than goes live at once, so that several rounds are needed.
    scene.write(0..1500);
    let mut chunks = scene.follow(Filter::default(), Some(record(99).event.id));
    tokio::time::sleep(Duration::from_millis(50)).await;
    scene.write(1500..1600);
    let (numbers, others) = read(&mut chunks).await;
    assert_eq!(numbers, (100..1600).collect::<Vec<_>>(), "no gap, no repetition");
    assert_eq!(others, [": stream open"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_hub_does_not_remember_comes_from_the_store() {
    let scene = Scene::new();
    // Written before this process started.
    (0..1200).map(record).for_each(|record| scene.store.add(&record));
    let mut chunks = scene.follow(Filter::default(), Some(record(1100).event.id));
    tokio::time::sleep(Duration::from_millis(50)).await;
    scene.write(1200..1300);
    let (numbers, _) = read(&mut chunks).await;
    let behind: Vec<u64> = numbers.iter().copied().filter(|number| *number > 1100).collect();
    assert_eq!(behind, (1101..1300).collect::<Vec<_>>(), "none missing and none repeated");
    let mut chunks = scene.follow(Filter::default(), Some(Uuid::from_u128(u128::MAX)));
    let (numbers, others) = read(&mut chunks).await;
    assert!(numbers.is_empty());
    assert_eq!(others[1], ": the last event is no longer stored; resuming from now");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_ends_a_resumption() {
    let scene = Scene::new();
    scene.write(0..10);
    scene.store.fails.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut chunks = scene.follow(Filter::default(), Some(record(3).event.id));
    assert_eq!(chunks.recv().await.unwrap(), ": stream open\n\n");
    assert_eq!(chunks.recv().await, None, "the client reconnects");
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_told_how_many_it_missed() {
    let scene = Scene::new();
    let mut chunks = scene.follow(Filter::default(), None);
    tokio::time::sleep(Duration::from_millis(20)).await;
    for n in 0..200 {
        scene.write(n * 100..n * 100 + 100);
        tokio::task::yield_now().await;
    }
    let (numbers, others) = read(&mut chunks).await;
    let missed: u64 = others
        .iter()
        .filter_map(|other| {
            other.strip_prefix("event: lagged\ndata: {\"missed\":")?.strip_suffix('}')?.parse::<u64>().ok()
        })
        .sum();
    assert!(missed > 0);
    assert_eq!(numbers.len() as u64 + missed, 20_000);
    scene.write(20_000..20_010);
    assert_eq!(read(&mut chunks).await.0, (20_000..20_010).collect::<Vec<_>>(), "and goes on");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_says_that_it_is_alive() {
    let scene = Scene::new();
    let mut chunks = scene.follow(Filter::default(), None);
    chunks.recv().await.unwrap();
    let began = tokio::time::Instant::now();
    for n in 1..4 {
        assert_eq!(chunks.recv().await.unwrap(), ": still here\n\n");
        assert_eq!(began.elapsed().as_secs(), 15 * n);
    }
}

fn with_payload(request_body: &'static [u8], response_body: &'static [u8], truncated: bool) -> Record {
    let mut record = record(1);
    record.event.target = "/v1/echo?a=1&token=[redacted]&b=%20\u{e9}".into();
    record.payload = Some(Payload {
        request_headers: Some(JsonText::new(r#"{"Accept":["a","b"],"X-Api-Key":["[redacted]"]}"#)),
        request_body: Bytes::from_static(request_body),
        request_size: request_body.len() as u64,
        request_truncated: truncated,
        request_remote_addr: "127.0.0.1:1".into(),
        response_headers: Some(JsonText::new(r#"{"Location":["/x"],"Content-Type":["text/plain"]}"#)),
        response_content_type: Some("text/plain".into()),
        response_body: Bytes::from_static(response_body),
        response_size: response_body.len() as u64,
        response_truncated: truncated,
        ..Payload::default()
    });
    record
}

#[test]
fn bodies_are_text_where_they_can_be() {
    let shown = |record: &Record| -> Value {
        let mut out = Vec::new();
        render::append_record(&mut out, record);
        serde_json::from_slice(&out).unwrap()
    };
    let event = shown(&with_payload("é".as_bytes(), b"\xff\x00", false));
    let payload = &event["payload"];
    assert_eq!((&payload["request_body"], payload.get("request_body_encoding")), (&"é".into(), None));
    assert_eq!((&payload["response_body"], &payload["response_body_encoding"]), (&"/wA=".into(), &"base64".into()));
    assert_eq!((&payload["request_captured_size"], &payload["response_captured_size"]), (&2.into(), &2.into()));
    let event = shown(&with_payload("aé".as_bytes().split_at(2).0, b"a\xffb", true));
    assert_eq!(event["payload"]["request_body"], "a", "cut inside a character, text stays text");
    assert_eq!(event["payload"]["response_body_encoding"], "base64");
    assert!(shown(&record(1))["payload"].is_null());
}

/// Checks names and types of the members of each object against HAR 1.2.
fn check_har(document: &Value) {
    let log = &document["log"];
    assert_eq!(log["version"], "1.2");
    assert!(log["creator"]["name"].is_string() && log["creator"]["version"].is_string());
    for entry in log["entries"].as_array().unwrap() {
        assert!(DateTime::parse_from_rfc3339(entry["startedDateTime"].as_str().unwrap()).is_ok());
        let (request, response, timings) = (&entry["request"], &entry["response"], &entry["timings"]);
        let parts = ["send", "wait", "receive"].map(|part| timings[part].as_f64().unwrap());
        assert!(parts.iter().all(|part| *part >= 0.0), "{timings}");
        let rest: f64 = ["blocked", "dns", "connect"].map(|part| timings[part].as_f64().unwrap().max(0.0)).iter().sum();
        assert!((entry["time"].as_f64().unwrap() - parts.iter().sum::<f64>() - rest).abs() < 1e-9);
        assert!(entry["cache"].is_object());
        for side in [request, response] {
            assert!(side["httpVersion"].is_string() && side["cookies"].is_array());
            assert!(side["headersSize"].is_i64() && side["bodySize"].as_i64().unwrap() >= -1);
            for pair in side["headers"].as_array().unwrap() {
                assert!(pair["name"].is_string() && pair["value"].is_string());
            }
        }
        let url = request["url"].as_str().unwrap();
        assert!(url::Url::parse(url).is_ok() && url.is_ascii() && !url.contains(['[', ']', ' ']), "{url}");
        for pair in request["queryString"].as_array().unwrap() {
            assert!(pair["name"].is_string() && pair["value"].is_string());
        }
        if let Some(post) = request.get("postData") {
            assert!(post["mimeType"].is_string() && post["text"].is_string());
        }
        assert!(request["method"].is_string());
        assert!(response["status"].is_u64() && response["statusText"].is_string());
        assert!(response["redirectURL"].is_string());
        assert!(response["content"]["size"].is_u64() && response["content"]["mimeType"].is_string());
    }
}

#[test]
fn an_archive_is_one_by_har_1_2() {
    let har = Har::new(false);
    let records = [with_payload(b"x=1", b"\xff", false), with_payload(b"", b"", true), record(2)];
    let mut out = Vec::new();
    har.begin(&mut out);
    for (n, record) in records.iter().enumerate() {
        out.extend_from_slice(if n == 0 { b"\n" } else { b",\n" });
        har.append(&mut out, record);
    }
    har.end(&mut out);
    let document: Value = serde_json::from_slice(&out).unwrap();
    check_har(&document);
    let entries = document["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    let (request, response) = (&entries[0]["request"], &entries[0]["response"]);
    assert_eq!(request["url"], "http://api.test/v1/echo?a=1&token=%5Bredacted%5D&b=%20%C3%A9");
    assert_eq!(request["headers"].as_array().unwrap().len(), 3);
    assert_eq!(request["queryString"][1]["value"], "[redacted]");
    assert_eq!(request["postData"]["mimeType"], "application/octet-stream");
    assert_eq!((&response["content"]["text"], &response["content"]["encoding"]), (&"/w==".into(), &"base64".into()));
    assert_eq!(response["redirectURL"], "/x");
    assert_eq!(entries[1]["request"]["_truncated"], true);
    assert_eq!(entries[2]["request"]["headers"], Value::Array(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn an_export_that_can_not_go_on_is_cut() {
    let store = std::sync::Arc::new(Memory::default());
    (0..5000).map(record).for_each(|record| store.add(&record));
    let (pipe, chunks) = mpsc::channel(1);
    let mut pages = Pages::new(Filter::default(), None, false);
    let first = pages.next(&*store).await.unwrap();
    assert_eq!(first.len(), 512);
    store.fails.store(true, std::sync::atomic::Ordering::Relaxed);
    tokio::spawn(send(store, pages, first, Form::Events, pipe));
    let pieces: Vec<_> = pieces(chunks).collect().await;
    let (last, whole) = pieces.split_last().unwrap();
    assert!(last.is_err(), "the connection is closed inside the body");
    let lines: usize =
        whole.iter().map(|piece| piece.as_ref().unwrap().iter().filter(|byte| **byte == b'\n').count()).sum();
    assert_eq!(lines, 512);
    assert!(whole.iter().all(|piece| piece.as_ref().unwrap().len() <= 64 * 1024));
}
