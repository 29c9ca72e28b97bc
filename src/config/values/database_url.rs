//! URL of the database.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::{Malformed, Secret};
use crate::config::{libpq, mask};

/// Database: `postgres://…`, `postgresql://…`, libpq `key=value` pairs, or `sqlite:PATH`.
///
/// `Debug`, `Display` and `Serialize` mask the password; [`DatabaseUrl::expose`] does not.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl {
    text: Secret,
    dialect: Dialect,
}

/// Kind of a [`DatabaseUrl`]'s database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL 14 or later.
    Postgres,
    /// The embedded SQLite.
    Sqlite,
}

impl DatabaseUrl {
    /// Returns the text as written, including the password.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Returns the kind of the database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the path of the SQLite file; `None` for PostgreSQL.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&str> {
        self.expose().strip_prefix("sqlite:")
    }
}

impl FromStr for DatabaseUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let dialect = if let Some(path) = text.strip_prefix("sqlite:") {
            // Other tools write `sqlite://host/x`; taken as a path it would name an unintended file.
            (!path.is_empty() && !path.starts_with("//")).then_some(Dialect::Sqlite)
        } else if let Some((scheme, rest)) = text.split_once("://").filter(|_| libpq::is_url(text)) {
            let plain = !rest.is_empty() && !rest.contains(char::is_whitespace);
            (mask::is_postgres(scheme) && plain).then_some(Dialect::Postgres)
        } else {
            libpq::pairs(text).is_some().then_some(Dialect::Postgres)
        };
        let plain = !text.contains(char::is_control);
        dialect.filter(|_| plain).map(|dialect| Self { text: text.into(), dialect }).ok_or(Malformed)
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask::database(self.expose()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_accepted_form_is_told_apart() {
        for (text, dialect) in [
            ("postgres://u:p@db/x", Dialect::Postgres),
            ("postgresql://db", Dialect::Postgres),
            ("postgres:///x?host=/run/postgresql", Dialect::Postgres),
            ("host=db dbname=x password='a://b'", Dialect::Postgres),
            ("sqlite:data/x.sqlite", Dialect::Sqlite),
            ("sqlite:/var/lib/x.sqlite", Dialect::Sqlite),
            ("sqlite::memory:", Dialect::Sqlite),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().unwrap().dialect(), dialect, "{text}");
        }
        let url: DatabaseUrl = "sqlite:data/x.sqlite".parse().unwrap();
        assert_eq!(url.sqlite_path(), Some("data/x.sqlite"));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "sqlite:",
            "sqlite://x",
            "postgres://",
            "mysql://db/x",
            "mysql://db/x?a=b",
            "db",
            "host",
            "=x",
            "Host=db",
            "host=db x",
            "password='open",
            "postgres://db/x y",
            "host=db\nuser=u",
        ] {
            assert!(text.parse::<DatabaseUrl>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_password_shows_nowhere() {
        let url: DatabaseUrl = "host=db password='s3 cret'".parse().unwrap();
        let shown = format!("{url} {url:?} {}", serde_json::to_string(&url).unwrap());
        assert!(!shown.contains("s3") && shown.contains("password=***"), "{shown}");
    }
}
