//! Writes batches: one transaction each, by COPY straight into the partition of the day.
//!
//! The statements of a transaction are pipelined, so a batch takes three round trips. COPY goes into the partition, not
//! into `audit_events`, because a statement trigger with a transition table disables COPY's multi-row inserts. For the
//! same reason the writer itself maintains `audit_counts` and the rollups.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use actors::{audit::Record, store::StoreError};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::{
    SinkExt as _,
    future::{join, join_all, join3, join4},
};
use tokio::sync::Mutex;
use tokio_postgres::{Client, CopyInSink, Error, Statement};
use uuid::Uuid;

use super::{
    connect::{Connector, Link},
    copy::Table,
    days::{self, Days},
    errors::{classify, describe, is_aftermath, is_duplicate, is_stale_part, lacks_partition},
    notice::{CHANNEL, Token},
};
use crate::store::{
    columns,
    rollup::{Part, Parts},
};

/// Approximate size in bytes of the pieces in which rows are sent, so that a batch of large bodies is never in memory
/// twice.
const PIECE: usize = 128 * 1024;
/// Number of days whose statements stay prepared: today, and tomorrow or yesterday.
const DAYS_PREPARED: usize = 4;
/// Attempts of one append when something changes concurrently: a dropped partition, a late row.
const ATTEMPTS: u32 = 4;

/// Writer connection, kept between batches.
#[derive(Default)]
pub(super) struct Writer {
    kept: Mutex<WriterState>,
}

#[derive(Default)]
struct WriterState {
    line: Option<Line>,
    closed: bool,
}

impl Writer {
    /// Writes a batch, see [`actors::audit::AuditStore::append`]. When the future is dropped, the connection is closed
    /// and the server rolls back, unless the commit had already arrived.
    pub(super) async fn append(
        &self,
        connector: &Connector,
        days: &Days,
        token: Token,
        batch: &[Arc<Record>],
        again: bool,
    ) -> Result<(), StoreError> {
        let mut kept = self.kept.lock().await;
        if kept.closed {
            return Err(StoreError::Unavailable("closed".to_owned()));
        }
        write(&mut kept.line, connector, days, token, batch, again).await
    }

    /// Closes the connection for good.
    pub(super) async fn close(&self) {
        *self.kept.lock().await = WriterState { line: None, closed: true };
    }
}

/// Connection with its prepared statements.
struct Line {
    link: Link,
    by_day: HashMap<NaiveDate, OfDay>,
    /// Counts of the latest minutes that were written over this connection. They end with the connection, because after
    /// a failure the contents of the database are unknown.
    parts: Parts,
    count: Statement,
    put_part: Statement,
    replace_part: Statement,
    notify: Statement,
    present: Statement,
}

/// Statements for the partitions of a day.
#[derive(Clone)]
struct OfDay {
    events: Statement,
    payloads: Statement,
    wire: Statement,
}

impl Line {
    async fn open(connector: &Connector) -> Result<Self, StoreError> {
        let link = connector.link().await?;
        let prepared = async {
            let client = &link.client;
            client.batch_execute("SET TIME ZONE 'UTC'; SET jit = off").await?;
            let count = client
                .prepare(
                    "INSERT INTO audit_counts AS counts (day, slot, events) VALUES ($1, 64 + pg_backend_pid() % 64, $2) \
                     ON CONFLICT (day, slot) DO UPDATE SET events = counts.events + excluded.events",
                )
                .await?;
            let put_part = client
                .prepare(
                    "INSERT INTO audit_rollups (minute, part, first_ts, last_ts, events, cells) \
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .await?;
            // Fails, by a division by zero, when the part is gone: the housekeeper has recounted its minute.
            let replace_part = client
                .prepare(
                    "WITH replaced AS (UPDATE audit_rollups SET first_ts = $3, last_ts = $4, events = $5, cells = $6 \
                     WHERE minute = $1 AND part = $2 RETURNING 1) SELECT 1 / count(*) FROM replaced",
                )
                .await?;
            let notify = client
                .prepare(&format!("SELECT pg_notify('{CHANNEL}', notice) FROM unnest($1::text[]) AS notice"))
                .await?;
            let present = client
                .prepare(
                    "SELECT id FROM audit_events WHERE ts BETWEEN $1 AND $2 AND (ts, id) IN \
                     (SELECT * FROM unnest($3::timestamptz[], $4::uuid[]))",
                )
                .await?;
            Ok([count, put_part, replace_part, notify, present])
        };
        let [count, put_part, replace_part, notify, present] =
            prepared.await.map_err(|error: Error| StoreError::Unavailable(describe(&error)))?;
        let (by_day, parts) = (HashMap::new(), Parts::default());
        Ok(Self { link, by_day, parts, count, put_part, replace_part, notify, present })
    }

    /// Returns the statements of a day, preparing them on first use.
    async fn of_day(&mut self, day: NaiveDate) -> Result<OfDay, Error> {
        if let Some(prepared) = self.by_day.get(&day) {
            return Ok(prepared.clone());
        }
        let suffix = days::suffix(day);
        let into_events = format!("COPY audit_events_{suffix} ({}) FROM STDIN (FORMAT binary)", columns::of_event());
        let into_payloads =
            format!("COPY audit_payloads_{suffix} ({}) FROM STDIN (FORMAT binary)", columns::of_payload());
        let into_wire = format!("COPY audit_wire_{suffix} ({}) FROM STDIN (FORMAT binary)", columns::of_wire());
        let client = &self.link.client;
        let (events, payloads, wire) =
            join3(client.prepare(&into_events), client.prepare(&into_payloads), client.prepare(&into_wire)).await;
        let prepared = OfDay { events: events?, payloads: payloads?, wire: wire? };
        if self.by_day.len() >= DAYS_PREPARED {
            self.by_day.clear();
        }
        self.by_day.insert(day, prepared.clone());
        Ok(prepared)
    }
}

/// Takes the connection out of `kept` and puts it back on success. After an error it is not reused: a COPY that fails
/// before its data is requested leaves the client library out of step with the server.
async fn write(
    kept: &mut Option<Line>,
    connector: &Connector,
    days: &Days,
    token: Token,
    batch: &[Arc<Record>],
    again: bool,
) -> Result<(), StoreError> {
    let mut last = StoreError::Data("the rows of the batch conflict with each other".to_owned());
    for _ in 0..ATTEMPTS {
        let mut line = match kept.take().filter(|line| !line.link.client.is_closed()) {
            Some(line) => line,
            None => Line::open(connector).await?,
        };
        let missing: Vec<&Record> = if again {
            let present = present(&line, batch).await.map_err(|error| classify(&error))?;
            batch.iter().map(|record| &**record).filter(|record| !present.contains(&record.event.id)).collect()
        } else {
            batch.iter().map(|record| &**record).collect()
        };
        let by_day = split(&missing)?;
        match transaction(&mut line, days, token, &by_day).await {
            Ok(()) => {
                *kept = Some(line);
                return Ok(());
            }
            Err(error) => {
                last = classify(&error);
                if lacks_partition(&error) {
                    days.forget();
                } else if !(is_stale_part(&error) || again && is_duplicate(&error)) {
                    return Err(last);
                }
                // A duplicate: an abandoned attempt has committed after all, perhaps while this one was waiting for it.
                // The next look-up finds its rows.
            }
        }
    }
    Err(last)
}

/// Returns the ids that are in the store.
async fn present(line: &Line, batch: &[Arc<Record>]) -> Result<HashSet<Uuid>, Error> {
    let (times, ids): (Vec<DateTime<Utc>>, Vec<Uuid>) =
        batch.iter().map(|record| (record.event.timestamp, record.event.id)).unzip();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return Ok(HashSet::new()) };
    let rows = line.link.client.query(&line.present, &[first, last, &times, &ids]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Splits a batch by day. It nearly always is a single day.
fn split<'r>(records: &[&'r Record]) -> Result<Vec<(NaiveDate, Vec<&'r Record>)>, StoreError> {
    let mut by_day: Vec<(NaiveDate, Vec<&Record>)> = Vec::with_capacity(1);
    for record in records {
        let day = days::of(record.event.timestamp)?;
        match by_day.iter_mut().find(|(of_part, _)| *of_part == day) {
            Some((_, part)) => part.push(record),
            None => by_day.push((day, vec![record])),
        }
    }
    Ok(by_day)
}

async fn transaction(
    line: &mut Line,
    days: &Days,
    token: Token,
    by_day: &[(NaiveDate, Vec<&Record>)],
) -> Result<(), Error> {
    if by_day.is_empty() {
        return Ok(());
    }
    let mut parts = Vec::with_capacity(by_day.len());
    for (day, records) in by_day {
        days.ensure(&line.link.client, *day).await?;
        parts.push((*day, line.of_day(*day).await?, records.as_slice()));
    }
    let counted = line.parts.count(by_day.iter().flat_map(|(_, records)| records.iter().map(|record| &record.event)));
    let line = &*line;
    let client = &line.link.client;
    let notices = token.notices(by_day.iter().flat_map(|(_, records)| records.iter().map(|record| record.event.id)));
    // Polled, and so sent, in this order. After a failure the server refuses the rest and the commit becomes a
    // rollback, so the first error is the cause.
    let copies = async {
        let copies = parts.iter().map(|(day, of_day, records)| async move {
            let rows = i64::try_from(records.len()).unwrap_or(i64::MAX);
            let (events, payloads, wire, counted) = join4(
                copy(client, &of_day.events, Table::Events, records),
                copy(client, &of_day.payloads, Table::Payloads, records),
                copy(client, &of_day.wire, Table::Wire, records),
                client.execute(&line.count, &[day, &rows]),
            )
            .await;
            first_cause([events, payloads, wire, counted.map(drop)])
        });
        first_cause(join_all(copies).await)
    };
    let rollups = async { first_cause(join_all(counted.iter().map(|part| put_part(line, part))).await) };
    let (begun, (copied, counted), notified, committed) = join4(
        client.batch_execute("BEGIN"),
        join(copies, rollups),
        client.execute(&line.notify, &[&notices]),
        client.batch_execute("COMMIT"),
    )
    .await;
    first_cause([begun, copied, counted, notified.map(drop), committed])
}

async fn put_part(line: &Line, part: &Part) -> Result<(), Error> {
    let statement = if part.stored { &line.replace_part } else { &line.put_part };
    let Part { minute, part, first_ts, last_ts, events, cells, .. } = part;
    line.link.client.execute(statement, &[minute, part, first_ts, last_ts, events, cells]).await.map(drop)
}

/// Returns the first error that is not a consequence of an earlier one.
fn first_cause(outcomes: impl IntoIterator<Item = Result<(), Error>>) -> Result<(), Error> {
    let mut aftermath = None;
    for error in outcomes.into_iter().filter_map(Result::err) {
        if !is_aftermath(&error) {
            return Err(error);
        }
        aftermath.get_or_insert(error);
    }
    aftermath.map_or(Ok(()), Err)
}

/// Sends the rows of the records for `table`, if there are any.
async fn copy(client: &Client, statement: &Statement, table: Table, records: &[&Record]) -> Result<(), Error> {
    if !records.iter().any(|record| table.has(record)) {
        return Ok(());
    }
    let sink: CopyInSink<Bytes> = client.copy_in(statement).await?;
    tokio::pin!(sink);
    let mut rows = BytesMut::with_capacity(PIECE + PIECE / 4);
    Table::begin(&mut rows);
    for record in records {
        table.add(&mut rows, record);
        if rows.len() >= PIECE {
            sink.send(rows.split().freeze()).await?;
            rows.reserve(PIECE + PIECE / 4);
        }
    }
    Table::end(&mut rows);
    sink.send(rows.freeze()).await?;
    sink.as_mut().finish().await.map(drop)
}
