//! Columns of both stores, from the one list in [`actors::event_columns`] and [`actors::payload_columns`].

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
}

macro_rules! list {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        &[$(Column { name: stringify!($name), kind: ColumnKind::$kind }),*]
    };
}

/// Columns of `audit_events` after `ts` and `id`.
pub(super) const EVENT: &[Column] = actors::event_columns!(list);

/// Columns of `audit_payloads` after `event_id` and `captured_at`.
pub(super) const PAYLOAD: &[Column] = actors::payload_columns!(list);

/// Returns the names of an event's columns, in the order of writing.
pub(super) fn of_event() -> String {
    names("ts, id", EVENT)
}

/// Returns the names of a payload's columns, in the order of writing.
pub(super) fn of_payload() -> String {
    names("event_id, captured_at", PAYLOAD)
}

fn names(first: &str, columns: &[Column]) -> String {
    columns.iter().fold(first.to_owned(), |names, column| names + ", " + column.name)
}
