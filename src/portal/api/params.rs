//! Query parameters of the portal's API: declared once, documented and parsed by their declaration. Unknown, malformed and
//! repeated parameters are refused; empty values count as not given.

use serde_json::{Value, json};

use crate::{
    endpoints::{Fault, Param, ParamLocation, Table, param::ParamDoc},
    wire::{Query, number},
};

/// Query parameter and the kind of its values.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: ParamKind,
    pub(super) example: &'static str,
}

/// Kind of a parameter's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParamKind {
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
    /// Trace id: 32 hex digits.
    TraceId,
}

impl ParamKind {
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
            Self::TraceId => "trace-id",
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
            Self::TraceId => json!({"type": "string", "pattern": "^[0-9a-fA-F]{32}$"}),
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
            ParamKind::Number | ParamKind::Count => json!(self.example.parse::<i64>().unwrap_or_default()),
            kind if kind.repeats() => json!([self.example]),
            _ => json!(self.example),
        };
        ParamDoc {
            name: self.name,
            place: ParamLocation::Query,
            about: self.about,
            required: false,
            schema: self.kind.schema(),
            example,
        }
    }
}

/// Query parameter that a route takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeclaredParam {
    name: &'static str,
    repeats: bool,
}

impl DeclaredParam {
    /// Returns the query parameters that the route `name` of the table declares.
    pub(super) fn of_route(table: &Table, name: &str) -> Vec<Self> {
        let route = table.routes().iter().map(|mounted| &mounted.route).find(|route| route.name == name);
        route.map(|route| route.params.iter().filter_map(Self::of).collect()).unwrap_or_default()
    }

    /// Returns `None` for a parameter of the path or a header.
    pub(super) fn of(doc: &ParamDoc) -> Option<Self> {
        let repeats = doc.schema["type"] == "array";
        (doc.place == ParamLocation::Query).then_some(Self { name: doc.name, repeats })
    }
}

/// Query whose parameters are all known.
pub(super) struct ParsedQuery {
    pairs: Vec<(String, String)>,
}

impl ParsedQuery {
    /// Parses a query that may have the parameters `known`, and the one that carries the API key.
    ///
    /// # Errors
    /// 400 naming the parameter that is unknown, repeated, or not text.
    pub(super) fn parse(query: Query<'_>, api_key_param: &str, known: &[DeclaredParam]) -> Result<Self, Fault> {
        let mut asked = Self { pairs: Vec::new() };
        for (name, value) in query.pairs() {
            let Ok(name) = std::str::from_utf8(&name) else {
                return Err(Fault::bad_request("the name of a parameter is not UTF-8 text"));
            };
            if name == api_key_param {
                continue;
            }
            let Some(known) = known.iter().find(|known| known.name == name) else {
                return Err(unknown(name, known));
            };
            let value = std::str::from_utf8(&value).ok().filter(|value| !value.contains('\0'));
            let Some(value) = value else {
                return Err(Fault::bad_request(format!("{name} must be UTF-8 text without NUL")));
            };
            if value.is_empty() {
                continue;
            }
            if !known.repeats && asked.one(name).is_some() {
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
    pub(super) fn many<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a declared parameter, if given.
    pub(super) fn text(&self, field: &Field) -> Option<&str> {
        self.one(field.name)
    }

    /// Returns the value of a declared parameter of the kind [`ParamKind::Word`], if given.
    ///
    /// # Errors
    /// 400 naming the parameter and the words.
    pub(super) fn choice(&self, field: &Field) -> Result<Option<&'static str>, Fault> {
        match field.kind {
            ParamKind::Word(words) => self.word(field.name, words),
            _ => Ok(None),
        }
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

    /// Returns the value of a declared parameter of the kind [`ParamKind::Count`], if given.
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub(super) fn count(&self, field: &Field) -> Result<Option<u64>, Fault> {
        self.read_one(field.name, "a positive integer", |text| {
            number::integer(text.as_bytes()).and_then(|value| u64::try_from(value).ok()).filter(|value| *value > 0)
        })
    }

    /// Parses the value of a parameter, if given; `kind` is what the error says it must be.
    pub(super) fn read_one<T>(
        &self,
        name: &str,
        kind: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        self.one(name).map(|text| read(text).ok_or_else(|| must_be(name, kind))).transpose()
    }
}

/// Error for a malformed value.
pub(super) fn must_be(name: &str, kind: &str) -> Fault {
    Fault::bad_request(format!("{name} must be {kind}"))
}

/// Maximum number of characters of a name in an error.
const SHOWN_MAX: usize = 80;

fn unknown(name: &str, known: &[DeclaredParam]) -> Fault {
    let shown: String = name.chars().take(SHOWN_MAX).collect();
    let distance = |known: &str| strsim::damerau_levenshtein(&shown, known);
    let nearest = known.iter().map(|known| (distance(known.name), known.name)).min();
    Fault::bad_request(match nearest {
        Some((distance, known)) if distance <= (shown.chars().count() / 3).max(1) => {
            format!("unknown parameter {shown}; did you mean {known}?")
        }
        _ => format!("unknown parameter {shown}"),
    })
}
