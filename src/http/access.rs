//! The access line: one a request, at INFO.

use std::{borrow::Cow, cell::RefCell, time::Duration};

use actix_web::http::Uri;

use crate::telemetry::{
    self,
    log::Format,
    logfmt::{READY_MADE, push_number, push_pair},
};

thread_local! {
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The facts of one request that has ended.
pub(super) struct AccessLine<'e> {
    pub(super) method: &'e str,
    pub(super) uri: &'e Uri,
    pub(super) status: u16,
    /// Body bytes handed to the connection.
    pub(super) bytes: u64,
    pub(super) took: Duration,
    pub(super) request_id: &'e str,
    /// Empty when the caller was not identified; so is `subject`.
    pub(super) auth_type: &'static str,
    pub(super) subject: &'e str,
}

impl AccessLine<'_> {
    /// Writes the line. Every request pays for it: text is made in place, without the logger's key-value machinery.
    pub(super) fn log(&self) {
        if !log::log_enabled!(target: READY_MADE, log::Level::Info) {
            return;
        }
        let path = path(self.uri);
        let micros = u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX);
        match telemetry::log::format() {
            Format::Text => LINE.with_borrow_mut(|line| {
                self.write(line, &path, micros);
                log::info!(target: READY_MADE, "{line}");
            }),
            Format::Json => log::info!(
                target: READY_MADE,
                method = self.method, path = &*path, status = self.status, bytes = self.bytes,
                duration_ms = micros as f64 / 1000.0, request_id = self.request_id,
                auth_type = self.auth_type, subject = self.subject;
                "request"
            ),
        }
    }

    fn write(&self, line: &mut String, path: &str, micros: u64) {
        line.clear();
        line.push_str("request");
        push_pair(line, "method", self.method);
        push_pair(line, "path", path);
        push_number(line, "status", self.status.into());
        push_number(line, "bytes", self.bytes);
        push_number(line, "duration_ms", micros / 1000);
        let micros = micros % 1000;
        line.push('.');
        for digit in [micros / 100, micros / 10 % 10, micros % 10] {
            line.push(char::from(b'0' + (digit % 10) as u8));
        }
        push_pair(line, "request_id", self.request_id);
        push_pair(line, "auth_type", self.auth_type);
        push_pair(line, "subject", self.subject);
    }
}

/// The path with the names of the query's parameters; their values may be secrets and stay out.
fn path(uri: &Uri) -> Cow<'_, str> {
    let Some(query) = uri.query() else { return Cow::Borrowed(uri.path()) };
    let mut shown = String::with_capacity(uri.path().len() + query.len() + 16);
    shown.push_str(uri.path());
    let mut separator = '?';
    for pair in query.split('&') {
        shown.push(separator);
        separator = '&';
        match pair.split_once('=') {
            Some((name, _)) => {
                shown.push_str(name);
                shown.push_str("=[redacted]");
            }
            // Without a name it is all value.
            None if !pair.is_empty() => shown.push_str("[redacted]"),
            None => {}
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn query_values_stay_out_of_the_log() {
        let shown = |target: &str| path(&target.parse().unwrap()).into_owned();
        assert_eq!(shown("/v1/fixed/a%2Fb"), "/v1/fixed/a%2Fb");
        assert_eq!(shown("/v1/whoami?api_key=secret&x=a=b"), "/v1/whoami?api_key=[redacted]&x=[redacted]");
        assert_eq!(shown("/v1/whoami?secret&&=secret"), "/v1/whoami?[redacted]&&=[redacted]");
    }
}
