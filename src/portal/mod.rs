//! The portal: pages from `static-build/` (or a banner that says how to build them), and their API.

pub mod admin;
pub mod api;
pub mod login;
mod pages;

pub use pages::routes;
