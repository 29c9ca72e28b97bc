//! The access line: one per request, at INFO.

use std::{borrow::Cow, cell::RefCell, time::Duration};

use super::request_id;
use crate::{
    credentials::{CredentialMask, Finder, REDACTED},
    request::{RequestHead, Target},
    telemetry::{
        self,
        log::Format,
        logfmt::{READY_MADE, push_number, push_pair},
    },
    wire::Query,
};

thread_local! {
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Facts of a finished request.
pub(super) struct AccessLine<'e> {
    pub(super) method: &'e str,
    pub(super) target: &'e Target,
    /// Set when the head contains a credential in an unusual place.
    pub(super) masked: Option<&'e MaskedHead>,
    pub(super) status: u16,
    /// Body bytes that the socket took.
    pub(super) bytes: u64,
    pub(super) took: Duration,
    pub(super) request_id: &'e str,
    /// Empty, like `subject`, when the caller was not identified.
    pub(super) auth_type: &'static str,
    pub(super) subject: &'e str,
}

impl AccessLine<'_> {
    /// Writes the line. It formats in place, without the logger's key-value machinery, because every request pays for
    /// it.
    pub(super) fn log(&self) {
        if !log::log_enabled!(target: READY_MADE, log::Level::Info) {
            return;
        }
        let path = self
            .masked
            .map_or_else(|| path(self.target.path(), self.target.query()), |masked| Cow::Borrowed(&masked.path));
        let micros = u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX);
        match telemetry::log::format() {
            Format::Text => LINE.with_borrow_mut(|line| {
                self.write(line, &path, micros);
                log::info!(target: READY_MADE, "{line}");
            }),
            Format::Json => log::info!(
                target: READY_MADE,
                method = self.method(), path = &*path, status = self.status, bytes = self.bytes,
                duration_ms = micros as f64 / 1000.0, request_id = self.request_id,
                auth_type = self.auth_type, subject = self.subject;
                "request"
            ),
        }
    }

    fn method(&self) -> &str {
        self.masked.map_or(self.method, |masked| &masked.method)
    }

    fn write(&self, line: &mut String, path: &str, micros: u64) {
        line.clear();
        line.push_str("request");
        push_pair(line, "method", self.method());
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

/// Logged parts of a request head, with the request's credentials masked.
pub(super) struct MaskedHead {
    method: String,
    /// Path with the names of the query parameters.
    path: String,
    /// Request id.
    pub(super) request_id: String,
}

impl MaskedHead {
    /// Masks the head of a request. `None` when it contains no credential in an unusual place and is logged unchanged.
    #[must_use]
    pub(super) fn of(finder: &Finder, head: &RequestHead, target: &Target, request_id: &str) -> Option<Box<Self>> {
        let query = target.query().unwrap_or_default();
        let mut found = finder.all(head);
        let params = Query::parse(query).pairs().filter(|(name, _)| finder.is_key_param(name));
        found.extend(params.map(|(_, value)| value));
        if found.is_empty() {
            return None;
        }
        // An id that we generated contains no credential.
        let theirs = head.get(request_id::NAME) == Some(request_id.as_bytes());
        let id_length = if theirs { request_id.len() } else { 0 };
        let target_length = target.path().len() + query.len();
        let longest = target_length.max(head.method().as_str().len()).max(id_length);
        if found.iter().all(|credential| credential.trim_ascii().len() > longest) {
            return None;
        }
        let mask = CredentialMask::new(found.iter().map(|value| &**value), |_| REDACTED.into());
        let path = path(target.path(), target.query());
        let shown = match path.split_once('?') {
            None => mask.path(&path),
            Some((path, query)) => Cow::Owned(format!("{}?{}", mask.path(path), mask.encoded(query, true))),
        };
        let (method, id) = (mask.value(head.method().as_str()), mask.value(request_id));
        let same = *shown == *path && *method == *head.method().as_str() && *id == *request_id;
        (!same).then(|| {
            let (method, path, request_id) = (method.into_owned(), shown.into_owned(), id.into_owned());
            Box::new(Self { method, path, request_id })
        })
    }
}

/// Returns the path with the names of the query parameters. Their values may be secrets and are left out.
fn path<'t>(path: &'t str, query: Option<&str>) -> Cow<'t, str> {
    let Some(query) = query else { return Cow::Borrowed(path) };
    let mut shown = String::with_capacity(path.len() + query.len() + 16);
    shown.push_str(path);
    let mut separator = '?';
    for pair in query.split('&') {
        shown.push(separator);
        separator = '&';
        match pair.split_once('=') {
            Some((name, _)) => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(REDACTED);
            }
            // A parameter without a name is all value.
            None if !pair.is_empty() => shown.push_str(REDACTED),
            None => {}
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_values_stay_out_of_the_log() {
        let shown = |target: &str| {
            let (before, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
            path(before, query).into_owned()
        };
        assert_eq!(shown("/v1/fixed/a%2Fb"), "/v1/fixed/a%2Fb");
        assert_eq!(shown("/v1/whoami?api_key=secret&x=a=b"), "/v1/whoami?api_key=[redacted]&x=[redacted]");
        assert_eq!(shown("/v1/whoami?secret&&=secret"), "/v1/whoami?[redacted]&&=[redacted]");
    }
}
