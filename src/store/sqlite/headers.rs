//! Pages of filters about headers, for which there is no index: the payloads are read through until the page is full. That
//! is done in the order of ids, in which the payloads can be found without their events, and events are looked up for what
//! matches alone.

use std::{collections::HashMap, mem};

use actors::audit::{Entry, Filter, Page, Record};
use diesel::{
    RunQueryDsl as _, SqliteConnection, connection::DefaultLoadingMode, result::QueryResult, sqlite::Sqlite as Backend,
};
use uuid::Uuid;

use super::queries::{QUERIES, rows};
use crate::store::sql::{EntryRow, Key, KeyRow, RecordRow, Statement};

/// The events of a page, when the filter is about headers and times alone.
pub(super) fn events(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: Page,
) -> QueryResult<Option<Vec<Entry>>> {
    let Some(walk) = QUERIES.walk(filter, page.after) else { return Ok(None) };
    let ids = ids(connection, walk, page, u64::MAX)?;
    let mut found = HashMap::with_capacity(ids.len());
    for statement in QUERIES.events_of(&ids) {
        found.extend(rows::<EntryRow, Entry>(statement, connection)?.into_iter().map(|entry| (entry.event.id, entry)));
    }
    Ok(Some(in_order(&ids, found)))
}

/// The records of a page, as [`actors::audit::AuditStore::records`] says.
pub(super) fn records(
    connection: &mut SqliteConnection,
    filter: &Filter,
    page: Page,
    bytes_max: u64,
) -> QueryResult<Option<Vec<Record>>> {
    let Some(walk) = QUERIES.walk(filter, page.after) else { return Ok(None) };
    let ids = ids(connection, walk, page, bytes_max)?;
    let mut found = HashMap::with_capacity(ids.len());
    for statement in QUERIES.records_of(&ids) {
        let records = rows::<RecordRow, Record>(statement, connection)?;
        found.extend(records.into_iter().map(|record| (record.event.id, record)));
    }
    Ok(Some(in_order(&ids, found)))
}

fn in_order<T>(ids: &[Uuid], mut found: HashMap<Uuid, T>) -> Vec<T> {
    ids.iter().filter_map(|id| found.remove(id)).collect()
}

/// The ids of a page, newest first. Stops reading when there are enough.
fn ids(connection: &mut SqliteConnection, walk: Statement, page: Page, bytes_max: u64) -> QueryResult<Vec<Uuid>> {
    let mut cut = Cut { skip: page.offset, limit: page.limit as usize, bytes_left: bytes_max, ids: Vec::new() };
    // The ids tell the millisecond: what comes is in the order of those, and is put in order within each.
    let mut millisecond: Vec<Key> = Vec::new();
    for row in walk.query::<Backend>().load_iter::<KeyRow, DefaultLoadingMode>(connection)? {
        let key = Key::from(row?);
        if millisecond.first().is_some_and(|first| first.ts.div_euclid(1000) != key.ts.div_euclid(1000)) {
            cut.take(mem::take(&mut millisecond));
            if cut.is_full() {
                return Ok(cut.ids);
            }
        }
        millisecond.push(key);
    }
    cut.take(millisecond);
    Ok(cut.ids)
}

/// A page that is being cut out.
struct Cut {
    skip: u64,
    limit: usize,
    bytes_left: u64,
    ids: Vec<Uuid>,
}

impl Cut {
    fn is_full(&self) -> bool {
        self.ids.len() == self.limit || self.bytes_left == 0
    }

    /// Takes what belongs to the page.
    fn take(&mut self, mut keys: Vec<Key>) {
        keys.sort_unstable_by(|one, other| other.cmp(one));
        for key in keys {
            if self.skip > 0 {
                self.skip -= 1;
            } else if !self.is_full() {
                self.ids.push(key.id);
                self.bytes_left = self.bytes_left.saturating_sub(key.bytes);
            }
        }
    }
}
