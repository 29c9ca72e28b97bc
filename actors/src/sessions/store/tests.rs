#![allow(clippy::unwrap_used)]

use chrono::TimeDelta;

use super::*;

fn session(number: usize, hours: i64) -> StoredSession {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    let created_at = Utc::now();
    StoredSession {
        hash,
        data: r#"{"verifier":"v"}"#.into(),
        created_at,
        expires_at: created_at + TimeDelta::hours(hours),
    }
}

#[test]
fn debug_shows_nothing_of_a_session() {
    let shown = format!("{:?}", session(7, 1));
    assert!(shown.contains("expires_at") && !shown.contains("hash") && !shown.contains("verifier"), "{shown}");
}

#[tokio::test]
async fn memory_is_bounded_and_the_shortest_makes_room() {
    let store = MemorySessions::default();
    let longest = session(0, 12);
    store.put(longest.clone()).await.unwrap();
    for number in 1..MOST_IN_MEMORY + 100 {
        store.put(session(number, 1)).await.unwrap();
    }
    assert_eq!(store.lock().len(), MOST_IN_MEMORY);
    assert!(store.get(longest.hash).await.unwrap().is_some());
}
