//! Log lines at boot.

use std::net::SocketAddr;

use crate::{
    build_info,
    config::{Config, Warning},
    ui,
};

/// Logs version, effective configuration (secrets masked) and warnings.
pub(super) fn boot(config: &Config, warnings: &[Warning]) {
    log::info!(version = build_info::VERSION, commit = build_info::COMMIT, date = build_info::DATE; "api-test");
    log::info!(config = config.masked().to_string().as_str(); "effective configuration");
    for warning in warnings {
        log::warn!("{warning}");
    }
    if !ui::has_build() {
        log::warn!("this binary contains no build of its pages (/portal/, /docs); run `make ui` and `make build`");
    }
}

/// Logs the addresses of the server.
pub(super) fn listening(config: &Config, address: SocketAddr) {
    log::info!(
        address:% = address, base_url:% = config.server.base_url, tls = config.server.tls.enabled,
        workers = config.server.workers;
        "listening"
    );
}
