//! Start of self-registration. None of its failures is fatal.

use actors::{RegistrarActor, Registry};

use crate::{
    config::Config,
    openapi::Document,
    register::{self, Gateway, RegisterError},
};

/// Starts the registrar if registration is enabled. It begins at once, in the background.
pub(super) fn begin(actors: &Registry, config: &Config, document: &Document) {
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
