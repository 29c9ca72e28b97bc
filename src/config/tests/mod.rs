//! Tests of all steps from text and environment to a configuration. Tests of a single step are in its module.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod documentation;
mod files;
mod masking;
mod overriding;
mod properties;
mod reading;
mod refusals;
mod warning;

use super::{Config, Environment, Loaded, Problems};

/// The shortest valid configuration.
const ANONYMOUS: &str = "auth: {allow_anonymous: true}\n";

fn environment<const N: usize>(pairs: [(&str, &str); N]) -> Environment {
    pairs.into_iter().collect()
}

fn parse_with(text: &str, environment: &Environment) -> Result<Loaded, Problems> {
    Config::parse("x.yaml", text, environment)
}

fn parse(text: &str) -> Result<Loaded, Problems> {
    parse_with(text, &Environment::default())
}

/// Loads a text with anonymous callers allowed; `text` must have no `auth` section.
fn open(text: &str) -> Loaded {
    parse(&format!("{text}\n{ANONYMOUS}")).unwrap()
}

/// Returns all problems of a text in full, with anonymous callers allowed.
fn refused(text: &str) -> Vec<String> {
    refused_with(&format!("{text}\n{ANONYMOUS}"), &Environment::default())
}

fn refused_with(text: &str, environment: &Environment) -> Vec<String> {
    let problems = parse_with(text, environment).expect_err("should have been refused");
    problems.iter().map(ToString::to_string).collect()
}
