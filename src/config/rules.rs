//! Rules over several keys. A violation prevents the start.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

use super::origin::{DEFAULT, Provenance, unset_hint};
use super::problems::{Problems, quote};
use super::values::Secret;
use super::{ClientCertificates, Config, ProxyProtocol};

/// Minimum size of `portal.cookie_secret` in bytes.
const COOKIE_SECRET_BYTES: usize = 16;
/// Minimum size of `audit.fingerprint_key` in bytes.
const FINGERPRINT_KEY_BYTES: usize = 16;

/// Facts that the rules need in addition to the values.
pub(super) struct Facts<'a> {
    pub(super) provenance: &'a Provenance,
    /// Variables that left a value empty, by path.
    pub(super) empty_variables: &'a BTreeMap<String, Vec<String>>,
}

/// Checks all rules. A rule about a key with a problem reports nothing.
pub(super) fn check(config: &Config, facts: &Facts<'_>, problems: &mut Problems) {
    let known = problems.clone();
    let mut rules = Rules { config, facts, known, problems };
    rules.inbound();
    rules.credentials();
    rules.database();
    rules.portal();
    rules.oidc();
    rules.proxy();
    rules.tls();
    rules.tap();
    rules.registration();
}

struct Rules<'a> {
    config: &'a Config,
    facts: &'a Facts<'a>,
    /// Number of problems before the first rule, so that one rule does not silence another.
    known: Problems,
    problems: &'a mut Problems,
}

impl Rules<'_> {
    fn refuse(&mut self, key: &str, message: String) {
        let origin = self.facts.provenance.get(key).unwrap_or(DEFAULT);
        self.problems.add(key, origin, message);
    }

    fn doubtful(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.known.concern(key))
    }

    /// Refuses `key` when it is on (as `on` says) but `needed` is empty.
    fn requires(&mut self, key: &str, on: bool, needed: &str, given: bool) {
        if on && !given && !self.doubtful(&[key, needed]) {
            let hint = self.hint(needed);
            self.refuse(key, format!("{key} requires {needed}{hint}"));
        }
    }

    fn hint(&self, key: &str) -> String {
        unset_hint(self.facts.empty_variables, key)
    }

    fn inbound(&mut self) {
        let Config { auth, api_keys, bearer, oidc, .. } = self.config;
        let way_in = auth.allow_anonymous
            || !api_keys.file.is_empty()
            || api_keys.db.enabled
            || !bearer.tokens.is_empty()
            || oidc.enabled;
        let keys = ["auth.allow_anonymous", "api_keys.file", "api_keys.db.enabled", "bearer.tokens", "oidc.enabled"];
        // A list whose entries are all invalid is not empty, although nothing is left of it.
        if !way_in && !self.doubtful(&keys) {
            let message = "no inbound authentication, so every call would be refused; expected api_keys.file, \
                           api_keys.db.enabled, bearer.tokens, oidc.enabled or auth.allow_anonymous";
            self.refuse("auth.allow_anonymous", message.to_owned());
        }
    }

    fn credentials(&mut self) {
        let Config { api_keys, bearer, .. } = self.config;
        let keys: Vec<_> = api_keys.file.iter().map(|key| (key.name.as_str(), &key.key)).collect();
        self.distinct("api_keys.file", "key", &keys);
        let tokens: Vec<_> = bearer.tokens.iter().map(|token| (token.name.as_str(), &token.token)).collect();
        self.distinct("bearer.tokens", "token", &tokens);
    }

    /// Refuses a name or value of an earlier entry. Empty values match nothing, so they may be repeated.
    fn distinct(&mut self, list: &str, field: &str, entries: &[(&str, &Secret)]) {
        let mut names: HashMap<&str, usize> = HashMap::new();
        let mut values: HashMap<&str, usize> = HashMap::new();
        for (index, (name, value)) in entries.iter().enumerate() {
            let path = format!("{list}[{index}]");
            let first = *names.entry(name).or_insert(index);
            if first != index && !self.doubtful(&[&format!("{path}.name")]) {
                let message =
                    format!("{path}.name is {}, as is {list}[{first}].name; expected unique names", quote(name));
                self.refuse(&format!("{path}.name"), message);
            }
            let first = *values.entry(value.expose()).or_insert(index);
            if first != index && !value.is_empty() {
                let message =
                    format!("{path}.{field} has the value of {list}[{first}].{field}; expected unique values");
                self.refuse(&format!("{path}.{field}"), message);
            }
        }
    }

    fn database(&mut self) {
        let Config { audit, api_keys, database, .. } = self.config;
        let given = database.url.is_some();
        self.requires("audit.enabled", audit.enabled, "database.url", given);
        self.requires("api_keys.db.enabled", api_keys.db.enabled, "database.url", given);
        let key = "audit.fingerprint_key";
        let length = audit.fingerprint_key.expose().len();
        if (1..FINGERPRINT_KEY_BYTES).contains(&length) && !self.doubtful(&[key]) {
            let message = format!(
                "{key} has {length} bytes; expected at least {FINGERPRINT_KEY_BYTES} bytes, or none for a key that is \
                 kept in the database"
            );
            self.refuse(key, message);
        }
    }

    fn portal(&mut self) {
        self.redirect_path();
        let key = "portal.cookie_secret";
        let length = self.config.portal.cookie_secret.expose().len();
        if !self.config.portal.enabled || length >= COOKIE_SECRET_BYTES || self.doubtful(&["portal.enabled", key]) {
            return;
        }
        let found = if length == 0 { "is empty".to_owned() } else { format!("has {length} bytes") };
        let hint = self.hint(key);
        self.refuse(key, format!("session store: {key} {found}; expected at least {COOKIE_SECRET_BYTES} bytes{hint}"));
    }

    /// The redirect path must be a page: not a path of the API, and not one of the server's own. Paths of other routes
    /// are refused when the route table is built.
    fn redirect_path(&mut self) {
        let key = "portal.oidc_redirect_path";
        let path = self.config.portal.oidc_redirect_path.as_str();
        let taken = ["/portal", "/portal/", "/portal/auth/login", "/portal/auth/logout"].contains(&path)
            || ["/v1", "/api"]
                .iter()
                .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
        if self.config.portal.enabled && taken && !self.doubtful(&["portal.enabled", key]) {
            let message = format!(
                "{key} is {path}, which the server uses itself; expected an unused path outside of /v1/ and /api/"
            );
            self.refuse(key, message);
        }
    }

    fn oidc(&mut self) {
        let Config { oidc, portal, .. } = self.config;
        self.requires("oidc.enabled", oidc.enabled, "oidc.issuer", oidc.issuer.is_some());
        let needs_client = oidc.enabled && portal.enabled && !self.doubtful(&["portal.enabled"]);
        if needs_client && oidc.client_id.is_empty() && !self.doubtful(&["oidc.enabled", "oidc.client_id"]) {
            let hint = self.hint("oidc.client_id");
            self.refuse("oidc.client_id", format!("oidc.enabled with portal.enabled requires oidc.client_id{hint}"));
        }
        let key = "oidc.skip_signature_verification";
        if oidc.skip_signature_verification && !oidc.insecure && !self.doubtful(&[key]) {
            self.refuse(key, format!("{key} requires APITEST_INSECURE=1 in the environment"));
        }
    }

    fn proxy(&mut self) {
        let server = &self.config.server;
        let on = server.proxy_protocol != ProxyProtocol::Off;
        self.requires("server.proxy_protocol", on, "server.proxy_sources", !server.proxy_sources.is_empty());
    }

    fn tls(&mut self) {
        let tls = &self.config.server.tls;
        let client_auth = tls.client_auth != ClientCertificates::None;
        self.requires("server.tls.client_auth", client_auth, "server.tls.enabled", tls.enabled);
        for (key, file, needed_by, on) in [
            ("server.tls.cert_file", &tls.cert_file, "server.tls.enabled", tls.enabled),
            ("server.tls.key_file", &tls.key_file, "server.tls.enabled", tls.enabled),
            ("server.tls.client_ca_file", &tls.client_ca_file, "server.tls.client_auth", client_auth),
        ] {
            self.requires(needed_by, on, key, !file.is_empty());
            if !on || file.is_empty() || self.doubtful(&[needed_by, key]) {
                continue;
            }
            if let Err(error) = readable(Path::new(file)) {
                self.refuse(key, format!("{key} {} can't be read: {error}; expected a PEM file", quote(file)));
            }
        }
    }

    fn tap(&mut self) {
        let (tap, key) = (&self.config.tap, "tap.answer");
        let file = tap.answer.path().filter(|_| tap.address.is_some());
        if let Some(file) = file.filter(|_| !self.doubtful(&["tap.address", key]))
            && let Err(error) = readable(Path::new(file))
        {
            self.refuse(key, format!("{key} {} can't be read: {error}; expected a file", quote(file)));
        }
    }

    fn registration(&mut self) {
        let register = &self.config.plexara.register;
        let given = register.admin_url.is_some();
        self.requires("plexara.register.enabled", register.enabled, "plexara.register.admin_url", given);
    }
}

/// Opens a regular file briefly. A pipe is not opened, because that could block and consume its contents.
fn readable(path: &Path) -> std::io::Result<()> {
    let kind = path.metadata()?.file_type();
    if kind.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    if kind.is_file() { File::open(path).map(drop) } else { Ok(()) }
}
