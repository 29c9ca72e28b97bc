//! Faulty certificates, made at start. Their keys are never stored.

use std::{collections::BTreeSet, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use super::fault::Fault;

/// Name that no client asks for (RFC 6761, section 6.4).
const OTHER_NAME: &str = "wrong-name.invalid";

/// Settings of TLS for each fault.
pub struct FaultCertificates {
    authority: String,
    names: Vec<String>,
    issuer: Issuer<'static, KeyPair>,
    unknown: Issuer<'static, KeyPair>,
}

/// Error of a certificate that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The certificate.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// Its use.
    #[error("TLS settings: {0}")]
    Settings(#[from] rustls::Error),
}

impl FaultCertificates {
    /// Creates two authorities: one that clients can be told to trust, and one that they can't. Certificates are for
    /// `host` and for this machine itself.
    ///
    /// # Errors
    /// When a name can't stand in a certificate.
    pub fn new(host: &str) -> Result<Self, MakeError> {
        let names: BTreeSet<&str> = ["localhost", "127.0.0.1", "::1", host].into();
        let names = names.into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let (issuer, pem) = authority("api-test TLS faults")?;
        let (unknown, _) = authority("api-test unknown authority")?;
        Ok(Self { authority: pem, names, issuer, unknown })
    }

    /// Returns the certificate of the authority of the faults `expired` and `wrong-name`, in PEM format. A client that
    /// trusts it refuses these certificates for their fault alone.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Makes the certificate of a fault. Faults of the handshake itself have a good one.
    ///
    /// # Errors
    /// When a name can't stand in a certificate.
    pub fn server_config(&self, fault: Fault) -> Result<Arc<ServerConfig>, MakeError> {
        let names = if fault == Fault::WrongName { vec![OTHER_NAME.to_owned()] } else { self.names.clone() };
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = named(&format!("api-test {}", fault.name()));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = fault != Fault::SelfSigned;
        if fault == Fault::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let key = KeyPair::generate()?;
        let certificate = match fault {
            Fault::SelfSigned => params.self_signed(&key)?,
            Fault::UnknownCa => params.signed_by(&key, &self.unknown)?,
            _ => params.signed_by(&key, &self.issuer)?,
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        settings(certificate.der().clone(), key)
    }
}

fn settings(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Result<Arc<ServerConfig>, MakeError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Makes an authority. Returns its certificate in PEM format, too.
fn authority(name: &str) -> Result<(Issuer<'static, KeyPair>, String), MakeError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = named(name);
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}
