//! Schemas of events, payloads and connections for the OpenAPI document, made from the list of columns.

use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, RefOr, Schema},
};

/// Properties of an object under construction.
struct Properties {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Properties {
    fn new() -> Self {
        Self { properties: Map::new(), required: Vec::new() }
    }

    fn add(&mut self, name: &str, about: &str, mut schema: Value, required: bool) {
        schema["description"] = about.into();
        self.properties.insert(name.to_owned(), schema);
        if required {
            self.required.push(name.to_owned());
        }
    }

    fn into_schema(self, about: &str) -> RefOr<Schema> {
        let Self { properties, required } = self;
        let schema = json!({
            "type": "object", "description": about, "properties": properties, "required": required,
        });
        serde_json::from_value(schema).unwrap_or_else(|error| {
            log::error!(error:% = error; "schema of the audit trail could not be made");
            Schema::Object(Object::new()).into()
        })
    }
}

/// Joins the lines of a doc comment.
fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Returns the schema of a kind, and whether an event always has the field.
macro_rules! of_event {
    (Real) => { (json!({"type": "number", "format": "double"}), true) };
    (OptionalReal) => { (json!({"type": ["number", "null"], "format": "double"}), false) };
    (Line) => { (json!({"type": "string"}), true) };
    (Word) => { (json!({"type": "string"}), true) };
    (OptionalLine) => { (json!({"type": ["string", "null"]}), false) };
    (OptionalWord) => { (json!({"type": ["string", "null"]}), false) };
    (Status) => { (json!({"type": "integer", "format": "int32", "minimum": 0}), true) };
    (Size) => { (json!({"type": "integer", "format": "int64", "minimum": 0}), true) };
    (Flag) => { (json!({"type": "boolean"}), true) };
    (Source) => { (json!({"type": "string", "pattern": "^(external|portal-tryit|replay)$"}), true) };
    (Fingerprints) => { (json!({"type": ["array", "null"], "items": {"type": "string"}}), false) };
}

/// Adds the properties of a payload column. Columns of bytes or bits have several.
macro_rules! add_to_payload {
    (Body, $all:ident, $name:expr, $about:expr) => {{
        let side = $name.trim_end_matches("_body");
        $all.add($name, $about, json!({"type": "string"}), true);
        $all.add(
            &format!("{}_encoding", $name),
            "`base64` when the body is not UTF-8 text.",
            json!({"type": ["string", "null"]}),
            false,
        );
        $all.add(&format!("{side}_captured_size"), "Bytes of the body that were captured.", of_event!(Size).0, true);
    }};
    (Masked, $all:ident, $name:expr, $about:expr) => {{
        let list = || json!({"type": "array", "items": {"type": "string"}});
        let request = "Parts of the request in which something was masked: `path`, `query`, `headers`, `body`.";
        $all.add("request_masked", request, list(), true);
        let response = "Parts of the response in which something was masked: `headers`, `body`.";
        $all.add("response_masked", response, list(), true);
    }};
    (OptionalJson, $all:ident, $name:expr, $about:expr) => {{
        let lists = json!({"type": "array", "items": {"type": "string"}});
        $all.add($name, $about, json!({"type": ["object", "null"], "additionalProperties": lists}), true);
    }};
    (OptionalId, $all:ident, $name:expr, $about:expr) => {
        $all.add($name, $about, json!({"type": ["string", "null"], "format": "uuid"}), true)
    };
    ($kind:ident, $all:ident, $name:expr, $about:expr) => {
        $all.add($name, $about, of_event!($kind).0, true)
    };
}

/// Schema of an event.
pub(super) struct AuditEvent;

macro_rules! event {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        impl PartialSchema for AuditEvent {
            fn schema() -> RefOr<Schema> {
                let mut all = Properties::new();
                all.add("id", "UUID version 7: sorts by time.", json!({"type": "string", "format": "uuid"}), true);
                let about = "Time when the request head was complete, in microseconds.";
                all.add("timestamp", about, json!({"type": "string", "format": "date-time"}), true);
                $(
                    let (schema, required) = of_event!($kind);
                    all.add(stringify!($name), &joined(&[$($about),*]), schema, required);
                )*
                let about = "The target as received, in base64; only when it is not UTF-8.";
                all.add("target_base64", about, json!({"type": ["string", "null"]}), false);
                add_facts(&mut all);
                all.into_schema("A recorded request. Fields without a value are omitted.")
            }
        }
    };
}

impl ToSchema for AuditEvent {}

/// Schema of a payload.
pub(super) struct AuditPayload;

macro_rules! payload {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        impl PartialSchema for AuditPayload {
            fn schema() -> RefOr<Schema> {
                let mut all = Properties::new();
                $(add_to_payload!($kind, all, stringify!($name), &joined(&[$($about),*]));)*
                all.into_schema(
                    "Headers, query and bodies of a request and its response. Bodies are text when they are UTF-8, otherwise base64.",
                )
            }
        }
    };
}

impl ToSchema for AuditPayload {}

/// Returns the schema of a column below HTTP.
macro_rules! of_wire {
    (OptionalId) => { json!({"type": ["string", "null"], "format": "uuid"}) };
    (OptionalCount) => { json!({"type": ["integer", "null"], "format": "int64", "minimum": 1}) };
    (Count) => { json!({"type": "integer", "format": "int32", "minimum": 0}) };
    (OptionalJson) => { json!({"type": ["object", "null"], "additionalProperties": true}) };
    // Absent on events that were recorded by an older version.
    (Word) => { json!({"type": ["string", "null"]}) };
    ($kind:ident) => { of_event!($kind).0 };
}

macro_rules! facts {
    (
        facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
        rest { $($rest:tt)* }
    ) => {
        fn add_facts(all: &mut Properties) {
            $(all.add(stringify!($name), &joined(&[$($about),*]), of_wire!($kind), false);)*
        }
    };
}

/// Schema of the record below HTTP.
pub(super) struct AuditWire;

impl PartialSchema for AuditWire {
    fn schema() -> RefOr<Schema> {
        let text =
            || json!({"type": ["string", "object"], "description": "Text, or `{\"base64\": …}` when it is not UTF-8."});
        let fields =
            || json!({"type": "array", "items": {"type": "array", "items": text(), "minItems": 2, "maxItems": 2}});
        let side = |head: &str, about: &str| {
            json!({
                "type": "object", "additionalProperties": true,
                "properties": {
                    head: {"type": "string", "description": about},
                    format!("{head}_encoding"):
                        {"type": "string", "description": "`base64` when the head is not UTF-8 text."},
                    "fields": fields()
                }
            })
        };
        let mut all = Properties::new();
        let request = "Head as received (HTTP/1), fields in order with their case, framing, chunks, trailers, times.";
        all.add("request", request, side("raw_head", "Head as received, with secrets masked in place."), false);
        let response = "Head as sent (HTTP/1), fields in order, interim responses, framing, trailers, times.";
        all.add("response", response, side("head", "Head as sent, with secrets masked in place."), false);
        let connection = "Peer, local port, TLS, PROXY header, HTTP/2 stream.";
        all.add("connection", connection, json!({"type": "object", "additionalProperties": true}), false);
        all.into_schema("The record below HTTP. Times are milliseconds since the request head was complete.")
    }
}

impl ToSchema for AuditWire {}

/// Schema of a connection.
pub(super) struct AuditConnection;

macro_rules! connection_shape {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        impl PartialSchema for AuditConnection {
            fn schema() -> RefOr<Schema> {
                let mut all = Properties::new();
                let time = || json!({"type": "string", "format": "date-time"});
                all.add("id", "UUID version 7: sorts by time.", json!({"type": "string", "format": "uuid"}), true);
                all.add("opened", "Time when it was accepted.", time(), true);
                all.add("closed", "Time when it ended.", time(), true);
                $(add_to_connection!($kind, all, stringify!($name), &joined(&[$($about),*]));)*
                all.into_schema("A connection that has ended.")
            }
        }
    };
}

macro_rules! add_to_connection {
    (Body, $all:ident, $name:expr, $about:expr) => {{
        $all.add($name, $about, json!({"type": "string"}), true);
        let encoding = "`base64` when they are not UTF-8 text.";
        $all.add(&format!("{}_encoding", $name), encoding, json!({"type": ["string", "null"]}), false);
    }};
    (OptionalWord, $all:ident, $name:expr, $about:expr) => {
        $all.add($name, $about, json!({"type": ["string", "null"]}), false)
    };
    (Word, $all:ident, $name:expr, $about:expr) => {
        $all.add($name, $about, json!({"type": "string"}), true)
    };
    ($kind:ident, $all:ident, $name:expr, $about:expr) => {
        $all.add($name, $about, of_wire!($kind), true)
    };
}

impl ToSchema for AuditConnection {}

actors::wire_columns!(facts);
actors::connection_columns!(connection_shape);
actors::event_columns!(event);
actors::payload_columns!(payload);
