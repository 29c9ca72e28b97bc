//! The portal: the pages that `static-build/` holds, or a banner that says how to make them, and the API behind them.

pub mod admin;
pub mod api;
pub mod login;
mod pages;

pub use pages::routes;
