//! Parses `database.url`: a URL or libpq pairs become a client configuration and the trust in server certificates.

use std::{path::PathBuf, time::Duration};

use tokio_postgres::{Config, config::SslMode};

use super::tls::Trust;
use crate::config::libpq;

const APPLICATION_NAME: &str = "api-test";
/// Default timeout for connecting to one host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle time after which a connection is probed.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;

/// Parameters of libpq that have no effect here.
const IGNORED: [&str; 6] =
    ["gssencmode", "krbsrvname", "sslcompression", "sslsni", "passfile", "fallback_application_name"];

/// Parsed `database.url`.
pub(super) struct Dsn {
    pub(super) config: Config,
    pub(super) trust: Trust,
}

/// Reason why the text can't be used. It contains no value from the text.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("sslmode must be disable, allow, prefer, require, verify-ca or verify-full")]
    SslMode,
    #[error("malformed percent-encoding or quoting")]
    Malformed,
    #[error("{0}")]
    Parameter(String),
    #[error("no host given")]
    NoHost,
}

/// Parameters that the client library does not know or interprets differently.
#[derive(Default)]
struct Ours {
    ssl_mode: Option<String>,
    ssl_root_cert: Option<String>,
}

impl Ours {
    /// Stores the parameter if it is one of ours; returns whether it was.
    fn take(&mut self, name: &str, value: &str) -> bool {
        match name {
            "sslmode" => self.ssl_mode = Some(value.to_owned()),
            "sslrootcert" => self.ssl_root_cert = Some(value.to_owned()),
            _ => return IGNORED.contains(&name),
        }
        true
    }
}

impl Dsn {
    /// # Errors
    /// [`Unreadable`], which reveals no password.
    pub(super) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut ours = Ours::default();
        let rest = if libpq::is_url(text) { of_url(text, &mut ours)? } else { of_pairs(text, &mut ours)? };
        let mut config: Config = rest.parse().map_err(|error| Unreadable::Parameter(reason(&error)))?;
        let (mode, trust) = trust(&ours)?;
        config.ssl_mode(mode);
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(Unreadable::NoHost);
        }
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION_NAME);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if !text.contains("keepalives_") {
            config.keepalives_idle(KEEPALIVE_IDLE);
            config.keepalives_interval(KEEPALIVE_INTERVAL);
            config.keepalives_retries(KEEPALIVE_RETRIES);
        }
        Ok(Self { config, trust })
    }

    /// Timeout for connecting, over all hosts, handshakes included.
    pub(super) fn patience(&self) -> Duration {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len()).max(1);
        let one = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        one.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX))
    }
}

/// Returns the complaint of the client library, which names the parameter and not its value.
fn reason(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn trust(ours: &Ours) -> Result<(SslMode, Trust), Unreadable> {
    let roots = ours.ssl_root_cert.as_deref().filter(|path| !path.is_empty());
    // `system` means the machine's root certificates, as in libpq.
    let file = roots.filter(|path| *path != "system").map(PathBuf::from);
    let any_or_chain = |file: Option<PathBuf>| file.map_or(Trust::Any, |file| Trust::Chain(Some(file)));
    Ok(match ours.ssl_mode.as_deref().unwrap_or("prefer") {
        "disable" => (SslMode::Disable, Trust::Any),
        // libpq's `allow` starts without TLS; here it starts with TLS.
        "allow" | "prefer" => (SslMode::Prefer, Trust::Any),
        // As in libpq, a given root certificate is used.
        "require" => (SslMode::Require, any_or_chain(file)),
        "verify-ca" => (SslMode::Require, Trust::Chain(file)),
        "verify-full" => (SslMode::Require, Trust::Full(file)),
        _ => return Err(Unreadable::SslMode),
    })
}

/// Removes our parameters from a URL.
fn of_url(text: &str, ours: &mut Ours) -> Result<String, Unreadable> {
    // A password may contain a bare `?`, so parameters begin after the user info.
    let after_user_info = text.rfind('@').map_or(0, |at| at + 1);
    let Some(question) = text[after_user_info..].find('?').map(|at| at + after_user_info) else {
        return Ok(text.to_owned());
    };
    let (base, query) = (&text[..question], &text[question + 1..]);
    let mut kept = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !ours.take(&decoded(name)?, &decoded(value)?) {
            kept.push(parameter);
        }
    }
    Ok(if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) })
}

fn decoded(text: &str) -> Result<String, Unreadable> {
    let bytes = crate::wire::percent::decode_path(text).map_err(|_| Unreadable::Malformed)?;
    String::from_utf8(bytes.into_owned()).map_err(|_| Unreadable::Malformed)
}

/// Removes our parameters from libpq pairs.
fn of_pairs(text: &str, ours: &mut Ours) -> Result<String, Unreadable> {
    let mut kept = String::new();
    for pair in libpq::pairs(text).ok_or(Unreadable::Malformed)? {
        if !ours.take(pair.name, &pair.value) {
            let quoted = pair.value.replace('\\', "\\\\").replace('\'', "\\'");
            kept.push_str(&format!("{}='{quoted}' ", pair.name));
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio_postgres::config::Host;

    use super::*;

    #[test]
    fn both_forms_name_the_same_database() {
        for text in [
            "postgres://u:p%27%20w@db:5433/x?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=2",
            "postgresql://u:p'%20w@db:5433/x?connect_timeout=2&sslrootcert=/etc/ca.pem&sslmode=verify-full&gssencmode=disable",
            r"host=db port=5433 user=u password='p\' w' dbname=x sslmode=verify-full sslrootcert='/etc/ca.pem' connect_timeout=2",
        ] {
            let dsn = Dsn::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(dsn.config.get_hosts(), [Host::Tcp("db".to_owned())], "{text}");
            assert_eq!(dsn.config.get_ports(), [5433], "{text}");
            assert_eq!(dsn.config.get_password(), Some(&b"p' w"[..]), "{text}");
            assert_eq!(dsn.config.get_application_name(), Some("api-test"), "{text}");
            assert_eq!(dsn.config.get_ssl_mode(), SslMode::Require, "{text}");
            assert_eq!(dsn.trust, Trust::Full(Some(PathBuf::from("/etc/ca.pem"))), "{text}");
            assert_eq!(dsn.patience(), Duration::from_secs(2), "{text}");
        }
    }

    #[test]
    fn each_sslmode_means_what_libpq_says() {
        for (text, mode, trust) in [
            ("host=db", SslMode::Prefer, Trust::Any),
            ("host=db sslmode=disable", SslMode::Disable, Trust::Any),
            ("host=db sslmode=allow", SslMode::Prefer, Trust::Any),
            ("host=db sslmode=require", SslMode::Require, Trust::Any),
            ("host=db sslmode=require sslrootcert=ca", SslMode::Require, Trust::Chain(Some("ca".into()))),
            ("host=db sslmode=verify-ca sslrootcert=system", SslMode::Require, Trust::Chain(None)),
            ("host=db sslmode=verify-full", SslMode::Require, Trust::Full(None)),
            ("host=db password=a://b sslmode=verify-full", SslMode::Require, Trust::Full(None)),
        ] {
            let dsn = Dsn::parse(text).unwrap();
            assert_eq!((dsn.config.get_ssl_mode(), dsn.trust), (mode, trust), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (text, said) in [
            ("postgres://u:s3cret@db/x?sslmode=maybe", "sslmode must be"),
            ("postgres://u:s3cret@db/x?sslmode=%zz", "malformed"),
            ("host=db password=s3cret sslmode=yes", "sslmode must be"),
            ("host=db password=s3cret port=x", "port"),
            ("host=db password=s3cret bogus=1", "bogus"),
            ("user=u password=s3cret", "no host"),
        ] {
            let error = Dsn::parse(text).err().unwrap_or_else(|| panic!("{text} is read")).to_string();
            assert!(error.contains(said) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
