//! Time and id of an event.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// The time now, since the Unix epoch.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A new id whose time is `arrived`: the day, and more, can be read from it.
pub(super) fn id(arrived: Duration) -> Uuid {
    Uuid::new_v7(Timestamp::from_unix(NoContext, arrived.as_secs(), arrived.subsec_nanos()))
}

/// The time as events carry it, in whole microseconds.
pub(super) fn timestamp(arrived: Duration) -> DateTime<Utc> {
    let micros = i64::try_from(arrived.as_micros()).unwrap_or_default();
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
