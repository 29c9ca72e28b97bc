//! Columns of both stores, from the one list in [`actors::event_columns`] and its siblings.

/// One column of the audit tables.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: ColumnKind,
}

/// Kind of a column: its SQL type, and how it is read and written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Real,
    OptionalReal,
    Line,
    OptionalLine,
    Word,
    OptionalWord,
    Status,
    Size,
    Flag,
    Source,
    Fingerprints,
    OptionalJson,
    Body,
    OptionalId,
    Masked,
    OptionalCount,
    Count,
}

macro_rules! list {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        &[$(Column { name: stringify!($name), kind: ColumnKind::$kind }),*]
    };
}

/// Concatenates the sections of the record below HTTP.
macro_rules! sections {
    (
        facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
        rest { $($(#[doc = $about_rest:literal])* $rest:ident: $kind_rest:ident,)* }
    ) => {
        list! { $($name: $kind,)* $($rest: $kind_rest,)* }
    };
}

/// Columns of `audit_events` after `ts` and `id`.
pub(super) const EVENT: &[Column] = actors::event_columns!(list);

/// Columns of `audit_payloads` after `event_id` and `captured_at`.
pub(super) const PAYLOAD: &[Column] = actors::payload_columns!(list);

/// Picks the facts of the record below HTTP.
macro_rules! facts {
    (
        facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
        rest { $($rest:tt)* }
    ) => {
        list! { $($name: $kind,)* }
    };
}

/// Columns of `audit_wire` that lists show.
pub(super) const FACTS: &[Column] = actors::wire_columns!(facts);

/// Columns of `audit_wire` after `ts` and `event_id`.
pub(super) const WIRE: &[Column] = actors::wire_columns!(sections);

/// Columns of `audit_connections` after `id`, `opened` and `closed`.
pub(super) const CONNECTION: &[Column] = actors::connection_columns!(list);

/// Returns the names of an event's columns, in the order of writing.
pub(super) fn of_event() -> String {
    names("ts, id", EVENT)
}

/// Returns the names of a payload's columns, in the order of writing.
pub(super) fn of_payload() -> String {
    names("event_id, captured_at", PAYLOAD)
}

/// Returns the names of the columns below HTTP, in the order of writing.
pub(super) fn of_wire() -> String {
    names("ts, event_id", WIRE)
}

/// Returns the names of a connection's columns, in the order of writing.
pub(super) fn of_connection() -> String {
    names("id, opened, closed", CONNECTION)
}

fn names(first: &str, columns: &[Column]) -> String {
    columns.iter().fold(first.to_owned(), |names, column| names + ", " + column.name)
}
