//! Self-registration with the gateway (`plexara.register`): once the server listens, it sends its name, URL,
//! authentication methods and OpenAPI document to the gateway's administration API.
//!
//! It runs in the background on its own thread, and a failure only writes a log line. The actor decides about retries
//! ([`actors::registrar`]); this module knows the message and the meaning of responses.

mod gateway;
mod message;

pub use gateway::Gateway;
pub use message::message;

/// Reasons why registration is not possible.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Our own OpenAPI document can't be read, which is a bug.
    #[error("plexara.register: the OpenAPI document: {0}")]
    Document(#[from] serde_json::Error),
    /// The value is not allowed in a header. It is not shown, because it is secret.
    #[error("plexara.register.auth_header contains characters that are not allowed in a header")]
    AuthHeader,
    /// `admin_url` is empty. The configuration checks this, so it is a bug.
    #[error("plexara.register.admin_url is empty")]
    NoAddress,
    /// The HTTP client can't be created.
    #[error("plexara.register: no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The thread can't be started.
    #[error("plexara.register: no thread: {0}")]
    Thread(#[from] std::io::Error),
}
