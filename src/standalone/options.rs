use std::path::PathBuf;

/// Choices that the embedded default leaves to the command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folder of the database and the secrets; `None` takes `api-test` in the user's data directory.
    pub data_dir: Option<PathBuf>,
    /// TCP port on 127.0.0.1; `None` is 8080, 0 lets the system choose.
    pub port: Option<u16>,
    /// Keeps everything in memory and writes nothing.
    pub ephemeral: bool,
}

impl Options {
    /// Tells whether any of them was given.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.data_dir.is_some() || self.port.is_some() || self.ephemeral
    }
}
