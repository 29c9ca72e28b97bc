//! TLS with rustls: ALPN for HTTP/2 and HTTP/1.1, and certificates that can be replaced while the server runs.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

/// Error of a certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Reason.
        reason: String,
    },
    /// Certificate and key don't match, or the kind of key is not supported.
    #[error("certificate and key can't be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// Certificate in use, and its files.
pub struct Certificates {
    cert_file: PathBuf,
    key_file: PathBuf,
    current: ArcSwap<CertifiedKey>,
}

impl Certificates {
    /// Loads certificate chain and key, both in PEM.
    ///
    /// # Errors
    /// [`TlsError`] when a file can't be read or the two don't match.
    pub fn load(cert_file: &Path, key_file: &Path) -> Result<Arc<Self>, TlsError> {
        let current = ArcSwap::from_pointee(read(cert_file, key_file)?);
        Ok(Arc::new(Self { cert_file: cert_file.to_owned(), key_file: key_file.to_owned(), current }))
    }

    /// Reloads the files. Open connections keep their certificate. On an error the old certificate stays in use.
    ///
    /// # Errors
    /// Same as [`Certificates::load`].
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.cert_file, &self.key_file)?));
        Ok(())
    }

    /// Returns the settings for accepting connections.
    ///
    /// # Errors
    /// When the crypto provider supports no safe protocol version: a bug of the build.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("cert_file", &self.cert_file).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(cert_file: &Path, key_file: &Path) -> Result<CertifiedKey, TlsError> {
    let file = |path: &Path, reason: String| TlsError::File { path: path.to_owned(), reason };
    let pem = |path: &Path| std::fs::read(path).map_err(|error: io::Error| file(path, error.to_string()));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem(cert_file)?)
        .collect::<Result<_, _>>()
        .map_err(|error| file(cert_file, error.to_string()))?;
    if chain.is_empty() {
        return Err(file(cert_file, "contains no certificate in PEM format".into()));
    }
    // The parser's error could quote the key file; this reason is enough.
    let key = PrivateKeyDer::from_pem_slice(&pem(key_file)?)
        .map_err(|_| file(key_file, "contains no private key in PEM format".into()))?;
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}
