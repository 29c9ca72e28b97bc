//! A client and an upstream on raw sockets, and the proxy between them.

use std::net::SocketAddr;
use std::time::Duration;

use mutant::{Fault, Mutant, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How long a test waits for something that must happen. Only a hang takes that long.
pub(crate) const HANG: Duration = Duration::from_secs(20);

/// The unit of time of the faults in these tests.
pub(crate) const UNIT: Duration = Duration::from_millis(100);

/// Waits for something that must happen.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, what).await.expect("it hangs")
}

/// Starts a proxy before an upstream.
pub(crate) async fn start(upstream: SocketAddr, fault: Option<&'static Fault>) -> Mutant {
    let listen = "127.0.0.1:0".parse().unwrap();
    Mutant::start(Settings { listen, upstream, fault, unit: UNIT }).await.unwrap()
}

/// A listening upstream.
pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Sends a request and closes the sending side; the upstream reads to the end, answers and closes. Returns what arrived
/// at the upstream and what the client got.
pub(crate) async fn exchange(fault: Option<&'static Fault>, request: &[u8], response: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (listener, upstream) = listen().await;
    let proxy = start(upstream, fault).await;
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut arrived = Vec::new();
        // A proxy that answers by itself may leave in any way.
        let _ = stream.read_to_end(&mut arrived).await;
        if !arrived.is_empty() {
            let _ = stream.write_all(response).await;
        }
        let _ = stream.shutdown().await;
        arrived
    };
    let ask = async {
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        stream.write_all(request).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).await.unwrap();
        got
    };
    soon(async { tokio::join!(serve, ask) }).await
}

/// Reads exactly these bytes, and fails on others.
pub(crate) async fn expect(stream: &mut TcpStream, bytes: &[u8]) {
    let mut found = vec![0; bytes.len()];
    let read = soon(stream.read_exact(&mut found)).await;
    assert!(read.is_ok(), "ended after {:?}", shown(&found));
    assert_eq!(shown(&found), shown(bytes));
}

/// Fails when anything comes within a unit. Holding back is the subject, so there is no event to wait for.
pub(crate) async fn expect_nothing(stream: &mut TcpStream) {
    let mut byte = [0];
    let read = tokio::time::timeout(UNIT, stream.read(&mut byte)).await;
    assert!(read.is_err(), "something came: {read:?} {byte:?}");
}

/// Bytes as text that can be read.
pub(crate) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\\r")
}

/// Bytes of a message as the trials write it: each character is a byte, a line end is CRLF, and `␊` a bare LF.
pub(crate) fn raw(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for character in text.chars() {
        match character {
            '\n' => out.extend(b"\r\n"),
            '␊' => out.push(b'\n'),
            other => out.push(u8::try_from(other).expect("a character is a byte")),
        }
    }
    out
}

/// A proxy with the fault, its upstream, a client's connection and the upstream's.
pub(crate) struct Between {
    pub(crate) listener: TcpListener,
    pub(crate) proxy: Mutant,
    pub(crate) client: TcpStream,
    pub(crate) server: TcpStream,
}

/// Connects a client through a proxy with a fault.
pub(crate) async fn between(id: &str) -> Between {
    let fault = mutant::fault(id).unwrap_or_else(|| panic!("no fault {id}"));
    let (listener, upstream) = listen().await;
    let proxy = start(upstream, Some(fault)).await;
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (server, _) = soon(listener.accept()).await.unwrap();
    Between { listener, proxy, client, server }
}

impl Between {
    /// The client sends, and the upstream gets exactly that.
    pub(crate) async fn ask(&mut self, text: &str) {
        self.client.write_all(&raw(text)).await.unwrap();
        expect(&mut self.server, &raw(text)).await;
    }

    /// The upstream sends, and the client gets exactly that.
    pub(crate) async fn answer(&mut self, text: &str) {
        self.server.write_all(&raw(text)).await.unwrap();
        expect(&mut self.client, &raw(text)).await;
    }

    /// The next connection to the upstream.
    pub(crate) async fn accept(&self) -> TcpStream {
        soon(self.listener.accept()).await.unwrap().0
    }

    /// Another client's connection.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.proxy.address()).await.unwrap()
    }
}

/// Sends bytes.
pub(crate) async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(&raw(text)).await.unwrap();
}

/// Expects the sender to have ended, without a byte more.
pub(crate) async fn expect_end(stream: &mut TcpStream) {
    let mut byte = [0];
    assert_eq!(soon(stream.read(&mut byte)).await.expect("an orderly end"), 0, "{byte:?}");
}

/// Expects a reset.
pub(crate) async fn expect_reset(stream: &mut TcpStream) {
    let error = soon(stream.read(&mut [0])).await.expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

/// Everything until the end.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    soon(stream.read_to_end(&mut bytes)).await.unwrap();
    shown(&bytes)
}
