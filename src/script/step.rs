//! The steps of a script.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    body::{Body, Yes},
    bounds::{MAX_FIELDS, MAX_LENGTH, MAX_PAUSE_MS, MAX_PIECE, MAX_STEPS},
};

/// One step of an answer: an object with one member, whose name says what is done.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Reads the body of the request.
    Read(Read),
    /// Sends 100 Continue, whether the client expects it or not.
    Continue(Yes),
    /// Sends an interim response. HTTP/1.0 clients get none.
    Interim(Interim),
    /// Waits for this many milliseconds.
    PauseMs(#[schemars(range(max = MAX_PAUSE_MS))] u32),
    /// Sends the head of the response.
    Head(Head),
    /// Sends a body, or a part of one.
    Body(Box<Body>),
    /// Ends a chunked body with these trailers, or an HTTP/2 stream.
    Trailers(#[schemars(length(max = MAX_FIELDS))] Vec<Field>),
    /// Sends bytes as they are. HTTP/1 only.
    Raw(Raw),
    /// Ends the exchange. It is the last step.
    End(End),
    /// Chooses between steps.
    If(If),
}

/// How much of the request's body is read, and how.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Read {
    /// `whole` or `none`.
    Word(ReadWord),
    /// A part of the body, or the whole at a chosen pace.
    Part(ReadPart),
}

/// How much of the request's body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadWord {
    /// The body to its end.
    Whole,
    /// Nothing.
    None,
}

/// A part of the request's body, or the whole at a chosen pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadPart {
    /// Bytes to read; to the end of the body when missing.
    #[schemars(range(min = 1, max = MAX_LENGTH))]
    pub bytes: Option<u64>,
    /// Bytes per second; as fast as they come when missing.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub slow: Option<u32>,
    /// False to send no 100 Continue to a client that expects one.
    pub r#continue: Option<bool>,
}

/// Bytes: text, or base64 for those that are no UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Octets {
    /// Text, sent as UTF-8. It may hold templates.
    Text(String),
    /// Bytes in base64.
    Base64(Base64),
}

/// Bytes in base64.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Base64 {
    /// The bytes, in base64 with padding (RFC 4648, section 4).
    pub base64: String,
}

/// Name and value of a field, as sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Field(pub String, pub Octets);

/// An interim response.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interim {
    /// Status.
    #[schemars(range(min = 100, max = 199))]
    pub status: u16,
    /// Reason phrase (HTTP/1 only); the usual one when missing.
    pub reason: Option<String>,
    /// Fields, in order.
    #[serde(default)]
    #[schemars(length(max = MAX_FIELDS))]
    pub fields: Vec<Field>,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Status.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 999))]
    pub status: u16,
    /// Reason phrase (HTTP/1 only); the usual one when missing, none when empty.
    pub reason: Option<String>,
    /// Fields, in order, names as written here, repeated ones one by one.
    #[serde(default)]
    #[schemars(length(max = MAX_FIELDS))]
    pub fields: Vec<Field>,
    /// How the end of the body is marked, and the field that says so. When missing: by length where it is known, else
    /// chunked; `none` when `fields` have `Content-Length` or `Transfer-Encoding`.
    pub framing: Option<Framing>,
    /// Value of `Content-Length`, whatever the length of the body. Only with the framing `length`.
    #[schemars(range(max = MAX_LENGTH))]
    pub announce: Option<u64>,
    /// False to leave out all fields that the server adds.
    #[serde(default = "yes")]
    pub own_fields: bool,
}

impl Default for Head {
    fn default() -> Self {
        Self { status: 200, reason: None, fields: Vec::new(), framing: None, announce: None, own_fields: true }
    }
}

const fn ok() -> u16 {
    200
}

const fn yes() -> bool {
    true
}

/// How the end of a body is marked. On HTTP/2 only `length` makes a difference: it adds `content-length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`; HTTP/1.0 clients get `close`.
    Chunked,
    /// The end of the connection.
    Close,
    /// No mark at all; the bytes of a body are sent all the same.
    None,
}

/// Bytes sent as they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Raw {
    /// Text, sent as UTF-8 at once.
    Text(String),
    /// Bytes at a chosen pace.
    Paced(RawPaced),
}

/// Bytes sent as they are, at a chosen pace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["text"]}, {"required": ["base64"]}]))]
pub struct RawPaced {
    /// The bytes as text.
    pub text: Option<String>,
    /// The bytes in base64.
    pub base64: Option<String>,
    /// Size of each piece in bytes; all at once when missing.
    #[schemars(range(min = 1, max = MAX_PIECE))]
    pub piece: Option<u64>,
    /// Milliseconds between two pieces.
    #[schemars(range(max = MAX_PAUSE_MS))]
    pub pause_ms: Option<u32>,
}

/// How the exchange ends. Without this step: the response is completed, and the connection stays open if the client can
/// tell where the response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The response is completed; the connection stays open, even if the client can't tell where the response ends.
    Keep,
    /// The response is completed; the connection is closed.
    Close,
    /// The response is completed; the sending side of the connection is closed.
    HalfClose,
    /// The connection is reset, whatever is still missing of the response.
    Reset,
    /// The stream is reset with this code. HTTP/2 only.
    H2Reset(H2Code),
    /// GOAWAY is sent after the response. HTTP/2 only.
    Goaway(Goaway),
}

/// A GOAWAY frame (RFC 9113, section 6.8). Its last stream is the last one that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goaway {
    /// Error code.
    #[serde(default)]
    pub code: H2Code,
}

/// Error codes of HTTP/2 (RFC 9113, section 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
#[repr(u32)]
pub enum H2Code {
    #[default]
    NoError,
    ProtocolError,
    InternalError,
    FlowControlError,
    SettingsTimeout,
    StreamClosed,
    FrameSizeError,
    RefusedStream,
    Cancel,
    CompressionError,
    ConnectError,
    EnhanceYourCalm,
    InadequateSecurity,
    #[serde(rename = "HTTP_1_1_REQUIRED")]
    Http11Required,
}

/// Steps that are taken when all the conditions hold, and others when not.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["attempt"]}, {"required": ["field"]}, {"required": ["version"]}]))]
pub struct If {
    /// Number of the attempt, from 1.
    #[schemars(range(min = 1))]
    pub attempt: Option<u64>,
    /// A field of the request.
    pub field: Option<FieldTest>,
    /// Version of HTTP.
    pub version: Option<HttpVersion>,
    /// Steps when the conditions hold.
    #[serde(default)]
    #[schemars(length(max = MAX_STEPS))]
    pub then: Vec<Step>,
    /// Steps when they don't.
    #[serde(default)]
    #[schemars(length(max = MAX_STEPS))]
    pub r#else: Vec<Step>,
}

/// A condition on a field of the request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldTest {
    /// Name of a field that is present.
    Present(#[schemars(length(min = 1, max = 200))] String),
    /// A field with a value.
    Value(FieldValue),
}

/// A field with a value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldValue {
    /// Name, in any case.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// Value that one of the fields of this name has.
    pub is: String,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum HttpVersion {
    /// HTTP/1.0
    #[serde(rename = "1.0")]
    Http10,
    /// HTTP/1.1
    #[serde(rename = "1.1")]
    Http11,
    /// HTTP/2
    #[serde(rename = "2")]
    Http2,
}
