//! Reasons why a store can't be opened.

/// Reason why a store can't be opened. The text names the key and never the password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No database is configured.
    #[error("database.url is not set")]
    Missing,
    /// The database can't be reached or opened.
    #[error("database.url: {0}")]
    Unavailable(String),
    /// The schema was migrated by a newer binary.
    #[error("database.url: the database is newer than this api-test (migration {0}); use a newer binary")]
    Newer(String),
    /// A migration failed.
    #[error("database.url: migrations failed: {0}")]
    Migration(String),
}

impl From<diesel::result::Error> for OpenError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Migration(error.to_string())
    }
}
