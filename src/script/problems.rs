//! Problems of a script: all at once, each with its place.

use std::fmt;

/// Maximum number of problems that are kept; a document of another kind has thousands.
const KEPT: usize = 100;

/// A problem of a script, with its place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Place as a JSON pointer (RFC 6901): `/attempts/0/steps/1/head/status`, empty for the whole document.
    pub pointer: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

/// All problems of a script, the first 100 of them in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Creates the list with one problem.
    #[must_use]
    pub fn one(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.add(pointer, message);
        problems
    }

    /// Adds a problem.
    pub(super) fn add(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        if self.list.len() == KEPT {
            self.more += 1;
        } else {
            self.list.push(Problem { pointer: pointer.into(), message: message.into() });
        }
    }

    /// Iterates over the first 100 problems.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// Returns the number of all problems.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len() + self.more
    }

    /// Returns true when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            let place = if problem.pointer.is_empty() { "document" } else { &problem.pointer };
            write!(f, "{}{place}: {}", if index == 0 { "" } else { "; " }, problem.message)?;
        }
        if self.more > 0 {
            write!(f, "; and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Appends a member name or an index to a JSON pointer (RFC 6901, section 3).
pub(super) fn below(pointer: &str, token: impl fmt::Display) -> String {
    let token = token.to_string();
    // A name of the input may be as long as the document.
    let short: String = token.chars().take(100).collect();
    format!("{pointer}/{}", printable(&short).replace('~', "~0").replace('/', "~1"))
}

/// Quotes a piece of input: control characters escaped, at most 60 characters.
pub(super) fn quote(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", printable(&short))
}

fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// Lists names as alternatives: `a, b or c`.
pub(super) fn either<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// Returns the known name nearest to an unknown one, if any is near enough to be a typing error.
pub(super) fn nearest<'n>(unknown: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if unknown.len() > 80 {
        return None;
    }
    let reach = (unknown.chars().count() / 3).max(2);
    let distance = |name: &'n str| (strsim::damerau_levenshtein(&unknown.to_lowercase(), &name.to_lowercase()), name);
    let (distance, name) = known.into_iter().map(distance).min()?;
    (distance <= reach && distance < unknown.len()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_but_not_kept() {
        let mut problems = Problems::default();
        for index in 0..250 {
            problems.add(below("/attempts", index), "is wrong");
        }
        assert_eq!((problems.iter().count(), problems.len()), (100, 250));
        assert!(problems.to_string().starts_with("/attempts/0: is wrong; /attempts/1: "));
        assert!(problems.to_string().ends_with("; and 150 more"));
    }

    #[test]
    fn places_are_json_pointers_and_forge_no_line() {
        assert_eq!(below(&below("", "a/b~c"), 1), "/a~1b~0c/1");
        assert_eq!(below("", "a\nb"), "/a\\nb");
        assert_eq!(quote(&"x".repeat(100)).chars().count(), 63);
    }

    #[test]
    fn a_typing_error_finds_its_name() {
        let known = ["head", "body", "pause_ms", "trailers"];
        assert_eq!(nearest("haed", known), Some("head"));
        assert_eq!(nearest("pausems", known), Some("pause_ms"));
        assert_eq!(nearest("Body", known), Some("body"));
        assert_eq!(nearest("kubernetes", known), None);
        assert_eq!(nearest("x", known), None);
    }
}
