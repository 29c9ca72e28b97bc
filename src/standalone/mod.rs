//! Serving without a configuration file: the embedded default, and `api-test init`, which writes it as a file.
//!
//! | module | contents |
//! |---|---|
//! | [`data_dir`] | `--data-dir`, `--port`, `--ephemeral`; the folder: its path, lock and secrets |
//! | [`document`] | the configuration as YAML, made from `configs/api-test.local.yaml` |
//! | [`start`] | combines them into a configuration to run |
//! | [`init`] | writes the file |
//! | [`banner`] | text for the terminal once the server listens |

mod banner;
mod data_dir;
mod document;
mod error;
mod init;
mod start;

pub use banner::banner;
pub use data_dir::Options;
pub use error::StandaloneError;
pub use init::init;
pub use start::{Standalone, check, prepare};
