#![allow(clippy::unwrap_used)]

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    client::Resumption,
    pki_types::{PrivateKeyDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsConnector;

use super::*;
use crate::{
    http::{Certificates, ClientAuth, TlsFiles},
    request::EndedBy,
};

const LIMIT: Duration = Duration::from_secs(60);

/// Authority, the server's settings, and a certificate for a client.
struct Scene {
    settings: Arc<Certificates>,
    roots: RootCertStore,
    client: (CertificateDer<'static>, PrivateKeyDer<'static>),
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new(required: Option<bool>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new([]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "Test authority");
        let ca_certificate = ca.self_signed(&ca_key).unwrap();
        let issuer = Issuer::new(ca, ca_key);
        let leaf = |params: CertificateParams| {
            let key = KeyPair::generate().unwrap();
            (params.signed_by(&key, &issuer).unwrap(), key)
        };
        let (server, server_key) = leaf(CertificateParams::new(["localhost".to_owned()]).unwrap());
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Example");
        params.distinguished_name.push(DnType::CommonName, "Lovelace, \"Ada\" + \u{e9}");
        let (client, client_key) = leaf(params);
        let files = TlsFiles {
            cert_file: file("tls.crt", server.pem()),
            key_file: file("tls.key", server_key.serialize_pem()),
            client_auth: required
                .map(|is_required| ClientAuth { ca_file: file("ca.crt", ca_certificate.pem()), is_required }),
        };
        let mut roots = RootCertStore::empty();
        roots.add(ca_certificate.der().clone()).unwrap();
        let client = (client.der().clone(), PrivateKeyDer::try_from(client_key.serialize_der()).unwrap());
        Self { settings: Certificates::load(files).unwrap(), roots, client, _folder: folder }
    }

    fn client(&self, with_certificate: bool) -> ClientConfig {
        let builder = ClientConfig::builder().with_root_certificates(self.roots.clone());
        if with_certificate {
            builder.with_client_auth_cert(vec![self.client.0.clone()], self.client.1.clone_key()).unwrap()
        } else {
            builder.with_no_client_auth()
        }
    }

    /// Does a handshake; returns its outcome and facts. The client reads until the server has closed.
    async fn shake(&self, client: &Arc<ClientConfig>) -> (Result<(), Lost>, TlsFacts) {
        let (theirs, ours) = pair().await;
        let mut facts = TlsFacts::default();
        let serving = async {
            let accepted = accept(Tcp::new(ours), self.settings.current(), LIMIT, &mut facts).await;
            // A byte, so that the client reads the tickets that come before it.
            match accepted {
                Ok(mut stream) => {
                    stream.write_all(b"x").await.unwrap();
                    stream.shutdown().await.unwrap();
                    Ok(())
                }
                Err(lost) => Err(lost),
            }
        };
        let connecting = async {
            let name = ServerName::try_from("localhost").unwrap();
            if let Ok(mut stream) = TlsConnector::from(Arc::clone(client)).connect(name, theirs).await {
                // It may be an alert.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        };
        let (outcome, ()) = tokio::join!(serving, connecting);
        (outcome, facts)
    }
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

/// Sends `bytes` instead of a handshake, closes, and returns how it is lost.
async fn lost_after(scene: &Scene, bytes: &[u8]) -> (Lost, TlsFacts) {
    let (mut client, server) = pair().await;
    client.write_all(bytes).await.unwrap();
    client.shutdown().await.unwrap();
    let mut facts = TlsFacts::default();
    let lost = accept(Tcp::new(server), scene.settings.current(), LIMIT, &mut facts).await.unwrap_err();
    (lost, facts)
}

fn hello(scene: &Scene) -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut config = scene.client(false);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

#[tokio::test]
async fn facts_say_what_was_offered_and_what_was_agreed() {
    let scene = Scene::new(Some(true));
    let mut client = scene.client(true);
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = Arc::new(client);
    let (outcome, facts) = scene.shake(&client).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let expected = TlsFacts {
        version: Some("TLSv1.3"),
        cipher: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        server_name: Some("localhost".to_owned()),
        alpn: Some("h2".to_owned()),
        alpn_offered: vec!["h2".to_owned(), "http/1.1".to_owned()],
        is_resumed: false,
        client_certificate: Some(ClientCertificate {
            subject: Some("CN=Lovelace\\, \\\"Ada\\\" \\+ \u{e9},O=Example".to_owned()),
            issuer: Some("CN=Test authority".to_owned()),
            sha256: hex::encode(&Sha256::digest(&scene.client.0)),
        }),
    };
    assert_eq!(facts, expected);
    // A resumed session keeps the certificate; after a reload there is no session to resume.
    let (_, again) = scene.shake(&client).await;
    assert_eq!(again, TlsFacts { is_resumed: true, ..expected.clone() });
    scene.settings.reload().unwrap();
    let (_, reloaded) = scene.shake(&client).await;
    assert_eq!(reloaded, expected);
}

#[tokio::test]
async fn versions_and_suites_have_the_names_of_iana() {
    let scene = Scene::new(None);
    let mut client = ClientConfig::builder_with_protocol_versions(&[&rustls::version::TLS12])
        .with_root_certificates(scene.roots.clone())
        .with_no_client_auth();
    client.resumption = Resumption::disabled();
    let (outcome, facts) = scene.shake(&Arc::new(client)).await;
    assert!(outcome.is_ok());
    assert_eq!(
        (facts.version, facts.cipher.as_deref()),
        (Some("TLSv1.2"), Some("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"))
    );
    assert_eq!((facts.alpn, facts.client_certificate), (None, None));
    assert_eq!(facts.alpn_offered, [""; 0]);
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused_only_where_one_is_required() {
    for (required, with_certificate, good) in [
        (None, true, true),
        (Some(false), false, true),
        (Some(false), true, true),
        (Some(true), true, true),
        (Some(true), false, false),
    ] {
        let scene = Scene::new(required);
        let (outcome, facts) = scene.shake(&Arc::new(scene.client(with_certificate))).await;
        assert_eq!(outcome.is_ok(), good, "{required:?} {with_certificate}: {outcome:?}");
        assert_eq!(facts.client_certificate.is_some(), good && with_certificate && required.is_some());
        if let Err(lost) = outcome {
            assert_eq!(lost.message.as_deref(), Some("the TLS handshake failed: peer sent no certificates"));
            assert_eq!((lost.stage, lost.ended_by, lost.first[0]), (Stage::Tls, EndedBy::ServerClose, 0x16));
            assert_eq!(facts.server_name.as_deref(), Some("localhost"));
        }
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_even_where_none_is_required() {
    let stranger = Scene::new(None);
    for required in [false, true] {
        let mut scene = Scene::new(Some(required));
        scene.client = (stranger.client.0.clone(), stranger.client.1.clone_key());
        let (outcome, facts) = scene.shake(&Arc::new(scene.client(true))).await;
        let message = outcome.unwrap_err().message.unwrap();
        assert!(message.contains("UnknownIssuer") || message.contains("BadSignature"), "{message}");
        assert_eq!(facts.client_certificate, None);
    }
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_server_is_recorded_with_its_alert() {
    let scene = Scene::new(None);
    let stranger = Scene::new(None);
    let (outcome, facts) = scene.shake(&Arc::new(stranger.client(false))).await;
    let lost = outcome.unwrap_err();
    assert_eq!(facts.server_name.as_deref(), Some("localhost"));
    let message = lost.message.unwrap();
    assert!(message.starts_with("the TLS handshake failed: received fatal alert"), "{message}");
}

#[tokio::test]
async fn a_hello_that_is_cut_at_any_byte_ends_as_closed_by_the_client() {
    let scene = Scene::new(None);
    let hello = hello(&scene);
    for length in 0..hello.len() {
        let (lost, facts) = lost_after(&scene, &hello[..length]).await;
        assert_eq!(lost.ended_by, EndedBy::ClientFin, "{length}: {lost:?}");
        assert_eq!(lost.message.is_some(), length > 0, "{length}");
        assert_eq!(lost.first, hello[..length.min(Lost::FIRST_MAX)], "{length}");
        assert_eq!(facts, TlsFacts::default(), "{length}");
    }
    let (lost, facts) = lost_after(&scene, &hello).await;
    assert_eq!((lost.ended_by, facts.server_name.as_deref()), (EndedBy::ClientFin, Some("localhost")));
    assert_eq!(facts.alpn_offered, ["h2"]);
    assert_eq!(facts.version, None);
}

#[tokio::test]
async fn bytes_that_are_no_handshake_are_refused_and_kept() {
    let scene = Scene::new(None);
    for (bytes, message) in [
        (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], "the client sent plain HTTP to a port that speaks TLS"),
        (b"\x16\x03\x01\x00\x00", "the TLS handshake failed: "),
        (b"\x16\x03\x01\xff\xff aaaa", "the TLS handshake failed: "),
        (b"\x15\x03\x03\x00\x02\x02\x28", "the TLS handshake failed: "),
        (b"SSH-2.0-x\r\n", "the TLS handshake failed: "),
        (b"\0\0\0\0\0\0\0\0", "the TLS handshake failed: "),
    ] {
        let (lost, _) = lost_after(&scene, bytes).await;
        assert!(lost.message.as_deref().unwrap().starts_with(message), "{bytes:?}: {lost:?}");
        assert_eq!((&lost.first[..], lost.ended_by), (bytes, EndedBy::ServerClose));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_a_time_limit() {
    let scene = Scene::new(None);
    let hello = hello(&scene);
    for sent in [0, 1, 100, hello.len()] {
        let (mut client, server) = pair().await;
        client.write_all(&hello[..sent]).await.unwrap();
        let mut facts = TlsFacts::default();
        let lost = accept(Tcp::new(server), scene.settings.current(), LIMIT, &mut facts).await.unwrap_err();
        assert_eq!(lost.ended_by, EndedBy::Timeout, "{sent}: {lost:?}");
        let late = if sent == 0 { "the client's first byte" } else { "the TLS handshake" };
        assert_eq!(lost.message, Some(format!("{late} took longer than server.read_header_timeout")));
    }
}
