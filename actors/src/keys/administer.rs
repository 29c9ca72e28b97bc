//! Creating and revoking keys.

use std::sync::Arc;

use chrono::Utc;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    memory::Memory,
    messages::{AddError, NewKey},
    prover::Prover,
    store::{KeyStore, StoredKey},
};
use crate::{
    secret::Secret,
    store::{ANSWER_LIMIT, StoreError, within},
};

/// Creates a key, with the permit of `minting`: hashing is slow by design, and one at a time is enough.
pub(super) async fn mint(
    store: Arc<dyn KeyStore>,
    prover: Arc<dyn Prover>,
    minting: Arc<Semaphore>,
    new: NewKey,
) -> Result<(StoredKey, Secret), AddError> {
    let failed = |error: String| StoreError::Unavailable(error);
    // The semaphore is never closed.
    let permit = minting.acquire_owned().await;
    let made = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let key = prover.mint();
        let hash = prover.hash(key.expose())?;
        Ok::<_, String>((prover.handle(key.expose()), hash, key))
    });
    let (handle, hash, key) = made.await.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
    let NewKey { name, description, created_by, expires_at } = new;
    let stored = StoredKey {
        id: Uuid::now_v7(),
        name,
        description,
        handle,
        hash,
        created_by,
        created_at: Utc::now(),
        expires_at,
        last_used_at: None,
    };
    let added = within(ANSWER_LIMIT, store.add(stored.clone())).await?;
    if added { Ok((stored, key)) } else { Err(AddError::NameTaken) }
}

/// Revokes the key with that name, here and on other replicas. Returns false when there is none.
pub(super) async fn revoke(store: Arc<dyn KeyStore>, memory: Arc<Memory>, name: String) -> Result<bool, StoreError> {
    let revoked = within(ANSWER_LIMIT, store.revoke(name)).await?;
    if let Some(handle) = &revoked {
        memory.forget(handle);
    }
    Ok(revoked.is_some())
}
