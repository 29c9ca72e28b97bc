//! Replays the recorded requests and responses, the wire contract, against the server.

use std::{net::SocketAddr, sync::Mutex, thread};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{Connection, Response, Server, anonymous, with_credentials};

const VECTORS: &str = include_str!("../vectors/reference.json");
/// Number of vectors replayed at the same time, because some include waits.
const PLAYERS: usize = 16;

#[test]
fn without_credentials() {
    play("anon", &anonymous(""));
}

#[test]
fn with_credentials_and_nobody_else() {
    play("auth-closed", &with_credentials(false));
}

#[test]
fn with_credentials_and_anonymous() {
    play("auth-open", &with_credentials(true));
}

/// Groups that came after the recordings change no recorded answer, except the two that list groups and routes.
#[test]
fn with_the_newer_groups_on() {
    let on = [("APITEST__ENDPOINTS__ANSWER__ENABLED", "true")];
    let server = Server::start_with(&anonymous(""), &on);
    let lists = |vector: &Value| ["/", "/openapi.json"].contains(&text(&vector["path"]));
    play_on(&server, "anon", |vector| !lists(vector));
}

fn play(config: &str, yaml: &str) {
    play_on(&Server::start(yaml), config, |_| true);
}

fn play_on(server: &Server, config: &str, is_played: impl Fn(&Value) -> bool) {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let of_config = |vector: &Value| vector["config"] == config && is_played(vector);
    let left = Mutex::new(vectors.into_iter().filter(of_config).collect::<Vec<_>>());
    let count = left.lock().unwrap().len();
    assert!(count > 10, "only {count} vectors for {config}");
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                loop {
                    let Some(vector) = left.lock().unwrap().pop() else { break };
                    let found = differences(&vector, &exchange(server.address(), &vector));
                    if !found.is_empty() {
                        failures.lock().unwrap().push(format!("{}: {}", vector["id"], found.join("; ")));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {count} differ:\n{}", failures.len(), failures.join("\n"));
}

fn exchange(address: SocketAddr, vector: &Value) -> Response {
    let mut connection = Connection::open(address);
    connection.send(&request_bytes(vector));
    connection.receive_for(vector["method"].as_str().unwrap())
}

fn request_bytes(vector: &Value) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", text(&vector["method"]), text(&vector["path"]));
    for (name, value) in vector["headers"].as_object().unwrap() {
        let one = std::slice::from_ref(value);
        for value in value.as_array().map_or(one, Vec::as_slice) {
            head += &format!("{name}: {}\r\n", text(value));
        }
    }
    let body = body(vector);
    let chunked = vector["chunked"].as_bool().unwrap_or(false);
    match &body {
        Some(_) if chunked => head += "Transfer-Encoding: chunked\r\n",
        Some(body) => head += &format!("Content-Length: {}\r\n", body.len()),
        None => {}
    }
    head += "\r\n";
    let mut bytes = head.into_bytes();
    let body = body.unwrap_or_default();
    if chunked {
        for chunk in body.chunks(5) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        bytes.extend_from_slice(&body);
    }
    bytes
}

fn body(vector: &Value) -> Option<Vec<u8>> {
    if let Some(encoded) = vector["body_b64"].as_str() {
        return Some(STANDARD.decode(encoded).unwrap());
    }
    if let Some(made) = vector["body_gen"].as_object() {
        let count = usize::try_from(made["count"].as_u64().unwrap()).unwrap();
        return Some(
            [text(&made["prefix"]), &text(&made["unit"]).repeat(count), text(&made["suffix"])].concat().into(),
        );
    }
    vector["body"].as_str().map(|body| body.as_bytes().to_vec())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn differences(vector: &Value, found: &Response) -> Vec<String> {
    let expect = &vector["expect"];
    let mut differences = Vec::new();
    if expect["status"] != found.status {
        differences.push(format!("status {}, not {}", found.status, expect["status"]));
    }
    for (name, value) in members(&expect["headers"]) {
        if !value.is_null() && found.header(name) != value.as_str() {
            differences.push(format!("{name}: {:?}, not {value}", found.header(name)));
        }
    }
    for (name, pattern) in members(&expect["header_patterns"]) {
        if !matches(text(pattern), found.header(name).unwrap_or("")) {
            differences.push(format!("{name}: {:?} does not match {pattern}", found.header(name)));
        }
    }
    for (prefix, count) in members(&expect["header_count_prefix"]) {
        let here = found.headers.iter().filter(|(name, _)| name.starts_with(prefix.as_str())).count();
        if *count != here {
            differences.push(format!("{here} headers {prefix}*, not {count}"));
        }
    }
    for (name, length) in members(&expect["header_value_len"]) {
        let here = found.header(name).map_or(0, str::len);
        if *length != here {
            differences.push(format!("{name} has {here} characters, not {length}"));
        }
    }
    if let Some(wanted) = expect["openapi_ops"].as_array() {
        let operations = operations(&found.json());
        differences.extend(
            wanted.iter().filter(|one| !operations.contains(&text(one).to_owned())).map(|one| format!("no {one}")),
        );
    }
    differences.extend(body_difference(vector, found));
    differences
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn body_difference(vector: &Value, found: &Response) -> Option<String> {
    let expect = &vector["expect"];
    let ignored: Vec<&str> = vector["ignore"].as_array().into_iter().flatten().map(text).collect();
    if ignored.contains(&"$") {
        return None;
    }
    let same = if let Some(wanted) = expect["body_sha256"].as_str() {
        let digest: String = Sha256::digest(&found.body).iter().map(|byte| format!("{byte:02x}")).collect();
        expect["body_len"] == found.body.len() && digest == wanted
    } else if let Some(wanted) = expect["body"].as_str() {
        if ignored.is_empty() {
            found.body == wanted.as_bytes()
        } else {
            let parse = |bytes| serde_json::from_slice::<Value>(bytes).ok().map(|value| without(value, &ignored));
            parse(found.body.as_slice()) == parse(wanted.as_bytes())
        }
    } else {
        true
    };
    let start = String::from_utf8_lossy(&found.body[..found.body.len().min(160)]).into_owned();
    (!same).then(|| format!("body {start:?}, not {}", expect["body"]))
}

fn without(mut value: Value, paths: &[&str]) -> Value {
    for path in paths {
        let (way, last) = path.rsplit_once('.').map_or(("", *path), |(way, last)| (way, last));
        let mut node = &mut value;
        for step in way.split('.').filter(|step| !step.is_empty()) {
            node = &mut node[step];
        }
        if let Some(object) = node.as_object_mut() {
            object.remove(last);
        }
    }
    value
}

fn operations(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            if operation["responses"].is_object() {
                found.push(format!("{} {path} {}", method.to_uppercase(), text(&operation["operationId"])));
            }
        }
    }
    found
}

/// The only pattern in the vectors: a lower-case UUID.
fn matches(pattern: &str, value: &str) -> bool {
    assert_eq!(pattern, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "a pattern this test does not know");
    uuid::Uuid::parse_str(value).is_ok_and(|id| id.hyphenated().to_string() == value)
}
