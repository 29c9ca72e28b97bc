//! The server as a process.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{Connection, Response};

/// Timeout of all waits, with a large margin for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test, without any configuration from this process's environment.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-test"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("APITEST") || name.starts_with("LOG_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Returns what the program writes to standard error when it fails to start with `config`.
pub fn refused(config: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api-test.yaml");
    std::fs::write(&file, config).unwrap();
    let output = command().arg("--config").arg(&file).current_dir(folder.path()).output().unwrap();
    assert!(!output.status.success(), "it started");
    String::from_utf8(output.stderr).unwrap()
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
}

impl Log {
    /// The lines so far. A test that failed while it read them leaves them whole.
    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Running server; stopped when dropped.
pub struct Server {
    child: Child,
    log: Arc<Log>,
    address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Starts with `config` (YAML), which must listen on port 0 of loopback.
    pub fn start(config: &str) -> Self {
        Self::start_with(config, &[])
    }

    /// Like [`Server::start`], with environment variables.
    pub fn start_with(config: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), config, environment)
    }

    /// Like [`Server::start_with`], with the configuration written into `folder`.
    pub fn start_in(folder: TempDir, config: &str, environment: &[(&str, &str)]) -> Self {
        let file = folder.path().join("api-test.yaml");
        std::fs::write(&file, config).unwrap();
        let mut child = command()
            .arg("--config")
            .arg(&file)
            .current_dir(folder.path())
            .env("LOG_FORMAT", "json")
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Log::default());
        let reader = BufReader::new(child.stderr.take().unwrap());
        let writer = Arc::clone(&log);
        thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                writer.lines().push(line);
                writer.grown.notify_all();
            }
        });
        let mut server = Self { child, log, address: SocketAddr::from(([127, 0, 0, 1], 0)), folder };
        let listening = server.wait_for_line(|line| line.contains("base_url=") || line.contains("\"listening\""));
        // All interfaces are reached through loopback.
        let listening = listening.replace("[::]:", "127.0.0.1:");
        let at = listening.find("127.0.0.1:").unwrap();
        let address = listening[at..].split(['"', ' ']).next().unwrap();
        server.address = address.parse().unwrap();
        server
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the folder with its configuration.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file in its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Opens a connection.
    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// Sends a GET on a connection of its own.
    pub fn get(&self, target: &str) -> Response {
        self.connect().get(target)
    }

    /// Sends a GET with header lines, each ending with CRLF.
    pub fn get_with(&self, target: &str, headers: &str) -> Response {
        self.connect().request("GET", target, headers, b"")
    }

    /// Returns all log lines so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lines().clone()
    }

    /// Waits for a log line, including earlier ones.
    pub fn wait_for_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.log.lines();
        loop {
            if let Some(found) = lines.iter().find(|line| wanted(line)) {
                return found.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no such line in the log:\n{}", lines.join("\n"));
            lines = self
                .log
                .grown
                .wait_timeout(lines, left.min(Duration::from_millis(200)))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits for the access line of `request_id`.
    pub fn wait_for_access(&self, request_id: &str) -> serde_json::Value {
        let line = self.wait_for_line(|line| line.contains("\"access\"") && line.contains(request_id));
        serde_json::from_str(&line).unwrap()
    }

    /// Waits until this many requests are running, in addition to the one that asks.
    pub fn wait_for_running(&self, requests: u64) {
        let deadline = Instant::now() + PATIENCE;
        let wanted = format!("api_test_http_requests_in_flight {}\n", requests + 1);
        while !self.get("/metrics").text().contains(&wanted) {
            assert!(Instant::now() < deadline, "{requests} requests do not run");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a metric has this value.
    pub fn wait_for_metric(&self, name: &str, value: u64) {
        let deadline = Instant::now() + PATIENCE;
        let wanted = format!("\n{name} {value}\n");
        while !self.get("/metrics").text().contains(&wanted) {
            assert!(Instant::now() < deadline, "{name} does not become {value}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap(), signal).unwrap();
    }

    /// Returns true while the process runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end of the process.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the server did not end");
    }

    /// Returns its resident memory in KiB according to the kernel.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// Returns its peak resident memory so far in KiB.
    pub fn peak_resident_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, key: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let told: Vec<String> = self.log().into_iter().filter(|line| !line.contains("\"access\"")).collect();
            eprintln!("log of the server, access lines left out:\n{}", told.join("\n"));
        }
    }
}

#[test]
fn a_test_that_fails_while_it_reads_the_log_leaves_no_server_running() {
    let server = Server::start(&super::anonymous(""));
    let process = PathBuf::from(format!("/proc/{}", server.pid()));
    let failed = thread::spawn(move || server.wait_for_line(|_| panic!("fails on purpose"))).join();
    assert!(failed.is_err() && !process.exists());
}
