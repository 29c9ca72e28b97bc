//! `--healthcheck`: checks that a running server is alive. For containers, whose image has no other HTTP client.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use actix_web::http::Uri;
use rustls::{ClientConfig, ClientConnection, StreamOwned, crypto::aws_lc_rs};
use rustls_pki_types::ServerName;

use crate::any_certificate::AnyCertificate;

/// Default URL.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8080/healthz";

const LIMIT: Duration = Duration::from_secs(5);

/// Reasons why the server is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// The URL can't be used.
    #[error("APITEST_HEALTHCHECK_URL is {0:?}; use http://host:port/path or https://…")]
    Url(String),
    /// No response.
    #[error("{url}: {error}")]
    Io {
        /// URL that was called.
        url: String,
        /// The cause.
        error: io::Error,
    },
    /// The response is not 200.
    #[error("{url}: answered {status}")]
    Status {
        /// URL that was called.
        url: String,
        /// Status line of the response.
        status: String,
    },
}

/// Checks `url`, or [`DEFAULT_URL`].
///
/// # Errors
/// [`Unhealthy`] unless 200 is received within 5 s.
pub fn run(url: Option<&str>) -> Result<(), Unhealthy> {
    let url = url.filter(|url| !url.is_empty()).unwrap_or(DEFAULT_URL);
    let bad_url = || Unhealthy::Url(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| bad_url())?;
    let (host, tls) = match (uri.host(), uri.scheme_str()) {
        (Some(host), Some("http")) => (host, false),
        (Some(host), Some("https")) => (host, true),
        _ => return Err(bad_url()),
    };
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let failed = |error| Unhealthy::Io { url: url.to_owned(), error };
    let status = ask(host, port, target, tls).map_err(failed)?;
    if status.split(' ').nth(1) == Some("200") {
        Ok(())
    } else {
        Err(Unhealthy::Status { url: url.to_owned(), status })
    }
}

/// Sends the request and reads the status line.
fn ask(host: &str, port: u16, target: &str, tls: bool) -> io::Result<String> {
    let bare = host.trim_matches(['[', ']']);
    let mut error = io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address");
    for address in (bare, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, LIMIT) {
            Ok(socket) => {
                socket.set_read_timeout(Some(LIMIT))?;
                socket.set_write_timeout(Some(LIMIT))?;
                let request = format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
                return if tls { exchange(encrypted(bare, socket)?, &request) } else { exchange(socket, &request) };
            }
            Err(refused) => error = refused,
        }
    }
    Err(error)
}

fn exchange(mut connection: impl Read + Write, request: &str) -> io::Result<String> {
    connection.write_all(request.as_bytes())?;
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < 256 && connection.read(&mut byte)? == 1 && byte[0] != b'\r' {
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn encrypted(host: &str, socket: TcpStream) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        // Certificates are not verified: the check asks its own server whether it is alive, sends no secret and uses
        // only the status. Certificates of test servers are often self-signed.
        .with_custom_certificate_verifier(Arc::new(AnyCertificate::new(provider)))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let client = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    Ok(StreamOwned::new(client, socket))
}
