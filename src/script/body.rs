//! The body step: what is sent, in which pieces, in which coding.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::bounds::{MAX_LENGTH, MAX_PAUSE_MS, MAX_PIECE};

/// Names of the members of which a body has exactly one.
pub const SOURCES: [&str; 7] = ["text", "base64", "json", "fill", "random", "echo", "bytes_of"];

/// A body, or a part of one. Several in a row are sent one after the other.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["text"]}, {"required": ["base64"]}, {"required": ["json"]}, {"required": ["fill"]},
    {"required": ["random"]}, {"required": ["echo"]}, {"required": ["bytes_of"]}
]))]
pub struct Body {
    /// Text, sent as UTF-8. It may hold templates.
    pub text: Option<String>,
    /// Bytes in base64.
    pub base64: Option<String>,
    /// A JSON value, serialised without white space. Its strings may hold templates.
    #[serde(default, deserialize_with = "any")]
    pub json: Option<Value>,
    /// This many bytes of the alphabet, repeated.
    #[schemars(range(max = MAX_LENGTH))]
    pub fill: Option<u64>,
    /// This many random bytes; the same for the same seed.
    #[schemars(range(max = MAX_LENGTH))]
    pub random: Option<u64>,
    /// Seed of `random`.
    #[schemars(length(max = 1000))]
    pub seed: Option<String>,
    /// The body of the request, piece by piece as it arrives.
    pub echo: Option<Yes>,
    /// A part of the request as it arrived.
    pub bytes_of: Option<BytesOf>,
    /// Size of each piece in bytes. Each piece is a chunk (or a DATA frame) of its own.
    #[schemars(range(min = 1, max = MAX_PIECE))]
    pub piece: Option<u64>,
    /// Milliseconds between two pieces.
    #[schemars(range(max = MAX_PAUSE_MS))]
    pub pause_ms: Option<u32>,
    /// Content coding.
    pub coding: Option<Coding>,
    /// Sends only the first bytes and leaves the response incomplete: the announced length is that of the whole body,
    /// and no last chunk is sent.
    #[schemars(range(max = MAX_LENGTH))]
    pub cut: Option<u64>,
    /// True to answer conditional requests and ranges of this body (RFC 9110, sections 13 and 14).
    #[serde(default)]
    pub resource: bool,
    /// Entity tag of the resource, with its quotes. It may hold templates.
    #[schemars(length(max = 1000))]
    pub etag: Option<String>,
    /// Date of the last change of the resource, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    #[schemars(length(max = 100))]
    pub last_modified: Option<String>,
}

/// Reads a member whose value may be null.
fn any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A part of the request as it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BytesOf {
    /// The head; on HTTP/2, the fields as lines.
    Head,
}

/// Content coding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Coding {
    /// The bytes are coded, and `Content-Encoding` says so unless the head has the field.
    True(CodingName),
    /// Bytes and field are chosen one by one.
    Chosen(ChosenCoding),
}

/// Content coding whose bytes and field are chosen one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChosenCoding {
    /// The coding.
    pub name: CodingName,
    /// False to send the bytes uncoded.
    #[serde(default = "yes")]
    pub bytes: bool,
    /// False to send no `Content-Encoding`.
    #[serde(default = "yes")]
    pub field: bool,
}

const fn yes() -> bool {
    true
}

/// Name of a content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodingName {
    /// RFC 9110, section 8.4.1.3.
    Gzip,
    /// RFC 9110, section 8.4.1.2: the zlib format.
    Deflate,
    /// RFC 7932.
    Br,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// Returns the coding of the bytes, if they are coded.
    #[must_use]
    pub fn bytes(self) -> Option<CodingName> {
        match self {
            Self::True(name) => Some(name),
            Self::Chosen(chosen) => chosen.bytes.then_some(chosen.name),
        }
    }

    /// Returns the coding that `Content-Encoding` names, if any.
    #[must_use]
    pub fn field(self) -> Option<CodingName> {
        match self {
            Self::True(name) => Some(name),
            Self::Chosen(chosen) => chosen.field.then_some(chosen.name),
        }
    }
}

impl CodingName {
    /// Returns the name as registered.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Br => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// The constant `true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yes;

impl<'de> Deserialize<'de> for Yes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? { Ok(Self) } else { Err(de::Error::custom("must be true")) }
    }
}

impl JsonSchema for Yes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Yes".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"const": true})
    }
}
