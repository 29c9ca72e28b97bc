//! Append, get, remove.

use std::sync::Arc;

use actors::{
    audit::{Filter, Fingerprints, JsonText, Live, Masked, Payload, Record, Source, Wire},
    store::StoreError,
};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    EVERYTHING, Fresh,
    dice::{Dice, payload, record_at, start},
    fill,
    model::{Model, plain},
    total,
};

async fn come_back(fresh: Fresh, records: Vec<Record>) {
    let store = &*fresh.store;
    fill(store, &records).await;
    for record in &records {
        let found = store.get(record.event.id).await.unwrap().unwrap();
        assert_eq!(plain(&found), plain(record));
    }
    let model = Model::new(records);
    let found = store.records(&Filter::default(), EVERYTHING, u64::MAX).await.unwrap();
    assert_eq!(found.len(), model.all().len());
    for (found, expected) in found.iter().zip(model.all()) {
        assert_eq!(plain(found), plain(expected));
    }
    let events = store.events(&Filter::default(), EVERYTHING).await.unwrap();
    assert_eq!(events, model.entries(&Filter::default()));
}

fn full(dice: &mut Dice) -> Record {
    let mut record = record_at(start() + TimeDelta::microseconds(123_457), dice);
    let event = &mut record.event;
    event.duration_ms = 0.1 + 0.2;
    event.first_byte_ms = Some(1e-3);
    event.request_id = "größe-日本-🦀".to_owned();
    event.session_id = Some("session".to_owned());
    event.user_subject = Some("Zoë".to_owned());
    event.user_email = Some("zoë@example.org".to_owned());
    event.auth_type = Some("oidc".into());
    event.api_key_name = Some("key '; DROP TABLE audit_events; --".to_owned());
    event.client_id = Some("https://client.example.org/日本".to_owned());
    event.method = "PROPFIND".into();
    event.path = "/v1/日本".to_owned();
    event.target = "/v1/%E6%97%A5?x=%00&y".to_owned();
    event.host = "[::1]:8080".to_owned();
    event.http_version = "HTTP/2.0".into();
    event.route_name = Some("fixed".into());
    event.endpoint_group = Some("data".into());
    event.status = 599;
    event.bytes_in = u64::from(u32::MAX) + 1;
    event.bytes_out = i64::MAX as u64;
    event.success = false;
    event.error_message = Some("line\nline\ttab \u{1} \u{feff}".into());
    event.error_category = Some("panic".into());
    event.remote_addr = "[::1]:1".to_owned();
    event.user_agent = Some("curl/8.0".to_owned());
    event.source = Source::PortalTryit;
    event.instance = "replica-2".into();
    event.fingerprints = Fingerprints::of(&[0x3f9a_01bc, 1]);
    record.payload = Some(Payload {
        request_headers: Some(JsonText::new(json!({"Accept": ["a", "b"], "X-Ü": ["\u{e9}\"\\\u{1}"]}).to_string())),
        request_query: Some(JsonText::new(json!({"q": ["", "2", "1"], "": ["x"]}).to_string())),
        request_content_type: Some("text/plain; charset=\"utf-8\"".to_owned()),
        request_body: Bytes::from_static(b"\0\xff\xfe binary \0"),
        request_size: 1 << 40,
        request_truncated: true,
        request_remote_addr: "[::1]:1".to_owned(),
        response_headers: Some(JsonText::new("{}")),
        response_content_type: Some("application/json".to_owned()),
        response_body: Bytes::from_static("{\"日本\":1}".as_bytes()),
        response_size: 12,
        response_truncated: true,
        replayed_from: Some(Uuid::from_u128(7)),
        masked: Masked::REQUEST_PATH.and(Masked::RESPONSE_BODY),
    });
    record.wire = Some(Wire {
        connection_id: Some(Uuid::from_u128(8)),
        request_on_connection: Some(3),
        ended_by: "client_reset".into(),
        rule: Some("space-before-colon".into()),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
        test_run: Some("run '日本' \"7\"".to_owned()),
        call_key: Some("key\n\u{1}".to_owned()),
        script: Some("flaky".to_owned()),
        attempt: Some(2),
        request_head: Bytes::from_static(b"GET /\xff\0 HTTP/1.1\r\nX : \x80\r\n\r\n"),
        response_head: Bytes::from_static(b"HTTP/1.1 200 \xfc\r\n\r\n"),
        document: Some(JsonText::new(r#"{"request":{"b":1,"a":"\u0000 \": "},"connection":{}}"#)),
    });
    record
}

/// Each field is stored in its own column.
pub(in crate::store) async fn every_field_comes_back(fresh: Fresh) {
    let mut dice = Dice::new(1);
    let mut records = dice.records(200);
    records.push(full(&mut dice));
    come_back(fresh, records).await;
}

/// Stored JSON is read back compact and sorted, whatever order the database keeps names in.
pub(in crate::store) async fn documents_come_back_compact_and_sorted(fresh: Fresh) {
    let document = r#"{"Accept-Language":["de","en: \"x\": y"],"Date":["1"],"Host":["a, b"],"X-A":[]}"#;
    let mut record = record_at(start(), &mut Dice::new(3));
    record.payload = Some(Payload {
        request_headers: Some(JsonText::new(document)),
        request_query: Some(JsonText::new(document)),
        response_headers: Some(JsonText::new("{}")),
        ..payload()
    });
    fill(&*fresh.store, std::slice::from_ref(&record)).await;
    let found = fresh.store.get(record.event.id).await.unwrap().unwrap();
    assert_eq!(found.payload, record.payload);
}

/// Long paths, large bodies, many headers, empty texts.
pub(in crate::store) async fn extremes_come_back(fresh: Fresh) {
    let mut dice = Dice::new(2);
    let mut long = full(&mut dice);
    // Random text: an index must accept it even though it can't be compressed.
    let noise: String = (0..8192).map(|_| char::from(b'!' + (dice.next() % 90) as u8)).collect();
    long.event.path = noise.clone();
    long.event.target = noise.clone();
    long.event.user_agent = Some(noise.clone());
    long.event.user_subject = Some(noise[..1024].to_owned());
    let many: Map<String, serde_json::Value> =
        (0..1000).map(|number| (format!("X-Header-{number}"), json!([format!("value {number}"), ""]))).collect();
    let body: Bytes = (0..1 << 20).map(|_| dice.next() as u8).collect();
    long.payload = Some(Payload {
        request_headers: Some(JsonText::new(json!(many).to_string())),
        response_headers: Some(JsonText::new(json!(many).to_string())),
        request_body: body.clone(),
        response_body: body,
        ..payload()
    });
    long.wire = Some(Wire {
        ended_by: "complete".into(),
        // As above: no index may limit what a client sends.
        rule: Some(noise[..1024].to_owned().into()),
        trace_id: Some(noise.clone()),
        test_run: Some(noise.clone()),
        call_key: Some(noise.clone()),
        script: Some(noise.clone()),
        request_head: (0..256 * 1024).map(|_| dice.next() as u8).collect(),
        document: Some(JsonText::new(json!({"request": {"fields": many}}).to_string())),
        ..Wire::default()
    });
    let mut empty = record_at(start(), &mut dice);
    let event = &mut empty.event;
    for text in [&mut event.request_id, &mut event.path, &mut event.target, &mut event.host, &mut event.remote_addr] {
        text.clear();
    }
    event.user_subject = Some(String::new());
    event.user_agent = Some(String::new());
    event.duration_ms = 0.0;
    empty.payload = Some(payload());
    empty.wire = Some(Wire { test_run: Some(String::new()), ..Wire::default() });
    // One event a year ago, one now.
    let old = record_at(start() - TimeDelta::days(365), &mut dice);
    let now = Utc::now();
    let now = record_at(now - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos() % 1000)), &mut dice);
    come_back(fresh, vec![long, empty, old, now]).await;
}

/// Records without payload, and ids that are unknown or impossible.
pub(in crate::store) async fn records_without_payload_come_back(fresh: Fresh) {
    let mut dice = Dice::new(3);
    let record = record_at(start(), &mut dice);
    let other = record_at(start(), &mut dice);
    let Fresh { store, connections, secrets, keep } = fresh;
    for id in [record.event.id, Uuid::nil(), Uuid::max(), Uuid::new_v4()] {
        assert_eq!(store.get(id).await.unwrap(), None);
    }
    come_back(Fresh { store: Arc::clone(&store), connections, secrets, keep: Box::new(()) }, vec![record]).await;
    assert_eq!(store.get(other.event.id).await.unwrap(), None);
    drop(keep);
}

/// An existing row makes the whole batch fail, and nothing of it is kept.
pub(in crate::store) async fn a_batch_is_written_whole_or_not_at_all(fresh: Fresh) {
    let store = &*fresh.store;
    let records: Vec<Arc<Record>> = Dice::new(4).records(20).into_iter().map(Arc::new).collect();
    store.append(&records[..1], false).await.unwrap();
    let mut batch = records[1..].to_vec();
    batch.push(Arc::clone(&records[0]));
    let failed = store.append(&batch, false).await;
    assert!(matches!(failed, Err(StoreError::Data(_))), "{failed:?}");
    assert_eq!(total(store).await, 1);
    store.append(&batch[..19], false).await.unwrap();
    assert_eq!(total(store).await, 20);
    store.append(&[], false).await.unwrap();
    assert_eq!(total(store).await, 20);
}

/// A retry after an attempt with unknown outcome writes only the missing rows.
pub(in crate::store) async fn writing_again_writes_what_is_missing(fresh: Fresh) {
    let store = &*fresh.store;
    let records = Dice::new(5).records(60);
    let batch: Vec<Arc<Record>> = records.iter().cloned().map(Arc::new).collect();
    store.append(&batch[..30], false).await.unwrap();
    store.append(&batch[10..], true).await.unwrap();
    store.append(&batch, true).await.unwrap();
    assert_eq!(total(store).await, 60);
    let found = store.records(&Filter::default(), EVERYTHING, u64::MAX).await.unwrap();
    let model = Model::new(records);
    let expected: Vec<_> = model.all().iter().map(plain).collect();
    assert_eq!(found.iter().map(plain).collect::<Vec<_>>(), expected);
}

/// Ids in any order, with unknown ones among them, and more than fit one query.
pub(in crate::store) async fn live_keeps_the_order(fresh: Fresh) {
    let store = &*fresh.store;
    let mut dice = Dice::new(6);
    let records = dice.records(1200);
    fill(store, &records).await;
    let mut ids: Vec<Uuid> = records.iter().map(|record| record.event.id).collect();
    for _ in 0..300 {
        let (one, other) = (dice.below(ids.len()), dice.below(ids.len()));
        ids.swap(one, other);
    }
    let mut asked = ids.clone();
    asked.insert(3, Uuid::nil());
    asked.insert(500, record_at(start(), &mut dice).event.id);
    asked.push(Uuid::new_v4());
    let found = store.live(&asked).await.unwrap();
    assert_eq!(found.iter().map(|live| live.entry.event.id).collect::<Vec<_>>(), ids);
    let read = |text: &Option<JsonText>| {
        text.as_ref().map(|text| serde_json::from_str::<serde_json::Value>(text.as_str()).unwrap())
    };
    for live in &found {
        let original = records.iter().find(|original| original.event.id == live.entry.event.id).unwrap();
        let expected = Live::from(original);
        assert_eq!(live.entry, expected.entry);
        assert_eq!(read(&live.request_headers), read(&expected.request_headers));
        assert_eq!(read(&live.response_headers), read(&expected.response_headers));
    }
    assert!(store.live(&[]).await.unwrap().is_empty());
    assert!(store.live(&[Uuid::nil()]).await.unwrap().is_empty());
}

/// Removing an event removes its payload, and keeps replays of it.
pub(in crate::store) async fn deleting_takes_payloads_and_keeps_replays(fresh: Fresh) {
    let store = &*fresh.store;
    let mut dice = Dice::new(7);
    let old = start() - TimeDelta::days(3);
    let mut original = record_at(old, &mut dice);
    original.payload = Some(payload());
    original.wire = Some(Wire::default());
    let mut replay = record_at(start(), &mut dice);
    replay.event.source = Source::Replay;
    replay.payload = Some(Payload { replayed_from: Some(original.event.id), ..payload() });
    fill(store, &[original.clone(), replay.clone()]).await;
    let mut removed = 0;
    loop {
        match store.delete_before(old + TimeDelta::days(1), 1000).await.unwrap() {
            0 => break,
            some => removed += some,
        }
    }
    assert_eq!(removed, 1);
    assert_eq!(store.get(original.event.id).await.unwrap(), None);
    assert_eq!(plain(&store.get(replay.event.id).await.unwrap().unwrap()), plain(&replay));
    assert_eq!(total(store).await, 1);
    // If payload and record below HTTP were still there, they would stay as they were.
    original.payload = Some(Payload { request_size: 5, ..payload() });
    original.wire = Some(Wire { ended_by: "timeout".into(), ..Wire::default() });
    store.append(&[Arc::new(original.clone())], true).await.unwrap();
    assert_eq!(plain(&store.get(original.event.id).await.unwrap().unwrap()), plain(&original));
}

/// All older events are removed, in chunks, and nothing else; the total follows.
pub(in crate::store) async fn deleting_goes_in_chunks(fresh: Fresh) {
    let store = &*fresh.store;
    let mut dice = Dice::new(8);
    let cutoff = start();
    let mut records: Vec<Record> =
        (0..250).map(|number| record_at(cutoff - TimeDelta::minutes(10 * (number + 1)), &mut dice)).collect();
    let kept = [cutoff, cutoff + TimeDelta::hours(5)].map(|at| record_at(at, &mut dice));
    records.extend(kept.iter().cloned());
    fill(store, &records).await;
    let mut removed = 0;
    loop {
        match store.delete_before(cutoff, 100).await.unwrap() {
            0 => break,
            some => removed += some,
        }
        assert_eq!(total(store).await, 252 - removed);
    }
    assert_eq!(removed, 250);
    let left = store.events(&Filter::default(), EVERYTHING).await.unwrap();
    assert_eq!(
        left.into_iter().map(|entry| entry.event).collect::<Vec<_>>(),
        [kept[1].event.clone(), kept[0].event.clone()]
    );
}

/// All replicas get the same secret, however many ask at once and whatever they propose, and it stays the same.
pub(in crate::store) async fn all_replicas_agree_on_one_secret(fresh: Fresh) {
    let secrets = &*fresh.secrets;
    let proposals = (0..8).map(|number| secrets.agree_on("one", vec![number; 32]));
    let agreed: Vec<Vec<u8>> =
        futures_util::future::join_all(proposals).await.into_iter().map(Result::unwrap).collect();
    assert!(agreed[0].len() == 32 && agreed[0][0] < 8, "one of those that were proposed");
    assert!(agreed.iter().all(|secret| *secret == agreed[0]), "{agreed:?}");
    assert_eq!(secrets.agree_on("one", vec![9; 32]).await.unwrap(), agreed[0]);
    assert_eq!(secrets.agree_on("other", vec![0, 255]).await.unwrap(), [0, 255]);
}
