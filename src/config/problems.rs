//! Problems of a configuration, collected so that all are reported at once.

use std::fmt;

/// Maximum number of problems that are kept; a file of another kind has thousands.
const KEPT: usize = 100;

/// Problem that prevents the start. Its text never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({origin})")]
pub struct Problem {
    key: String,
    origin: String,
    message: String,
}

impl Problem {
    /// Returns the path of the key: `server.address`, `api_keys.file[0].name`; empty when no key is at fault.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the source of the value: `configs/x.yaml:12`, `environment APITEST__…` or `default`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns what is wrong and what was expected.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// All [`Problem`]s, the first 100 of them in full.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Returns the problems in the order found: file, environment, values, rules.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// Returns the number of all problems, including those beyond the first 100.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len() + self.more
    }

    /// Returns true when there are no problems.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn add(&mut self, key: impl Into<String>, origin: impl Into<String>, message: impl Into<String>) {
        if self.only_count() {
            self.more += 1;
            return;
        }
        self.list.push(Problem { key: key.into(), origin: origin.into(), message: message.into() });
    }

    /// Returns true when further problems are only counted, so that their text is not needed.
    pub(super) fn only_count(&self) -> bool {
        self.list.len() == KEPT
    }

    /// Returns true when a key, or the section or list around it, already has a problem.
    pub(super) fn concern(&self, key: &str) -> bool {
        let around = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        self.list
            .iter()
            .any(|problem| !problem.key.is_empty() && key.strip_prefix(problem.key.as_str()).is_some_and(around))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.len() == 1 { "problem" } else { "problems" };
        write!(f, "{} {noun} in the configuration", self.len())?;
        for problem in &self.list {
            write!(f, "\n  {problem}")?;
        }
        if self.more > 0 {
            write!(f, "\n  and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Quotes a piece of input for a message: control characters escaped, at most 60 characters.
pub(super) fn quote(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", printable(&short))
}

/// Formats a name from the input for a message: control characters escaped, at most 100 characters.
pub(super) fn name(text: &str) -> String {
    printable(&text.chars().take(100).collect::<String>())
}

fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_problems_is_counted_but_not_kept() {
        let mut problems = Problems::default();
        for index in 0..250 {
            problems.add(format!("k{index}"), "x.yaml:1", "unknown key");
        }
        assert_eq!((problems.iter().count(), problems.len()), (100, 250));
        assert!(problems.to_string().ends_with("and 150 more"));
    }

    #[test]
    fn a_wrong_section_concerns_its_keys_but_not_its_neighbours() {
        let mut problems = Problems::default();
        problems.add("server.tls", "x.yaml:1", "is a list");
        assert!(problems.concern("server.tls"));
        assert!(problems.concern("server.tls.enabled"));
        assert!(!problems.concern("server.tls_like"));
        assert!(!problems.concern("server"));
    }

    #[test]
    fn quoted_input_cannot_forge_a_line_or_flood_one() {
        assert_eq!(quote("a\nb\u{1b}[1m"), "\"a\\nb\\u{1b}[1m\"");
        assert_eq!(quote(&"x".repeat(61)).chars().count(), 63);
    }
}
