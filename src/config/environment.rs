//! Snapshot of the environment, so that loading depends only on its arguments.

use std::collections::BTreeMap;
use std::fmt;

/// Environment variables at the time of its creation. `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Environment {
    /// `None` for a value that is not valid Unicode.
    variables: BTreeMap<String, Option<String>>,
}

/// Result of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup<'a> {
    Set(&'a str),
    Unset,
    NotUnicode,
}

impl Environment {
    /// Takes a snapshot of this process's environment. Variables whose name is not valid Unicode are left out.
    #[must_use]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())))
            .collect();
        Self { variables }
    }

    /// Returns a variable's value; `None` when it is unset or not valid Unicode.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.as_deref()
    }

    pub(super) fn look_up(&self, name: &str) -> Lookup<'_> {
        match self.variables.get(name) {
            Some(Some(value)) => Lookup::Set(value),
            Some(None) => Lookup::NotUnicode,
            None => Lookup::Unset,
        }
    }

    /// Returns the variables whose name starts with a prefix, sorted by name.
    pub(super) fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let variables = self.variables.range(prefix.to_owned()..);
        variables
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name.into(), Some(value.into()))).collect();
        Self { variables }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
impl Environment {
    /// Adds a variable whose value is not valid Unicode.
    pub(super) fn with_garbage(mut self, name: &str) -> Self {
        self.variables.insert(name.to_owned(), None);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_only() {
        let environment: Environment = [("SECRET", "s3cret")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"SECRET"}"#);
    }

    #[test]
    fn a_prefix_selects_its_variables() {
        let environment: Environment = [("A__X", "1"), ("A_B", "2"), ("A__Y", "3"), ("B", "4")].into_iter().collect();
        let found: Vec<_> = environment.with_prefix("A__").collect();
        assert_eq!(found, [("A__X", Some("1")), ("A__Y", Some("3"))]);
    }
}
