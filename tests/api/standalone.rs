//! Without a configuration file: the embedded default, its data directory, and `init`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Connection, Server, command};

/// Maximum time for a record to be written, with a large margin for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program as started by a user with this home.
fn at_home(home: &Path, arguments: &[&str]) -> Command {
    let mut command = command();
    command.args(arguments).current_dir(home).env("HOME", home).env_remove("XDG_DATA_HOME");
    command
}

/// Exit code, standard output and standard error.
fn ended(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("no signal"), text(output.stdout), text(output.stderr))
}

/// A running server without a configuration file; killed with the value.
struct Embedded {
    child: Child,
    banner: String,
    address: SocketAddr,
}

impl Embedded {
    /// Starts the server; `command` must ask for port 0.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = String::new();
        // The last line is the second request to try.
        while !banner.contains("/v1/echo") {
            let Some(Ok(line)) = lines.next() else {
                let output = child.wait_with_output().unwrap();
                panic!("it ended: {}", String::from_utf8_lossy(&output.stderr));
            };
            banner = format!("{banner}{line}\n");
        }
        let log = child.stderr.take().unwrap();
        // A full pipe would stop the server.
        std::thread::spawn(move || BufReader::new(log).lines().for_each(drop));
        let url = banner.split("http://").nth(1).unwrap();
        let address = url.split_whitespace().next().unwrap().parse().unwrap();
        Self { child, banner, address }
    }

    fn key(&self) -> &str {
        self.banner.split("key     ").nth(1).unwrap().split_whitespace().next().unwrap()
    }

    fn whoami(&self, key: &str) -> u16 {
        Connection::open(self.address).request("GET", "/v1/whoami", &format!("X-API-Key: {key}\r\n"), b"").status
    }

    /// Returns the number of recorded requests from the portal's API.
    fn recorded(&self) -> u64 {
        let key = format!("X-API-Key: {}\r\n", self.key());
        let target = "/api/v1/portal/audit/events?limit=5";
        let answer = Connection::open(self.address).request("GET", target, &key, b"");
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["events"].as_array().unwrap().len() as u64
    }

    /// Where the key is, as the sign-in page says it.
    fn key_hint(&self) -> String {
        let known = Connection::open(self.address).get("/api/v1/portal/wellknown");
        known.json()["key_hint"].as_str().unwrap().to_owned()
    }

    /// Stops it with two signals, so that it does not wait, and returns the exit code.
    fn stop(mut self) -> i32 {
        for _ in 0..2 {
            kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        }
        self.child.wait().unwrap().code().expect("no signal")
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn without_a_file_it_serves_the_embedded_default_and_keeps_key_and_trail() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".local/share/api-test");
    let first = Embedded::start(&mut at_home(home.path(), &["--port", "0"]));
    assert!(first.banner.starts_with("No configuration file: serving the embedded default"), "{}", first.banner);
    assert!(first.banner.contains(folder.to_str().unwrap()) && first.banner.contains("/portal/"), "{}", first.banner);
    assert!(first.address.ip().is_loopback());
    let key = first.key().to_owned();
    assert_eq!(fs::read_to_string(folder.join("key")).unwrap(), format!("{key}\n"));
    for name in ["key", "cookie_secret", "lock", "api-test.sqlite"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&folder), 0o700);
    assert_eq!((first.whoami(&key), first.whoami("wrong")), (200, 401));
    assert!(Connection::open(first.address).get("/portal/").status < 400);
    assert!(first.key_hint().contains("the file `key`"), "{}", first.key_hint());
    assert_eq!(first.stop(), 0);

    let second = Embedded::start(&mut at_home(home.path(), &["serve", "--port", "0"]));
    assert_eq!(second.key(), key);
    assert_eq!(second.recorded(), 2, "the trail outlives the process");
    assert_eq!(second.stop(), 0);
}

#[test]
fn the_data_directory_is_the_flag_or_an_absolute_xdg_data_home() {
    let home = tempfile::tempdir().unwrap();
    let (xdg, flag) = (home.path().join("xdg"), home.path().join("flag"));
    let arguments = ["--port", "0", "--data-dir", "flag"];
    assert_eq!(Embedded::start(at_home(home.path(), &arguments).env("XDG_DATA_HOME", &xdg)).stop(), 0);
    assert!(flag.join("key").exists() && !xdg.exists(), "a relative folder is one of the working directory");
    assert_eq!(Embedded::start(at_home(home.path(), &["--port", "0"]).env("XDG_DATA_HOME", &xdg)).stop(), 0);
    assert!(xdg.join("api-test/key").exists());
    // "If an implementation encounters a relative path [...] it should consider the path invalid and ignore it."
    assert_eq!(Embedded::start(at_home(home.path(), &["--port", "0"]).env("XDG_DATA_HOME", "relative")).stop(), 0);
    assert!(home.path().join(".local/share/api-test/key").exists() && !home.path().join("relative").exists());

    let mut nowhere = at_home(home.path(), &["--port", "0"]);
    let (code, _, error) = ended(nowhere.env_remove("HOME"));
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("XDG_DATA_HOME") && error.contains("--data-dir"), "{error}");
}

#[test]
fn ephemeral_writes_nothing_and_forgets() {
    let home = tempfile::tempdir().unwrap();
    let first = Embedded::start(&mut at_home(home.path(), &["--ephemeral", "--port", "0"]));
    let key = first.key().to_owned();
    assert!(first.banner.contains("in memory"), "{}", first.banner);
    assert!(first.key_hint().contains("printed"), "{}", first.key_hint());
    assert_eq!(first.whoami(&key), 200);
    let deadline = Instant::now() + PATIENCE;
    while first.recorded() < 1 {
        assert!(Instant::now() < deadline, "the request is not recorded");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(first.stop(), 0);
    let second = Embedded::start(&mut at_home(home.path(), &["--ephemeral", "--port", "0"]));
    assert_ne!(second.key(), key);
    assert_eq!(second.recorded(), 0);
    assert_eq!(second.stop(), 0);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn one_data_directory_is_for_one_process_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let first = Embedded::start(&mut at_home(home.path(), &["--port", "0"]));
    let (code, out, error) = ended(&mut at_home(home.path(), &["--port", "0"]));
    assert_eq!((code, out.as_str()), (1, ""), "{error}");
    let process = format!("in use by another api-test (process {})", first.child.id());
    assert!(error.contains(&process) && error.contains("--data-dir"), "{error}");
    // A killed process leaves the lock file, but not the lock.
    drop(first);
    assert_eq!(Embedded::start(&mut at_home(home.path(), &["--port", "0"])).stop(), 0);
}

#[test]
fn a_port_in_use_is_1_and_prints_no_key() {
    let home = tempfile::tempdir().unwrap();
    let other = Server::start(&crate::support::anonymous(""));
    let port = other.address().port().to_string();
    let (code, out, error) = ended(&mut at_home(home.path(), &["--port", &port]));
    assert_eq!((code, out.as_str()), (1, ""), "{error}");
    assert!(error.contains("port taken"), "{error}");
}

#[test]
fn a_folder_that_cant_be_used_is_1_and_named() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    // Tests may run as root, which ignores permissions.
    for folder in ["file", "file/below", "/proc/api-test", "/dev/null/x", "\n", "${HOME}"] {
        for arguments in [&["--data-dir", folder][..], &["init", "--data-dir", folder]] {
            let (code, out, error) = ended(&mut at_home(home.path(), arguments));
            assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {error}");
            assert!(error.contains("data directory") && error.contains(folder), "{arguments:?}: {error}");
        }
    }
    assert!(!home.path().join("api-test.yaml").exists());
}

#[test]
fn a_bad_key_file_is_1_and_is_left_as_it_was() {
    let long = "k".repeat(600);
    let bad: [&[u8]; 6] =
        [b"", b"\n", b"short\n", b"two lines of text\nare not one\n", b"\xff\xfe0123456789abcdef", long.as_bytes()];
    for name in ["key", "cookie_secret"] {
        for bytes in bad {
            let home = tempfile::tempdir().unwrap();
            let file = home.path().join(name);
            fs::write(&file, bytes).unwrap();
            for first in [&["--port", "0"][..], &["init"], &["--check-config"]] {
                let arguments = [first, &["--data-dir", "."]].concat();
                let (code, out, error) = ended(&mut at_home(home.path(), &arguments));
                assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {error}");
                assert!(error.contains(&format!("/{name}: contains no usable secret")), "{error}");
                assert!(!error.contains("two lines") && !error.contains("kkkk"), "{error}");
            }
            assert_eq!(fs::read(&file).unwrap(), bytes);
        }
    }
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("key")).unwrap();
    let (code, _, error) = ended(&mut at_home(home.path(), &["--data-dir", "."]));
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("/key: "), "{error}");
}

#[test]
fn a_key_of_ones_own_is_used_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("key"), "my-own-key-0123456789").unwrap();
    let server = Embedded::start(&mut at_home(home.path(), &["--port", "0", "--data-dir", "."]));
    assert_eq!(server.key(), "my-own-key-0123456789");
    assert_eq!(server.whoami("my-own-key-0123456789"), 200);
}

#[test]
fn flags_that_have_no_effect_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("x.yaml");
    fs::write(&file, "auth: {allow_anonymous: true}\n").unwrap();
    for flags in [&["--port", "1"][..], &["--data-dir", "d"], &["--ephemeral"]] {
        let named = [&["--config", "x.yaml"], flags].concat();
        assert_eq!(ended(&mut at_home(home.path(), &named)).0, 2, "{flags:?}");
        let (code, _, error) = ended(at_home(home.path(), flags).env("APITEST_CONFIG", &file));
        assert_eq!(code, 2, "{flags:?}");
        assert!(error.contains(flags[0]) && error.contains("x.yaml"), "{error}");
    }
    for (flags, variable, value) in [
        (&["--port", "1"][..], "APITEST__SERVER__ADDRESS", ":2"),
        (&["--data-dir", "d"], "APITEST__DATABASE__URL", "sqlite:x"),
        (&["--ephemeral"], "APITEST__DATABASE__URL", "sqlite:x"),
    ] {
        let (code, _, error) = ended(at_home(home.path(), flags).env(variable, value));
        assert_eq!(code, 2, "{flags:?}: {error}");
        assert!(error.contains(flags[0]) && error.contains(variable), "{error}");
    }
    for bad in [&["--ephemeral", "--data-dir", "d"][..], &["--port", "65536"], &["--port"], &["init", "--ephemeral"]] {
        assert_eq!(ended(&mut at_home(home.path(), bad)).0, 2, "{bad:?}");
    }
    assert!(!home.path().join("d").exists() && !home.path().join(".local").exists());
}

/// Returns the output of `--check-config` without the comments about sources.
fn effective(home: &TempDir, arguments: &[&str]) -> String {
    let (code, out, error) = ended(&mut at_home(home.path(), &[arguments, &["--check-config"]].concat()));
    assert_eq!(code, 0, "{error}");
    out.lines().map(|line| format!("{}\n", line.split(" # ").next().unwrap().trim_end())).collect()
}

#[test]
fn init_writes_the_file_that_equals_the_embedded_default() {
    let home = tempfile::tempdir().unwrap();
    let before = effective(&home, &[]);
    assert!(!home.path().join(".local").exists(), "looking makes nothing");
    let (code, out, error) = ended(&mut at_home(home.path(), &["init"]));
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("api-test --config api-test.yaml"), "{out}");
    let file = home.path().join("api-test.yaml");
    assert_eq!(mode(&file), 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# The embedded default") && text.matches("\n# ").count() > 5, "{text}");
    assert_eq!(effective(&home, &["--config", "api-test.yaml"]), before);
    assert_eq!(effective(&home, &[]), before);

    // The same key, and the same data.
    let embedded = Embedded::start(&mut at_home(home.path(), &["--port", "0"]));
    let key = embedded.key().to_owned();
    assert_eq!(embedded.whoami(&key), 200);
    assert_eq!(embedded.stop(), 0);
    let (key, listen) = (format!("X-API-Key: {key}\r\n"), ("APITEST__SERVER__ADDRESS", "127.0.0.1:0"));
    let server = Server::start_with(&text, &[listen]);
    let whoami = server.get_with("/v1/whoami", &key);
    assert_eq!(whoami.json(), json!({"subject": "devkey", "auth_type": "apikey", "key_name": "devkey"}));
    let events = server.get_with("/api/v1/portal/audit/events?limit=5", &key).json();
    assert!(!events["events"].as_array().unwrap().is_empty());
}

#[test]
fn init_takes_place_and_name_and_never_overwrites() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["init", "other.yaml", "--data-dir", "data \"of\" mine", "--port", "9090"];
    assert_eq!(ended(&mut at_home(home.path(), &arguments)).0, 0);
    let shown = effective(&home, &["--config", "other.yaml"]);
    assert!(shown.contains("127.0.0.1:9090"), "{shown}");
    let text = fs::read_to_string(home.path().join("other.yaml")).unwrap();
    let key = fs::read_to_string(home.path().join("data \"of\" mine/key")).unwrap();
    assert!(text.contains(key.trim()), "{text}");

    symlink("nowhere", home.path().join("link.yaml")).unwrap();
    for name in ["other.yaml", "link.yaml", "."] {
        let (code, _, error) = ended(&mut at_home(home.path(), &["init", name]));
        assert_eq!(code, 2, "{name}: {error}");
        assert!(error.contains(name) && error.contains("not overwritten"), "{error}");
    }
    assert_eq!(fs::read_to_string(home.path().join("other.yaml")).unwrap(), text);
    assert!(!home.path().join(".local").exists() && !home.path().join("nowhere").exists());
    let (code, _, error) = ended(&mut at_home(home.path(), &["init", "no/such/folder.yaml", "--data-dir", "d"]));
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("can't write no/such/folder.yaml"), "{error}");
}
