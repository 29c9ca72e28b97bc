//! Loading: from a path and an environment to a checked configuration.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::origin::Provenance;
use super::problems::Problems;
use super::warnings::{self, Warning};
use super::{Config, decode, document, layer, overrides, render, rules, yaml};

/// Variable that allows insecure settings when it is `1`.
const INSECURE_VARIABLE: &str = "APITEST_INSECURE";
/// Variable that names the file when the command line does not.
const FILE_VARIABLE: &str = "APITEST_CONFIG";

/// Valid configuration, with its warnings.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The effective configuration.
    pub config: Config,
    /// Warnings, ready for the boot log.
    pub warnings: Vec<Warning>,
    /// Origin of each value.
    pub provenance: Provenance,
}

impl Loaded {
    /// Returns the masked configuration as YAML, each value with a comment that says where it came from.
    #[must_use]
    pub fn masked_yaml(&self) -> String {
        render::yaml(&self.config.masked(), Some(&self.provenance))
    }
}

impl Config {
    /// Returns the path of the configuration file: `path`, or the value of `APITEST_CONFIG`; `None` without either.
    #[must_use]
    pub fn file(path: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
        let named = || environment.get(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        path.map(Path::to_path_buf).or_else(named)
    }

    /// Loads the configuration from the file at `path`.
    ///
    /// Reads files, so it must be called before the server starts.
    ///
    /// # Errors
    /// All problems at once: an unreadable file, invalid YAML, unknown keys and variables, invalid values and
    /// combinations.
    pub fn load(path: &Path, environment: &Environment) -> Result<Loaded, Problems> {
        let file = path.display().to_string();
        let text = read(path).map_err(|what| only(&file, &format!("the file {what}")))?;
        Self::parse(&file, &text, environment)
    }

    /// Loads the configuration from text; `file` is its name in problems and provenance.
    ///
    /// # Errors
    /// Same as [`Config::load`], except for the file itself.
    pub fn parse(file: &str, text: &str, environment: &Environment) -> Result<Loaded, Problems> {
        let mut problems = Problems::default();
        let Some(from_file) = document::settings(file, text, environment, &mut problems) else {
            return Err(problems);
        };
        let presets = decode::presets();
        let below = merge([&presets, &from_file])?;
        let from_environment = overrides::settings(environment, &below, &mut problems);
        // Invalid settings are not merged, because an index may be huge.
        let mut merged = merge([&presets, &from_file, &from_environment.without(&problems)])?;
        let empty_variables = from_file.empty_variables_under(&from_environment);
        let provenance = decode::check(&mut merged, &empty_variables, &mut problems);
        let mut config: Config = merged.try_deserialize().map_err(|error| internal(&error))?;
        config.settle();
        config.oidc.insecure = environment.get(INSECURE_VARIABLE) == Some("1");
        let facts = rules::Facts { provenance: &provenance, empty_variables: &empty_variables };
        rules::check(&config, &facts, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let warnings = warnings::of(&config, &empty_variables);
        Ok(Loaded { config, warnings, provenance })
    }

    /// Sets values that depend on other keys.
    fn settle(&mut self) {
        self.server.base_url.settle(&self.server.address, self.server.tls.enabled);
        for word in &mut self.audit.redact_keys {
            *word = word.to_lowercase();
        }
    }
}

fn merge<'a>(layers: impl IntoIterator<Item = &'a layer::Layer>) -> Result<::config::Value, Problems> {
    layer::merge(layers).map_err(|error| internal(&error))
}

/// Reads the file, up to one byte more than the limit.
fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("can't be read: {error}");
    let mut bytes = Vec::new();
    let limit = yaml::LARGEST as u64 + 1;
    File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n').count();
        format!("is not UTF-8 text; see line {line}")
    })
}

fn only(origin: &str, message: &str) -> Problems {
    let mut problems = Problems::default();
    problems.add("", origin, message);
    problems
}

/// Every value was checked before, so this is a bug of the key table. The cause may quote a secret value, so only the
/// path is reported.
fn internal(error: &::config::ConfigError) -> Problems {
    let key = match error {
        ::config::ConfigError::At { key: Some(key), .. } | ::config::ConfigError::Type { key: Some(key), .. } => key,
        _ => "",
    };
    only("program", &format!("the key table and the configuration's types disagree at \"{key}\"; please report this"))
}
