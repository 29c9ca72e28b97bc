//! The script document: the types behind its JSON Schema.
//!
//! The schema is made from these types ([`schema`](super::schema)), and documents are checked against it before serde
//! reads them, so that the types, the schema and the reader can't disagree.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    bounds::{MAX_ATTEMPTS, MAX_REPEAT, MAX_STEPS},
    step::Step,
};

/// An answer, told step by step.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Name under which the script runs at `/v1/script/{name}`: letters, digits, `.`, `_`, `~` and `-`.
    #[schemars(length(min = 1, max = 100), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._~-]*$"))]
    pub name: Option<String>,
    /// Purpose in one line.
    #[schemars(length(max = 500))]
    pub about: Option<String>,
    /// Requests that count as attempts of the same call: `path` (the default), `query:NAME`, `field:NAME`,
    /// `request-id`, `traceparent` (its trace id) or `connection`.
    #[schemars(length(max = 200), regex(pattern = r"^(path|request-id|traceparent|connection|(query|field):.+)$"))]
    pub key: Option<String>,
    /// Answers by attempt: the first entry answers the first attempt, and so on.
    #[schemars(length(min = 1, max = MAX_ATTEMPTS))]
    pub attempts: Vec<Attempt>,
    /// Answer to attempts after the last entry.
    #[serde(default)]
    pub after_last: AfterLast,
    /// True when replicas count attempts together, in the database.
    #[serde(default)]
    pub shared: bool,
    /// Path of its own, beside `/v1/script/{name}`.
    pub mount: Option<Mount>,
}

/// Steps of one attempt, or of several in a row.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Number of attempts in a row that these steps answer.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = MAX_REPEAT))]
    pub repeat: u32,
    /// The steps, in order.
    #[schemars(length(min = 1, max = MAX_STEPS))]
    pub steps: Vec<Step>,
}

const fn one() -> u32 {
    1
}

/// Answer to attempts after the last entry of `attempts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterLast {
    /// The last entry answers all of them.
    #[default]
    Stay,
    /// The entries start over.
    Again,
}

/// Path and methods at which a script answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Path, with `{name}` for one segment; a last segment `{rest}` takes any number of segments.
    #[schemars(length(min = 1, max = 1000), regex(pattern = "^/"))]
    pub path: String,
    /// Methods; all when missing.
    #[schemars(length(min = 1, max = 50))]
    pub methods: Option<Vec<String>>,
}
