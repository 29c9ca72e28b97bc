#![allow(clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsConnector;

use super::{
    certificates::FaultCertificates,
    fault::Fault,
    listener::{HOLD_MAX, Outcome, meet},
};
use crate::{http::tcp::Tcp, request::TlsFacts};

const LIMIT: Duration = Duration::from_secs(60);

/// Accepts any certificate, as a careless gateway does.
#[derive(Debug)]
struct Careless;

impl ServerCertVerifier for Careless {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

fn careful(certificates: &FaultCertificates) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificates.authority().as_bytes()).unwrap()).unwrap();
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

fn careless() -> ClientConfig {
    ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(Careless)).with_no_client_auth()
}

async fn pair() -> (TcpStream, Tcp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (client.unwrap(), Tcp::new(server.unwrap().0))
}

/// Lets a client meet a fault. Returns the outcome, and the answer or the client's error.
async fn met(certificates: &FaultCertificates, fault: Fault, client: ClientConfig) -> (Outcome, String) {
    let (theirs, ours) = pair().await;
    let config = certificates.server_config(fault).unwrap();
    let connecting = async {
        let name = ServerName::try_from("api.example").unwrap();
        match TlsConnector::from(Arc::new(client)).connect(name, theirs).await {
            Err(error) => error.to_string(),
            Ok(mut stream) => {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: api.example\r\n\r\n").await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                answer
            }
        }
    };
    let mut facts = TlsFacts::default();
    tokio::join!(meet(fault, config, ours, LIMIT, &mut facts), connecting)
}

#[tokio::test]
async fn a_careful_client_refuses_each_certificate_for_its_fault_alone() {
    let certificates = FaultCertificates::new("api.example").unwrap();
    for (fault, reason, alert) in [
        (Fault::Expired, "expired", "CertificateExpired"),
        (Fault::WrongName, "not valid for name", "BadCertificate"),
        (Fault::SelfSigned, "UnknownIssuer", "UnknownCA"),
        (Fault::UnknownCa, "UnknownIssuer", "UnknownCA"),
    ] {
        let (outcome, error) = met(&certificates, fault, careful(&certificates)).await;
        assert!(error.contains(reason), "{fault:?}: {error}");
        assert_eq!(outcome.word, "refused");
        assert!(outcome.message.contains(alert), "{fault:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_careless_client_is_told_what_it_has_accepted() {
    let certificates = FaultCertificates::new("api.example").unwrap();
    for fault in [Fault::Expired, Fault::WrongName, Fault::SelfSigned, Fault::UnknownCa] {
        let (outcome, answer) = met(&certificates, fault, careless()).await;
        assert_eq!(outcome, Outcome { word: "accepted", message: String::new() });
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("\r\nConnection: close"), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["tls_fault"], fault.name());
    }
}

#[tokio::test]
async fn a_client_that_leaves_after_the_handshake_has_refused() {
    let certificates = FaultCertificates::new("api.example").unwrap();
    let (theirs, ours) = pair().await;
    let config = certificates.server_config(Fault::WrongName).unwrap();
    let connecting = async {
        let name = ServerName::try_from("api.example").unwrap();
        let mut stream = TlsConnector::from(Arc::new(careless())).connect(name, theirs).await.unwrap();
        stream.shutdown().await.unwrap();
    };
    let mut facts = TlsFacts::default();
    let (outcome, ()) = tokio::join!(meet(Fault::WrongName, config, ours, LIMIT, &mut facts), connecting);
    let message = "the client left after the handshake, without a request".to_owned();
    assert_eq!(outcome, Outcome { word: "refused", message });
}

#[tokio::test]
async fn an_old_version_is_refused_by_every_client() {
    let certificates = FaultCertificates::new("::1").unwrap();
    let (outcome, error) = met(&certificates, Fault::OldVersion, careless()).await;
    assert_eq!(outcome.word, "refused");
    // Alert 70 is protocol_version, 47 illegal_parameter, 109 missing_extension.
    assert!(
        ["70", "47", "109"].map(|alert| format!("the client sent alert {alert} and left")).contains(&outcome.message),
        "{outcome:?}"
    );
    assert!(!error.is_empty());
}

#[tokio::test]
async fn a_handshake_that_stops_lasts_until_the_client_leaves() {
    let certificates = FaultCertificates::new("").unwrap();
    let (mut client, ours) = pair().await;
    client.write_all(b"\x16\x03\x01\x00\x05hello").await.unwrap();
    let config = certificates.server_config(Fault::Stops).unwrap();
    let leaving = async {
        let mut record = [0; 5];
        client.read_exact(&mut record).await.unwrap();
        let mut rest = vec![0; usize::from(record[4])];
        let received = client.read(&mut rest).await.unwrap();
        assert!(
            record[0] == 22 && record[3] == 0 && received < rest.len(),
            "more is said to follow: {record:?} {received}"
        );
        client.shutdown().await.unwrap();
    };
    let mut facts = TlsFacts::default();
    let (outcome, ()) = tokio::join!(meet(Fault::Stops, config, ours, LIMIT, &mut facts), leaving);
    assert_eq!(outcome, Outcome { word: "refused", message: "the client left".to_owned() });
}

#[tokio::test(start_paused = true)]
async fn every_wait_has_a_limit() {
    let certificates = FaultCertificates::new("").unwrap();
    for (fault, message) in [
        (Fault::Expired, "the client's first byte took longer than server.read_header_timeout"),
        (Fault::Stops, "the client sent nothing within server.read_header_timeout"),
        (Fault::OldVersion, "the client sent nothing within server.read_header_timeout"),
    ] {
        let (_client, ours) = pair().await;
        let config = certificates.server_config(fault).unwrap();
        let outcome = meet(fault, config, ours, LIMIT, &mut TlsFacts::default()).await;
        assert_eq!(outcome, Outcome { word: "refused", message: message.to_owned() });
    }
    let (mut client, ours) = pair().await;
    client.write_all(b"hello").await.unwrap();
    let began = tokio::time::Instant::now();
    let config = certificates.server_config(Fault::Stops).unwrap();
    let outcome = meet(Fault::Stops, config, ours, LIMIT, &mut TlsFacts::default()).await;
    assert_eq!(outcome.message, "the client waited for 10 minutes");
    assert!(began.elapsed() >= HOLD_MAX);
}
