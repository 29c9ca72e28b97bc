//! HAProxy in front of two replicas, with the configuration in `deploy/haproxy`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Connection, postgres::free_port};

const PATIENCE: Duration = Duration::from_secs(60);

/// Running HAProxy; stopped when dropped.
pub struct Haproxy {
    child: Child,
    /// Address for clients.
    pub address: SocketAddr,
    status: SocketAddr,
}

impl Haproxy {
    /// Starts it in front of two addresses; returns when it accepts connections, whatever the state of the two.
    pub fn before(one: SocketAddr, two: SocketAddr) -> Self {
        let [address, status] = [free_port(), free_port()].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let child = Command::new(program())
            .args(["-db", "-f", concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/haproxy/haproxy.cfg")])
            .env("API_TEST_LISTEN", address.to_string())
            .env("API_TEST_STATUS", status.to_string())
            .env("API_TEST_1", one.to_string())
            .env("API_TEST_2", two.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut haproxy = Self { child, address, status };
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(status).is_err() {
            assert!(haproxy.child.try_wait().unwrap().is_none(), "haproxy ended; is a port taken?");
            assert!(Instant::now() < deadline, "haproxy does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        haproxy
    }

    /// Waits until it considers replica `name` (`one`, `two`) up, or down, as `up` says.
    pub fn wait_until(&self, name: &str, up: bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = self.state(name);
            if state.starts_with(if up { "UP" } else { "DOWN" }) {
                return;
            }
            assert!(Instant::now() < deadline, "{name} stays {state}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns its state of a replica. Right after the start, before its first check, that is UP.
    fn state(&self, name: &str) -> String {
        let csv = Connection::open(self.status).get("/;csv");
        let lines: Vec<&str> = csv.text().lines().collect();
        let column = |wanted: &str| lines[0].split(',').position(|title| title == wanted).unwrap();
        let line = lines.iter().find(|line| line.starts_with(&format!("replicas,{name},"))).unwrap();
        line.split(',').nth(column("status")).unwrap().to_owned()
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian installs it where only root searches.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(|folder| Path::new(folder).to_owned()))
        .map(|folder| folder.join("haproxy"))
        .find(|file| file.is_file())
        .expect("haproxy is not installed; `scripts/install-tools.sh haproxy` installs it")
}
