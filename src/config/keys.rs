//! The key table, from which the check for unknown keys, the hints, the defaults, the names of variables, the
//! provenance and the test of the example file are derived.

use std::time::Duration;

use super::kind::Kind;
use super::values::size::{GIB, KIB, MIB};

/// Prefix of all variables that override a key.
pub(super) const PREFIX: &str = "APITEST__";

/// Key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Path in the file: `server.address`; `[]` stands for any index of a list of entries (`api_keys.file[].name`).
    pub path: &'static str,
    /// Kind of its value.
    pub kind: Kind,
    /// Default.
    pub preset: Preset,
    /// Description in one line.
    pub about: &'static str,
}

/// Value of a key that is neither in the file nor in the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// This text, parsed like a given one.
    Text(&'static str),
    /// These texts; only for lists.
    Texts(&'static [&'static str]),
    /// The number of cores this process may use.
    Cores,
    /// None: an entry of a list must set it.
    Required,
}

/// Meaning of a path in the table.
#[derive(Debug, Clone, Copy)]
pub(super) enum PathMeaning {
    /// A key.
    Key(&'static Key),
    /// A table of further keys.
    Section,
    /// A list of tables of further keys.
    Entries,
    /// Not in the table.
    Unknown,
}

/// Returns the meaning of a path whose indexes are written as `[]`.
pub(super) fn place(pattern: &str) -> PathMeaning {
    if let Some(key) = KEYS.iter().find(|key| key.path == pattern) {
        return PathMeaning::Key(key);
    }
    let mut rest = KEYS.iter().filter_map(|key| key.path.strip_prefix(pattern));
    match rest.find(|rest| rest.starts_with('.') || rest.starts_with("[].")) {
        Some(rest) if rest.starts_with('.') => PathMeaning::Section,
        Some(_) => PathMeaning::Entries,
        None => PathMeaning::Unknown,
    }
}

/// Joins the path of a table and the name of a field in it.
pub(super) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Key {
    /// Splits the path of a field in a list entry into the list and the field.
    pub(super) fn entry_field(&self) -> Option<(&'static str, &'static str)> {
        self.path.split_once("[].")
    }

    /// Returns the environment variable that overrides this key; `N` stands for an index.
    #[must_use]
    pub fn variable(&self) -> String {
        let name = self.path.replace("[].", "__N__").replace('.', "__").to_uppercase();
        format!("{}{name}", PREFIX)
    }
}

const NOTHING: Preset = Preset::Text("");
const FALSE: Preset = Preset::Text("false");
const TRUE: Preset = Preset::Text("true");
const SWITCH: Kind = Kind::OneOf(&["on", "off"]);
const LABEL: Kind = Kind::Text { min: 1, max: 100 };
const REMARK: Kind = Kind::Text { min: 0, max: 1000 };
const HINT: Kind = Kind::Text { min: 0, max: 200 };

const fn integer(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max }
}

const fn millis(min: u64, max: u64) -> Kind {
    Kind::Duration { min: Duration::from_millis(min), max: Duration::from_millis(max) }
}

const fn bytes(min: u64, max: u64) -> Kind {
    Kind::Size { min, max }
}

const fn row(path: &'static str, kind: Kind, preset: Preset, about: &'static str) -> Key {
    Key { path, kind, preset, about }
}

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const REDACTED: &[&str] = &[
    "password",
    "token",
    "secret",
    "authorization",
    "api_key",
    "api-key",
    "credentials",
    "bearer",
    "cookie",
    "jwt",
    "session_id",
    "private_key",
    "passwd",
];

/// Lists every key, in the order of the file.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    row("server.name", LABEL, Preset::Text("api-test"), "Name of the server in the portal and the title of the OpenAPI document"),
    row("server.address", Kind::Address, Preset::Text(":8080"), "Address to listen on: `:port` for all interfaces, or `host:port`; port 0 picks a free one"),
    row("server.base_url", Kind::BaseUrl, NOTHING, "URL by which clients reach the server; if empty, http://localhost:<port> (https with TLS)"),
    row("server.description", REMARK, Preset::Text("The controllable upstream for testing API gateways"), "Description of the server in the OpenAPI document"),
    row("server.workers", integer(1, 1024), Preset::Cores, "Number of threads that serve requests; empty means one per core"),
    row("server.read_header_timeout", millis(1, 24 * HOUR), Preset::Text("10s"), "Time for a client to send a request head (then 408), or to finish a TLS handshake"),
    row("server.max_header_bytes", bytes(KIB, 4 * MIB), Preset::Text("256KiB"), "Maximum size of a request head (431 above); on HTTP/1, its target may have half of it (414 above)"),
    row("server.max_header_fields", integer(1, 100_000), Preset::Text("1000"), "Maximum number of fields in an HTTP/1 request head (431 above)"),
    row("server.max_body_bytes", bytes(1, 4 * GIB), Preset::Text("64MiB"), "Maximum size of a request body (413 above)"),
    row("server.body_timeout", millis(1, 24 * HOUR), Preset::Text("60s"), "Timeout between two reads of a request body (then 408)"),
    row("server.write_timeout", millis(1, 24 * HOUR), Preset::Text("60s"), "Timeout for a client that reads no byte of its response (recorded as 499)"),
    row("server.keep_alive", millis(1, 24 * HOUR), Preset::Text("75s"), "Timeout of an idle connection"),
    row("server.max_requests_per_connection", integer(0, 1_000_000_000), Preset::Text("0"), "Maximum number of requests on a connection; 0 for no limit"),
    row("server.half_close", Kind::OneOf(&["gone", "answer"]), Preset::Text("gone"), "When an HTTP/1 client closes its sending side: `gone` ends its handler (499), `answer` still sends the response"),
    row("server.unknown_expect", Kind::OneOf(&["pass", "417"]), Preset::Text("pass"), "`Expect` other than `100-continue` on HTTP/1: `pass` ignores it, `417` refuses the request"),
    row("server.cors", SWITCH, Preset::Text("on"), "CORS fields on every response, and responses to preflights"),
    row("server.own_fields", SWITCH, Preset::Text("on"), "`X-Request-Id` on every response"),
    row("server.proxy_protocol", Kind::OneOf(&["off", "accept", "require"]), Preset::Text("off"), "PROXY header (version 1 or 2) before TLS and HTTP: `accept` permits one, `require` refuses connections without one"),
    row("server.proxy_sources", Kind::Networks, Preset::Texts(&[]), "Addresses and networks whose PROXY headers are believed; others are refused"),
    row("server.shutdown.grace_period", millis(0, 24 * HOUR), Preset::Text("25s"), "Time for running requests and the audit queue to finish at shutdown"),
    row("server.shutdown.pre_shutdown_delay", millis(0, 24 * HOUR), Preset::Text("2s"), "Time for which the server keeps serving, with /readyz at 503, before the listener closes"),
    row("server.tls.enabled", Kind::Boolean, FALSE, "Serve HTTPS (TLS 1.2 and 1.3); SIGHUP reloads the files"),
    row("server.tls.cert_file", Kind::File, NOTHING, "PEM file with the certificate chain, leaf first"),
    row("server.tls.key_file", Kind::File, NOTHING, "PEM file with the private key"),
    row("server.tls.client_ca_file", Kind::File, NOTHING, "PEM file with the authorities (CAs) of client certificates; SIGHUP reloads it, too"),
    row("server.tls.client_auth", Kind::OneOf(&["none", "optional", "required"]), Preset::Text("none"), "Client certificates (mTLS): `none` asks for none, `optional` verifies one that is sent, `required` needs one"),

    row("auth.allow_anonymous", Kind::Boolean, FALSE, "Accept callers without a credential; an invalid credential still gets 401"),
    row("auth.require_for_api", Kind::Boolean, FALSE, "No effect; reserved"),
    row("auth.require_for_portal", Kind::Boolean, FALSE, "No effect; reserved. The portal API always requires a credential"),

    row("api_keys.header_name", Kind::HeaderName, Preset::Text("X-API-Key"), "Request header that carries an API key"),
    row("api_keys.query_param_name", LABEL, Preset::Text("api_key"), "Query parameter that carries an API key; the header takes precedence"),
    row("api_keys.file[].name", LABEL, Preset::Required, "Name of the key in responses, logs and the audit trail; must be unique"),
    row("api_keys.file[].key", Kind::Secret, Preset::Required, "The key itself; an empty one matches nothing and fails --check-config"),
    row("api_keys.file[].description", REMARK, NOTHING, "Purpose of the key"),
    row("api_keys.db.enabled", Kind::Boolean, FALSE, "Also accept portal-made keys; needs database.url"),

    row("bearer.tokens[].name", LABEL, Preset::Required, "Name of the static token in responses, logs and the audit trail; must be unique"),
    row("bearer.tokens[].token", Kind::Secret, Preset::Required, "The token itself; an empty one matches nothing and fails --check-config"),
    row("bearer.tokens[].description", REMARK, NOTHING, "Purpose of the token"),

    row("oidc.enabled", Kind::Boolean, FALSE, "Accept JWTs of an OpenID Connect provider"),
    row("oidc.issuer", Kind::Url, NOTHING, "Issuer URL; must equal the provider's exactly, trailing slash included"),
    row("oidc.audience", REMARK, NOTHING, "Audience that a token must have; if empty, not checked, except that ID tokens of the portal are refused"),
    row("oidc.client_id", REMARK, NOTHING, "Client id of the portal at the provider"),
    row("oidc.client_secret", Kind::Secret, NOTHING, "Client secret of the portal; empty for a public client"),
    row("oidc.allowed_clients", Kind::Texts, Preset::Texts(&[]), "Clients whose tokens are accepted; if empty, those of any client"),
    row("oidc.clock_skew_seconds", integer(0, 600), Preset::Text("30"), "Leeway for exp and nbf, in seconds"),
    row("oidc.jwks_cache_ttl", millis(SECOND, 168 * HOUR), Preset::Text("1h"), "Time after which the provider's keys are refreshed"),
    row("oidc.skip_signature_verification", Kind::Boolean, FALSE, "Don't verify signatures: anyone can forge a token; needs APITEST_INSECURE=1"),

    row("database.url", Kind::Database, NOTHING, "postgres://…, postgresql://…, libpq key=value pairs, or sqlite:PATH"),
    row("database.max_open_conns", integer(1, 1000), Preset::Text("25"), "Maximum number of open connections"),
    row("database.max_idle_conns", integer(0, 1000), Preset::Text("5"), "Maximum number of idle connections; at most max_open_conns"),
    row("database.conn_max_lifetime", millis(SECOND, 168 * HOUR), Preset::Text("1h"), "Age at which a connection is replaced"),

    row("audit.enabled", Kind::Boolean, FALSE, "Record every request under /v1/ and serve the API that reads the records; needs database.url"),
    row("audit.retention_days", integer(1, 36_500), Preset::Text("7"), "Days for which events are kept"),
    row("audit.buffer_size", integer(1, 1_000_000), Preset::Text("4096"), "Maximum number of queued events; further ones are dropped and counted"),
    row("audit.buffer_bytes", bytes(64 * KIB, 64 * GIB), Preset::Text("256MiB"), "Maximum memory of queued events; further ones are dropped and counted"),
    row("audit.redact_keys", Kind::Texts, Preset::Texts(REDACTED), "Values of headers and query parameters whose name contains one of these words are replaced by a fingerprint"),
    row("audit.fingerprint_key", Kind::Secret, NOTHING, "Key of the fingerprints of redacted values, at least 16 bytes; empty: generated once and stored in the database"),
    row("audit.capture_payloads", Kind::Boolean, TRUE, "Record query, headers and bodies, not only the event's own fields"),
    row("audit.capture_headers", Kind::Boolean, TRUE, "Include the headers; no effect without capture_payloads"),
    row("audit.max_payload_bytes", bytes(0, 64 * MIB), Preset::Text("1MiB"), "Maximum number of bytes recorded of each body"),

    row("portal.enabled", Kind::Boolean, FALSE, "Serve the portal and its API; needs cookie_secret"),
    row("portal.cookie_name", Kind::CookieName, Preset::Text("api_test_session"), "Name of the session cookie"),
    row("portal.cookie_secret", Kind::Secret, NOTHING, "Secret for signing the session cookie; at least 16 bytes"),
    row("portal.cookie_secure", Kind::Boolean, FALSE, "Send the session cookie over https only"),
    row("portal.oidc_redirect_path", Kind::RoutePath, Preset::Text("/portal/auth/callback"), "Path to which the provider redirects after sign-in"),
    row("portal.key_hint", HINT, NOTHING, "Where users find a key, for the sign-in page, which anybody can read; text between backticks is shown as code"),

    row("endpoints.identity.enabled", Kind::Boolean, FALSE, "/v1/whoami and /v1/headers"),
    row("endpoints.data.enabled", Kind::Boolean, FALSE, "Deterministic bodies"),
    row("endpoints.failure.enabled", Kind::Boolean, FALSE, "Statuses, delays and failures on request"),
    row("endpoints.echo.enabled", Kind::Boolean, FALSE, "The received request as JSON"),
    row("endpoints.streaming.enabled", Kind::Boolean, FALSE, "Chunked, SSE and NDJSON streams"),
    row("endpoints.pagination.enabled", Kind::Boolean, FALSE, "Pagination in each common style"),
    row("endpoints.methods.enabled", Kind::Boolean, FALSE, "One route for every method"),
    row("endpoints.security.enabled", Kind::Boolean, FALSE, "Harmless probes: requests that a gateway should block"),
    row("endpoints.export.enabled", Kind::Boolean, FALSE, "Large and slow responses"),
    row("endpoints.answer.enabled", Kind::Boolean, FALSE, "Any answer for every method, told in the URL or by a script"),

    row("metrics.enabled", Kind::Boolean, TRUE, "Serve /metrics"),
    row("metrics.address", Kind::OptionalAddress, NOTHING, "Separate address for /metrics; if empty, it is served on the server's own"),

    row("tap.address", Kind::OptionalAddress, NOTHING, "Address of the tap, which accepts any bytes and records them; if empty, there is none"),
    row("tap.after", Kind::TapAfter, Preset::Text("head"), "When the tap answers: after the `first-bytes`, after an empty line (`head`), or after a time since it was connected"),
    row("tap.answer", Kind::Bytes, Preset::Text(r"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), "What the tap answers: text with escapes, `base64:…` or `file:PATH`; if empty, nothing"),

    row("tls_faults.enabled", Kind::Boolean, FALSE, "Open six ports on which TLS itself is faulty"),
    row("tls_faults.first_port", integer(1, 65_530), Preset::Text("9440"), "First of the six consecutive ports, on the host of server.address"),
    row("tls_faults.ca_file", Kind::File, NOTHING, "File to which the authority of the faulty certificates is written at startup, in PEM format"),

    row("plexara.register.enabled", Kind::Boolean, FALSE, "Register with the gateway at startup; needs admin_url"),
    row("plexara.register.admin_url", Kind::Url, NOTHING, "URL to POST the registration to"),
    row("plexara.register.auth_header", Kind::Secret, NOTHING, "Value of the Authorization header of the registration; if empty, none is sent"),
    row("plexara.register.connection_name", LABEL, Preset::Text("api-test"), "Name of the connection at the gateway"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_preset_is_a_good_value_of_its_kind() {
        for key in KEYS {
            match key.preset {
                Preset::Text(text) => assert!(key.kind.read(text).is_some(), "{}", key.path),
                Preset::Texts(texts) => {
                    assert!(key.kind.is_list(), "{}", key.path);
                    assert!(texts.iter().all(|text| key.kind.read(text).is_some()), "{}", key.path);
                }
                Preset::Cores => assert_eq!(key.path, "server.workers"),
                Preset::Required => assert!(key.entry_field().is_some(), "{} stands in no list entry", key.path),
            }
        }
    }

    #[test]
    fn paths_are_unique_and_said_in_one_line() {
        let paths: BTreeSet<_> = KEYS.iter().map(|key| key.path).collect();
        assert_eq!(paths.len(), KEYS.len());
        for key in KEYS {
            assert!(!key.about.is_empty() && !key.about.contains('\n'), "{}", key.path);
            // `__` separates the parts of a variable's name.
            assert!(!key.path.contains("__"), "{}", key.path);
        }
    }

    #[test]
    fn places_are_told_apart() {
        assert!(matches!(place("server.address"), PathMeaning::Key(_)));
        assert!(matches!(place("server"), PathMeaning::Section));
        assert!(matches!(place("server.tls"), PathMeaning::Section));
        assert!(matches!(place("api_keys.file"), PathMeaning::Entries));
        assert!(matches!(place("api_keys.file[].key"), PathMeaning::Key(_)));
        for unknown in ["", "serv", "server.tls.", "api_keys.fil", "api_keys.file[]key"] {
            let found = place(unknown);
            assert!(matches!(found, PathMeaning::Unknown), "{unknown:?} is {found:?}");
        }
    }

    #[test]
    fn variables_are_named_after_paths() {
        let variable = |path: &str| KEYS.iter().find(|key| key.path == path).unwrap().variable();
        assert_eq!(variable("server.address"), "APITEST__SERVER__ADDRESS");
        assert_eq!(variable("api_keys.file[].key"), "APITEST__API_KEYS__FILE__N__KEY");
    }
}
