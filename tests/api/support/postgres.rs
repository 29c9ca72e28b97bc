//! PostgreSQL of the test's own: created in a temporary folder, on a free port, removed when dropped. It can be frozen,
//! thawed, killed and restarted.
//!
//! Needs an installed PostgreSQL (`scripts/postgres.sh` installs one). PostgreSQL refuses to run as root, so then it
//! runs as the user `postgres`. With `API_TEST_POSTGRES_URL` set, tests that don't disturb the server get a database of
//! their own on that server instead.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    dead_code
)]

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Existing server, with the right to create databases.
const SHARED: &str = "API_TEST_POSTGRES_URL";
/// Timeout of a start, crash recovery included.
const START_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

pub struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
    options: Vec<String>,
    server: Option<Child>,
}

/// Empty database, in its own or a shared cluster.
pub struct Database {
    url: String,
    of_shared: Option<(String, String)>,
    _cluster: Option<Cluster>,
}

impl Database {
    pub fn empty() -> Self {
        let Ok(shared) = std::env::var(SHARED) else {
            let cluster = Cluster::start();
            return Self { url: cluster.url(), of_shared: None, _cluster: Some(cluster) };
        };
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        sql(&shared, &format!("CREATE DATABASE {name}"));
        let mut url = url::Url::parse(&shared).expect("a URL");
        url.set_path(&name);
        Self { url: url.to_string(), of_shared: Some((shared, name)), _cluster: None }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn sql(&self, text: &str) -> String {
        sql(&self.url, text)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((shared, name)) = &self.of_shared {
            // A panic here would abort a failed test's process, with everything it should still clean up.
            let _ = try_sql(shared, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// Runs SQL and returns the result: one line per row, fields separated by `|`. Blocks, whatever runtime it is called
/// in.
pub fn sql(url: &str, text: &str) -> String {
    let mut lines = Vec::new();
    for message in try_sql(url, text).unwrap_or_else(|error| panic!("{text}: {error:?}")) {
        if let SimpleQueryMessage::Row(row) = message {
            let fields: Vec<&str> = (0..row.len()).map(|field| row.get(field).unwrap_or_default()).collect();
            lines.push(fields.join("|"));
        }
    }
    lines.join("\n")
}

fn try_sql(url: &str, text: &str) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
    let run = async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.simple_query(text).await
    };
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(run)
        });
        asking.join().expect("an answer")
    })
}

impl Cluster {
    /// Creates a cluster and starts it. It does not wait for the disk: data of a killed process is still there, and a
    /// disk busy with a build would delay commits and recovery for minutes.
    pub fn start() -> Self {
        Self::start_with(&[], &[])
    }

    /// Starts with files in its data folder (name and text), and options as for `postgres -c`.
    pub fn start_with(files: &[(&str, &str)], options: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("api-test-postgres-").tempdir().expect("temporary folder");
        let owner = owner();
        let own = |path: &Path| {
            if let Some((user, group)) = owner {
                chown(path, Some(user), Some(group)).expect("a file of the user postgres");
            }
        };
        own(folder.path());
        let port = free_port();
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut cluster = Self { folder, programs: programs(), owner, port, options, server: None };
        let made = cluster
            .program("initdb")
            .args(["--auth=trust", "--no-sync", "--username=postgres", "--encoding=UTF8", "--no-locale", "--pgdata"])
            .arg(cluster.data())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        for (name, text) in files {
            let path = cluster.data().join(name);
            fs::write(&path, text).expect("a file of the cluster");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
            own(&path);
        }
        cluster.run();
        cluster
    }

    /// Returns the URL of the default database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn sql(&self, text: &str) -> String {
        sql(&self.url(), text)
    }

    /// Freezes all its processes: connections stay open, but there are no responses.
    pub fn freeze(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Thaws the processes.
    pub fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    /// Kills all its processes, like a power failure.
    pub fn kill(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        // Stopped first, so that it creates no processes in the meantime, and its children stay its own until they are
        // listed.
        send(server.id(), Signal::STOP);
        let processes = children(server.id());
        send(server.id(), Signal::KILL);
        processes.iter().for_each(|process| send(*process, Signal::KILL));
        let _ = server.wait();
        let deadline = Instant::now() + STOP_MAX;
        let is_over = || {
            processes.iter().all(|process| has_ended(*process)) && TcpListener::bind(("127.0.0.1", self.port)).is_ok()
        };
        while !is_over() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
    }

    /// Restarts it at the same address after [`Cluster::kill`].
    pub fn run(&mut self) {
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
        let log = fs::File::create(self.folder.path().join("log")).expect("log");
        let server = self
            .program("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "fsync=off", "-c", "shared_buffers=64MB"])
            .args(["-c", "max_connections=60", "-c", "autovacuum_naptime=10min"])
            .args(self.options.iter().flat_map(|option| ["-c", option]))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres runs");
        // Stored immediately, so that a failed start does not leave it running.
        self.server = Some(server);
        let deadline = Instant::now() + START_MAX;
        while !self.is_ready() {
            let ended = self.server.as_mut().is_none_or(|server| server.try_wait().expect("its state").is_some());
            assert!(!ended && Instant::now() < deadline, "postgres does not start:\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The last line of the file shows its state.
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

    /// The postmaster first, so that it starts no new processes.
    fn signal_all(&self, signal: Signal) {
        let Some(server) = &self.server else { return };
        send(server.id(), signal);
        children(server.id()).iter().for_each(|process| send(*process, signal));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("log of PostgreSQL:\n{}", self.log());
        }
        self.thaw();
        let Some(server) = &mut self.server else { return };
        // Fast shutdown, then by force.
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

/// Returns a port below the ephemeral range: it must be free again after [`Cluster::kill`], and a client that tries to
/// connect in the meantime must not get it as its own port.
pub fn free_port() -> u16 {
    let tried = std::iter::repeat_with(|| 10_000 + (uuid::Uuid::new_v4().as_u128() % 20_000) as u16);
    tried.take(100).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("free port")
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

fn parent_of(process: u32) -> Option<u32> {
    state_of(process)?.1.parse().ok()
}

/// Returns true when the process has ended. A zombie counts, because it holds neither memory nor ports.
fn has_ended(process: u32) -> bool {
    state_of(process).is_none_or(|(state, _)| state == "Z" || state == "X")
}

/// Parses state and parent from `PID (NAME) STATE PARENT …`, where the name may contain anything.
fn state_of(process: u32) -> Option<(String, String)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned);
    Some((fields.next()?, fields.next()?))
}

/// Returns user and group to run as; `None` unless we are root.
fn owner() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let entry = users.lines().find(|line| line.starts_with("postgres:")).expect("a user postgres; install PostgreSQL");
    let fields: Vec<&str> = entry.split(':').collect();
    Some((fields[2].parse().expect("user id"), fields[3].parse().expect("group id")))
}

/// Returns the folder of initdb and postgres.
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
