//! Scripts: answers told step by step.
//!
//! - [`document`], [`step`], [`body`]: the types of a script document, and its bounds
//! - [`schema`]: the JSON Schema made from the types
//! - [`compile`]: reads a document, reports all its problems, and makes a [`Program`]
//! - [`run`]: a program's [`Run`] for one request, a sequence of plain [`Act`]s
//! - [`attempts`]: counters of attempts
//! - [`parameters`]: the script that the parameters of `/v1/answer` tell
//! - [`ready`]: the scripts that come with the server
//! - [`facts`]: what a script may know of the request
//!
//! Private: `json` and `check` (reading), `flow` (order of steps), `template`, `plan`, `content`, `coding`, `pieces`,
//! `resource` and `representation` (what is sent).
//!
//! This module knows no HTTP library and never waits: a run is executed elsewhere.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod act;
pub mod attempts;
pub mod body;
pub mod bounds;
mod check;
mod coding;
pub mod compile;
mod compile_body;
mod compiler;
mod content;
pub mod document;
pub mod facts;
mod fields;
mod flow;
mod json;
pub mod parameters;
mod pieces;
mod plan;
mod prepared;
pub mod problems;
pub mod program;
pub mod ready;
mod representation;
mod resource;
pub mod run;
pub mod schema;
pub mod step;
mod template;
#[cfg(test)]
mod tests;

pub use act::{Act, Refusal};
pub use attempts::{Attempts, AttemptsInMemory};
pub use compile::{compile, read};
pub use document::Script;
pub use facts::Facts;
pub use problems::{Problem, Problems};
pub use program::Program;
pub use run::Run;
pub use schema::schema;
