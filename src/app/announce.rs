//! What is told at boot: log lines, and the registration with a gateway.

use std::net::SocketAddr;

use actors::{RegistrarActor, Registry};

use crate::{
    build_info,
    config::{Config, Warning},
    openapi::Document,
    register::{self, Gateway, RegisterError},
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

/// Starts the registrar if registration is enabled. It begins at once, in the background; none of its failures is fatal.
pub(super) fn register(actors: &Registry, config: &Config, document: &Document) {
    if !config.plexara.register.enabled {
        return;
    }
    match gateway(config, document) {
        Ok(gateway) => RegistrarActor::start(actors, gateway),
        Err(error) => log::warn!(error:% = error; "registration is not possible; serving without it"),
    }
}

fn gateway(config: &Config, document: &Document) -> Result<Gateway, RegisterError> {
    Gateway::new(&config.plexara.register, register::message(config, document)?)
}
