//! Version of the build, set by `build.rs`.

/// Version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Commit of the build, `unknown` outside a checkout.
pub const COMMIT: &str = env!("API_TEST_COMMIT");

/// Date of that commit (RFC 3339), `unknown` outside a checkout.
pub const DATE: &str = env!("API_TEST_DATE");
