//! Origins of values: a file and line, a variable, or the default.

use std::collections::BTreeMap;

use serde::Serialize;

/// Origin of a default.
pub(super) const DEFAULT: &str = "default";

/// Maps each key path (`server.address`, `api_keys.file[0].key`) to `FILE:LINE`, `environment NAME` or `default`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Provenance(BTreeMap<String, String>);

impl Provenance {
    /// Returns the origin of one key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Returns every key and its origin, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, origin)| (key.as_str(), origin.as_str()))
    }

    /// Returns every key and its origin taken apart, sorted by key.
    pub fn origins(&self) -> impl Iterator<Item = (&str, Origin<'_>)> {
        self.iter().map(|(key, origin)| (key, Origin::of(origin)))
    }

    pub(super) fn set(&mut self, key: &str, origin: &str) {
        self.0.insert(key.to_owned(), origin.to_owned());
    }
}

/// Origin of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'p> {
    /// The default.
    Default,
    /// This variable.
    Environment(&'p str),
    /// This line of this file, counted from 1.
    File(&'p str, u32),
}

impl<'p> Origin<'p> {
    /// Parses the text of a [`Provenance`]. Only a file's ends with a colon and a number, whatever its name.
    fn of(text: &'p str) -> Self {
        let line = text.rsplit_once(':').and_then(|(file, line)| Some(Self::File(file, line.parse().ok()?)));
        let variable = || text.strip_prefix("environment ").map(Self::Environment);
        line.or_else(variable).unwrap_or(Self::Default)
    }
}

/// Returns a question about the variables that left a value empty, or nothing.
pub(super) fn unset_hint(empty_variables: &BTreeMap<String, Vec<String>>, key: &str) -> String {
    match empty_variables.get(key).map(Vec::as_slice) {
        None | Some([]) => String::new(),
        Some([one]) => format!("; is {one} set?"),
        Some(several) => format!("; are {} set?", several.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_apart_whatever_the_file_is_called() {
        for (text, origin) in [
            ("default", Origin::Default),
            ("environment APITEST__SERVER__NAME", Origin::Environment("APITEST__SERVER__NAME")),
            ("configs/x.yaml:12", Origin::File("configs/x.yaml", 12)),
            ("default:3", Origin::File("default", 3)),
            ("environment X:4", Origin::File("environment X", 4)),
            ("c:/a:b.yaml:5", Origin::File("c:/a:b.yaml", 5)),
        ] {
            assert_eq!(Origin::of(text), origin, "{text}");
        }
    }
}
