//! The `Date` header, formatted once a second on each thread.

use std::{
    cell::RefCell,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::http::header::HeaderValue;

thread_local! {
    static SECOND: RefCell<(u64, HeaderValue)> = const { RefCell::new((u64::MAX, HeaderValue::from_static(""))) };
}

/// Returns the current date (RFC 9110, section 5.6.7).
pub(super) fn now() -> HeaderValue {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    SECOND.with_borrow_mut(|(second, value)| {
        if *second != now {
            *second = now;
            let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now));
            *value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        }
        value.clone()
    })
}
