//! The OpenID provider of `tests/oidc`, as a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Connection, Response};

/// Audience of the tokens that the provider gives to gateways.
pub const AUDIENCE: &str = "urn:api-test";

/// Running provider; stopped when dropped.
pub struct Provider {
    child: Child,
    /// Issuer URL of the provider.
    pub issuer: String,
    address: SocketAddr,
}

impl Provider {
    /// Starts a provider with its own keys. Its packages are installed if missing.
    pub fn start() -> Self {
        let folder = installed();
        let mut child = Command::new("node")
            .arg("provider.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is needed for the OpenID provider");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        // It would end if its later output were not read.
        thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let started: Value = serde_json::from_str(&line).expect("the provider did not start");
        let issuer = started["issuer"].as_str().unwrap().to_owned();
        let address = issuer.strip_prefix("http://").unwrap().parse().unwrap();
        Self { child, issuer, address }
    }

    /// Returns the configuration of a server that accepts this provider's tokens; `more` goes into its `oidc` section.
    pub fn config(&self, more: &str) -> String {
        format!(
            "server: {{address: '127.0.0.1:0'}}\n\
             oidc: {{enabled: true, issuer: '{}', audience: '{AUDIENCE}'{more}}}\n{}",
            self.issuer,
            super::ALL_GROUPS
        )
    }

    /// Requests a token by client credentials.
    pub fn token(&self) -> String {
        let basic = base64::engine::general_purpose::STANDARD.encode("plexara-cc:cc-secret-for-tests");
        let headers = format!("Authorization: Basic {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
        let answer = Connection::open(self.address).request(
            "POST",
            "/token",
            &headers,
            b"grant_type=client_credentials&scope=read",
        );
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Returns the claims of a valid token with `change` merged over them; `null` removes a claim.
    pub fn claims(&self, change: &Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "sub": "dev", "aud": AUDIENCE, "client_id": "plexara-cc", "exp": now() + 600,
        });
        let into = claims.as_object_mut().unwrap();
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => into.remove(name),
                value => into.insert(name.clone(), value.clone()),
            };
        }
        claims
    }

    /// Returns a token signed by the provider's RS256 key, with `change` merged over valid claims.
    pub fn signed(&self, change: &Value) -> String {
        self.signed_as(&json!({"alg": "RS256"}), change)
    }

    /// Like [`Provider::signed`], with a header.
    pub fn signed_as(&self, header: &Value, change: &Value) -> String {
        let asked = json!({"header": header, "claims": self.claims(change)});
        self.control("sign", &asked)["token"].as_str().unwrap().to_owned()
    }

    /// Like [`Provider::signed`], with one of the keys that must not verify tokens: `weak`, `encrypt`.
    pub fn signed_by_odd_key(&self, key: &str, change: &Value) -> String {
        self.control("sign", &json!({"key": key, "claims": self.claims(change)}))["token"].as_str().unwrap().to_owned()
    }

    /// Replaces the keys.
    pub fn rotate(&self) {
        self.control("rotate", &json!({"keep": false}));
    }

    /// Sets a fault: `down`, `slow`, `html`, `wrong-issuer`; or `ok`.
    pub fn misbehave(&self, mode: &str) {
        self.control("mode", &json!({ "mode": mode }));
    }

    /// Changes its settings: `ttl`, `alg`, `redirects`, `slow_ms`, `auth_method`, `odd_keys`, `id_token`.
    pub fn set(&self, settings: &Value) {
        self.control("settings", settings);
    }

    /// Returns the number of requests to `path`.
    pub fn count(&self, path: &str) -> u64 {
        self.control_get("counts")[path].as_u64().unwrap_or(0)
    }

    /// Returns its public key for `alg`.
    pub fn public_key(&self, alg: &str) -> Value {
        let keys = self.control_get("jwks");
        keys["keys"].as_array().unwrap().iter().find(|key| key["alg"] == alg).unwrap().clone()
    }

    fn control(&self, what: &str, asked: &Value) -> Value {
        let body = asked.to_string();
        Connection::open(self.address).request("POST", &format!("/_test/{what}"), "", body.as_bytes()).json()
    }

    fn control_get(&self, what: &str) -> Value {
        Connection::open(self.address).get(&format!("/_test/{what}")).json()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a token of these parts, with `signature` unchanged.
pub fn token(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", encode(header), encode(claims), URL_SAFE_NO_PAD.encode(signature))
}

/// Requests the identity of a bearer token.
pub fn whoami(connection: &mut Connection, token: &str) -> Response {
    connection.request("GET", "/v1/whoami", &format!("Authorization: Bearer {token}\r\n"), b"")
}

/// Current time in seconds since the epoch.
pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Installs the provider's packages if missing. Concurrent processes wait for each other.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        let lock = std::fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-packages.lock")).unwrap();
        lock.lock().unwrap();
        if !folder.join("node_modules/.package-lock.json").exists() {
            let npm =
                Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).output().unwrap();
            assert!(npm.status.success(), "npm ci: {}", String::from_utf8_lossy(&npm.stderr));
        }
        folder
    })
}
