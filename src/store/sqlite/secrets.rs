//! Secrets that the server generates.

use std::sync::Arc;

use actors::store::{Pending, SecretStore};
use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};

use super::Sqlite;

diesel::table! {
    server_secrets (name) {
        name -> Text,
        value -> Binary,
    }
}

impl SecretStore for Sqlite {
    fn agree_on(&self, name: &'static str, proposed: Vec<u8>) -> Pending<'_, Vec<u8>> {
        Box::pin(Arc::clone(&self.connections).write_identity(move |connection| {
            // Another process may write between the two statements; the first stored secret stays.
            diesel::insert_into(server_secrets::table)
                .values((server_secrets::name.eq(name), server_secrets::value.eq(proposed)))
                .on_conflict(server_secrets::name)
                .do_nothing()
                .execute(connection)?;
            server_secrets::table.find(name).select(server_secrets::value).get_result(connection)
        }))
    }
}
