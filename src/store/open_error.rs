//! Reasons why a store can't be opened.

/// Why a store could not be opened. The text names the key and never the password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no database to open.
    #[error("database.url is not set")]
    Missing,
    /// The database can't be reached or opened.
    #[error("database.url: {0}")]
    Unavailable(String),
    /// A newer binary was here before.
    #[error("database.url: the database is newer than this api-test (migration {0}); use a newer binary")]
    Newer(String),
    /// The schema could not be brought up.
    #[error("database.url: migrations failed: {0}")]
    Migration(String),
}

impl From<diesel::result::Error> for OpenError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Migration(error.to_string())
    }
}
