//! Self-registration, put together and begun. Nothing of it is fatal.

use actors::{RegistrarActor, Registry};

use crate::{
    config::Config,
    openapi::Document,
    register::{self, Gateway, RegisterError},
};

/// Starts the registrar when registration is on. It begins at once; nothing waits for it.
pub(super) fn begin(actors: &Registry, config: &Config, document: &Document) {
    if !config.plexara.register.enabled {
        return;
    }
    match gateway(config, document) {
        Ok(gateway) => RegistrarActor::start(actors, gateway),
        Err(error) => log::warn!(error:% = error; "registration can't be tried; serving without it"),
    }
}

fn gateway(config: &Config, document: &Document) -> Result<Gateway, RegisterError> {
    Gateway::new(&config.plexara.register, register::message(config, document)?)
}
