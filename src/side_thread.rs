//! Listeners beside the main one, on a thread of their own.

use std::{future::Future, io, net::TcpListener, sync::Arc, thread, time::Duration};

use tokio::{
    net::TcpStream,
    runtime::Builder,
    sync::{Semaphore, mpsc, oneshot},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// Maximum number of connections at a time, over all listeners of a thread.
pub(crate) const CONNECTIONS_MAX: usize = 256;
/// Pause after a connection could not be accepted, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A running thread.
pub(crate) struct SideThread {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

/// Serves the connections of a thread.
pub(crate) trait Serve: Send + Sync + 'static {
    /// Serves a connection of the listener with this index, until it ends or the token is cancelled.
    fn connection(&self, listener: usize, io: TcpStream, stop: CancellationToken) -> impl Future<Output = ()> + Send;

    /// Called for each connection that is closed because there are [`CONNECTIONS_MAX`] others.
    fn too_many(&self);
}

impl SideThread {
    /// Starts accepting.
    ///
    /// # Errors
    /// When the thread or its runtime can't be started.
    pub(crate) fn start(name: &'static str, listeners: Vec<TcpListener>, serve: impl Serve) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let (done, ended) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let token = stop.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            if let Err(error) = runtime.block_on(run(name, listeners, Arc::new(serve), token)) {
                log::error!(listener = name, error:% = error; "listener ended");
            }
            // Fails when nobody waits any more.
            let _ = done.send(());
        })?;
        Ok(Self { stop, ended })
    }

    /// Closes the listeners and ends all connections. Returns when they have ended.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // An error means that the thread has ended already.
        let _ = self.ended.await;
    }
}

async fn run(
    name: &'static str,
    listeners: Vec<TcpListener>,
    serve: Arc<impl Serve>,
    stop: CancellationToken,
) -> io::Result<()> {
    let (sender, mut accepted) = mpsc::channel(1);
    let mut accepting = JoinSet::new();
    for (index, listener) in listeners.into_iter().enumerate() {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let sender = sender.clone();
        accepting.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((io, _)) => {
                        if sender.send((index, io)).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        log::warn!(listener = name, error:% = error; "connection could not be accepted");
                        sleep(PAUSE).await;
                    }
                }
            }
        });
    }
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let next = tokio::select! {
            next = accepted.recv() => next,
            () = stop.cancelled() => None,
        };
        while connections.try_join_next().is_some() {}
        let Some((index, io)) = next else { break };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            serve.too_many();
            continue;
        };
        // Without it, small answers may wait for an acknowledgement.
        let _ = io.set_nodelay(true);
        let (serve, stop) = (Arc::clone(&serve), stop.clone());
        connections.spawn(async move {
            serve.connection(index, io, stop).await;
            drop(place);
        });
    }
    accepting.shutdown().await;
    while connections.join_next().await.is_some() {}
    Ok(())
}
