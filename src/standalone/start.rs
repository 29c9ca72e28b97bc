use std::path::PathBuf;

use super::{
    data_dir::{DataDir, Lock, Options, Secrets},
    document,
    error::StandaloneError,
};
use crate::config::{Config, Environment, Loaded};

/// Name of the embedded default, shown in place of a file name.
pub(super) const NAME: &str = "embedded default";
const IN_MEMORY: &str = "sqlite::memory:";

/// Embedded default, ready to be served. Locks the data directory until it is dropped.
pub struct Standalone {
    /// The configuration to run.
    pub loaded: Loaded,
    pub(super) place: Option<DataDir>,
    _lock: Option<Lock>,
}

impl Standalone {
    /// Folder of the database and the secrets; `None` when everything is in memory.
    #[must_use]
    pub fn data_dir(&self) -> Option<PathBuf> {
        self.place.as_ref().map(|place| place.path().to_owned())
    }
}

/// Creates folder and secrets if missing, and returns the configuration.
///
/// # Errors
/// [`StandaloneError`], whose text tells the user what to do.
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

/// Returns the configuration of [`prepare`] without creating or locking anything.
///
/// # Errors
/// Same as [`prepare`], except for the folder.
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
    let key_hint = if options.ephemeral { document::PRINTED } else { document::IN_FILE };
    let text = document::yaml("", options.port, database, secrets, key_hint);
    Config::parse(NAME, &text, environment).map_err(StandaloneError::Config)
}

/// Variables override the configuration, so a flag with the same meaning would have no effect.
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
