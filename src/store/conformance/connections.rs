//! Connections: append, queries, remove.

use std::sync::Arc;

use actors::{
    audit::{Connection, ConnectionFilter, Cursor, JsonText, Page, PeerFilter},
    store::StoreError,
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    EVERYTHING, Fresh,
    dice::{Dice, ENDS, SPAN, start},
};

const PEERS: [&str; 5] = ["10.0.0.1:80", "10.0.0.10:80", "10.0.0.1:8080", "[::1]:5", "[2001:db8::1]:443"];
const PROTOCOLS: [&str; 4] = ["http/1", "http/2", "none", "it's"];

fn connection(opened: DateTime<Utc>, dice: &mut Dice) -> Connection {
    let mut random = [0; 10];
    random.fill_with(|| dice.next() as u8);
    let millis = u64::try_from(opened.timestamp_millis()).unwrap();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    let any = |dice: &mut Dice| -> Bytes { (0..dice.below(300)).map(|_| dice.next() as u8).collect() };
    Connection {
        remote_addr: dice.pick(&PEERS).to_owned(),
        local_port: dice.pick(&[0, 8080, 65_535]),
        protocol: dice.pick(&PROTOCOLS).into(),
        tls: dice.once_in(2).then(|| JsonText::new(json!({"sni": "größe", "odd": "\0"}).to_string())),
        proxy: dice.once_in(2).then(|| JsonText::new(r#"{"version":2}"#)),
        bytes_in: dice.pick(&[0, 1 << 40, i64::MAX as u64]),
        bytes_out: dice.next() >> 1,
        requests: dice.below(9) as u64,
        first_bytes: any(dice),
        ended_by: dice.pick(&ENDS).into(),
        error_message: dice.once_in(2).then(|| "TLS: größer\n'x'".into()),
        instance: "test".into(),
        ..Connection::new(id, opened, opened + TimeDelta::microseconds(dice.below(9_000_000) as i64))
    }
}

/// Returns connections of all kinds, newest first.
fn connections(dice: &mut Dice, count: usize) -> Vec<Arc<Connection>> {
    let mut all: Vec<_> = (0..count)
        .map(|_| {
            let opened = dice.moment();
            Arc::new(connection(opened, dice))
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.opened, one.id)));
    all
}

fn filters() -> Vec<ConnectionFilter> {
    let all = ConnectionFilter::default;
    let mut filters = vec![all()];
    for moment in [TimeDelta::zero(), TimeDelta::minutes(10), TimeDelta::nanoseconds(1), SPAN] {
        filters.push(ConnectionFilter { from: Some(start() + moment), ..all() });
        filters.push(ConnectionFilter { to: Some(start() + moment), ..all() });
    }
    for peer in PEERS.into_iter().chain(["10.0.0.1", "10.0.0", "::1", "[::1]", "::ffff:10.0.0.1", "%", "\0", ""]) {
        filters.push(ConnectionFilter { remote_addr: Some(PeerFilter::parse(peer)), ..all() });
    }
    for protocol in PROTOCOLS.into_iter().chain(["HTTP/1", "http/_", "\0"]) {
        filters.push(ConnectionFilter { protocol: Some(protocol.to_owned()), ..all() });
    }
    for ended_by in ENDS.into_iter().chain(["complet_", "\0"]) {
        filters.push(ConnectionFilter { ended_by: Some(ended_by.to_owned()), ..all() });
    }
    filters.push(ConnectionFilter {
        from: Some(start() + TimeDelta::minutes(2)),
        to: Some(start() + TimeDelta::minutes(18)),
        remote_addr: Some(PeerFilter::parse("10.0.0.1")),
        protocol: Some("http/1".to_owned()),
        ended_by: Some("complete".to_owned()),
    });
    filters
}

/// Each filter, alone and together, by offset and by cursor; and each connection by id.
pub(in crate::store) async fn connections_come_back_by_every_filter(fresh: Fresh) {
    let store = &*fresh.connections;
    let mut dice = Dice::new(51);
    let all = connections(&mut dice, 300);
    for batch in all.chunks(64) {
        store.append(batch).await.unwrap();
    }
    let mut met = 0;
    for filter in filters() {
        let expected: Vec<Connection> =
            all.iter().filter(|one| filter.matches(one)).map(|one| (**one).clone()).collect();
        met += usize::from(!expected.is_empty());
        assert_eq!(store.connections(&filter, EVERYTHING).await.unwrap(), expected, "{filter:?}");
        assert_eq!(store.count(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
        let mut by_cursor = Vec::new();
        let mut after = None;
        loop {
            let page = store.connections(&filter, Page { after, offset: 0, limit: 70 }).await.unwrap();
            let offset = by_cursor.len() as u64;
            let by_offset = store.connections(&filter, Page { after: None, offset, limit: 70 }).await.unwrap();
            assert_eq!(page, by_offset, "{filter:?}");
            let Some(last) = page.last() else { break };
            after = Some(Cursor::after_connection(last));
            by_cursor.extend(page);
        }
        assert_eq!(by_cursor, expected, "{filter:?}");
    }
    assert!(met > 20, "only {met} filters matched anything");
    for one in &all {
        assert_eq!(store.get(one.id).await.unwrap().as_ref(), Some(&**one));
    }
    for id in [Uuid::nil(), Uuid::max(), Uuid::new_v4(), connection(start(), &mut dice).id] {
        assert_eq!(store.get(id).await.unwrap(), None);
    }
}

/// A retry writes what is missing, and a batch with an impossible row is not written at all.
pub(in crate::store) async fn connections_are_written_once(fresh: Fresh) {
    let store = &*fresh.connections;
    let all = connections(&mut Dice::new(52), 50);
    let total = async || store.connections(&ConnectionFilter::default(), EVERYTHING).await.unwrap().len();
    store.append(&all[..20]).await.unwrap();
    store.append(&all[10..40]).await.unwrap();
    store.append(&all[10..40]).await.unwrap();
    assert_eq!(total().await, 40);
    store.append(&[]).await.unwrap();
    let mut batch = all[40..].to_vec();
    let beyond = Connection { opened: DateTime::<Utc>::MAX_UTC, ..(*all[0]).clone() };
    if store.name() == "postgres" {
        batch.push(Arc::new(beyond));
        let refused = store.append(&batch).await;
        assert!(matches!(refused, Err(StoreError::Data(_))), "{refused:?}");
        assert_eq!(total().await, 40);
        batch.pop();
    }
    store.append(&batch).await.unwrap();
    assert_eq!(total().await, 50);
}

/// Connections older than the retention go: in chunks, or with the events of their day.
pub(in crate::store) async fn connections_are_removed_by_age(fresh: Fresh) {
    let store = &*fresh.connections;
    let mut dice = Dice::new(53);
    // The span begins before midnight: some days are removed whole, one in part.
    let all = connections(&mut dice, 200);
    store.append(&all).await.unwrap();
    let cutoff = start() + TimeDelta::minutes(15);
    while fresh.store.delete_before(cutoff, 30).await.unwrap() > 0 {}
    loop {
        let removed = store.delete_before(cutoff, 30).await.unwrap();
        assert!(removed <= 30);
        if removed == 0 {
            break;
        }
    }
    let left = store.connections(&ConnectionFilter::default(), EVERYTHING).await.unwrap();
    let expected: Vec<Connection> = all.iter().filter(|one| one.opened >= cutoff).map(|one| (**one).clone()).collect();
    assert!(!expected.is_empty() && expected.len() < all.len());
    assert_eq!(left, expected);
}
