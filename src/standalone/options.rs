use std::path::PathBuf;

/// Options of the embedded default on the command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folder of the database and the secrets; `None` for `api-test` in the user's data directory.
    pub data_dir: Option<PathBuf>,
    /// TCP port on 127.0.0.1; `None` is 8080, 0 lets the system choose.
    pub port: Option<u16>,
    /// Keeps everything in memory and writes nothing.
    pub ephemeral: bool,
}

impl Options {
    /// Returns true when any option was given.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.data_dir.is_some() || self.port.is_some() || self.ephemeral
    }
}
