//! Warnings: settings that are valid but probably not intended.

use std::collections::BTreeMap;
use std::fmt;

use super::origin::unset_hint;
use super::problems::quote;
use super::{ClientCertificates, Config, Network, ProxyProtocol};

/// Warning for the boot log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Kind of the warning.
    pub kind: WarningKind,
    /// Key that it is about.
    pub key: String,
    /// Text for the log. It never contains a secret.
    pub message: String,
}

/// Kind of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// A credential is empty, so its entry matches nothing.
    EmptyCredential,
    /// `portal.cookie_secure` with an `http://` base URL: browsers don't send the cookie, so no user stays signed in.
    SecureCookieOverHttp,
    /// The base URL names this machine itself while others can connect.
    LocalBaseUrl,
    /// Every address is believed what it says of its client in a PROXY header.
    ProxyFromAnywhere,
    /// Authorities of client certificates are given, but clients are not asked for one.
    UnusedAuthorities,
    /// Signatures of tokens are not verified.
    SkippedSignatures,
}

impl Warning {
    /// Returns true when `--check-config` counts it as an error, which applies to empty credentials. Other kinds may be
    /// intended on a laptop.
    #[must_use]
    pub fn fails_check(&self) -> bool {
        self.kind == WarningKind::EmptyCredential
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Returns all warnings, credentials first.
pub(super) fn of(config: &Config, empty_variables: &BTreeMap<String, Vec<String>>) -> Vec<Warning> {
    let mut found = credentials(config, empty_variables);
    let Config { server, portal, oidc, .. } = config;
    let mut warn = |kind, key: &str, message: String| {
        found.push(Warning { kind, key: key.to_owned(), message });
    };
    let base_url = &server.base_url;
    if portal.enabled && portal.cookie_secure && !base_url.is_https() {
        let message = format!(
            "portal.cookie_secure is true but server.base_url is {base_url}: browsers will not send the session cookie"
        );
        warn(WarningKind::SecureCookieOverHttp, "portal.cookie_secure", message);
    }
    if server.address.is_all_interfaces() && base_url.is_local() {
        let message = format!(
            "server.base_url is {base_url} while {} listens on all interfaces: other machines can't use links made from it",
            server.address
        );
        warn(WarningKind::LocalBaseUrl, "server.base_url", message);
    }
    if server.proxy_protocol != ProxyProtocol::Off && server.proxy_sources.iter().any(Network::is_everything) {
        let message = "server.proxy_sources contains every address: anyone can claim any client address";
        warn(WarningKind::ProxyFromAnywhere, "server.proxy_sources", message.to_owned());
    }
    if server.tls.client_auth == ClientCertificates::None && !server.tls.client_ca_file.is_empty() {
        let message = "server.tls.client_ca_file has no effect: server.tls.client_auth is none";
        warn(WarningKind::UnusedAuthorities, "server.tls.client_ca_file", message.to_owned());
    }
    if oidc.skip_signature_verification {
        let message = "oidc.skip_signature_verification is true: anyone can forge a token";
        warn(WarningKind::SkippedSignatures, "oidc.skip_signature_verification", message.to_owned());
    }
    found
}

fn credentials(config: &Config, empty_variables: &BTreeMap<String, Vec<String>>) -> Vec<Warning> {
    let keys = config.api_keys.file.iter().map(|key| (&key.name, &key.key));
    let tokens = config.bearer.tokens.iter().map(|token| (&token.name, &token.token));
    let entries = keys.enumerate().map(|entry| ("api_keys.file", "key", entry));
    let entries = entries.chain(tokens.enumerate().map(|entry| ("bearer.tokens", "token", entry)));
    let empty = entries.filter(|(_, _, (_, (_, value)))| value.is_empty());
    let mut found: Vec<Warning> = empty
        .map(|(list, field, (index, (name, _)))| {
            let key = format!("{list}[{index}].{field}");
            let hint = unset_hint(empty_variables, &key);
            let message = format!("{list}[{index}] {}: {field} is empty{hint}", quote(name));
            Warning { kind: WarningKind::EmptyCredential, key, message }
        })
        .collect();
    // These may be empty on purpose; an unset variable suggests otherwise.
    let optional = [
        ("oidc.client_secret", config.oidc.enabled),
        ("plexara.register.auth_header", config.plexara.register.enabled),
    ];
    for (key, used) in optional {
        if used && empty_variables.contains_key(key) {
            let message = format!("{key} is empty{}", unset_hint(empty_variables, key));
            found.push(Warning { kind: WarningKind::EmptyCredential, key: key.to_owned(), message });
        }
    }
    found
}
