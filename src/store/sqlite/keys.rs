//! Keys and sessions in the file.

use std::sync::Arc;

use actors::{
    keys::{Handle, KeyStore, StoredKey, store::Hear},
    sessions::{SessionHash, SessionStore, StoredSession},
    store::{Pending, Watch},
};
use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult,
    RunQueryDsl as _, SqliteConnection,
    result::{DatabaseErrorKind, Error},
};
use uuid::Uuid;

use super::Sqlite;

diesel::table! {
    api_keys (id) {
        id -> Binary,
        name -> Text,
        description -> Text,
        handle -> Binary,
        hash -> Text,
        created_by -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    portal_sessions (id_hash) {
        id_hash -> Binary,
        data -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

/// Id, name, description, handle, hash, creator, and the three times in microseconds of the Unix epoch.
type Row = (Vec<u8>, String, String, Vec<u8>, String, String, i64, Option<i64>, Option<i64>);

fn key(row: Row) -> QueryResult<StoredKey> {
    let (id, name, description, handle, hash, created_by, created_at, expires_at, last_used_at) = row;
    let broken = || Error::DeserializationError("a row of api_keys is corrupt".into());
    let time = |micros| DateTime::from_timestamp_micros(micros).ok_or_else(broken);
    Ok(StoredKey {
        id: Uuid::from_slice(&id).map_err(|_| broken())?,
        name,
        description,
        handle: Handle::try_from(handle).map_err(|_| broken())?,
        hash,
        created_by,
        created_at: time(created_at)?,
        expires_at: expires_at.map(time).transpose()?,
        last_used_at: last_used_at.map(time).transpose()?,
    })
}

fn add(connection: &mut SqliteConnection, key: &StoredKey) -> QueryResult<bool> {
    let micros = |time: DateTime<Utc>| time.timestamp_micros();
    let inserted = diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(key.id.as_bytes().as_slice()),
            api_keys::name.eq(&key.name),
            api_keys::description.eq(&key.description),
            api_keys::handle.eq(key.handle.as_slice()),
            api_keys::hash.eq(&key.hash),
            api_keys::created_by.eq(&key.created_by),
            api_keys::created_at.eq(micros(key.created_at)),
            api_keys::expires_at.eq(key.expires_at.map(micros)),
            api_keys::last_used_at.eq(key.last_used_at.map(micros)),
        ))
        .execute(connection);
    match inserted {
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        inserted => inserted.map(|_| true),
    }
}

fn touch(connection: &mut SqliteConnection, used: &[(Uuid, DateTime<Utc>)]) -> QueryResult<()> {
    connection.immediate_transaction(|connection| {
        for (id, at) in used {
            let at = at.timestamp_micros();
            let row = api_keys::table.find(id.as_bytes().as_slice());
            let later = api_keys::last_used_at.is_null().or(api_keys::last_used_at.lt(at));
            diesel::update(row.filter(later)).set(api_keys::last_used_at.eq(at)).execute(connection)?;
        }
        Ok(())
    })
}

impl KeyStore for Sqlite {
    fn find(&self, handles: Vec<Handle>) -> Pending<'_, Vec<StoredKey>> {
        Box::pin(Arc::clone(&self.connections).identify(move |connection| {
            let handles = handles.iter().map(Handle::as_slice);
            let rows = api_keys::table.filter(api_keys::handle.eq_any(handles)).load::<Row>(connection)?;
            rows.into_iter().map(key).collect()
        }))
    }

    fn list(&self) -> Pending<'_, Vec<StoredKey>> {
        Box::pin(Arc::clone(&self.connections).identify(|connection| {
            let newest_first = (api_keys::created_at.desc(), api_keys::id.desc());
            let rows = api_keys::table.order(newest_first).load::<Row>(connection)?;
            rows.into_iter().map(key).collect()
        }))
    }

    fn add(&self, key: StoredKey) -> Pending<'_, bool> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| add(connection, &key)))
    }

    fn revoke(&self, name: String) -> Pending<'_, Option<Handle>> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| {
            let gone = diesel::delete(api_keys::table.filter(api_keys::name.eq(name)))
                .returning(api_keys::handle)
                .get_result::<Vec<u8>>(connection)
                .optional()?;
            Ok(gone.and_then(|handle| Handle::try_from(handle).ok()))
        }))
    }

    fn touch(&self, used: Vec<(Uuid, DateTime<Utc>)>) -> Pending<'_, ()> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| touch(connection, &used)))
    }

    fn watch(&self, _hear: Hear) -> Option<Watch> {
        None
    }
}

impl SessionStore for Sqlite {
    fn put(&self, session: StoredSession) -> Pending<'_, ()> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| {
            diesel::insert_into(portal_sessions::table)
                .values((
                    portal_sessions::id_hash.eq(session.hash.as_slice()),
                    portal_sessions::data.eq(&session.data),
                    portal_sessions::created_at.eq(session.created_at.timestamp_micros()),
                    portal_sessions::expires_at.eq(session.expires_at.timestamp_micros()),
                ))
                .execute(connection)
                .map(drop)
        }))
    }

    fn get(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        Box::pin(Arc::clone(&self.connections).identify(move |connection| {
            portal_sessions::table
                .find(hash.as_slice())
                .filter(portal_sessions::expires_at.gt(Utc::now().timestamp_micros()))
                .select(portal_sessions::data)
                .get_result(connection)
                .optional()
        }))
    }

    fn replace(&self, hash: SessionHash, data: String) -> Pending<'_, bool> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| {
            let lasts = portal_sessions::expires_at.gt(Utc::now().timestamp_micros());
            let row = portal_sessions::table.find(hash.as_slice()).filter(lasts);
            diesel::update(row).set(portal_sessions::data.eq(data)).execute(connection).map(|rows| rows > 0)
        }))
    }

    fn take(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| {
            let taken = diesel::delete(portal_sessions::table.find(hash.as_slice()))
                .returning((portal_sessions::data, portal_sessions::expires_at))
                .get_result::<(String, i64)>(connection)
                .optional()?;
            let now = Utc::now().timestamp_micros();
            Ok(taken.and_then(|(data, end)| (now < end).then_some(data)))
        }))
    }

    fn sweep(&self, now: DateTime<Utc>) -> Pending<'_, u64> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| {
            let over = portal_sessions::expires_at.le(now.timestamp_micros());
            diesel::delete(portal_sessions::table.filter(over)).execute(connection).map(|rows| rows as u64)
        }))
    }
}
