//! Secrets that the server generates, shared by all replicas.

use actors::store::{Pending, SecretStore};
use diesel::{ExpressionMethods as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;

use super::Postgres;

diesel::table! {
    server_secrets (name) {
        name -> Text,
        value -> Bytea,
    }
}

impl SecretStore for Postgres {
    fn agree_on(&self, name: &'static str, proposed: Vec<u8>) -> Pending<'_, Vec<u8>> {
        Box::pin(async move {
            // An insert that conflicts with a concurrent one waits for it, so the second statement sees the stored
            // secret.
            let agree = async move |connection: &mut _| {
                diesel::insert_into(server_secrets::table)
                    .values((server_secrets::name.eq(name), server_secrets::value.eq(proposed)))
                    .on_conflict(server_secrets::name)
                    .do_nothing()
                    .execute(connection)
                    .await?;
                server_secrets::table.find(name).select(server_secrets::value).get_result(connection).await
            };
            self.identity.ask(agree).await
        })
    }
}
