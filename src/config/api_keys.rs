use serde::{Deserialize, Serialize};

use super::values::Secret;

/// Holds `api_keys`: `header_name`, `query_param_name`, `file`, `db`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ApiKeysConfig {
    /// Request header that carries a key, as written in the file (names compare without case).
    pub header_name: String,
    /// Query parameter that carries a key; the header wins.
    pub query_param_name: String,
    /// Keys given by the configuration; names and non-empty values are unique.
    pub file: Vec<FileKey>,
    /// Keys kept in the database.
    pub db: StoredKeysConfig,
}

/// Holds one entry of `api_keys.file`: `name`, `key`, `description`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct FileKey {
    /// Name of the key in answers, logs and audit.
    pub name: String,
    /// The key, without surrounding white space. **May be empty: such an entry matches nothing.**
    pub key: Secret,
    /// What the key is for.
    pub description: String,
}

/// Holds `api_keys.db`: `enabled`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct StoredKeysConfig {
    /// Accept keys made in the portal; `database.url` is given then.
    pub enabled: bool,
}
