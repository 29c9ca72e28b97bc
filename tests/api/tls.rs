//! TLS: ALPN, and certificates that are replaced while the server runs.

use std::{net::SocketAddr, path::Path, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, DnType, IsCa, Issuer, KeyPair, generate_simple_self_signed,
};
use rustix::process::Signal;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{ALL_GROUPS, Server, command};

/// Writes a new certificate for localhost into `folder`.
fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("tls.crt"), cert.pem()).unwrap();
    std::fs::write(folder.join("tls.key"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

fn start() -> (Server, CertificateDer<'static>) {
    start_with("")
}

/// Each line of `more` is a top-level key.
fn start_with(more: &str) -> (Server, CertificateDer<'static>) {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_certificate(folder.path());
    let config = format!(
        "server: {{address: '127.0.0.1:0', tls: {{enabled: true, cert_file: tls.crt, key_file: tls.key}}}}\n\
         auth: {{allow_anonymous: true}}\n{ALL_GROUPS}{more}"
    );
    (Server::start_in(folder, &config, &[]), certificate)
}

async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    protocols: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

#[test]
fn alpn_chooses_the_protocol() {
    let (server, certificate) = start();
    actix_rt::System::new().block_on(async {
        let both = connect(server.address(), &certificate, &[b"h2", b"http/1.1"]).await.unwrap();
        assert_eq!(both.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let mut old = connect(server.address(), &certificate, &[b"http/1.1"]).await.unwrap();
        assert_eq!(old.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        old.write_all(b"GET /v1/fixed/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        // The close notification does not matter here.
        let _ = old.read_to_end(&mut answer).await;
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&answer));
    });
}

/// Receives the head of a response, in lower case.
async fn head_of(target: &str, address: SocketAddr, trusted: &CertificateDer<'static>) -> String {
    let mut connection = connect(address, trusted, &[b"http/1.1"]).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The close notification does not matter here.
    let _ = connection.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    answer.split("\r\n\r\n").next().unwrap().to_owned()
}

#[test]
fn pages_over_tls_tell_browsers_to_come_by_tls_again_and_endpoints_do_not() {
    let (server, certificate) = start_with("portal: {enabled: true, cookie_secret: '0123456789abcdef'}\n");
    actix_rt::System::new().block_on(async {
        for target in ["/portal/", "/portal/auth/login?return=/portal/", "/api/v1/portal/me", "/docs"] {
            let head = head_of(target, server.address(), &certificate).await;
            assert!(head.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{target}: {head}");
        }
        let head = head_of("/v1/fixed/hello", server.address(), &certificate).await;
        assert!(head.starts_with("http/1.1 200 ok\r\n") && !head.contains("strict-transport"), "{head}");
        assert!(head.contains("\r\naccess-control-allow-origin: *\r\n"), "{head}");
    });
}

#[test]
fn hangup_takes_a_new_certificate_and_keeps_the_old_one_when_the_new_is_bad() {
    let (server, first) = start();
    actix_rt::System::new().block_on(async {
        let second = write_certificate(server.folder());
        assert!(connect(server.address(), &second, &[]).await.is_err(), "not before it is told");
        server.signal(Signal::HUP);
        server.wait_for_line(|line| line.contains("certificate") && line.contains("INFO"));
        connect(server.address(), &second, &[]).await.unwrap();
        assert!(connect(server.address(), &first, &[]).await.is_err());

        std::fs::write(server.file("tls.crt"), "no certificate").unwrap();
        server.signal(Signal::HUP);
        server.wait_for_line(|line| line.contains("certificate") && (line.contains("WARN") || line.contains("ERROR")));
        connect(server.address(), &second, &[]).await.unwrap();
    });
}

#[test]
fn a_certificate_that_can_not_be_read_stops_the_boot() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("api-test.yaml");
    let text = "server: {address: '127.0.0.1:0', tls: {enabled: true, cert_file: no.crt, key_file: no.key}}\n";
    std::fs::write(&config, text).unwrap();
    let output = command().current_dir(folder.path()).arg("--config").arg(&config).output().unwrap();
    assert_ne!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no.crt"));
}

#[test]
fn the_health_check_accepts_a_self_signed_certificate_and_follows_no_redirect() {
    let (server, _) = start();
    let check = |path: &str| {
        let url = format!("https://{}{path}", server.address());
        command().arg("--healthcheck").env("APITEST_HEALTHCHECK_URL", url).output().unwrap()
    };
    assert_eq!(check("/healthz").status.code(), Some(0));
    let moved = check("/v1/status/302");
    let error = String::from_utf8(moved.stderr).unwrap();
    assert_eq!(moved.status.code(), Some(1));
    assert!(error.contains("answered 302"), "{error}");
}

/// An authority that issues client certificates.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    fn client(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([]).unwrap().signed_by(&key, &self.0).unwrap();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

/// Returns whether a client with this certificate gets a response.
async fn is_served(
    server: &Server,
    trusted: &CertificateDer<'static>,
    client: Option<&(CertificateDer<'static>, PrivateKeyDer<'static>)>,
) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => config.with_client_auth_cert(vec![certificate.clone()], key.clone_key()).unwrap(),
    };
    let name = ServerName::try_from("localhost").unwrap();
    let socket = TcpStream::connect(server.address()).await.unwrap();
    // With TLS 1.3 the client has finished before the server has looked at its certificate.
    let Ok(mut connection) = TlsConnector::from(Arc::new(config)).connect(name, socket).await else { return false };
    let request = b"GET /v1/fixed/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = Vec::new();
    if connection.write_all(request).await.is_ok() {
        let _ = connection.read_to_end(&mut answer).await;
    }
    answer.starts_with(b"HTTP/1.1 200 OK\r\n")
}

#[test]
fn client_certificates_are_verified_with_the_authorities_of_the_last_reload() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = write_certificate(folder.path());
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    std::fs::write(folder.path().join("ca.crt"), &old.1).unwrap();
    let tls = "enabled: true, cert_file: tls.crt, key_file: tls.key, client_ca_file: ca.crt, client_auth: required";
    let config = format!(
        "server: {{address: '127.0.0.1:0', tls: {{{tls}}}}}\nmetrics: {{address: '127.0.0.1:0'}}\n\
         auth: {{allow_anonymous: true}}\n{ALL_GROUPS}"
    );
    let server = Server::start_in(folder, &config, &[]);
    let (of_old, of_new) = (old.client(), new.client());
    actix_rt::System::new().block_on(async {
        assert!(is_served(&server, &trusted, Some(&of_old)).await);
        assert!(!is_served(&server, &trusted, Some(&of_new)).await);
        assert!(!is_served(&server, &trusted, None).await);
        let line = server.wait_for_line(|line| line.contains("peer sent no certificates"));
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["stage"], &line["ended_by"]), (&"tls".into(), &"server_close".into()), "{line}");

        std::fs::write(server.file("ca.crt"), "no certificate").unwrap();
        server.signal(Signal::HUP);
        server.wait_for_line(|line| line.contains("certificate not reloaded"));
        assert!(is_served(&server, &trusted, Some(&of_old)).await);

        std::fs::write(server.file("ca.crt"), &new.1).unwrap();
        server.signal(Signal::HUP);
        server.wait_for_line(|line| line.contains("certificate reloaded"));
        assert!(!is_served(&server, &trusted, Some(&of_old)).await);
        assert!(is_served(&server, &trusted, Some(&of_new)).await);
    });
}

#[test]
fn tls_begins_after_a_proxy_header() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_certificate(folder.path());
    let config = format!(
        "server: {{address: '127.0.0.1:0', proxy_protocol: accept, proxy_sources: [127.0.0.1], \
         tls: {{enabled: true, cert_file: tls.crt, key_file: tls.key}}}}\nauth: {{allow_anonymous: true}}\n{ALL_GROUPS}"
    );
    let server = Server::start_in(folder, &config, &[]);
    actix_rt::System::new().block_on(async {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
        for header in [&b""[..], b"PROXY TCP4 192.0.2.1 10.0.0.2 258 443\r\n", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
            let mut socket = TcpStream::connect(server.address()).await.unwrap();
            socket.write_all(header).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            TlsConnector::from(Arc::clone(&config)).connect(name, socket).await.unwrap();
        }
    });
}

#[test]
fn plain_http_on_a_port_with_tls_is_told_in_the_log() {
    let (server, _) = start();
    let mut plain = server.connect();
    plain.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t0p-s3cret\r\n\r\n");
    let line = server.wait_for_line(|line| line.contains("connection failed"));
    assert!(line.contains("the client sent plain HTTP to a port that speaks TLS"), "{line}");
    assert!(!server.log().iter().any(|line| line.contains("t0p-s3cret")));
}
