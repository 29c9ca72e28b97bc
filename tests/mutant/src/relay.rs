//! The faithful relay: bytes as they come, one connection for one, ends and resets included.

use crate::socket::{PIECE, Socket, Stop};

/// Joins a client and an upstream until both have closed. A reset on one side resets the other.
pub(crate) async fn relay(client: &Socket, upstream: &Socket) {
    if tokio::try_join!(copy(client, upstream), copy(upstream, client)).is_err() {
        client.reset();
        upstream.reset();
    }
}

async fn copy(from: &Socket, to: &Socket) -> Result<(), Stop> {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = from.read(&mut buffer).await.map_err(|_| Stop::Reset)?;
        if length == 0 {
            to.finish();
            return Ok(());
        }
        tokio::select! {
            biased;
            written = to.write(buffer.get(..length).unwrap_or_default()) => written.map_err(|_| Stop::Reset)?,
            () = from.broken() => return Err(Stop::Reset),
        }
    }
}
