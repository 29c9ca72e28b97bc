//! Dedicated connections beside the pools: one writes, one listens, one migrates the schema.

use std::sync::Arc;

use actors::store::StoreError;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Connection, Socket, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{dsn::Dsn, errors::describe, tls};
use crate::store::OpenError;

type Tls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// Opens connections. Clones share their settings.
#[derive(Clone)]
pub(super) struct Connector {
    dsn: Arc<Dsn>,
    tls: MakeRustlsConnect,
}

impl Connector {
    /// # Errors
    /// [`OpenError`] when the URL or a file that it names can't be read.
    pub(super) fn new(url: &str) -> Result<Self, OpenError> {
        let dsn = Dsn::parse(url).map_err(|error| OpenError::Unavailable(error.to_string()))?;
        let tls = tls::connector(&dsn.trust).map_err(OpenError::Unavailable)?;
        Ok(Self { dsn: Arc::new(dsn), tls })
    }

    /// Returns the TLS settings for a connection that cancels a query.
    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }

    /// Connects within the connection's timeout, handshakes included.
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
            // Pending requests get the error.
            let _ = connection.await;
        });
        Ok(Link { client, driver })
    }

    /// Connects, and passes each notification's payload to `tell` while the link exists.
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

/// Connection that closes at once when dropped, whatever it is doing. The server then rolls back what was not
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
