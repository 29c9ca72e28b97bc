//! One source of settings for the `config` crate.

use std::collections::BTreeMap;
use std::fmt;

use ::config::{ConfigError, Map, Source, Value, ValueKind};

use super::problems::Problems;

/// Settings by path (`api_keys.file[0].key`), each value with its origin. Paths come from the key table, so that no
/// input is ever parsed as a path.
#[derive(Clone, Default)]
pub(super) struct Layer {
    settings: BTreeMap<String, Value>,
    /// Variables that left a setting empty, by path.
    empty_variables: BTreeMap<String, Vec<String>>,
}

impl Layer {
    pub(super) fn set(&mut self, path: impl Into<String>, value: Value) {
        self.settings.insert(path.into(), value);
    }

    pub(super) fn remember_empty(&mut self, path: impl Into<String>, variables: Vec<String>) {
        if !variables.is_empty() {
            self.empty_variables.insert(path.into(), variables);
        }
    }

    pub(super) fn sets(&self, path: &str) -> bool {
        self.settings.contains_key(path)
    }

    /// Returns the settings without problems.
    pub(super) fn without(&self, problems: &Problems) -> Self {
        let mut good = self.clone();
        good.settings.retain(|path, _| !problems.concern(path));
        good
    }

    /// Returns the remembered variables of the settings that the layer above does not override.
    pub(super) fn empty_variables_under(mut self, above: &Self) -> BTreeMap<String, Vec<String>> {
        self.empty_variables.retain(|path, _| !above.sets(path));
        self.empty_variables
    }
}

/// Creates a text value.
pub(super) fn text(origin: &str, text: &str) -> Value {
    Value::new(Some(&origin.to_owned()), text)
}

/// Creates a list value.
pub(super) fn list(origin: &str, values: Vec<Value>) -> Value {
    Value::new(Some(&origin.to_owned()), ValueKind::Array(values))
}

/// Merges layers, later ones over earlier ones.
pub(super) fn merge<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Result<Value, ConfigError> {
    let builder =
        layers.into_iter().fold(::config::Config::builder(), |builder, layer| builder.add_source(layer.clone()));
    Ok(builder.build()?.cache)
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.settings.clone().into_iter().collect())
    }
}

impl fmt::Debug for Layer {
    /// Shows paths only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.settings.keys()).finish()
    }
}
