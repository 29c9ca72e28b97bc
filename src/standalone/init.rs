use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use super::{data_dir::DataDir, document, error::StandaloneError, options::Options};
use crate::config::Environment;

/// Writes the embedded default to a new file, readable by its owner alone, with the secrets of the data directory, which
/// are made when they are missing.
///
/// # Errors
/// [`StandaloneError::Exists`] when the file is there, and whatever keeps the data directory or the file from being made.
pub fn init(file: &Path, options: &Options, environment: &Environment) -> Result<(), StandaloneError> {
    // Before a folder or a secret is made for nothing.
    if fs::symlink_metadata(file).is_ok() {
        return Err(StandaloneError::Exists(file.to_owned()));
    }
    let place = DataDir::find(options, environment)?;
    let secrets = match place.secrets()? {
        Some(secrets) => secrets,
        None => place.secrets_made(&place.lock()?)?,
    };
    let heading = format!(
        "# The embedded default of api-test as a file, made by `api-test init`. Serve it: api-test --config {}\n\
         # It holds secrets: keep it to yourself, or write ${{VARIABLE}} in place of each and set that in the environment.\n\
         # Everything else has its default; docs/configuration.md and configs/api-test.example.yaml list all keys.\n",
        file.display()
    );
    let text = document::yaml(&heading, options.port, &place.database_url(), &secrets);
    write(file, &text).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StandaloneError::Exists(file.to_owned()),
        _ => StandaloneError::Write { file: file.to_owned(), error },
    })
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut to = options.open(file)?;
    let written = to.write_all(text.as_bytes()).and_then(|()| to.sync_all());
    if written.is_err() {
        // A half file would look like a whole one.
        let _ = fs::remove_file(file);
    }
    written
}
