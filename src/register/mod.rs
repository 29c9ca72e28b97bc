//! Self-registration with the gateway (`plexara.register`): once the server listens, it tells the gateway's
//! administration its name, URL, ways in and OpenAPI document.
//!
//! Nobody waits for it: it runs beside the server, on a thread of its own, and its failure is a line in the log. When it
//! is tried again is the actor's business ([`actors::registrar`]); what is sent, and what an answer means, is here.

mod gateway;
mod message;

pub use gateway::Gateway;
pub use message::message;

/// Reasons why registration can't be tried.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The OpenAPI document, our own, can't be read: a defect of the program.
    #[error("plexara.register: the OpenAPI document: {0}")]
    Document(#[from] serde_json::Error),
    /// The value can't stand in a header. It is not repeated: it is a secret.
    #[error("plexara.register.auth_header holds what no header may carry")]
    AuthHeader,
    /// `admin_url` is there when registration is on; the configuration saw to it.
    #[error("plexara.register.admin_url is empty")]
    NoAddress,
    /// The HTTP client can't be made.
    #[error("plexara.register: no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The thread that asks can't be started.
    #[error("plexara.register: no thread: {0}")]
    Thread(#[from] std::io::Error),
}
