use std::{io, path::PathBuf};

use crate::config::Problems;

/// Errors of the embedded default. The text is for the user and never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum StandaloneError {
    /// The environment names no data directory.
    #[error(
        "no data directory: neither XDG_DATA_HOME nor HOME is an absolute path; expected --data-dir DIR or --ephemeral"
    )]
    NoHome,
    /// The folder is not usable.
    #[error("data directory {}: {reason}; expected a writable folder (--data-dir DIR), or --ephemeral", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Reason.
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
    /// A file with a secret is not usable.
    #[error("{}: {reason}; repair it, or remove it to generate a new one", file.display())]
    Secret {
        /// The file.
        file: PathBuf,
        /// Reason.
        reason: String,
    },
    /// `init` does not overwrite files.
    #[error("{} already exists and is not overwritten; expected the name of a new file", .0.display())]
    Exists(PathBuf),
    /// The configuration file can't be written.
    #[error("can't write {}: {error}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// The embedded default with the environment's overrides is not a valid configuration.
    #[error("{0}")]
    Config(Problems),
    /// A flag and a variable contradict each other.
    #[error("{flag} and {variable} are both given; expected one of them")]
    Twice {
        /// The flag.
        flag: &'static str,
        /// The variable.
        variable: &'static str,
    },
}

impl StandaloneError {
    /// Distinguishes a wrong command line from a failure of the machine.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoHome | Self::Exists(_) | Self::Config(_) | Self::Twice { .. })
    }
}
