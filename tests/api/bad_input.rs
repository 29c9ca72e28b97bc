//! Each parameter of each documented operation, with values that no client should send.

use serde_json::Value;

use crate::support::{ALL_GROUPS, Connection, Server, anonymous};

/// None of these causes a panic, a hang or a 500, and the connection stays usable.
const BAD: [&str; 23] = [
    "",
    "abc",
    "-1",
    "+5",
    "00",
    "1.5",
    "1e3",
    "0x10",
    " 1",
    "1%20",
    "%00",
    "%ff",
    "%",
    "%zz",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "1000000000000000000000000000000",
    "%205",
    "NaN",
    "inf",
    "%F0%9F%A6%80",
    "a%0d%0aInjected:%20yes",
];

/// Values that only a header can contain, as bytes.
const BAD_IN_HEADERS: [&[u8]; 5] = [b"\xff\xfe", b"\xc3\xa9", b"\xc2\x85", b"a\tb", b"a, b"];

const KEY: &str = "X-API-Key: key-alpha-0123456789\r\n";

/// Server with all parameters: all groups, the portal, its audit trail, keys of the database.
fn with_everything() -> Server {
    Server::start(&format!(
        "server: {{address: '127.0.0.1:0', base_url: 'http://localhost:8080'}}\n\
         portal: {{enabled: true, cookie_secret: 0123456789abcdef}}\n\
         api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}], db: {{enabled: true}}}}\n\
         database: {{url: 'sqlite:audit.sqlite'}}\naudit: {{enabled: true}}\n{ALL_GROUPS}"
    ))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

struct Parameter {
    method: String,
    /// Path with the examples of all other parameters.
    path: String,
    name: String,
    place: Place,
    required: Vec<String>,
    maximum: Option<i64>,
    /// True when the response to a valid request never ends.
    endless: bool,
}

fn parameters(document: &Value) -> Vec<Parameter> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let declared = operation["parameters"].as_array().cloned().unwrap_or_default();
            let required: Vec<String> = declared
                .iter()
                .filter(|one| one["required"] == true && one["in"] == "query")
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect();
            let endless = path.starts_with("/api/")
                && operation["responses"]["200"]["content"].get("text/event-stream").is_some();
            found.extend(declared.iter().map(|one| {
                let name = one["name"].as_str().unwrap();
                let others = declared.iter().filter(|other| other["in"] == "path" && other["name"] != name);
                let path = others.fold(path.clone(), |path, other| {
                    let example = other["example"].as_str().map_or_else(|| other["example"].to_string(), str::to_owned);
                    path.replace(&format!("{{{}}}", other["name"].as_str().unwrap()), &example)
                });
                Parameter {
                    method: method.to_uppercase(),
                    path,
                    name: name.to_owned(),
                    place: match one["in"].as_str() {
                        Some("path") => Place::Path,
                        Some("query") => Place::Query,
                        Some("header") => Place::Header,
                        other => panic!("a parameter in {other:?}"),
                    },
                    required: required.clone(),
                    maximum: one["schema"]["maximum"].as_i64(),
                    endless,
                }
            }));
        }
    }
    found
}

impl Parameter {
    fn target(&self, value: &str) -> String {
        let others = self.required.iter().filter(|name| **name != self.name).map(|name| format!("&{name}=1"));
        let others = others.collect::<String>();
        match self.place {
            Place::Path => self.path.replace(&format!("{{{}}}", self.name), value),
            Place::Query => format!("{}?{}={value}{others}", self.path, self.name),
            Place::Header => format!("{}?{others}", self.path),
        }
    }

    /// Sends the value as this parameter.
    fn try_with(&self, connection: &mut Connection, value: &str) {
        match self.place {
            Place::Header => self.try_in_header(connection, &[value.as_bytes()]),
            Place::Path | Place::Query => check(connection, self, &self.target(value), b""),
        }
    }

    /// Sends the header once for each value.
    fn try_in_header(&self, connection: &mut Connection, values: &[&[u8]]) {
        let lines: Vec<u8> =
            values.iter().flat_map(|value| [self.name.as_bytes(), b": ", value, b"\r\n"].concat()).collect();
        check(connection, self, &self.target(""), &lines);
    }
}

/// A delay or a size at its upper bound is valid input; it only takes long.
fn is_worth_its_time(parameter: &Parameter, value: &str) -> bool {
    let slow = ["ms", "delay_ms", "duration_ms", "bytes", "size_kb", "rows"];
    !(slow.contains(&parameter.name.as_str()) && (value.len() > 6 || value == "1e3") && value.starts_with(['9', '1']))
}

#[test]
fn every_parameter_survives_every_bad_value() {
    let server = with_everything();
    for (document, least) in [("/openapi.json", 50), ("/api/v1/portal/openapi.json", 100)] {
        let parameters = parameters(&server.get_with(document, KEY).json());
        assert!(parameters.len() > least, "{} parameters in {document}", parameters.len());
        let mut connection = server.connect();
        for parameter in &parameters {
            for value in BAD.iter().filter(|value| is_worth_its_time(parameter, value)) {
                parameter.try_with(&mut connection, value);
            }
            parameter.try_with(&mut connection, &"x".repeat(8192));
            match parameter.place {
                Place::Path => {}
                Place::Query => {
                    check(&mut connection, parameter, &parameter.path, b"");
                    let repeated = format!("{}&{}=abc&{}=-1", parameter.target("1"), parameter.name, parameter.name);
                    check(&mut connection, parameter, &repeated, b"");
                }
                Place::Header => {
                    for value in BAD_IN_HEADERS {
                        parameter.try_in_header(&mut connection, &[value]);
                    }
                    parameter.try_in_header(&mut connection, &[b"abc", b"-1"]);
                }
            }
            // One above the upper bound: refused, or clamped where waiting for it is short.
            let is_a_wait = ["ms", "delay_ms", "duration_ms"].contains(&parameter.name.as_str());
            if let Some(above) = parameter.maximum.and_then(|most| most.checked_add(1))
                && !is_a_wait
            {
                parameter.try_with(&mut connection, &above.to_string());
            }
        }
    }
    let metrics = server.get("/metrics");
    assert!(!metrics.text().contains("status=\"500\""), "{}", metrics.text());
}

#[test]
fn header_parameters_are_among_those_that_are_tried() {
    let server = with_everything();
    let parameters = parameters(&server.get_with("/api/v1/portal/openapi.json", KEY).json());
    let id = parameters.iter().find(|parameter| parameter.name == "Last-Event-ID").unwrap();
    assert!(id.place == Place::Header && id.endless);
    for (value, message) in [
        (b"Last-Event-ID: abc\r\n".as_slice(), "Last-Event-ID must be the id of an event, a UUID"),
        (b"Last-Event-ID: \xff\r\n", "Last-Event-ID must be UTF-8 text without control characters"),
        (b"Last-Event-ID: a\r\nLast-Event-ID: b\r\n", "Last-Event-ID is given more than once"),
    ] {
        let mut connection = server.connect();
        send(&mut connection, "GET", &id.path, value);
        let refused = connection.receive();
        assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(message)));
    }
}

fn send(connection: &mut Connection, method: &str, target: &str, headers: &[u8]) {
    let body = if method == "POST" { "{}" } else { "" };
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{KEY}",
        body.len()
    );
    connection.send(&[head.as_bytes(), headers, b"\r\n", body.as_bytes()].concat());
}

fn check(connection: &mut Connection, parameter: &Parameter, target: &str, headers: &[u8]) {
    // A raw space would end the target.
    let target = target.replace(' ', "%20");
    send(connection, &parameter.method, &target, headers);
    let head = connection.head();
    if parameter.endless && head.0 == 200 {
        // Reading to the end would never finish.
        *connection = Connection::open(connection.peer_address());
        return;
    }
    let response = connection.rest(&parameter.method, head);
    if response.header("connection") == Some("close") {
        // Refused before its body is read.
        *connection = Connection::open(connection.peer_address());
    }
    let asked_for_failure = target.starts_with("/v1/flaky") && response.status == 503;
    let headers = String::from_utf8_lossy(headers);
    assert!(response.status < 500 || asked_for_failure, "{target} {headers}: {}", response.status);
    assert!(response.header("injected").is_none(), "{target} {headers}: a header of the client's making");
    if (400..500).contains(&response.status) && response.status != 404 {
        assert!(response.json()["error"].as_str().is_some_and(|text| !text.is_empty()), "{target} {headers}");
    }
}

#[test]
fn targets_and_bodies_that_are_odd_are_answered_as_documented() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    let wide = format!("X-Wide: {}\r\n", "a".repeat(300 * 1024));
    let odd = [
        ("GET", "http://other.test/v1/fixed/a", "", 200),
        ("GET", "//v1/fixed/a", "", 404),
        ("GET", "/v1/fixed/a%2Fb", "", 200),
        ("GET", "/v1/fixed/a/b", "", 404),
        ("GET", "/v1/fixed/%ff%zz", "", 400),
        ("OPTIONS", "*", "", 404),
        ("GET", "/v1/whoami", wide.as_str(), 431),
    ];
    for (method, target, headers, status) in odd {
        let response = connection.request(method, target, headers, b"");
        assert_eq!(response.status, status, "{method} {target}: {:?}", response.text());
        if response.header("connection") == Some("close") {
            connection = server.connect();
        }
    }
    assert_eq!(connection.get("/v1/fixed/a%2Fb").json()["key"], "a/b");
    let malformed: &[u8] = b"{\"a\":";
    let response = connection.request("POST", "/v1/echo", "Content-Type: application/json\r\n", malformed);
    assert_eq!(response.status, 200);
}

#[test]
fn broken_framing_is_refused_and_closes() {
    let server = Server::start(&anonymous(""));
    let broken: [&[u8]; 12] = [
        b"GET\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /v1/headers HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    ];
    for bytes in broken {
        let mut connection = server.connect();
        connection.send(bytes);
        let (status, _) = connection.head();
        let expected = if bytes.ends_with(b"HTTP/9.9\r\n\r\n") { 505 } else { 400 };
        assert_eq!(status, expected, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(server.get("/healthz").status, 200);
    assert!(!server.log().iter().any(|line| line.contains("ERROR")), "{:?}", server.log());
}
