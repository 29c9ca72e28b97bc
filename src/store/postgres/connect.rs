//! Connections of our own, beside the pool: one writes, one listens, one brings up the schema.

use std::sync::Arc;

use actors::store::StoreError;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Connection, Socket, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{dsn::Dsn, errors::describe, tls};
use crate::store::OpenError;

type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// Makes connections. Clones share what they know.
#[derive(Clone)]
pub(super) struct Connector {
    dsn: Arc<Dsn>,
    tls: MakeRustlsConnect,
}

impl Connector {
    /// # Errors
    /// When the text or a file it names can't be read.
    pub(super) fn new(url: &str) -> Result<Self, OpenError> {
        let dsn = Dsn::parse(url).map_err(|error| OpenError::Unavailable(error.to_string()))?;
        let tls = tls::connector(&dsn.trust).map_err(OpenError::Unavailable)?;
        Ok(Self { dsn: Arc::new(dsn), tls })
    }

    /// The handshake of a connection that cancels a query.
    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }

    /// Connects within the time that the text gives, the handshakes included.
    pub(super) async fn connect(&self) -> Result<(Client, Connection<Socket, Tls>), StoreError> {
        let patience = self.dsn.patience();
        match tokio::time::timeout(patience, self.dsn.config.connect(self.tls.clone())).await {
            Ok(connected) => connected.map_err(|error| StoreError::Unavailable(describe(&error))),
            Err(_) => Err(StoreError::Unavailable(format!("no connection within {} s", patience.as_secs()))),
        }
    }

    /// Connects, and drives the connection on a task of the current runtime.
    pub(super) async fn link(&self) -> Result<Link, StoreError> {
        let (client, connection) = self.connect().await?;
        let driver = tokio::spawn(async move {
            // Whoever waits for an answer is told why it ends.
            let _ = connection.await;
        });
        Ok(Link { client, driver })
    }

    /// Connects, and hands each notification's payload to `tell` for as long as the link is held.
    pub(super) async fn link_hearing(&self, tell: impl Fn(&str) + Send + 'static) -> Result<Link, StoreError> {
        let (client, mut connection) = self.connect().await?;
        let driver = tokio::spawn(async move {
            while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(notification) = message {
                    tell(notification.payload());
                }
            }
        });
        Ok(Link { client, driver })
    }
}

/// A connection that ends at once when it is dropped, whatever it is doing: the server rolls back what was not
/// committed.
pub(super) struct Link {
    pub(super) client: Client,
    driver: JoinHandle<()>,
}

impl Link {
    /// Waits until the connection ends.
    pub(super) async fn ended(&mut self) {
        let _ = (&mut self.driver).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
