//! Tests of the real binary from outside, like a gateway and an operator would use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs, unreachable_pub)]

mod audit;
mod audit_identity;
mod audit_read;
mod bad_input;
mod chain;
mod command_line;
mod database_keys;
mod docs_auth;
mod http2;
mod lifecycle;
mod limits;
mod log_secrets;
mod logs;
mod memory;
mod metrics;
mod oidc_provider;
mod oidc_tokens;
mod openapi;
mod portal_api;
mod portal_id_tokens;
mod portal_pages;
mod portal_sessions;
mod portal_sign_in;
mod portal_streams;
mod postgres;
mod reference_page;
mod registration;
mod replicas;
mod rules;
mod standalone;
mod streaming;
mod support;
mod tls;
mod vectors;
