use serde::{Deserialize, Serialize};

use super::values::Secret;

/// Holds `bearer`: `tokens`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct BearerConfig {
    /// Static tokens; names and non-empty values are unique.
    pub tokens: Vec<StaticToken>,
}

/// Holds one entry of `bearer.tokens`: `name`, `token`, `description`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct StaticToken {
    /// Name of the token in answers, logs and audit.
    pub name: String,
    /// The token, without surrounding white space. **May be empty: such an entry matches nothing.**
    pub token: Secret,
    /// What the token is for.
    pub description: String,
}
