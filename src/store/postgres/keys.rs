//! Keys and sessions in PostgreSQL, shared by all replicas.
//!
//! A revocation notifies the other replicas in the same transaction: `NOTIFY` with the key's handle.

use std::{sync::Arc, time::Duration};

use actors::{
    keys::{Handle, KeyNews, KeyStore, StoredKey, store::Hear},
    sessions::{SessionHash, SessionStore, StoredSession},
    store::{Pending, StoreError, Watch},
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryableByName,
    sql_types::{Array, Bytea, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::{
    Postgres,
    connect::{Connector, Link},
    errors::describe,
};

diesel::table! {
    api_keys (id) {
        id -> Uuid,
        name -> Text,
        description -> Text,
        handle -> Bytea,
        hash -> Text,
        created_by -> Text,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    portal_sessions (id_hash) {
        id_hash -> Bytea,
        data -> Jsonb,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

/// Channel on which replicas announce revoked keys.
const CHANNEL: &str = "api_test_keys";
const PAUSE_LEAST: Duration = Duration::from_millis(200);
const PAUSE_MOST: Duration = Duration::from_secs(5);

/// Id, name, description, handle, hash, creator, and the times of creation, expiry and last use.
type Row = (Uuid, String, String, Vec<u8>, String, String, DateTime<Utc>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn key(row: Row) -> Result<StoredKey, StoreError> {
    let (id, name, description, handle, hash, created_by, created_at, expires_at, last_used_at) = row;
    let handle =
        Handle::try_from(handle).map_err(|_| StoreError::Unavailable("a row of api_keys is corrupt".to_owned()))?;
    Ok(StoredKey { id, name, description, handle, hash, created_by, created_at, expires_at, last_used_at })
}

#[derive(QueryableByName)]
struct RevokedRow {
    #[diesel(sql_type = Bytea)]
    handle: Vec<u8>,
}

impl KeyStore for Postgres {
    fn find(&self, handles: Vec<Handle>) -> Pending<'_, Vec<StoredKey>> {
        Box::pin(async move {
            let find = async move |connection: &mut _| {
                let handles = handles.iter().map(Handle::as_slice).collect::<Vec<_>>();
                api_keys::table.filter(api_keys::handle.eq_any(handles)).load::<Row>(connection).await
            };
            self.identity.ask(find).await?.into_iter().map(key).collect()
        })
    }

    fn list(&self) -> Pending<'_, Vec<StoredKey>> {
        Box::pin(async move {
            let list = async |connection: &mut _| {
                let newest_first = (api_keys::created_at.desc(), api_keys::id.desc());
                api_keys::table.order(newest_first).load::<Row>(connection).await
            };
            self.identity.ask(list).await?.into_iter().map(key).collect()
        })
    }

    fn add(&self, key: StoredKey) -> Pending<'_, bool> {
        Box::pin(async move {
            let add = async move |connection: &mut _| {
                let row = (
                    api_keys::id.eq(key.id),
                    api_keys::name.eq(&key.name),
                    api_keys::description.eq(&key.description),
                    api_keys::handle.eq(key.handle.as_slice()),
                    api_keys::hash.eq(&key.hash),
                    api_keys::created_by.eq(&key.created_by),
                    api_keys::created_at.eq(key.created_at),
                    api_keys::expires_at.eq(key.expires_at),
                    api_keys::last_used_at.eq(key.last_used_at),
                );
                diesel::insert_into(api_keys::table)
                    .values(row)
                    .on_conflict(api_keys::name)
                    .do_nothing()
                    .execute(connection)
                    .await
            };
            Ok(self.identity.ask(add).await? > 0)
        })
    }

    fn revoke(&self, name: String) -> Pending<'_, Option<Handle>> {
        const REVOKE: &str = "WITH gone AS (DELETE FROM api_keys WHERE name = $1 RETURNING handle) \
                              SELECT handle, pg_notify('api_test_keys', encode(handle, 'hex'))::text AS told FROM gone";
        Box::pin(async move {
            let revoke = async move |connection: &mut _| {
                diesel::sql_query(REVOKE).bind::<Text, _>(name).get_result::<RevokedRow>(connection).await.optional()
            };
            Ok(self.identity.ask(revoke).await?.and_then(|gone| Handle::try_from(gone.handle).ok()))
        })
    }

    fn touch(&self, mut used: Vec<(Uuid, DateTime<Utc>)>) -> Pending<'_, ()> {
        const TOUCH: &str = "UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at) \
                             FROM unnest($1, $2) AS used (id, at) WHERE api_keys.id = used.id";
        Box::pin(async move {
            // All replicas lock rows in the same order, which prevents deadlocks.
            used.sort_unstable();
            let (ids, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = used.into_iter().unzip();
            let touch = async move |connection: &mut _| {
                let statement = diesel::sql_query(TOUCH).bind::<Array<SqlUuid>, _>(ids);
                statement.bind::<Array<Timestamptz>, _>(times).execute(connection).await
            };
            self.identity.ask(touch).await.map(drop)
        })
    }

    fn watch(&self, hear: Hear) -> Option<Watch> {
        Some(Box::pin(watch(self.connector.clone(), hear)))
    }
}

/// Listens for ever, reconnecting when necessary. After a reconnect, `hear` is told that revocations may have been
/// missed.
async fn watch(connector: Connector, hear: Hear) {
    let mut pause = PAUSE_LEAST;
    loop {
        match listen(&connector, Arc::clone(&hear)).await {
            Ok(mut link) => {
                pause = PAUSE_LEAST;
                hear(KeyNews::Unsure);
                link.ended().await;
                hear(KeyNews::Unsure);
                log::warn!("connection for revoked keys ended; reconnecting");
            }
            Err(error) => {
                hear(KeyNews::Unsure);
                log::debug!(error:% = error; "can't listen for revoked keys");
                pause = (pause * 2).min(PAUSE_MOST);
            }
        }
        tokio::time::sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
    }
}

async fn listen(connector: &Connector, hear: Hear) -> Result<Link, StoreError> {
    let told = move |notice: &str| hear(handle(notice).map_or(KeyNews::Unsure, KeyNews::Revoked));
    let link = connector.link_hearing(told).await?;
    let listening = link.client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
    listening.map_err(|error| StoreError::Unavailable(describe(&error)))?;
    Ok(link)
}

/// Parses a handle in hexadecimal digits.
fn handle(notice: &str) -> Option<Handle> {
    let digits = notice.as_bytes();
    let mut handle = Handle::default();
    if digits.len() != 2 * handle.len() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in handle.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(handle)
}

impl SessionStore for Postgres {
    fn put(&self, session: StoredSession) -> Pending<'_, ()> {
        Box::pin(async move {
            let data = json(&session.data)?;
            let put = async move |connection: &mut _| {
                let row = (
                    portal_sessions::id_hash.eq(session.hash.as_slice()),
                    portal_sessions::data.eq(data),
                    portal_sessions::created_at.eq(session.created_at),
                    portal_sessions::expires_at.eq(session.expires_at),
                );
                diesel::insert_into(portal_sessions::table).values(row).execute(connection).await
            };
            self.identity.ask(put).await.map(drop)
        })
    }

    fn get(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        Box::pin(async move {
            let get = async move |connection: &mut _| {
                portal_sessions::table
                    .find(hash.as_slice())
                    .filter(portal_sessions::expires_at.gt(Utc::now()))
                    .select(portal_sessions::data)
                    .get_result::<serde_json::Value>(connection)
                    .await
                    .optional()
            };
            Ok(self.identity.ask(get).await?.map(|data| data.to_string()))
        })
    }

    fn replace(&self, hash: SessionHash, data: String) -> Pending<'_, bool> {
        Box::pin(async move {
            let data = json(&data)?;
            let replace = async move |connection: &mut _| {
                let lasts = portal_sessions::expires_at.gt(Utc::now());
                let row = portal_sessions::table.find(hash.as_slice()).filter(lasts);
                diesel::update(row).set(portal_sessions::data.eq(data)).execute(connection).await
            };
            Ok(self.identity.ask(replace).await? > 0)
        })
    }

    fn take(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        Box::pin(async move {
            let take = async move |connection: &mut _| {
                diesel::delete(portal_sessions::table.find(hash.as_slice()))
                    .returning((portal_sessions::data, portal_sessions::expires_at))
                    .get_result::<(serde_json::Value, DateTime<Utc>)>(connection)
                    .await
                    .optional()
            };
            let taken = self.identity.ask(take).await?;
            Ok(taken.and_then(|(data, end)| (Utc::now() < end).then(|| data.to_string())))
        })
    }

    fn sweep(&self, now: DateTime<Utc>) -> Pending<'_, u64> {
        Box::pin(async move {
            let sweep = async move |connection: &mut _| {
                let over = portal_sessions::table.filter(portal_sessions::expires_at.le(now));
                diesel::delete(over).execute(connection).await
            };
            Ok(self.identity.ask(sweep).await? as u64)
        })
    }
}

fn json(data: &str) -> Result<serde_json::Value, StoreError> {
    serde_json::from_str(data).map_err(|error| StoreError::Data(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_a_handle_in_hexadecimal() {
        assert_eq!(handle(&"0a".repeat(32)), Some([10; 32]));
        for other in ["", "0a", &"0g".repeat(32), &"+1".repeat(32), &"0a".repeat(33)] {
            assert_eq!(handle(other), None, "{other}");
        }
    }
}
