//! The OpenAPI 3.1 documents, of the endpoint groups and of the portal's API, made from the route table at boot.

mod document;
mod errors;

pub use document::{Document, Security, Subject, issuer};
