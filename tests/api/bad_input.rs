//! Each parameter of each operation, as the document lists them, with values nobody should send.

use serde_json::Value;

use crate::support::{Connection, Server, anonymous};

/// None of these is a panic, a hang or a 500, and the connection stays usable.
const BAD: [&str; 22] = [
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
    "99999999999999999999999999",
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
            check(&mut connection, parameter, value);
        }
    }
    let metrics = server.get("/metrics");
    assert!(!metrics.text().contains("status=\"500\""), "{}", metrics.text());
}

fn check(connection: &mut Connection, parameter: &Parameter, value: &str) {
    let target = parameter.target(value);
    // A raw space would end the target.
    let target = target.replace(' ', "%20");
    let response = connection.request(&parameter.method, &target, "", b"");
    let asked_for_failure = target.starts_with("/v1/flaky") && response.status == 503;
    assert!(response.status < 500 || asked_for_failure, "{target}: {}", response.status);
    assert!(response.header("injected").is_none(), "{target}: a header of the client's making");
    if (400..500).contains(&response.status) && response.status != 404 {
        assert!(response.json()["error"].as_str().is_some_and(|text| !text.is_empty()), "{target}");
    }
}

#[test]
fn broken_framing_is_refused_and_closes() {
    let server = Server::start(&anonymous(""));
    let broken: [&[u8]; 9] = [
        b"GET\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    ];
    for bytes in broken {
        let mut connection = server.connect();
        connection.send(bytes);
        let (status, _) = connection.head();
        assert_eq!(status, 400, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(server.get("/healthz").status, 200);
}
