//! Rows of connections.

use std::{sync::Arc, time::Duration};

use super::{account::Words, writer::Rows};
use crate::{
    audit::{Connection, ConnectionStore},
    store::Pending,
};

pub(super) const WORDS: Words = Words {
    full: "audit connection buffer full; dropping connections",
    room: "audit connection buffer has room again",
};

/// Connections on their way to the store.
pub(super) struct ConnectionRows(pub(super) Arc<dyn ConnectionStore>);

impl Rows for ConnectionRows {
    type Row = Connection;

    fn weight(connection: &Connection) -> usize {
        connection.weight()
    }

    fn store(&self) -> &'static str {
        self.0.name()
    }

    fn append<'a>(&'a self, connections: &'a [Arc<Connection>], _again: bool) -> Pending<'a, ()> {
        self.0.append(connections)
    }

    fn written(&self, _: &[Arc<Connection>], _: Duration) {}

    fn log_refusal(&self, connection: &Connection, reason: &str) {
        let id = connection.id.to_string();
        log::error!(connection_id = id.as_str(), error = reason; "audit connection refused by the store; dropping it");
    }

    fn log_retry(&self, failures: u32, pause: Duration, size: usize, reason: &str) {
        log::warn!(store = self.store(), failures = failures, pause_ms = pause.as_millis() as u64, connections = size,
            error = reason; "audit store does not take connections; retrying");
    }

    fn log_return(&self, failures: u32) {
        log::info!(store = self.store(), failures = failures; "audit store takes connections again");
    }
}
