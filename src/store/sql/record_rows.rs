//! Rows of events and payloads, for both databases.

use std::{borrow::Cow, collections::BTreeMap};

use actors::audit::{Entry, Event, Fingerprints, JsonText, Live, Masked, Payload, Record, Source, Wire, WireFacts};
use bytes::Bytes;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Binary},
};
use serde_json::Value;
use uuid::Uuid;

use super::{rows::unsigned, statement::time};

/// SQL types of the kinds of columns, as queries return them.
mod sql {
    use diesel::sql_types::{BigInt, Bool, Double, Nullable, SmallInt, Text};

    pub(super) type Real = Double;
    pub(super) type OptionalReal = Nullable<Double>;
    pub(super) type Line = Text;
    pub(super) type OptionalLine = Nullable<Text>;
    pub(super) type Word = Text;
    pub(super) type OptionalWord = Nullable<Text>;
    pub(super) type Status = SmallInt;
    pub(super) type Size = BigInt;
    pub(super) type Flag = Bool;
    pub(super) type Source = Text;
    pub(super) type Fingerprints = Nullable<Text>;
}

/// Rust types of the columns' values.
mod held {
    pub(super) type Real = f64;
    pub(super) type OptionalReal = Option<f64>;
    pub(super) type Line = String;
    pub(super) type OptionalLine = Option<String>;
    pub(super) type Word = String;
    pub(super) type OptionalWord = Option<String>;
    pub(super) type Status = i16;
    pub(super) type Size = i64;
    pub(super) type Flag = bool;
    pub(super) type Source = String;
    pub(super) type Fingerprints = Option<String>;
}

/// SQL types of the columns of a payload and of the record below HTTP, which are all NULL when there is none.
pub(super) mod sql_or_null {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};

    pub(in crate::store::sql) type Line = Nullable<Text>;
    pub(in crate::store::sql) type Word = Nullable<Text>;
    pub(in crate::store::sql) type OptionalWord = Nullable<Text>;
    pub(in crate::store::sql) type OptionalCount = Nullable<Integer>;
    pub(in crate::store::sql) type Count = Nullable<Integer>;
    pub(in crate::store::sql) type OptionalLine = Nullable<Text>;
    pub(in crate::store::sql) type Size = Nullable<BigInt>;
    pub(in crate::store::sql) type Flag = Nullable<Bool>;
    pub(in crate::store::sql) type OptionalJson = Nullable<Text>;
    pub(in crate::store::sql) type Body = Nullable<Binary>;
    pub(in crate::store::sql) type OptionalId = Nullable<Binary>;
    pub(in crate::store::sql) type Masked = Nullable<SmallInt>;
}

pub(super) mod held_or_null {
    pub(in crate::store::sql) type Line = Option<String>;
    pub(in crate::store::sql) type OptionalLine = Option<String>;
    pub(in crate::store::sql) type Word = Option<String>;
    pub(in crate::store::sql) type OptionalWord = Option<String>;
    pub(in crate::store::sql) type OptionalCount = Option<i32>;
    pub(in crate::store::sql) type Count = Option<i32>;
    pub(in crate::store::sql) type Size = Option<i64>;
    pub(in crate::store::sql) type Flag = Option<bool>;
    pub(in crate::store::sql) type OptionalJson = Option<String>;
    pub(in crate::store::sql) type Body = Option<Vec<u8>>;
    pub(in crate::store::sql) type OptionalId = Option<Vec<u8>>;
    pub(in crate::store::sql) type Masked = Option<i16>;
}

macro_rules! event_row {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        /// Event. `ts` is in microseconds of the Unix epoch.
        #[derive(QueryableByName)]
        struct EventRow {
            #[diesel(sql_type = BigInt)]
            ts: i64,
            #[diesel(sql_type = Binary)]
            id: Vec<u8>,
            $(#[diesel(sql_type = sql::$kind)]
            $name: held::$kind,)*
        }

        impl From<EventRow> for Event {
            fn from(row: EventRow) -> Self {
                Self { id: id(&row.id), timestamp: time(row.ts), $($name: Read::read(row.$name),)* }
            }
        }
    };
}

macro_rules! record_row {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        /// Event, payload and record below HTTP. The columns of a missing one are all NULL.
        #[derive(QueryableByName)]
        pub(in crate::store) struct RecordRow {
            #[diesel(embed)]
            event: EventRow,
            $(#[diesel(sql_type = sql_or_null::$kind)]
            $name: held_or_null::$kind,)*
            #[diesel(embed)]
            wire: WireRow,
        }

        impl From<RecordRow> for Record {
            fn from(row: RecordRow) -> Self {
                // Bodies are never NULL in a payload.
                let captured = row.request_body.is_some() && row.response_body.is_some();
                let before_masked = row.masked.is_none();
                let event = Event::from(row.event);
                let mut payload = captured.then(|| Payload { $($name: Read::read(row.$name),)* });
                if before_masked && let Some(payload) = &mut payload {
                    payload.masked = seen_masked(&event, payload);
                }
                Self { event, payload, wire: row.wire.into() }
            }
        }
    };
}

macro_rules! wire_row {
    (
        facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
        rest { $($(#[doc = $about_rest:literal])* $rest:ident: $kind_rest:ident,)* }
    ) => {
        /// Facts of a record below HTTP. All are NULL when there is none.
        #[derive(QueryableByName)]
        struct FactsRow {
            $(#[diesel(sql_type = sql_or_null::$kind)]
            $name: held_or_null::$kind,)*
        }

        impl From<FactsRow> for Option<WireFacts> {
            fn from(row: FactsRow) -> Self {
                // Never NULL in a row.
                row.ended_by.is_some().then(|| WireFacts { $($name: Read::read(row.$name),)* })
            }
        }

        /// Record below HTTP.
        #[derive(QueryableByName)]
        struct WireRow {
            #[diesel(embed)]
            facts: FactsRow,
            $(#[diesel(sql_type = sql_or_null::$kind_rest)]
            $rest: held_or_null::$kind_rest,)*
        }

        impl From<WireRow> for Option<Wire> {
            fn from(row: WireRow) -> Self {
                let facts = row.facts;
                facts.ended_by.is_some().then(|| Wire {
                    $($name: Read::read(facts.$name),)*
                    $($rest: Read::read(row.$rest),)*
                })
            }
        }
    };
}

/// Event with facts of its record below HTTP.
#[derive(QueryableByName)]
pub(in crate::store) struct EntryRow {
    #[diesel(embed)]
    event: EventRow,
    #[diesel(embed)]
    facts: FactsRow,
    #[diesel(sql_type = sql_or_null::Body)]
    head: held_or_null::Body,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Self { event: row.event.into(), facts: row.facts.into(), head: Read::read(row.head) }
    }
}

/// Event and headers, which are NULL when there is no payload.
#[derive(QueryableByName)]
pub(in crate::store) struct LiveRow {
    #[diesel(embed)]
    entry: EntryRow,
    #[diesel(sql_type = sql_or_null::OptionalJson)]
    request_headers: held_or_null::OptionalJson,
    #[diesel(sql_type = sql_or_null::OptionalJson)]
    response_headers: held_or_null::OptionalJson,
}

impl From<LiveRow> for Live {
    fn from(row: LiveRow) -> Self {
        Self {
            entry: row.entry.into(),
            request_headers: Read::read(row.request_headers),
            response_headers: Read::read(row.response_headers),
        }
    }
}

actors::event_columns!(event_row);
actors::payload_columns!(record_row);
actors::wire_columns!(wire_row);

/// Converts a value of a row to a field. Rows may have been edited by hand: an impossible value becomes the nearest
/// possible one.
pub(super) trait Read<H> {
    fn read(held: H) -> Self;
}

/// Implements the conversion for values that need none.
macro_rules! as_held {
    ($($kind:ty),*) => { $(impl Read<$kind> for $kind { fn read(held: $kind) -> Self { held } })* };
}

as_held!(f64, Option<f64>, String, Option<String>, bool);

impl Read<String> for Cow<'static, str> {
    fn read(held: String) -> Self {
        held.into()
    }
}

impl Read<Option<String>> for Option<Cow<'static, str>> {
    fn read(held: Option<String>) -> Self {
        held.map(Into::into)
    }
}

impl Read<i16> for u16 {
    fn read(held: i16) -> Self {
        Self::try_from(held).unwrap_or_default()
    }
}

impl Read<i64> for u64 {
    fn read(held: i64) -> Self {
        unsigned(held)
    }
}

impl Read<String> for Source {
    fn read(held: String) -> Self {
        Self::parse(&held).unwrap_or_default()
    }
}

impl Read<Option<String>> for Fingerprints {
    fn read(held: Option<String>) -> Self {
        Self::from_text(held)
    }
}

impl Read<Option<String>> for Option<JsonText> {
    fn read(held: Option<String>) -> Self {
        held.map(document)
    }
}

impl Read<Option<Vec<u8>>> for Option<Uuid> {
    fn read(held: Option<Vec<u8>>) -> Self {
        held.as_deref().map(id)
    }
}

impl Read<Option<i16>> for Masked {
    fn read(held: Option<i16>) -> Self {
        Self::from_bits(held.and_then(|bits| u8::try_from(bits).ok()).unwrap_or_default())
    }
}

impl Read<Option<String>> for Cow<'static, str> {
    fn read(held: Option<String>) -> Self {
        held.unwrap_or_default().into()
    }
}

impl Read<Option<i32>> for Option<u32> {
    fn read(held: Option<i32>) -> Self {
        held.and_then(|count| u32::try_from(count).ok())
    }
}

impl Read<Option<i32>> for u32 {
    fn read(held: Option<i32>) -> Self {
        held.and_then(|count| Self::try_from(count).ok()).unwrap_or_default()
    }
}

impl Read<Option<String>> for String {
    fn read(held: Option<String>) -> Self {
        held.unwrap_or_default()
    }
}

impl Read<Option<i64>> for u64 {
    fn read(held: Option<i64>) -> Self {
        held.map(unsigned).unwrap_or_default()
    }
}

impl Read<Option<bool>> for bool {
    fn read(held: Option<bool>) -> Self {
        held.unwrap_or_default()
    }
}

impl Read<Option<Vec<u8>>> for Bytes {
    fn read(held: Option<Vec<u8>>) -> Self {
        held.unwrap_or_default().into()
    }
}

pub(super) fn id(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).unwrap_or_default()
}

/// Restores a document as written: compact and sorted by name. PostgreSQL's `jsonb` sorts names by length and prints
/// spaces.
fn document(text: String) -> JsonText {
    let blanks = memchr::memmem::find(text.as_bytes(), b"\": ").is_some();
    let read = blanks.then(|| serde_json::from_str::<BTreeMap<String, Value>>(&text).ok()).flatten();
    JsonText::new(read.and_then(|map| serde_json::to_string(&map).ok()).unwrap_or(text))
}

/// Returns the parts of a record that contain `[redacted]`, for rows that were written before there was a column for
/// it.
fn seen_masked(event: &Event, payload: &Payload) -> Masked {
    let (path, query) = event.target.split_once('?').unwrap_or((&event.target, ""));
    let text = |document: &Option<JsonText>| document.as_ref().map_or("", JsonText::as_str).to_owned();
    let (request_headers, response_headers) = (text(&payload.request_headers), text(&payload.response_headers));
    let parts: [(Masked, &[u8]); 6] = [
        (Masked::REQUEST_PATH, path.as_bytes()),
        (Masked::REQUEST_QUERY, query.as_bytes()),
        (Masked::REQUEST_HEADERS, request_headers.as_bytes()),
        (Masked::REQUEST_BODY, &payload.request_body),
        (Masked::RESPONSE_HEADERS, response_headers.as_bytes()),
        (Masked::RESPONSE_BODY, &payload.response_body),
    ];
    parts.into_iter().fold(Masked::default(), |all, (part, text)| {
        all.and(part.when(memchr::memmem::find(text, b"[redacted]").is_some()))
    })
}
