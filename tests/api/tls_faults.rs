//! Ports on which TLS is faulty, met by a real client.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

use crate::support::{ALL_GROUPS, Server, refused};

/// Port before five other free ones.
fn first_port() -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        if port < 65_530 && (1..6).all(|after| TcpListener::bind(("127.0.0.1", port + after)).is_ok()) {
            return port;
        }
    }
}

fn config(first_port: u16) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', base_url: 'https://api.example'}}\nauth: {{allow_anonymous: true}}\n\
         tls_faults: {{enabled: true, first_port: {first_port}, ca_file: faults.crt}}\n{ALL_GROUPS}"
    )
}

#[test]
fn each_port_has_its_fault() {
    let first = first_port();
    let server = Server::start(&config(first));
    let pem = std::fs::read(server.file("faults.crt")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
    let client = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    for (at, fault, reason) in [
        (0, "expired", "expired"),
        (1, "wrong-name", "not valid for name"),
        (2, "self-signed", "UnknownIssuer"),
        (3, "unknown-ca", "UnknownIssuer"),
        (5, "tls1.0", ""),
    ] {
        let socket = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], first + at))).unwrap();
        let name = ServerName::try_from("api.example").unwrap();
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(&client), name).unwrap(), socket);
        let error = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap_err().to_string();
        assert!(error.contains(reason), "{fault}: {error}");
        drop(stream);
        let name = format!(r#""fault":"{fault}","outcome":"refused""#);
        server.wait_for_line(|line| line.contains(r#""tls fault""#) && line.contains(&name));
        server.wait_for_metric(&format!(r#"api_test_tls_faults_total{{fault="{fault}",outcome="refused"}}"#), 1);
    }
    let mut stopped = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], first + 4))).unwrap();
    stopped.write_all(b"\x16\x03\x01").unwrap();
    assert!(stopped.read(&mut [0; 100]).unwrap() > 5);
}

#[test]
fn a_taken_port_stops_the_boot_with_its_fault() {
    let first = first_port();
    let _taken = TcpListener::bind(("127.0.0.1", first + 2)).unwrap();
    let message = refused(&config(first));
    let expected = format!("can't listen on 127.0.0.1:{} for the TLS fault self-signed; is the port taken?", first + 2);
    assert!(message.contains(&expected), "{message}");
}
