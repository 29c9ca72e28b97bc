//! Filters that every query of the audit trail accepts.

use std::str::FromStr;

use actix_web::http::{Method, header::HeaderName};
use actors::audit::{Filter, Fingerprints, PeerFilter, Source, StatusFilter};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::params::{Field, ParamKind, ParsedQuery, must_be};
use crate::{
    endpoints::{Fault, Route},
    wire::{header_name::canonical_header, number},
};

/// Names of the authentication types.
const AUTH_TYPES: &[&str] = &["anonymous", "apikey", "bearer", "oauth2"];
/// Names of the sources of requests.
const SOURCES: &[&str] = &["external", "portal-tryit", "replay"];
/// Ends of exchanges and connections.
pub(super) const ENDS: &[&str] =
    &["complete", "client_fin", "client_reset", "server_close", "server_reset", "timeout", "shutdown"];
/// Names of the booleans.
pub(super) const BOOLEAN: &[&str] = &["true", "false"];

pub(super) const fn field(name: &'static str, kind: ParamKind, about: &'static str, example: &'static str) -> Field {
    Field { name, about, kind, example }
}

/// All filters. They are combined by AND.
pub(super) static FILTERS: [Field; 28] = [
    field("from", ParamKind::Time, "Events that began at or after this time (RFC 3339).", "2026-01-31T12:00:00Z"),
    field("to", ParamKind::Time, "Events that began before this time (RFC 3339).", "2026-01-31T13:00:00Z"),
    field("method", ParamKind::Verb, "Method, case-sensitive.", "GET"),
    field("path", ParamKind::Text, "Text that the path contains, case-sensitive.", "/v1/fixed/"),
    field("route_name", ParamKind::Text, "Name of the route.", "fixed"),
    field("endpoint_group", ParamKind::Text, "Group of the route.", "data"),
    field("status", ParamKind::Status, "Status, or status class.", "4xx"),
    field("user", ParamKind::Text, "Subject or email address of the caller.", "devkey"),
    field("auth_type", ParamKind::Word(AUTH_TYPES), "How the caller was authenticated.", "apikey"),
    field("session", ParamKind::Text, "Portal session that the request was sent from.", "s-1"),
    field("success", ParamKind::Word(BOOLEAN), "True for 200 ≤ status < 400.", "true"),
    field("source", ParamKind::Word(SOURCES), "Where the request came from.", "external"),
    field("request_id", ParamKind::Text, "Value of X-Request-Id.", "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2"),
    field("q", ParamKind::Text, "Text that the path, error message or request id contains, case-sensitive.", "fixed"),
    field(
        "header",
        ParamKind::Header,
        "Name and value of a request or response header. May be repeated; all must match.",
        "Content-Type:application/json",
    ),
    field(
        "has_header",
        ParamKind::HeaderName,
        "Name of a request or response header. May be repeated; all must match.",
        "X-Request-Id",
    ),
    field("min_duration_ms", ParamKind::Number, "Minimum duration in milliseconds.", "250"),
    field(
        "fingerprint",
        ParamKind::Fingerprint,
        "Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.",
        "3f9a01bc",
    ),
    field("remote_addr", ParamKind::Text, "Address of the peer, with or without port.", "127.0.0.1"),
    field("http_version", ParamKind::Text, "Protocol version: HTTP/1.0, HTTP/1.1 or HTTP/2.0.", "HTTP/1.1"),
    field("connection", ParamKind::Id, "Connection of the request.", "019a8d10-0000-7000-8000-000000000001"),
    field("rule", ParamKind::Text, "Rule that a malformed request breaks.", "space-before-colon"),
    field("ended_by", ParamKind::Word(ENDS), "How the exchange ended.", "client_reset"),
    field(
        "trace_id",
        ParamKind::TraceId,
        "Trace id of traceparent: 32 hex digits.",
        "0af7651916cd43dd8448eb211c80319c",
    ),
    field("test_run", ParamKind::Text, "Value of X-Test-Run.", "run-1"),
    field("call_key", ParamKind::Text, "Key by which attempts of one call are counted.", "order-7"),
    field("script", ParamKind::Text, "Name of the script that answered.", "flaky"),
    field("attempt", ParamKind::Count, "Number of the attempt within its call, from 1.", "2"),
];

/// Adds all filters to a route.
pub(super) fn filtered(route: Route) -> Route {
    FILTERS.iter().fold(route, |route, field| route.takes(field))
}

/// Bounds of a time range: from, to.
type TimeRange = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl ParsedQuery {
    /// Returns the filter.
    ///
    /// # Errors
    /// 400 naming the malformed filter.
    pub(super) fn filter(&self) -> Result<Filter, Fault> {
        let text = |name| self.one(name).map(str::to_owned);
        let (from, to) = self.span()?;
        let filter = Filter {
            from,
            to,
            method: self.read_one("method", "a method like GET", |text| {
                Method::from_bytes(text.as_bytes()).ok().map(|_| text.to_owned())
            })?,
            path: text("path"),
            route_name: text("route_name"),
            endpoint_group: text("endpoint_group"),
            status: self.read_one("status", "a status like 404 or a class like 4xx", StatusFilter::parse)?,
            user: text("user"),
            auth_type: self.word("auth_type", AUTH_TYPES)?.map(str::to_owned),
            session: text("session"),
            success: self.word("success", BOOLEAN)?.map(|word| word == "true"),
            source: self.word("source", SOURCES)?.and_then(Source::parse),
            request_id: text("request_id"),
            q: text("q"),
            headers: self.many("header").map(header).collect::<Result<_, _>>()?,
            has_headers: self
                .many("has_header")
                .map(|name| header_name(name).ok_or_else(|| must_be("has_header", "a name like X-Request-Id")))
                .collect::<Result<_, _>>()?,
            min_duration_ms: self.read_one("min_duration_ms", "a non-negative number", milliseconds)?,
            fingerprint: self.read_one("fingerprint", "eight hex digits like 3f9a01bc", fingerprint)?,
            remote_addr: self.one("remote_addr").map(PeerFilter::parse),
            http_version: text("http_version"),
            connection: self.read_one("connection", "a UUID like 019a8d10-0000-7000-8000-000000000001", uuid)?,
            rule: text("rule"),
            ended_by: self.word("ended_by", ENDS)?.map(str::to_owned),
            trace_id: self.read_one("trace_id", "32 hex digits", trace_id)?,
            test_run: text("test_run"),
            call_key: text("call_key"),
            script: text("script"),
            attempt: self.read_one("attempt", "a positive integer", attempt)?,
        };
        Ok(filter)
    }

    /// Returns the bounds of the time range.
    ///
    /// # Errors
    /// 400 when one is malformed, or they are in the wrong order.
    pub(super) fn span(&self) -> Result<TimeRange, Fault> {
        match (self.time("from")?, self.time("to")?) {
            (Some(from), Some(to)) if from > to => Err(Fault::bad_request("from must not be after to")),
            span => Ok(span),
        }
    }

    fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Fault> {
        self.read_one(name, "a time like 2026-01-31T12:00:00Z (RFC 3339)", time)
    }
}

/// Parses a time and rounds it up to the microsecond, the resolution of events. A `+` that arrived unescaped, as a
/// space, is taken as the sign of the offset.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let date_and_time = "2026-01-31T12:00:00".len();
    let signed = match text.get(date_and_time..)?.find(' ') {
        Some(at) => {
            let (before, behind) = text.split_at(date_and_time + at);
            format!("{before}+{}", &behind[1..])
        }
        None => text.to_owned(),
    };
    let read = DateTime::parse_from_rfc3339(&signed).ok()?.to_utc();
    let micros = read.timestamp_micros();
    let beyond = i64::from(read.timestamp_subsec_nanos() % 1000 != 0);
    DateTime::from_timestamp_micros(micros + beyond)
}

fn fingerprint(text: &str) -> Option<String> {
    let fits = text.len() == Fingerprints::DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
}

fn trace_id(text: &str) -> Option<String> {
    let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
}

/// Parses the canonical form of 36 characters; the parser accepts others too.
fn uuid(text: &str) -> Option<Uuid> {
    Some(text).filter(|text| text.len() == 36).and_then(|text| Uuid::try_parse(text).ok())
}

fn attempt(text: &str) -> Option<u32> {
    number::integer(text.as_bytes()).and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0)
}

fn milliseconds(text: &str) -> Option<f64> {
    number::decimal(text.as_bytes()).filter(|value| value.is_finite() && *value >= 0.0)
}

fn header(text: &str) -> Result<(String, String), Fault> {
    text.split_once(':')
        .and_then(|(name, value)| Some((header_name(name.trim())?, value.trim().to_owned())))
        .ok_or_else(|| must_be("header", "Name:value like Content-Type:application/json"))
}

/// Parses a header name into its recorded form.
fn header_name(text: &str) -> Option<String> {
    HeaderName::from_str(text).ok().map(|name| canonical_header(name.as_str()))
}

/// Default time range of a query.
const LAST_HOUR: TimeDelta = TimeDelta::hours(1);

/// Sets missing bounds: `to` defaults to now, `from` to an hour before `to`.
pub(super) fn window(filter: &mut Filter, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let to = filter.to.unwrap_or_else(|| filter.from.map_or(now, |from| now.max(from)));
    let from = filter.from.unwrap_or_else(|| to.checked_sub_signed(LAST_HOUR).unwrap_or(to));
    (filter.from, filter.to) = (Some(from), Some(to));
    (from, to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        endpoints::Param as _,
        portal::api::{params::DeclaredParam, render::rfc3339},
        wire::Query,
    };

    fn asked(query: &str) -> Result<Filter, String> {
        const LIMIT: Field = field("limit", ParamKind::Count, "Most events.", "7");
        let known: Vec<DeclaredParam> =
            FILTERS.iter().chain([&LIMIT]).filter_map(|field| DeclaredParam::of(&field.doc())).collect();
        let read = ParsedQuery::parse(Query::parse(query), "api_key", &known).and_then(|asked| asked.filter());
        read.map_err(|fault| fault.message.into_owned())
    }

    #[test]
    fn every_filter_is_read() {
        let query = "from=2026-01-31T12:00:00Z&to=2026-01-31T13:00:00%2B01:00&method=GET&path=/v1/%C3%A9&route_name=a\
                     &endpoint_group=b&status=4xx&user=c&auth_type=oauth2&session=d&success=false&source=portal-tryit\
                     &request_id=e&q=f&header=content-TYPE:%20a:b%20&header=x-y:&has_header=etag&min_duration_ms=.5\
                     &fingerprint=3F9A01bc&remote_addr=[::1]&http_version=HTTP/2.0&rule=g&ended_by=timeout&test_run=h\
                     &connection=019A8D10-0000-7000-8000-000000000001&trace_id=0AF7651916CD43DD8448EB211C80319C\
                     &call_key=i&script=j&attempt=2&limit=7&api_key=secret";
        let text = |text: &str| Some(text.to_owned());
        let expected = Filter {
            from: Some("2026-01-31T12:00:00Z".parse().unwrap()),
            to: Some("2026-01-31T12:00:00Z".parse().unwrap()),
            method: text("GET"),
            path: text("/v1/é"),
            route_name: text("a"),
            endpoint_group: text("b"),
            status: Some(StatusFilter::Class(4)),
            user: text("c"),
            auth_type: text("oauth2"),
            session: text("d"),
            success: Some(false),
            source: Some(Source::PortalTryit),
            request_id: text("e"),
            q: text("f"),
            headers: vec![("Content-Type".into(), "a:b".into()), ("X-Y".into(), String::new())],
            has_headers: vec!["Etag".into()],
            min_duration_ms: Some(0.5),
            fingerprint: text("3f9a01bc"),
            remote_addr: Some(PeerFilter::parse("::1")),
            http_version: text("HTTP/2.0"),
            connection: Some("019a8d10-0000-7000-8000-000000000001".parse().unwrap()),
            rule: text("g"),
            ended_by: text("timeout"),
            trace_id: text("0af7651916cd43dd8448eb211c80319c"),
            test_run: text("h"),
            call_key: text("i"),
            script: text("j"),
            attempt: Some(2),
        };
        assert_eq!(asked(query), Ok(expected));
        let empty: String = FILTERS.iter().map(|field| format!("{}=&", field.name)).collect();
        assert_eq!(asked(&empty), Ok(Filter::default()), "an empty value counts as not given");
    }

    #[test]
    fn what_can_not_be_read_is_refused_by_name() {
        for (query, message) in [
            ("from=yesterday", "from must be a time like 2026-01-31T12:00:00Z (RFC 3339)"),
            ("fingerprint=3f9a01b", "fingerprint must be eight hex digits like 3f9a01bc"),
            ("fingerprint=3f9a01bg", "fingerprint must be eight hex digits like 3f9a01bc"),
            ("connection=1", "connection must be a UUID like 019a8d10-0000-7000-8000-000000000001"),
            ("trace_id=0af7", "trace_id must be 32 hex digits"),
            ("attempt=0", "attempt must be a positive integer"),
            ("attempt=4294967296", "attempt must be a positive integer"),
            ("to=2026-01-31", "to must be a time like 2026-01-31T12:00:00Z (RFC 3339)"),
            ("from=2026-01-31T12:00:00", "from must be a time like 2026-01-31T12:00:00Z (RFC 3339)"),
            ("from=2026-01-31T12:00:01Z&to=2026-01-31T12:00:00Z", "from must not be after to"),
            ("method=G%20T", "method must be a method like GET"),
            ("status=40", "status must be a status like 404 or a class like 4xx"),
            ("success=yes", "success must be true or false"),
            ("source=moon", "source must be one of external, portal-tryit, replay"),
            ("auth_type=key", "auth_type must be one of anonymous, apikey, bearer, oauth2"),
            ("min_duration_ms=-1", "min_duration_ms must be a non-negative number"),
            ("min_duration_ms=inf", "min_duration_ms must be a non-negative number"),
            ("header=Accept", "header must be Name:value like Content-Type:application/json"),
            ("header=:x", "header must be Name:value like Content-Type:application/json"),
            ("header=a:b&header=a%20b:c", "header must be Name:value like Content-Type:application/json"),
            ("has_header=a:b", "has_header must be a name like X-Request-Id"),
            ("path=%FF", "path must be UTF-8 text without NUL"),
            ("q=a%00", "q must be UTF-8 text without NUL"),
            ("status=404&status=404", "status is given more than once"),
            ("statsu=404", "unknown parameter statsu; did you mean status?"),
            ("limits=4", "unknown parameter limits; did you mean limit?"),
            ("zzzzzz=4", "unknown parameter zzzzzz"),
            ("%FF=4", "the name of a parameter is not UTF-8 text"),
        ] {
            assert_eq!(asked(query), Err(message.to_owned()), "{query}");
        }
        let long = asked(&format!("{}=1", "x".repeat(5000))).unwrap_err();
        assert!(long.len() < 120, "{long}");
    }

    #[test]
    fn times_are_exact_and_forgive_an_unescaped_plus() {
        let read = |text| time(text).map(rfc3339);
        for (text, expected) in [
            ("2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00Z"),
            ("2026-01-31T13:00:00 01:00", "2026-01-31T12:00:00Z"),
            ("2026-01-31T13:00:00.25 01:00", "2026-01-31T12:00:00.250Z"),
            ("2026-01-31T12:00:00.000001Z", "2026-01-31T12:00:00.000001Z"),
            ("2026-01-31T12:00:00.0000001Z", "2026-01-31T12:00:00.000001Z"),
            ("2026-01-31t12:00:00z", "2026-01-31T12:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "é", "2026-01-31T12:00:00é", "2026-02-30T12:00:00Z", "2026-01-31T25:00:00Z", "1769860800"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn without_a_window_it_is_the_last_hour() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-01-31T12:00:00Z");
        let window = |from: Option<&str>, to: Option<&str>| {
            let mut filter = Filter { from: from.map(at), to: to.map(at), ..Filter::default() };
            let (from, to) = window(&mut filter, now);
            assert_eq!((filter.from, filter.to), (Some(from), Some(to)));
            (rfc3339(from), rfc3339(to))
        };
        let texts = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(window(None, None), texts("2026-01-31T11:00:00Z", "2026-01-31T12:00:00Z"));
        let (early, late) = (Some("2026-01-31T10:00:00Z"), Some("2026-01-31T13:00:00Z"));
        assert_eq!(window(early, None), texts("2026-01-31T10:00:00Z", "2026-01-31T12:00:00Z"));
        assert_eq!(window(None, early), texts("2026-01-31T09:00:00Z", "2026-01-31T10:00:00Z"));
        assert_eq!(window(late, None), texts("2026-01-31T13:00:00Z", "2026-01-31T13:00:00Z"));
    }
}
