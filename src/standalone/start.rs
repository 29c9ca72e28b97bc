use std::path::PathBuf;

use super::{
    data_dir::{DataDir, Lock, Secrets},
    document,
    error::StandaloneError,
    options::Options,
};
use crate::config::{Config, Environment, Loaded};

/// Name of the embedded default where a configuration's file is named.
pub(super) const NAME: &str = "embedded default";
const IN_MEMORY: &str = "sqlite::memory:";

/// The embedded default, ready to be served. Holds the data directory until it is dropped.
pub struct Standalone {
    /// The configuration to run.
    pub loaded: Loaded,
    pub(super) place: Option<DataDir>,
    _lock: Option<Lock>,
}

impl Standalone {
    /// Names the folder of the database and the secrets; `None` when everything is in memory.
    #[must_use]
    pub fn data_dir(&self) -> Option<PathBuf> {
        self.place.as_ref().map(|place| place.path().to_owned())
    }
}

/// Makes what the embedded default needs (folder and secrets), unless it is there, and gives the configuration.
///
/// # Errors
/// [`StandaloneError`], whose text says what to do.
pub fn prepare(options: &Options, environment: &Environment) -> Result<Standalone, StandaloneError> {
    contradictions(options, environment)?;
    if options.ephemeral {
        let loaded = load(options, IN_MEMORY, &Secrets::random(), environment)?;
        return Ok(Standalone { loaded, place: None, _lock: None });
    }
    let place = DataDir::find(options, environment)?;
    let lock = place.lock()?;
    let secrets = place.secrets_made(&lock)?;
    let loaded = load(options, &place.database_url(), &secrets, environment)?;
    Ok(Standalone { loaded, place: Some(place), _lock: Some(lock) })
}

/// Gives the configuration that [`prepare`] would give, without making or taking anything.
///
/// # Errors
/// As [`prepare`], but for the folder.
pub fn check(options: &Options, environment: &Environment) -> Result<Loaded, StandaloneError> {
    contradictions(options, environment)?;
    if options.ephemeral {
        return load(options, IN_MEMORY, &Secrets::random(), environment);
    }
    let place = DataDir::find(options, environment)?;
    let secrets = place.secrets()?.unwrap_or_else(Secrets::random);
    load(options, &place.database_url(), &secrets, environment)
}

fn load(
    options: &Options,
    database: &str,
    secrets: &Secrets,
    environment: &Environment,
) -> Result<Loaded, StandaloneError> {
    let text = document::yaml("", options.port, database, secrets);
    Config::parse(NAME, &text, environment).map_err(StandaloneError::Config)
}

/// Variables override the configuration, so a flag beside one would be without effect.
fn contradictions(options: &Options, environment: &Environment) -> Result<(), StandaloneError> {
    let (address, database) = ("APITEST__SERVER__ADDRESS", "APITEST__DATABASE__URL");
    for (given, flag, variable) in [
        (options.port.is_some(), "--port", address),
        (options.data_dir.is_some(), "--data-dir", database),
        (options.ephemeral, "--ephemeral", database),
    ] {
        if given && environment.get(variable).is_some() {
            return Err(StandaloneError::Twice { flag, variable });
        }
    }
    Ok(())
}
