//! Answer to a client that has not noticed a fault.

use std::{io, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::fault::Fault;

/// Most bytes of a request that are read.
const REQUEST_MAX: usize = 64 * 1024;
/// Longest time for which is read after the answer.
const LINGER: Duration = Duration::from_secs(2);

/// Waits for a request, or what looks like its head, and answers it. Returns false when nothing arrives.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn answer(fault: Fault, io: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<bool> {
    let mut request = Vec::new();
    while request.len() < REQUEST_MAX && !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if io.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    if request.is_empty() {
        return Ok(false);
    }
    let message = format!("the client has accepted the fault {} of TLS", fault.name());
    let body = json!({"tls_fault": fault.name(), "message": message}).to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = [head, body].concat();
    io.write_all(answer.as_bytes()).await?;
    // The answer is sent, however the connection ends.
    let _ = io.shutdown().await;
    let _ = timeout(LINGER, io.read(&mut [0; 1024])).await;
    Ok(true)
}
