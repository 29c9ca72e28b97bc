//! The TLS handshake of a connection, and what becomes known by it.

use std::{
    fmt::Write as _,
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use rustls::{
    HandshakeKind, ProtocolVersion, ServerConfig, ServerConnection,
    server::{Acceptor, ClientHello},
};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};
use x509_cert::{Certificate, der::Decode as _, name::Name};

use super::{
    lost::{Lost, Stage},
    tcp::Tcp,
};
use crate::{
    request::{ClientCertificate, TlsFacts},
    wire::hex,
};

/// Most bytes that are looked at before the handshake, so that those of a failed one can be recorded.
const LOOK: usize = 512;

/// Methods by which plain HTTP is told apart from TLS.
const METHODS: [&[u8]; 8] =
    [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"PRI * HTTP/2.0"];

/// Accepts TLS on a socket. Stores what becomes known in `facts`, also when the handshake fails.
///
/// # Errors
/// [`Lost`] when the handshake fails or takes longer than `limit`.
pub(super) async fn accept(
    mut io: Tcp,
    config: Arc<ServerConfig>,
    limit: Duration,
    facts: &mut TlsFacts,
) -> Result<Box<TlsStream<Tcp>>, Lost> {
    let mut first = Vec::new();
    let shaking = async {
        if io.front().is_empty() {
            io.look(LOOK).await?;
        }
        first.extend(io.front().iter().take(Lost::FIRST_MAX));
        let start = LazyConfigAcceptor::new(Acceptor::default(), io).await?;
        *facts = offered(&start.client_hello());
        start.into_stream(config).await
    };
    match timeout(limit, shaking).await {
        Ok(Ok(stream)) => {
            agreed(stream.get_ref().1, facts);
            Ok(Box::new(stream))
        }
        Ok(Err(error)) => Err(failed(&error, &first)),
        Err(_) => Err(Lost::timed_out(Stage::Tls, &first)),
    }
}

fn failed(error: &io::Error, first: &[u8]) -> Lost {
    match error.kind() {
        ErrorKind::UnexpectedEof => Lost::closed(Stage::Tls, first),
        // The library wraps its own errors in this kind.
        ErrorKind::InvalidData if METHODS.iter().any(|method| first.starts_with(method)) => {
            Lost::refused(Stage::Tls, "the client sent plain HTTP to a port that speaks TLS".to_owned(), first)
        }
        ErrorKind::InvalidData => Lost::refused(Stage::Tls, format!("the TLS handshake failed: {error}"), first),
        _ => Lost::reset(Stage::Tls, error, first),
    }
}

/// Returns what a client offers.
fn offered(hello: &ClientHello<'_>) -> TlsFacts {
    let alpn = hello.alpn().into_iter().flatten().take(TlsFacts::OFFERS_MAX);
    TlsFacts {
        server_name: hello.server_name().map(str::to_owned),
        alpn_offered: alpn.map(|protocol| String::from_utf8_lossy(protocol).into_owned()).collect(),
        ..TlsFacts::default()
    }
}

/// Adds what both sides agreed on.
fn agreed(tls: &ServerConnection, facts: &mut TlsFacts) {
    facts.version = tls.protocol_version().map(|version| match version {
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => "TLSv1.3",
    });
    // The library has its own prefix for suites of TLS 1.3.
    facts.cipher = tls
        .negotiated_cipher_suite()
        .and_then(|suite| suite.suite().as_str())
        .map(|name| name.replacen("TLS13_", "TLS_", 1));
    facts.alpn = tls.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned());
    facts.is_resumed = tls.handshake_kind() == Some(HandshakeKind::Resumed);
    facts.client_certificate = tls.peer_certificates().and_then(<[_]>::first).map(client_certificate);
}

fn client_certificate(der: &CertificateDer<'_>) -> ClientCertificate {
    let parsed = Certificate::from_der(der).ok().map(|certificate| certificate.tbs_certificate);
    ClientCertificate {
        subject: parsed.as_ref().and_then(|parsed| name(&parsed.subject)),
        issuer: parsed.as_ref().and_then(|parsed| name(&parsed.issuer)),
        sha256: hex::encode(&Sha256::digest(der)),
    }
}

/// Returns a name as text; `None` when it can't be written as such.
fn name(name: &Name) -> Option<String> {
    let mut text = String::new();
    write!(text, "{name}").ok().map(|()| text)
}

#[cfg(test)]
mod tests;
