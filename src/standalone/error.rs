use std::{io, path::PathBuf};

use crate::config::Problems;

/// Why the embedded default can't be served or written. The text is for the user and never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum StandaloneError {
    /// The environment names no data directory.
    #[error(
        "no data directory: neither XDG_DATA_HOME nor HOME is an absolute path; expected --data-dir DIR or --ephemeral"
    )]
    NoHome,
    /// The folder can't be used.
    #[error("data directory {}: {reason}; expected a folder that can be written to (--data-dir DIR), or --ephemeral", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process serves from the folder.
    #[error("data directory {} is in use by another api-test{process}; expected another --data-dir DIR, or --ephemeral", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// ` (process 123)`, or nothing when it is not known.
        process: String,
    },
    /// A file with a secret can't be used.
    #[error("{}: {reason}; repair it, or remove it to have a new one made", file.display())]
    Secret {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// `init` does not overwrite.
    #[error("{} is there already and is not overwritten; expected the name of a new file", .0.display())]
    Exists(PathBuf),
    /// The configuration file can't be written.
    #[error("can't write {}: {error}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The environment's overrides and the embedded default make no valid configuration.
    #[error("{0}")]
    Config(Problems),
    /// A flag and a variable say two things.
    #[error("{flag} and {variable} are both given; expected one of them")]
    Twice {
        /// The flag.
        flag: &'static str,
        /// The variable.
        variable: &'static str,
    },
}

impl StandaloneError {
    /// Tells a mistake in what was asked for from a failure of this machine.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoHome | Self::Exists(_) | Self::Config(_) | Self::Twice { .. })
    }
}
