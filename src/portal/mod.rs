//! The portal: for now the pages that `static-build/` holds, or a banner that says how to make them.

pub mod admin;
mod pages;

pub use pages::{has_build, routes};
