//! The session actor as a store for `actix-session`.

use std::{collections::HashMap, time::Duration};

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time;
use actors::{SessionClient, sessions::SessionHash, store::StoreError};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// Absolute lifetime of a session. Activity does not extend it.
pub const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// Domain separation: session hashes differ from any other hash.
const LABEL: &[u8] = b"api-test: portal session\0";

/// Stores sessions through the session actor. An id is 256 random bits; only its hash is stored.
#[derive(Clone)]
pub struct ActorStore(pub SessionClient);

impl ActorStore {
    /// Returns one entry of a session; `None` when the session does not exist or the entry has another type.
    ///
    /// # Errors
    /// [`LoadError`] when the session store is unavailable.
    pub async fn entry<T: DeserializeOwned>(&self, key: &SessionKey, name: &str) -> Result<Option<T>, LoadError> {
        match self.load(key).await {
            // The same decoding as `Session::get`.
            Ok(entries) => Ok(entries.and_then(|entries| serde_json::from_str(entries.get(name)?).ok())),
            Err(LoadError::Deserialization(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Returns the hash under which the session of an id is stored.
pub fn hash(id: &str) -> SessionHash {
    Sha256::new().chain_update(LABEL).chain_update(id).finalize().into()
}

/// Returns 256 random bits as text.
pub fn random() -> String {
    let bits: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bits)
}

impl SessionStore for ActorStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let data = self.0.get(hash(key.as_ref())).await.map_err(|error| LoadError::Other(error.into()))?;
        let state = data.map(|data| serde_json::from_str(&data)).transpose();
        state.map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: HashMap<String, String>, _: &time::Duration) -> Result<SessionKey, SaveError> {
        let data = serde_json::to_string(&state).map_err(|error| SaveError::Serialization(error.into()))?;
        let id = random();
        self.0.put(hash(&id), data, LIFETIME).await.map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(id).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let data = serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        let replaced = self.0.replace(hash(key.as_ref()), data).await;
        if replaced.map_err(|error| UpdateError::Other(error.into()))? {
            return Ok(key);
        }
        // The session was ended in the meantime and must not come back.
        Err(UpdateError::Other(StoreError::Data("the session has ended".to_owned()).into()))
    }

    /// Does nothing: the lifetime of a session is fixed.
    async fn update_ttl(&self, _: &SessionKey, _: &time::Duration) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        self.0.take(hash(key.as_ref())).await?;
        Ok(())
    }
}
