//! Connections of the clients: TCP, or TLS over it.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Longest wait for a connection and its handshake.
const CONNECT: Duration = Duration::from_secs(10);

/// Failures to reach the other end, with what to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// The name has no address.
    #[error("{host} has no address: {error}; look at the name and the resolver of this machine")]
    Name {
        /// Host that was looked up.
        host: String,
        /// Error of the resolver.
        error: String,
    },
    /// No connection.
    #[error("no connection to {address}: {error}; is the gateway running, and is the port open from here?")]
    Connect {
        /// Address that was tried.
        address: SocketAddr,
        /// Error of the system.
        error: String,
    },
    /// The handshake failed.
    #[error("the TLS handshake with {host} failed: {error}; --ca names a CA, --insecure accepts any certificate")]
    Tls {
        /// Name that was asked for.
        host: String,
        /// Error of the handshake.
        error: String,
    },
    /// The options can't be used.
    #[error("{0}")]
    Options(String),
}

/// TLS as asked for on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsOptions {
    /// PEM file of CAs; instead of the system's.
    pub ca: Option<std::path::PathBuf>,
    /// PEM file of the client's certificate.
    pub certificate: Option<std::path::PathBuf>,
    /// PEM file of its key.
    pub key: Option<std::path::PathBuf>,
    /// Accepts any certificate. The command says so in each report.
    pub insecure: bool,
    /// Name for SNI and the certificate, where it isn't the host.
    pub server_name: Option<String>,
}

/// Where a client connects to.
#[derive(Clone)]
pub(crate) struct Dial {
    host: String,
    address: SocketAddr,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Dial {
    /// Prepares connections to a host: looks its address up once, reads the files of TLS.
    ///
    /// # Errors
    /// When the name has no address or a file can't be read.
    pub(crate) async fn new(
        host: &str,
        port: u16,
        tls: Option<&TlsOptions>,
        alpn: &[&[u8]],
    ) -> Result<Self, DialError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = |error: String| DialError::Name { host: host.to_owned(), error };
        let found = timeout(CONNECT, lookup_host((bare, port))).await.map_err(|_| name("timed out".into()))?;
        let mut addresses = found.map_err(|error| name(error.to_string()))?;
        let address = addresses.next().ok_or_else(|| name("none found".into()))?;
        let tls = match tls {
            None => None,
            Some(options) => {
                let wanted = options.server_name.as_deref().unwrap_or(bare).to_owned();
                let server = ServerName::try_from(wanted.clone())
                    .map_err(|_| DialError::Options(format!("{wanted:?} is no name for TLS")))?;
                Some((TlsConnector::from(Arc::new(config(options, alpn)?)), server))
            }
        };
        Ok(Self { host: host.to_owned(), address, tls })
    }

    /// Prepares plain connections to an address.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string(), address, tls: None }
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When there is none within 10 s, or the handshake fails.
    pub(crate) async fn connect(&self) -> Result<Socket, DialError> {
        let address = self.address;
        let failed = |error: String| DialError::Connect { address, error };
        let socket = timeout(CONNECT, TcpStream::connect(address)).await.map_err(|_| failed("timed out".into()))?;
        let socket = socket.map_err(|error| failed(error.to_string()))?;
        // Pieces leave by themselves.
        let _ = socket.set_nodelay(true);
        let Some((connector, name)) = &self.tls else { return Ok(Socket::Plain(socket)) };
        let failed = |error: String| DialError::Tls { host: self.host.clone(), error };
        let shaken = timeout(CONNECT, connector.connect(name.clone(), socket)).await;
        let shaken = shaken.map_err(|_| failed("timed out".into()))?.map_err(|error| failed(error.to_string()))?;
        Ok(Socket::Tls(Box::new(shaken)))
    }
}

fn config(options: &TlsOptions, alpn: &[&[u8]]) -> Result<ClientConfig, DialError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| DialError::Options(error.to_string()))?;
    let builder = if options.insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        let mut roots = RootCertStore::empty();
        if let Some(file) = &options.ca {
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|error| unusable(file, &error.to_string()))?;
            }
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        builder.with_root_certificates(roots)
    };
    let mut config = match (&options.certificate, &options.key) {
        (Some(certificate), Some(key)) => {
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error.to_string()))?;
            builder
                .with_client_auth_cert(certificates(certificate)?, secret)
                .map_err(|error| unusable(certificate, &error.to_string()))?
        }
        (None, None) => builder.with_no_client_auth(),
        _ => return Err(DialError::Options("--cert and --key belong together".to_owned())),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, DialError> {
    let found = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(list) if !list.is_empty() => Ok(list),
        Ok(_) => Err(unusable(file, "it holds no certificate")),
        Err(error) => Err(unusable(file, &error.to_string())),
    }
}

fn unusable(file: &Path, error: &str) -> DialError {
    DialError::Options(format!("{} can't be used: {error}", file.display()))
}

/// Accepts any certificate, but still checks that the peer holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A connection, with or without TLS.
pub(crate) enum Socket {
    /// TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
