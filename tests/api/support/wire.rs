//! HTTP/1.1 client that sends exactly the given bytes and returns each received chunk.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Timeout of all waits, with a large margin.
const PATIENCE: Duration = Duration::from_secs(70);

/// Response as received.
#[derive(Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
    /// Sizes of the chunks; empty when the body has a length.
    pub chunks: Vec<usize>,
}

impl Response {
    /// Returns the first header with that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }
}

/// Keep-alive connection.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects, with a generous timeout for each read.
    pub fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self(BufReader::new(socket))
    }

    /// Returns this end of the connection.
    pub fn local_address(&self) -> SocketAddr {
        self.0.get_ref().local_addr().unwrap()
    }

    /// Returns the server's end of the connection.
    pub fn peer_address(&self) -> SocketAddr {
        self.0.get_ref().peer_addr().unwrap()
    }

    /// Sends bytes unchanged. If the server has already closed, that shows when receiving.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// Sends bytes; false once the server does not take them any more.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// The same connection once more, to send on while answers are received.
    pub fn try_clone(&self) -> Self {
        Self(BufReader::new(self.0.get_ref().try_clone().unwrap()))
    }

    /// Waits until the server has read everything from its socket. Both ends are IPv4 addresses of this machine.
    pub fn wait_until_read(&self) {
        let hex = |address: SocketAddr| match address {
            SocketAddr::V4(address) => {
                format!("{:08X}:{:04X}", u32::from_le_bytes(address.ip().octets()), address.port())
            }
            SocketAddr::V6(address) => panic!("not by IPv6: {address}"),
        };
        let ends = format!(" {} {} ", hex(self.peer_address()), hex(self.local_address()));
        let deadline = Instant::now() + PATIENCE;
        loop {
            // The fields after the addresses: state, then tx_queue:rx_queue.
            let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let socket = sockets.lines().find_map(|line| line.split_once(&ends)).unwrap().1;
            if socket.split(' ').nth(1).unwrap().ends_with(":00000000") {
                return;
            }
            assert!(Instant::now() < deadline, "the server does not read");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a request; a non-empty body with its length.
    pub fn start(&mut self, method: &str, target: &str, headers: &str, body: &[u8]) {
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: api.test\r\n{length}{headers}\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes);
    }

    /// Sends a request and receives the response.
    pub fn request(&mut self, method: &str, target: &str, headers: &str, body: &[u8]) -> Response {
        self.start(method, target, headers, body);
        self.receive_for(method)
    }

    /// Sends a GET without further headers.
    pub fn get(&mut self, target: &str) -> Response {
        self.request("GET", target, "", b"")
    }

    /// Sends a GET to a server that may stop in the meantime. Returns the status; `None` without a complete response.
    pub fn try_get(&mut self, target: &str) -> Option<u16> {
        self.try_get_with(target, "")
    }

    /// Like [`Connection::try_get`], with header lines, each ended by CRLF.
    pub fn try_get_with(&mut self, target: &str, headers: &str) -> Option<u16> {
        self.start("GET", target, headers, b"");
        let mut line = String::new();
        self.0.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).ok().filter(|length| *length > 0)?;
            match line.trim_end().to_lowercase().strip_prefix("content-length: ") {
                Some(value) => length = value.parse().ok()?,
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        self.0.read_exact(&mut vec![0; length]).ok()?;
        Some(status)
    }

    /// Receives the response to a request other than HEAD.
    pub fn receive(&mut self) -> Response {
        self.receive_for("GET")
    }

    /// Receives the response to a `method` request.
    pub fn receive_for(&mut self, method: &str) -> Response {
        let head = loop {
            let head = self.head();
            if head.0 >= 200 {
                break head;
            }
        };
        self.rest(method, head)
    }

    /// Receives the rest after the head of a response to a `method` request.
    pub fn rest(&mut self, method: &str, (status, headers): (u16, Vec<(String, String)>)) -> Response {
        let mut response = Response { status, headers, body: Vec::new(), chunks: Vec::new() };
        if method == "HEAD" || matches!(status, 204 | 304) {
            return response;
        }
        if response.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            while let Some(chunk) = self.chunk() {
                response.chunks.push(chunk.len());
                response.body.extend_from_slice(&chunk);
            }
        } else if let Some(length) = response.header("content-length") {
            response.body = self.exactly(length.parse().unwrap());
        } else {
            self.0.read_to_end(&mut response.body).unwrap();
        }
        response
    }

    /// Receives status and headers.
    pub fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let line = self.line();
        let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no status line: {line:?}")).parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return (status, headers);
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
    }

    /// Receives the next chunk of a chunked body; `None` at its end.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.line();
        let size = usize::from_str_radix(&line, 16).unwrap_or_else(|_| panic!("no chunk size: {line:?}"));
        let chunk = self.exactly(size);
        assert_eq!(self.line(), "", "a chunk ends with CRLF");
        (size > 0).then_some(chunk)
    }

    /// Returns true when the connection ends within a chunked body.
    pub fn is_cut(&mut self) -> bool {
        let mut rest = Vec::new();
        // Either the end of the connection or a reset.
        let _ = self.0.read_to_end(&mut rest);
        !rest.ends_with(b"0\r\n\r\n")
    }

    /// True when the server closes without another byte, or has closed.
    pub fn is_closed(&mut self) -> bool {
        self.is_closed_within(PATIENCE)
    }

    /// Closes the sending side.
    pub fn finish_sending(&mut self) {
        self.0.get_ref().shutdown(Shutdown::Write).unwrap();
    }

    /// Ends the connection by a reset.
    pub fn reset(self) {
        let socket = socket2::Socket::from(self.0.into_inner());
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Each piece of bytes that is there to be read, as the kernel hands it out, up to the end of an answer with a
    /// `Content-Length`.
    pub fn reads(&mut self) -> Vec<usize> {
        let (mut sizes, mut all) = (Vec::new(), Vec::new());
        loop {
            let mut piece = vec![0; 1 << 20];
            let size = self.0.get_mut().read(&mut piece).unwrap();
            sizes.push(size);
            all.extend_from_slice(&piece[..size]);
            let text = String::from_utf8_lossy(&all).to_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse::<usize>().unwrap() {
                return sizes;
            }
        }
    }

    /// The next head as it came, byte for byte.
    pub fn raw_head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).unwrap() > 0, "closed within a head: {head:?}");
        }
        head
    }

    /// Returns true when the server has closed, after at most `limit`.
    pub fn is_closed_within(&mut self, limit: Duration) -> bool {
        self.0.get_ref().set_read_timeout(Some(limit)).unwrap();
        match self.0.read(&mut [0; 1]) {
            Ok(0) => true,
            Ok(_) => panic!("the server sent more"),
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }

    /// Returns the next bytes.
    pub fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).unwrap();
        assert!(!line.is_empty(), "closed without an answer");
        String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()
    }
}
