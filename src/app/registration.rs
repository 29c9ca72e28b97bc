//! Self-registration, put together and begun. Nothing of it is fatal.

use std::sync::{Arc, OnceLock};

use actors::{Registrar, RegistrarObserver};

use crate::{
    config::Config,
    openapi::Document,
    register::{self, Gateway, RegisterError},
};

/// Place of the observer, filled when the registrar starts: metrics are there before.
pub(super) type Observing = Arc<OnceLock<RegistrarObserver>>;

/// Starts the registrar when registration is on. It begins at once; nothing waits for it.
pub(super) fn begin(config: &Config, document: &Document, observing: &Observing) -> Option<Registrar> {
    if !config.plexara.register.enabled {
        return None;
    }
    match gateway(config, document) {
        Ok(gateway) => {
            log::info!(actor = "registrar"; "actor started");
            let registrar = Registrar::start(gateway);
            // Set once, here.
            let _ = observing.set(registrar.observer());
            Some(registrar)
        }
        Err(error) => {
            log::warn!(error:% = error; "registration can't be tried; serving without it");
            None
        }
    }
}

fn gateway(config: &Config, document: &Document) -> Result<Gateway, RegisterError> {
    Gateway::new(&config.plexara.register, register::message(config, document)?)
}
