//! `api-test check`: the command from end to end, through proxies of which the truth is known.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Stdio},
    sync::mpsc,
    thread,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command;

type Fault = fn(&[u8]) -> Vec<u8>;

/// A gateway that passes bytes on, with one fault in requests.
struct Pipe {
    address: SocketAddr,
    upstream: mpsc::Sender<SocketAddr>,
}

fn pipe(fault: Fault) -> Pipe {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (upstream, told) = mpsc::channel();
    thread::spawn(move || {
        // The address is told once the command has said where it listens.
        let Ok(upstream) = told.recv() else { return };
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect::<SocketAddr>(upstream) else { return };
            let (back, forth) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass(client, forth, fault));
            thread::spawn(move || pass(server, back, <[u8]>::to_vec));
        }
    });
    Pipe { address, upstream }
}

fn pass(mut from: TcpStream, mut to: TcpStream, fault: Fault) {
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(count) if count > 0 && to.write_all(&fault(&buffer[..count])).is_ok() => {}
            _ => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
        }
    }
}

/// Starts the command against a pipe and tells the pipe where the upstream is.
fn start(pipe: &Pipe, arguments: &[&str]) -> Child {
    let url = format!("http://{}/route", pipe.address);
    let mut child = command()
        .args(["check", &url, "--listen", "127.0.0.1:0", "--rate", "0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let address = first.strip_prefix("upstream listens on ").unwrap_or_else(|| panic!("{first}"));
    pipe.upstream.send(address.parse().unwrap()).unwrap();
    thread::spawn(move || lines.for_each(drop));
    child
}

fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code().expect("no signal"), String::from_utf8(output.stdout).unwrap())
}

fn merged(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).replace("/a//b///c", "/a/b/c").into_bytes()
}

fn profile(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("profile.json")).unwrap()).unwrap()
}

#[test]
fn a_change_is_named_with_evidence_and_a_baseline_shows_it_as_new() {
    let folder = TempDir::new().unwrap();
    let (clean, faulty) = (folder.path().join("clean"), folder.path().join("faulty"));
    let formats = "text,json,html,junit,sarif";

    let honest = pipe(<[u8]>::to_vec);
    let child = start(&honest, &["--only", "1.1,1.2,query", "--out", clean.to_str().unwrap(), "--format", formats]);
    let (code, out) = ended(child);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("0 forbidden, 0 change"), "{out}");

    let merging = pipe(merged);
    let baseline = clean.join("profile.json");
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, "allowed: ['11.*']\nrequired: ['9.1']\n").unwrap();
    let arguments = [
        "--policy",
        policy.to_str().unwrap(),
        "--only",
        "1.1,1.2,query",
        "--key",
        "secret-of-the-gateway",
        "--out",
        faulty.to_str().unwrap(),
        "--format",
        formats,
        "--baseline",
        baseline.to_str().unwrap(),
    ];
    let (code, out) = ended(start(&merging, &arguments));
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("new   1.2 merges repeated slashes"), "{out}");
    assert!(out.contains("policy: not allowed: 1.2 merges repeated slashes"), "{out}");
    assert!(out.contains("policy: required, but not found: 9.1"), "{out}");
    let named = &profile(&faulty)["behaviours"];
    let slashes = named.as_array().unwrap().iter().find(|behaviour| behaviour["id"] == "1.2").unwrap();
    assert_eq!(slashes["verdict"], "change");
    assert_eq!(slashes["findings"][0]["section"], "RFC 3986, section 3.3");
    for file in ["report.txt", "profile.json", "evidence.json", "report.html", "junit.xml", "report.sarif"] {
        let text = fs::read_to_string(faulty.join(file)).unwrap();
        assert!(!text.contains("secret-of-the-gateway"), "{file} holds the key");
    }

    let evidence = command()
        .args(["check", "show", "1.2", "--report", faulty.join("profile.json").to_str().unwrap()])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&evidence.stdout).into_owned();
    assert!(shown.contains("/a//b///c HTTP/1.1\r\n") && shown.contains("/a/b/c HTTP/1.1\r\n"), "{shown}");
    let compared = command()
        .args(["check", "compare", baseline.to_str().unwrap(), faulty.join("profile.json").to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(compared.status.code(), Some(1));
}

#[test]
fn what_is_not_reached_is_3_and_names_the_hop() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = |url: &str, listen: &str| {
        let output = command().args(["check", url, "--listen", listen]).output().unwrap();
        (output.status.code().expect("no signal"), String::from_utf8(output.stderr).unwrap())
    };
    let (code, error) = run(&format!("http://{closed}/"), "127.0.0.1:0");
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("hop 1 of 4"), "{error}");

    let wall = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = wall.local_addr().unwrap();
    thread::spawn(move || {
        for mut client in wall.incoming().map_while(Result::ok) {
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\n\r\nno key\n");
        }
    });
    let (code, error) = run(&format!("http://{address}/"), "127.0.0.1:0");
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("hop 2 of 4") && error.contains("401") && error.contains("--key"), "{error}");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, error) = run("http://127.0.0.1:9/", &taken.local_addr().unwrap().to_string());
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("can't listen"), "{error}");
}

#[test]
fn bad_usage_is_2_and_says_what_is_expected() {
    let listen = ["--listen", "127.0.0.1:0"];
    let folder = TempDir::new().unwrap();
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, "required:\n- '99.9'\nwanted: []\n").unwrap();
    for (arguments, part) in [
        (&["check"][..], "URL"),
        (&["check", "http://127.0.0.1:9"], "--listen"),
        (&["check", "ftp://127.0.0.1", listen[0], listen[1]], "http or https"),
        (&["check", "http://127.0.0.1:9/?a=1", listen[0], listen[1]], "query"),
        (&["check", "http://127.0.0.1:9", listen[0], listen[1], "--only", "slashes"], "groups:"),
        (&["check", "http://127.0.0.1:9", listen[0], listen[1], "--header", "novalue"], "Name: value"),
        (&["check", "http://127.0.0.1:9", listen[0], listen[1], "--fail-on", "x"], "forbidden"),
        (&["check", "list", "--group", "31"], "groups:"),
        (
            &["check", "http://127.0.0.1:9", listen[0], listen[1], "--policy", policy.to_str().unwrap()],
            "line 2: \"99.9\"",
        ),
        (&["check", "compare", "/no/such", "/no/such"], "/no/such"),
        (&["check", "show", "1.1", "--report", "/no/such/profile.json"], "evidence.json"),
    ] {
        let output = command().args(arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
    let list = command().args(["check", "list", "--group", "smuggling"]).output().unwrap();
    assert!(String::from_utf8_lossy(&list.stdout).contains("[intrusive]"));
}
