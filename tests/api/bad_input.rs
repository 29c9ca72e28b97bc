//! Each parameter of each operation, as the document lists them, with values nobody should send.

use serde_json::Value;

use crate::support::{Connection, Server, anonymous};

/// None of these is a panic, a hang or a 500, and the connection stays usable.
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

struct Parameter {
    method: String,
    path: String,
    name: String,
    in_path: bool,
    required: Vec<String>,
    maximum: Option<i64>,
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
            found.extend(declared.iter().map(|one| Parameter {
                method: method.to_uppercase(),
                path: path.clone(),
                name: one["name"].as_str().unwrap().to_owned(),
                in_path: one["in"] == "path",
                required: required.clone(),
                maximum: one["schema"]["maximum"].as_i64(),
            }));
        }
    }
    found
}

impl Parameter {
    fn target(&self, value: &str) -> String {
        if self.in_path {
            return self.path.replace(&format!("{{{}}}", self.name), value);
        }
        let others = self.required.iter().filter(|name| **name != self.name).map(|name| format!("&{name}=1"));
        format!("{}?{}={value}{}", self.path, self.name, others.collect::<String>())
    }
}

/// A delay or a size at its upper bound is no bad input; it only takes long.
fn is_worth_its_time(parameter: &Parameter, value: &str) -> bool {
    let slow = ["ms", "delay_ms", "duration_ms", "bytes", "size_kb", "rows"];
    !(slow.contains(&parameter.name.as_str()) && (value.len() > 6 || value == "1e3") && value.starts_with(['9', '1']))
}

#[test]
fn every_parameter_survives_every_bad_value() {
    let server = Server::start(&anonymous(""));
    let parameters = parameters(&server.get("/openapi.json").json());
    assert!(parameters.len() > 50, "{} parameters", parameters.len());
    let mut connection = server.connect();
    for parameter in &parameters {
        for value in BAD.iter().filter(|value| is_worth_its_time(parameter, value)) {
            check(&mut connection, &parameter.method, &parameter.target(value));
        }
        check(&mut connection, &parameter.method, &parameter.target(&"x".repeat(8192)));
        if !parameter.in_path {
            check(&mut connection, &parameter.method, &parameter.path);
            let repeated = format!("{}&{}=abc&{}=-1", parameter.target("1"), parameter.name, parameter.name);
            check(&mut connection, &parameter.method, &repeated);
        }
        if let Some(above) = parameter.maximum.and_then(|most| most.checked_add(1)) {
            check_bound(&mut connection, parameter, above);
        }
    }
    let metrics = server.get("/metrics");
    assert!(!metrics.text().contains("status=\"500\""), "{}", metrics.text());
}

/// One above the upper bound: refused, or clamped where waiting for it is short.
fn check_bound(connection: &mut Connection, parameter: &Parameter, above: i64) {
    let is_a_wait = ["ms", "delay_ms", "duration_ms"].contains(&parameter.name.as_str());
    if !is_a_wait {
        check(connection, &parameter.method, &parameter.target(&above.to_string()));
    }
}

fn check(connection: &mut Connection, method: &str, target: &str) {
    // A raw space would end the target.
    let target = target.replace(' ', "%20");
    let response = connection.request(method, &target, "", b"");
    let asked_for_failure = target.starts_with("/v1/flaky") && response.status == 503;
    assert!(response.status < 500 || asked_for_failure, "{target}: {}", response.status);
    assert!(response.header("injected").is_none(), "{target}: a header of the client's making");
    if (400..500).contains(&response.status) && response.status != 404 {
        assert!(response.json()["error"].as_str().is_some_and(|text| !text.is_empty()), "{target}");
    }
}

#[test]
fn targets_and_bodies_that_are_odd_are_answered_as_documented() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    let wide = format!("X-Wide: {}\r\n", "a".repeat(100 * 1024));
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
        assert_eq!(status, 400, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(server.get("/healthz").status, 200);
    assert!(!server.log().iter().any(|line| line.contains("ERROR")), "{:?}", server.log());
}
