//! Serving without a configuration file: the embedded default, and `api-test init`, which writes it as a file.
//!
//! | module | contents |
//! |---|---|
//! | [`options`] | `--data-dir`, `--port`, `--ephemeral` |
//! | [`data_dir`] | the folder: its path, lock and secrets |
//! | [`document`] | the configuration as YAML, made from `configs/api-test.local.yaml` |
//! | [`start`] | combines them into a configuration to run |
//! | [`init`] | writes the file |
//! | [`banner`] | text for the terminal once the server listens |

mod banner;
mod data_dir;
mod document;
mod error;
mod init;
mod options;
mod start;

pub use banner::banner;
pub use error::StandaloneError;
pub use init::init;
pub use options::Options;
pub use start::{Standalone, check, prepare};
