//! Filters of all queries of the audit trail, and strict parsing of a query: unknown, malformed or repeated parameters
//! are refused, never ignored. An empty value counts as not given.

use std::str::FromStr;

use actix_web::http::{Method, header::HeaderName};
use actors::audit::{Filter, Fingerprints, Source, StatusFilter};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::PortalApi;
use crate::{
    endpoints::{Call, Fault, Param, Place, Route, param::ParamDoc},
    wire::{Query, header_name::canonical_header, number},
};

/// Query parameter and the kind of its values.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: Kind,
    pub(super) example: &'static str,
}

/// Kind of a parameter's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// Time (RFC 3339).
    Time,
    /// Status, or class of statuses.
    Status,
    /// One of these words.
    Word(&'static [&'static str]),
    /// HTTP method.
    Verb,
    /// A number, 0 or more.
    Number,
    /// An integer, 1 or more.
    Count,
    /// A UUID.
    Id,
    /// `Name:value` of a header. May be repeated; all must match.
    Header,
    /// Name of a header. May be repeated; all must match.
    HeaderName,
    /// Fingerprint of a redacted value.
    Fingerprint,
}

/// Names of the authentication types.
const AUTH_TYPES: &[&str] = &["anonymous", "apikey", "bearer", "oauth2"];
/// Names of the sources of requests.
const SOURCES: &[&str] = &["external", "portal-tryit", "replay"];
/// Names of the booleans.
pub(super) const BOOLEAN: &[&str] = &["true", "false"];

const fn field(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Field {
    Field { name, about, kind, example }
}

/// All filters. They are combined by AND.
pub(super) static FILTERS: [Field; 18] = [
    field("from", Kind::Time, "Events that began at or after this time (RFC 3339).", "2026-01-31T12:00:00Z"),
    field("to", Kind::Time, "Events that began before this time (RFC 3339).", "2026-01-31T13:00:00Z"),
    field("method", Kind::Verb, "Method, case-sensitive.", "GET"),
    field("path", Kind::Text, "Text that the path contains, case-sensitive.", "/v1/fixed/"),
    field("route_name", Kind::Text, "Name of the route.", "fixed"),
    field("endpoint_group", Kind::Text, "Group of the route.", "data"),
    field("status", Kind::Status, "Status, or status class.", "4xx"),
    field("user", Kind::Text, "Subject or email address of the caller.", "devkey"),
    field("auth_type", Kind::Word(AUTH_TYPES), "How the caller was authenticated.", "apikey"),
    field("session", Kind::Text, "Portal session that the request was sent from.", "s-1"),
    field("success", Kind::Word(BOOLEAN), "True for 200 ≤ status < 400.", "true"),
    field("source", Kind::Word(SOURCES), "Where the request came from.", "external"),
    field("request_id", Kind::Text, "Value of X-Request-Id.", "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2"),
    field("q", Kind::Text, "Text that the path, error message or request id contains, case-sensitive.", "fixed"),
    field(
        "header",
        Kind::Header,
        "Name and value of a request or response header. May be repeated; all must match.",
        "Content-Type:application/json",
    ),
    field(
        "has_header",
        Kind::HeaderName,
        "Name of a request or response header. May be repeated; all must match.",
        "X-Request-Id",
    ),
    field("min_duration_ms", Kind::Number, "Minimum duration in milliseconds.", "250"),
    field(
        "fingerprint",
        Kind::Fingerprint,
        "Fingerprint of a redacted value, as `[redacted:3f9a01bc]` shows it.",
        "3f9a01bc",
    ),
];

impl Kind {
    /// Returns the name of the kind in `audit/meta`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Time => "time",
            Self::Status => "status",
            Self::Word(_) => "word",
            Self::Verb => "method",
            Self::Number => "number",
            Self::Count => "integer",
            Self::Id => "uuid",
            Self::Header => "header",
            Self::HeaderName => "header-name",
            Self::Fingerprint => "fingerprint",
        }
    }

    /// Returns true when the parameter may be given more than once.
    pub(super) const fn repeats(self) -> bool {
        matches!(self, Self::Header | Self::HeaderName)
    }

    fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Time => json!({"type": "string", "format": "date-time"}),
            Self::Status => json!({"type": "string", "pattern": "^([1-5][0-9][0-9]|[1-5]xx)$"}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Verb => json!({"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"}),
            Self::Number => json!({"type": "number", "minimum": 0}),
            Self::Count => json!({"type": "integer", "format": "int64", "minimum": 1}),
            Self::Id => json!({"type": "string", "format": "uuid"}),
            Self::Fingerprint => json!({"type": "string", "pattern": "^[0-9a-fA-F]{8}$"}),
            Self::Header => {
                json!({"type": "array", "items": {"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+:"}})
            }
            Self::HeaderName => {
                json!({"type": "array", "items": {"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"}})
            }
        }
    }
}

impl Param for Field {
    fn doc(&self) -> ParamDoc {
        let example = match self.kind {
            Kind::Number | Kind::Count => json!(self.example.parse::<i64>().unwrap_or_default()),
            kind if kind.repeats() => json!([self.example]),
            _ => json!(self.example),
        };
        ParamDoc {
            name: self.name,
            place: Place::Query,
            about: self.about,
            required: false,
            schema: self.kind.schema(),
            example,
        }
    }
}

/// Adds all filters to a route.
pub(super) fn filtered(route: Route) -> Route {
    FILTERS.iter().fold(route, |route, field| route.takes(field))
}

/// Query whose parameters are all known.
pub(super) struct Asked {
    pairs: Vec<(String, String)>,
}

impl Asked {
    /// Parses the query of a route that takes all filters and the parameters `own`.
    ///
    /// # Errors
    /// 400 naming the parameter that is unknown, repeated, or not text.
    pub(super) fn filtered(api: &PortalApi, call: &Call, own: &[&'static str]) -> Result<Self, Fault> {
        let filters = FILTERS.iter().map(|field| field.name);
        Self::read(api, call, &filters.chain(own.iter().copied()).collect::<Vec<_>>())
    }

    /// Parses the query of a route that takes the parameters `known`.
    ///
    /// # Errors
    /// Same as [`Asked::filtered`].
    pub(super) fn read(api: &PortalApi, call: &Call, known: &[&'static str]) -> Result<Self, Fault> {
        Self::parse(call.query(), &api.settings.api_key_param, known)
    }

    fn parse(query: Query<'_>, api_key_param: &str, known: &[&'static str]) -> Result<Self, Fault> {
        let mut asked = Self { pairs: Vec::new() };
        for (name, value) in query.pairs() {
            let Ok(name) = std::str::from_utf8(&name) else {
                return Err(Fault::bad_request("the name of a parameter is not UTF-8 text"));
            };
            if name == api_key_param {
                continue;
            }
            if !known.contains(&name) {
                return Err(unknown(name, known));
            }
            let value = std::str::from_utf8(&value).ok().filter(|value| !value.contains('\0'));
            let Some(value) = value else {
                return Err(Fault::bad_request(format!("{name} must be UTF-8 text without NUL")));
            };
            if value.is_empty() {
                continue;
            }
            let repeats = FILTERS.iter().any(|field| field.name == name && field.kind.repeats());
            if !repeats && asked.one(name).is_some() {
                return Err(Fault::bad_request(format!("{name} is given more than once")));
            }
            asked.pairs.push((name.to_owned(), value.to_owned()));
        }
        Ok(asked)
    }

    /// Returns the value of a parameter, if given.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a parameter, in order.
    fn many<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a parameter that must be one of `words`, if given.
    ///
    /// # Errors
    /// 400 naming the parameter and the words.
    pub(super) fn word(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, Fault> {
        let Some(text) = self.one(name) else { return Ok(None) };
        let found = words.iter().find(|word| **word == text).copied();
        found.map(Some).ok_or_else(|| {
            Fault::bad_request(match words {
                [first, second] => format!("{name} must be {first} or {second}"),
                _ => format!("{name} must be one of {}", words.join(", ")),
            })
        })
    }

    /// Returns the filter.
    ///
    /// # Errors
    /// 400 naming the malformed filter.
    pub(super) fn filter(&self) -> Result<Filter, Fault> {
        let text = |name| self.one(name).map(str::to_owned);
        let filter = Filter {
            from: self.time("from")?,
            to: self.time("to")?,
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
        };
        match (filter.from, filter.to) {
            (Some(from), Some(to)) if from > to => Err(Fault::bad_request("from must not be after to")),
            _ => Ok(filter),
        }
    }

    /// Returns the value of a parameter that must be an integer from 1, if given.
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, Fault> {
        self.read_one(name, "a positive integer", |text| {
            number::integer(text.as_bytes()).and_then(|value| u64::try_from(value).ok()).filter(|value| *value > 0)
        })
    }

    fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Fault> {
        self.read_one(name, "a time like 2026-01-31T12:00:00Z (RFC 3339)", time)
    }

    fn read_one<T>(&self, name: &str, kind: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Fault> {
        self.one(name).map(|text| read(text).ok_or_else(|| must_be(name, kind))).transpose()
    }
}

/// Error for a malformed value.
pub(super) fn must_be(name: &str, kind: &str) -> Fault {
    Fault::bad_request(format!("{name} must be {kind}"))
}

/// Maximum number of characters of a name in an error.
const SHOWN_MAX: usize = 80;

fn unknown(name: &str, known: &[&'static str]) -> Fault {
    let shown: String = name.chars().take(SHOWN_MAX).collect();
    let distance = |known: &str| strsim::damerau_levenshtein(&shown, known);
    let nearest = known.iter().map(|known| (distance(known), known)).min();
    Fault::bad_request(match nearest {
        Some((distance, known)) if distance <= (shown.chars().count() / 3).max(1) => {
            format!("unknown parameter {shown}; did you mean {known}?")
        }
        _ => format!("unknown parameter {shown}"),
    })
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
    use crate::portal::api::time::rfc3339;

    fn asked(query: &str) -> Result<Filter, String> {
        let known: Vec<&str> = FILTERS.iter().map(|field| field.name).chain(["limit"]).collect();
        let read = Asked::parse(Query::parse(query), "api_key", &known).and_then(|asked| asked.filter());
        read.map_err(|fault| fault.message.into_owned())
    }

    #[test]
    fn every_filter_is_read() {
        let query = "from=2026-01-31T12:00:00Z&to=2026-01-31T13:00:00%2B01:00&method=GET&path=/v1/%C3%A9&route_name=a\
                     &endpoint_group=b&status=4xx&user=c&auth_type=oauth2&session=d&success=false&source=portal-tryit\
                     &request_id=e&q=f&header=content-TYPE:%20a:b%20&header=x-y:&has_header=etag&min_duration_ms=.5\
                     &fingerprint=3F9A01bc&limit=7&api_key=secret";
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
