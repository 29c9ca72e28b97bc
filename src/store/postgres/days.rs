//! Days and their partitions.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use actors::store::StoreError;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use tokio_postgres::{Client, Error};

/// Days whose partitions are known to exist. Another replica may drop one; then a write fails, and the day is forgotten
/// and its partitions are created again.
#[derive(Default)]
pub(super) struct Days {
    known: Mutex<HashSet<NaiveDate>>,
}

impl Days {
    /// Creates the partitions of a day unless they are known to exist.
    pub(super) async fn ensure(&self, client: &Client, day: NaiveDate) -> Result<(), Error> {
        if self.lock().contains(&day) {
            return Ok(());
        }
        client.query_one("SELECT audit_make_day($1)", &[&day]).await?;
        self.lock().insert(day);
        Ok(())
    }

    /// Forgets all days.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<NaiveDate>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the UTC day of an event. Only years of four digits are accepted, so that names of partitions sort.
///
/// # Errors
/// [`StoreError::Data`] for a time outside these years.
pub(super) fn of(time: DateTime<Utc>) -> Result<NaiveDate, StoreError> {
    let day = time.date_naive();
    if (1..=9999).contains(&day.year()) {
        Ok(day)
    } else {
        Err(StoreError::Data(format!("no partition for the time {time}")))
    }
}

/// Returns the suffix of a day's partitions.
pub(super) fn suffix(day: NaiveDate) -> String {
    day.format("%Y%m%d").to_string()
}

/// Returns the minutes since 1970 at which a day begins and ends.
pub(super) fn minutes(day: NaiveDate) -> (i64, i64) {
    let first = day.signed_duration_since(NaiveDate::default()).num_minutes();
    (first, first + 1440)
}

/// Tables with a partition per day.
pub(super) const TABLES: [&str; 4] = ["audit_events", "audit_payloads", "audit_wire", "audit_connections"];

/// Parses the day in the name of a partition; `None` for any other table.
pub(super) fn of_partition(name: &str) -> Option<NaiveDate> {
    let suffix = TABLES.iter().find_map(|table| name.strip_prefix(table)?.strip_prefix('_'))?;
    if suffix.len() != 8 {
        return None;
    }
    NaiveDate::parse_from_str(suffix, "%Y%m%d").ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_name_of_a_partition_is_its_day() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        for table in TABLES {
            assert_eq!(of_partition(&format!("{table}_{}", suffix(day))), Some(day));
        }
        for other in ["audit_events_", "audit_events_default", "audit_events_20261301", "audit_other_20260131"] {
            assert_eq!(of_partition(other), None, "{other}");
        }
    }
}
