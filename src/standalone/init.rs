use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use super::{
    data_dir::{DataDir, Options},
    document,
    error::StandaloneError,
};
use crate::config::Environment;

/// Writes the embedded default to a new file that only its owner can read, with the secrets of the data directory,
/// generating missing ones.
///
/// # Errors
/// [`StandaloneError::Exists`] when the file exists, or any error in creating the data directory or the file.
pub fn init(file: &Path, options: &Options, environment: &Environment) -> Result<(), StandaloneError> {
    // Checked before a folder or secret is created in vain.
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
         # All other keys have their defaults; docs/configuration.md and configs/api-test.example.yaml list them.\n",
        file.display()
    );
    let text = document::yaml(&heading, options.port, &place.database_url(), &secrets, document::IN_FILE);
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
        // An incomplete file could be taken for a complete one.
        let _ = fs::remove_file(file);
    }
    written
}
