//! Times as the portal's API writes them.

use chrono::{DateTime, SecondsFormat, Utc};

/// Returns the current time in whole microseconds, the resolution of events.
pub(super) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// Formats a time with as many digits as it needs.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
