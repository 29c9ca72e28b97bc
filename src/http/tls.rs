//! TLS with rustls: ALPN for HTTP/2 and HTTP/1.1, client certificates, and files that can be replaced while the server
//! runs.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    server::{VerifierBuilderError, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
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
    /// The certificates of authorities can't be used to verify client certificates.
    #[error("client certificates can't be verified: {0}")]
    Verifier(#[from] VerifierBuilderError),
}

/// PEM files of a listener.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Certificate chain, leaf first.
    pub cert_file: PathBuf,
    /// Private key.
    pub key_file: PathBuf,
    /// Authorities of client certificates; `None` when clients are not asked for one.
    pub client_auth: Option<ClientAuth>,
}

/// Which client certificates are accepted.
#[derive(Clone, Debug)]
pub struct ClientAuth {
    /// Certificates of the authorities.
    pub ca_file: PathBuf,
    /// Whether clients without a certificate are refused. A certificate that can't be verified always is.
    pub is_required: bool,
}

/// Settings of TLS in use, and the files they came from.
pub struct Certificates {
    files: TlsFiles,
    current: ArcSwap<ServerConfig>,
}

impl Certificates {
    /// Loads the files.
    ///
    /// # Errors
    /// [`TlsError`] when a file can't be read, or certificate and key don't match.
    pub fn load(files: TlsFiles) -> Result<Arc<Self>, TlsError> {
        let current = ArcSwap::from(server_config(&files)?);
        Ok(Arc::new(Self { files, current }))
    }

    /// Reloads all files. Open connections keep their settings; sessions of earlier connections are not resumed. On an
    /// error the old settings stay in use.
    ///
    /// # Errors
    /// Same as [`Certificates::load`].
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(server_config(&self.files)?);
        Ok(())
    }

    /// Returns the settings for the next connection.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let pair = SingleCertAndKey::from(certified_key(&files.cert_file, &files.key_file)?);
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match &files.client_auth {
        None => builder.with_no_client_auth(),
        Some(client_auth) => builder.with_client_cert_verifier(verifier(client_auth)?),
    };
    let mut config = builder.with_cert_resolver(Arc::new(pair));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn verifier(client_auth: &ClientAuth) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(&client_auth.ca_file)? {
        roots.add(certificate).map_err(|error| file_error(&client_auth.ca_file, &error.to_string()))?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    Ok(if client_auth.is_required { builder } else { builder.allow_unauthenticated() }.build()?)
}

fn certified_key(cert_file: &Path, key_file: &Path) -> Result<CertifiedKey, TlsError> {
    let chain = chain(cert_file)?;
    // The parser's error could quote the key file; this reason is enough.
    let key = PrivateKeyDer::from_pem_slice(&read(key_file)?)
        .map_err(|_| file_error(key_file, "contains no private key in PEM format"))?;
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}

/// Reads the certificates of a PEM file; at least one.
fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<_, _>>()
        .map_err(|error| file_error(path, &error.to_string()))?;
    if chain.is_empty() { Err(file_error(path, "contains no certificate in PEM format")) } else { Ok(chain) }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error: io::Error| file_error(path, &error.to_string()))
}

fn file_error(path: &Path, reason: &str) -> TlsError {
    TlsError::File { path: path.to_owned(), reason: reason.to_owned() }
}
