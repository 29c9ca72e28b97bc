//! TLS to the database, and trust in the server's certificate.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Requirements on the server's certificate. The file holds root certificates in PEM; without one, the machine's are
/// used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// None: the connection is encrypted but not authenticated.
    Any,
    /// Signed by a root. It may name another host.
    Chain(Option<PathBuf>),
    /// Signed by a root, and names the host.
    Full(Option<PathBuf>),
}

/// Returns the TLS connector.
///
/// # Errors
/// A text that names the file when the root certificates can't be read.
pub(super) fn connector(trust: &Trust) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let lenient = |chain| Arc::new(Lenient { chain, provider: Arc::clone(&provider) });
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Any => lenient(None),
        Trust::Chain(roots) => lenient(Some(verifier(roots, Arc::clone(&provider))?)),
        Trust::Full(roots) => verifier(roots, Arc::clone(&provider))?,
    };
    let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn verifier(roots: &Option<PathBuf>, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, String> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(file) => {
            let unreadable = |reason: String| format!("sslrootcert {}: {reason}", file.display());
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
                store.add(certificate).map_err(|error| unreadable(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(unreadable("it contains no certificate".to_owned()));
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() {
                return Err("this machine has no root certificates; set sslrootcert".to_owned());
            }
        }
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build().map_err(|error| error.to_string())
}

/// Verifier that accepts a certificate for any host, as long as the server has its key.
#[derive(Debug)]
struct Lenient {
    /// Checks that a root has signed the certificate; `None`: nobody needs to.
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(verifier) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match verifier.verify_server_cert(certificate, chain, name, ocsp, now) {
            // The name is checked last, so everything else was valid.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
