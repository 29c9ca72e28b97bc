//! Support for the tests: the server as a process, and a client that sees each byte.

pub mod audit;
pub mod browser;
pub mod frames;
pub mod haproxy;
pub mod oidc;
pub mod postgres;
mod server;
mod wire;

pub use server::{Server, command, refused};
pub use wire::{Connection, Response};

/// All endpoint groups, enabled.
pub const ALL_GROUPS: &str = "endpoints: {identity: {enabled: true}, data: {enabled: true}, failure: {enabled: true}, \
                              echo: {enabled: true}, streaming: {enabled: true}, pagination: {enabled: true}, \
                              methods: {enabled: true}, security: {enabled: true}, export: {enabled: true}}\n";

/// Configuration of a server without credentials; each line of `more` is a top-level key.
pub fn anonymous(more: &str) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', base_url: 'http://localhost:8080'}}\nauth: {{allow_anonymous: true}}\n{ALL_GROUPS}{more}"
    )
}

/// Configuration of a server with two keys and two tokens.
pub fn with_credentials(allow_anonymous: bool) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', base_url: 'http://localhost:8080'}}\n\
         auth: {{allow_anonymous: {allow_anonymous}}}\n\
         api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}, {{name: ci, key: key-beta-9876543210}}]}}\n\
         bearer: {{tokens: [{{name: devbearer, token: tok-alpha-0123456789}}, \
         {{name: cibearer, token: tok-beta-9876543210}}]}}\n{ALL_GROUPS}"
    )
}
