//! Time and id of an event.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// Current time since the Unix epoch.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Creates a UUID version 7 with the time `arrived`, so that the partition's day can be read from the id.
pub(super) fn id(arrived: Duration) -> Uuid {
    Uuid::new_v7(Timestamp::from_unix(NoContext, arrived.as_secs(), arrived.subsec_nanos()))
}

/// Converts to a timestamp as events have it, in whole microseconds.
pub(super) fn timestamp(arrived: Duration) -> DateTime<Utc> {
    let micros = i64::try_from(arrived.as_micros()).unwrap_or_default();
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
