//! Rows in the binary format of COPY (PostgreSQL documentation, "COPY", Binary Format), in the order of the list of columns.

use actors::audit::{Event, Fingerprints, JsonText, Masked, Payload, Record, Source, Text, Wire};
use bytes::{BufMut as _, Bytes, BytesMut};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::store::columns;

/// Start of a stream of rows: signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
const NULL: i32 = -1;
/// Version of the binary format of jsonb.
const JSONB: u8 = 1;
/// PostgreSQL's epoch 2000-01-01, in microseconds of the Unix epoch.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Table whose rows a stream carries.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Events,
    Payloads,
    Wire,
}

impl Table {
    /// Begins a stream.
    pub(super) fn begin(rows: &mut BytesMut) {
        rows.put_slice(HEADER);
    }

    /// Appends the record's row for this table.
    pub(super) fn add(self, rows: &mut BytesMut, record: &Record) {
        match self {
            Self::Events => event(rows, &record.event),
            Self::Payloads => {
                if let Some(of_record) = &record.payload {
                    payload(rows, &record.event, of_record);
                }
            }
            Self::Wire => {
                if let Some(of_record) = &record.wire {
                    wire(rows, &record.event, of_record);
                }
            }
        }
    }

    /// Returns true when the record has a row for this table.
    pub(super) const fn has(self, record: &Record) -> bool {
        match self {
            Self::Events => true,
            Self::Payloads => record.payload.is_some(),
            Self::Wire => record.wire.is_some(),
        }
    }

    /// Ends a stream.
    pub(super) fn end(rows: &mut BytesMut) {
        rows.put_i16(END);
    }
}

macro_rules! event {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        fn event(rows: &mut BytesMut, event: &Event) {
            rows.put_i16(columns::EVENT.len() as i16 + 2);
            time(rows, event.timestamp);
            id(rows, event.id);
            $(event.$name.write(rows);)*
        }
    };
}

macro_rules! payload {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        fn payload(rows: &mut BytesMut, event: &Event, payload: &Payload) {
            rows.put_i16(columns::PAYLOAD.len() as i16 + 2);
            id(rows, event.id);
            time(rows, event.timestamp);
            $(payload.$name.write(rows);)*
        }
    };
}

/// Writes a value. Documents of these tables have the type json, whose binary format is the text.
macro_rules! value {
    (OptionalJson, $value:expr, $rows:expr) => {
        match $value {
            Some(document) => field($rows, document.as_str().as_bytes()),
            None => $rows.put_i32(NULL),
        }
    };
    ($kind:ident, $value:expr, $rows:expr) => {
        $value.write($rows)
    };
}

macro_rules! wire {
    (
        facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
        rest { $($(#[doc = $about_rest:literal])* $rest:ident: $kind_rest:ident,)* }
    ) => {
        fn wire(rows: &mut BytesMut, event: &Event, wire: &Wire) {
            rows.put_i16(columns::WIRE.len() as i16 + 2);
            time(rows, event.timestamp);
            id(rows, event.id);
            $(value!($kind, &wire.$name, rows);)*
            $(value!($kind_rest, &wire.$rest, rows);)*
        }
    };
}

actors::event_columns!(event);
actors::payload_columns!(payload);
actors::wire_columns!(wire);

/// Value of a row, written with its length.
trait Write {
    fn write(&self, rows: &mut BytesMut);
}

impl<T: Write> Write for Option<T> {
    fn write(&self, rows: &mut BytesMut) {
        match self {
            Some(present) => present.write(rows),
            None => rows.put_i32(NULL),
        }
    }
}

impl Write for f64 {
    fn write(&self, rows: &mut BytesMut) {
        rows.put_i32(8);
        rows.put_f64(*self);
    }
}

impl Write for u16 {
    fn write(&self, rows: &mut BytesMut) {
        rows.put_i32(2);
        rows.put_u16(*self);
    }
}

impl Write for u32 {
    fn write(&self, rows: &mut BytesMut) {
        rows.put_i32(4);
        rows.put_i32(i32::try_from(*self).unwrap_or(i32::MAX));
    }
}

impl Write for u64 {
    fn write(&self, rows: &mut BytesMut) {
        rows.put_i32(8);
        rows.put_i64(i64::try_from(*self).unwrap_or(i64::MAX));
    }
}

impl Write for bool {
    fn write(&self, rows: &mut BytesMut) {
        rows.put_i32(1);
        rows.put_u8((*self).into());
    }
}

impl Write for String {
    fn write(&self, rows: &mut BytesMut) {
        field(rows, self.as_bytes());
    }
}

impl Write for Text {
    fn write(&self, rows: &mut BytesMut) {
        field(rows, self.as_bytes());
    }
}

impl Write for Source {
    fn write(&self, rows: &mut BytesMut) {
        field(rows, self.as_str().as_bytes());
    }
}

impl Write for Fingerprints {
    fn write(&self, rows: &mut BytesMut) {
        match self.as_text() {
            Some(text) => field(rows, text.as_bytes()),
            None => rows.put_i32(NULL),
        }
    }
}

impl Write for Bytes {
    fn write(&self, rows: &mut BytesMut) {
        field(rows, self);
    }
}

impl Write for Uuid {
    fn write(&self, rows: &mut BytesMut) {
        id(rows, *self);
    }
}

impl Write for Masked {
    fn write(&self, rows: &mut BytesMut) {
        rows.put_i32(2);
        rows.put_i16(self.bits().into());
    }
}

impl Write for JsonText {
    fn write(&self, rows: &mut BytesMut) {
        let bytes = self.as_str().as_bytes();
        rows.put_i32(i32::try_from(bytes.len() + 1).unwrap_or(i32::MAX));
        rows.put_u8(JSONB);
        rows.put_slice(bytes);
    }
}

/// Appends bytes with their length. A field is far smaller than 2 GiB, because at most 64 MiB of a body are captured.
fn field(rows: &mut BytesMut, bytes: &[u8]) {
    rows.put_i32(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    rows.put_slice(bytes);
}

fn time(rows: &mut BytesMut, time: DateTime<Utc>) {
    rows.put_i32(8);
    rows.put_i64(time.timestamp_micros() - EPOCH_MICROS);
}

fn id(rows: &mut BytesMut, id: Uuid) {
    field(rows, id.as_bytes());
}
