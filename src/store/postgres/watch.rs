//! Listens to what other replicas wrote.
//!
//! Notifications are not kept for a listener that is not connected: events written during a reconnect are not
//! announced.

use std::{sync::Arc, time::Duration};

use actors::store::StoreError;
use uuid::Uuid;

use super::{
    connect::{Connector, Link},
    errors::describe,
    notice::{CHANNEL, Token},
};

/// Callback with the ids that another replica wrote.
pub(super) type Tell = Arc<dyn Fn(Vec<Uuid>) + Send + Sync>;

const PAUSE_LEAST: Duration = Duration::from_millis(200);
const PAUSE_MOST: Duration = Duration::from_secs(5);

/// Listens for ever, reconnecting when necessary.
pub(super) async fn watch(connector: Connector, token: Token, tell: Tell) {
    let mut pause = PAUSE_LEAST;
    loop {
        match listen(&connector, token, Arc::clone(&tell)).await {
            Ok(mut link) => {
                pause = PAUSE_LEAST;
                link.ended().await;
                log::warn!("connection for other replicas' audit events ended; reconnecting");
            }
            Err(error) => {
                log::debug!(error:% = error; "can't listen to other replicas");
                pause = (pause * 2).min(PAUSE_MOST);
            }
        }
        tokio::time::sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
    }
}

async fn listen(connector: &Connector, token: Token, tell: Tell) -> Result<Link, StoreError> {
    let hear = move |notice: &str| {
        if let Some(ids) = token.heard(notice) {
            tell(ids);
        }
    };
    let link = connector.link_hearing(hear).await?;
    let listening = link.client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
    listening.map_err(|error| StoreError::Unavailable(describe(&error)))?;
    Ok(link)
}
