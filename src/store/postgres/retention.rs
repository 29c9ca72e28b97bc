//! Removes old events: whole days by dropping their partitions, the rest of the cutoff's day by deleting in chunks.
//! Creates the partitions of coming days.

use actors::store::StoreError;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio_postgres::{Error, GenericClient, Transaction};
use uuid::Uuid;

use super::{connect::Connector, days, errors::describe};

/// Only one replica removes events at a time, and one connections. The locks end with the transaction. Each has its own: a
/// replica that could not remove events because another one removes connections would leave them until its next round.
const EVENTS_LOCK: &str = "SELECT pg_try_advisory_xact_lock(7382054461237092)";
const CONNECTIONS_LOCK: &str = "SELECT pg_try_advisory_xact_lock(7382054461237093)";
/// While a DROP of a partition waits for readers, it blocks new readers of all days. So it gives up soon, and the next
/// round tries again.
const PATIENCE: &str = "SET LOCAL lock_timeout = '250ms'";

/// Creates the partitions from `today` to `ahead` days later.
pub(super) async fn prepare(connector: &Connector, today: DateTime<Utc>, ahead: u32) -> Result<(), StoreError> {
    let first = days::of(today)?;
    let link = connector.link().await?;
    for later in 0..=i64::from(ahead) {
        let Some(day) = first.checked_add_signed(TimeDelta::days(later)) else { break };
        link.client.query_one("SELECT audit_make_day($1)", &[&day]).await.map_err(|error| unavailable(&error))?;
    }
    Ok(())
}

/// Removes events, see [`actors::audit::AuditStore::delete_before`].
pub(super) async fn delete_before(connector: &Connector, cutoff: DateTime<Utc>, chunk: u32) -> Result<u64, StoreError> {
    let mut link = connector.link().await?;
    link.client.batch_execute("SET TIME ZONE 'UTC'; SET jit = off").await.map_err(|error| unavailable(&error))?;
    let mut removed = 0;
    for day in days_before(&link.client, cutoff).await.map_err(|error| unavailable(&error))? {
        let transaction = link.client.transaction().await.map_err(|error| unavailable(&error))?;
        let Some(events) = drop_day(transaction, day).await.map_err(|error| unavailable(&error))? else {
            return Ok(removed);
        };
        log::debug!(day:% = day, removed = events; "day dropped");
        removed += events;
    }
    if removed > 0 {
        return Ok(removed);
    }
    let transaction = link.client.transaction().await.map_err(|error| unavailable(&error))?;
    delete_chunk(transaction, cutoff, chunk).await.map_err(|error| unavailable(&error))
}

fn unavailable(error: &Error) -> StoreError {
    StoreError::Unavailable(describe(error))
}

/// Returns the days that ended at or before `cutoff`, oldest first.
async fn days_before(client: &impl GenericClient, cutoff: DateTime<Utc>) -> Result<Vec<NaiveDate>, Error> {
    let partitions = client
        .query(
            // Of all tables: a replica of a previous version drops only those that it knows.
            "SELECT relname::text FROM pg_inherits JOIN pg_class ON oid = inhrelid \
             WHERE inhparent = ANY ($1::text[]::regclass[])",
            &[&days::TABLES.as_slice()],
        )
        .await?;
    let mut old = Vec::new();
    for row in partitions {
        let name: String = row.try_get(0)?;
        old.extend(days::of_partition(&name).filter(|day| *day < cutoff.date_naive()));
    }
    old.sort_unstable();
    old.dedup();
    Ok(old)
}

/// Drops a day's partitions, counters and rollups; `None` when another replica is removing.
async fn drop_day(transaction: Transaction<'_>, day: NaiveDate) -> Result<Option<u64>, Error> {
    if !alone(&transaction, EVENTS_LOCK).await? {
        return Ok(None);
    }
    let partitions = days::TABLES.map(|table| format!("{table}_{}", days::suffix(day)));
    transaction.batch_execute(&format!("{PATIENCE}; DROP TABLE IF EXISTS {}", partitions.join(", "))).await?;
    let (first, behind) = days::minutes(day);
    for table in [
        "audit_rollups WHERE minute >= $1 AND minute < $2",
        "audit_rollup_hours WHERE hour * 60 >= $1 AND hour * 60 < $2",
        "audit_rollup_gaps WHERE first_minute >= $1 AND last_minute < $2",
    ] {
        transaction.execute(&format!("DELETE FROM {table}"), &[&first, &behind]).await?;
    }
    // Read under the drop's lock: no one can write into the day any more.
    let counters = transaction.query("DELETE FROM audit_counts WHERE day = $1 RETURNING events", &[&day]).await?;
    transaction.commit().await?;
    let events: i64 = counters.iter().map(|row| row.get::<_, i64>(0)).sum();
    Ok(Some(u64::try_from(events).unwrap_or_default()))
}

/// Deletes at most `chunk` of the oldest events before `cutoff`. Triggers delete their payloads and adjust the
/// counters.
async fn delete_chunk(transaction: Transaction<'_>, cutoff: DateTime<Utc>, chunk: u32) -> Result<u64, Error> {
    if !alone(&transaction, EVENTS_LOCK).await? {
        return Ok(0);
    }
    let beyond = transaction
        .query_opt(
            "SELECT ts, id FROM audit_events WHERE ts < $1 ORDER BY ts, id OFFSET $2 LIMIT 1",
            &[&cutoff, &i64::from(chunk)],
        )
        .await?;
    let removed = match beyond {
        Some(row) => {
            let (ts, id): (DateTime<Utc>, Uuid) = (row.try_get(0)?, row.try_get(1)?);
            transaction.execute("DELETE FROM audit_events WHERE ts <= $1 AND (ts, id) < ($1, $2)", &[&ts, &id]).await?
        }
        None => transaction.execute("DELETE FROM audit_events WHERE ts < $1", &[&cutoff]).await?,
    };
    transaction.commit().await?;
    Ok(removed)
}

/// Deletes at most `chunk` of the oldest connections before `cutoff`. Those of whole days go with the events of the day.
pub(super) async fn delete_connections_before(
    connector: &Connector,
    cutoff: DateTime<Utc>,
    chunk: u32,
) -> Result<u64, StoreError> {
    let mut link = connector.link().await?;
    let work = async {
        let transaction = link.client.transaction().await?;
        if !alone(&transaction, CONNECTIONS_LOCK).await? {
            return Ok(0);
        }
        let removed = transaction
            .execute(
                "DELETE FROM audit_connections WHERE opened < $1 AND (opened, id) IN \
                 (SELECT opened, id FROM audit_connections WHERE opened < $1 ORDER BY opened, id LIMIT $2)",
                &[&cutoff, &i64::from(chunk)],
            )
            .await?;
        transaction.commit().await?;
        Ok(removed)
    };
    work.await.map_err(|error: Error| unavailable(&error))
}

/// Returns true when no other replica holds `lock`.
async fn alone(transaction: &Transaction<'_>, lock: &str) -> Result<bool, Error> {
    transaction.query_one(lock, &[]).await?.try_get(0)
}
