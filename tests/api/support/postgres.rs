//! A PostgreSQL of a test's own: made in a temporary folder, on a free port, gone with the value. Beside what a server can
//! be asked, it can be frozen, thawed, killed and started again.
//!
//! Needs an installed PostgreSQL (`scripts/postgres.sh` installs one). PostgreSQL refuses to run as root: then it runs as
//! the user `postgres`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, dead_code)]

use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Longest time for a start, crash recovery included.
const START_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

pub struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts it. Commits reach the disk, as in production.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("api-test-postgres-").tempdir().expect("temporary folder");
        let owner = owner();
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).expect("folder for the user postgres");
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("free port").port();
        let mut cluster = Self { folder, programs: programs(), owner, port, server: None };
        let made = cluster
            .program("initdb")
            .args(["--auth=trust", "--no-sync", "--username=postgres", "--encoding=UTF8", "--no-locale", "--pgdata"])
            .arg(cluster.data())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        cluster.run();
        cluster
    }

    /// The database that every cluster has.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Runs SQL and gives back what it answers: fields by `|`, a line a row.
    pub fn sql(&self, text: &str) -> String {
        let ran = self
            .program("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", text])
            .output()
            .expect("psql runs");
        assert!(ran.status.success(), "{text}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// Stops all its processes in their tracks: connections stay open, nobody answers.
    pub fn freeze(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    /// Ends all its processes as a power cut would.
    pub fn kill(&mut self) {
        self.signal_all(Signal::KILL);
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
        let deadline = Instant::now() + STOP_MAX;
        while TcpListener::bind(("127.0.0.1", self.port)).is_err() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
    }

    /// Starts it again where it was, after [`Cluster::kill`].
    pub fn run(&mut self) {
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
        let log = fs::File::create(self.folder.path().join("log")).expect("log");
        let mut server = self
            .program("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "shared_buffers=64MB", "-c", "max_connections=60", "-c", "autovacuum_naptime=10min"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres runs");
        let deadline = Instant::now() + START_MAX;
        while !self.is_ready() {
            let ended = server.try_wait().expect("its state").is_some();
            assert!(!ended && Instant::now() < deadline, "postgres does not start:\n{}", self.log());
            std::thread::sleep(POLL);
        }
        self.server = Some(server);
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The last line of the file says how far it is.
    fn is_ready(&self) -> bool {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        file.lines().nth(7).is_some_and(|state| state.trim() == "ready")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.stdin(Stdio::null()).current_dir(self.folder.path()).env_clear().env("PATH", &self.programs);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn signal_all(&self, signal: Signal) {
        let Some(server) = &self.server else { return };
        // The postmaster first, so that it makes no new ones.
        let mut processes = vec![server.id()];
        send(server.id(), signal);
        processes.extend(children(server.id()));
        processes.iter().skip(1).for_each(|process| send(*process, signal));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.thaw();
        let Some(server) = &mut self.server else { return };
        // Fast shutdown, then the hard way.
        send(server.id(), Signal::INT);
        let deadline = Instant::now() + STOP_MAX;
        while Instant::now() < deadline {
            if !matches!(server.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL);
        }
        self.kill();
    }
}

fn send(process: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("/proc");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|process| parent_of(*process) == Some(parent))
        .collect()
}

/// `PID (NAME) STATE PARENT …`, where the name may hold anything.
fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// User and group to run as; `None` when we are not root.
fn owner() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let entry = users.lines().find(|line| line.starts_with("postgres:")).expect("a user postgres; install PostgreSQL");
    let fields: Vec<&str> = entry.split(':').collect();
    Some((fields[2].parse().expect("user id"), fields[3].parse().expect("group id")))
}

/// Where initdb and postgres are.
fn programs() -> PathBuf {
    let from_config = Command::new("pg_config").arg("--bindir").output().ok();
    let from_config = from_config.map(|told| PathBuf::from(String::from_utf8_lossy(&told.stdout).trim()));
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    installed.sort_by_key(|path| {
        let version = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    let in_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    from_config
        .into_iter()
        .chain(installed)
        .chain(in_path.unwrap_or_default())
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .expect("PostgreSQL is not installed; `make integration` installs it")
}
