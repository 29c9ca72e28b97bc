//! The OpenAPI 3.1 document, made from the route table at boot.

mod document;
mod errors;

pub use document::{Document, Security, issuer};
