//! Hides the secret parts of URLs and connection strings.
//!
//! If a text is ambiguous, the reading that hides more is used.

use super::libpq::{self, Pair};

/// Replacement of a secret.
pub(super) const MASK: &str = "***";

/// Masks the user info and the values of secret query parameters of an absolute URL.
pub(crate) fn url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority_end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    let host = match authority.rsplit_once('@') {
        Some((_, host)) => format!("{MASK}@{host}"),
        None => authority.to_owned(),
    };
    format!("{scheme}://{host}{}", query(tail))
}

/// Masks the password in any form of a database URL.
pub(super) fn database(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) if is_postgres(scheme) => format!("{scheme}://{}", postgres(rest)),
        _ if text.starts_with("sqlite:") => text.to_owned(),
        _ => match libpq::pairs(text) {
            Some(pairs) => pairs.iter().map(masked_pair).collect::<Vec<_>>().join(" "),
            None => MASK.to_owned(),
        },
    }
}

fn masked_pair(pair: &Pair<'_>) -> String {
    let shown = if is_secret(pair.name) { MASK } else { pair.raw };
    format!("{}={shown}", pair.name)
}

/// Returns true for the schemes of PostgreSQL.
pub(super) fn is_postgres(scheme: &str) -> bool {
    matches!(scheme, "postgres" | "postgresql")
}

/// Masks the part after the scheme. A password may contain `/`, `?` and `@` unescaped, so everything from the first
/// colon to the last `@` is taken as one.
fn postgres(rest: &str) -> String {
    let Some((user_info, tail)) = rest.rsplit_once('@') else {
        return query(rest);
    };
    match user_info.split_once(':') {
        Some((user, _)) => format!("{user}:{MASK}@{}", query(tail)),
        None => query(rest),
    }
}

/// Masks the values of secret parameters after the first `?`.
fn query(text: &str) -> String {
    let Some((path, query)) = text.split_once('?') else {
        return text.to_owned();
    };
    let masked: Vec<String> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if is_secret(&decoded(name)) => format!("{name}={MASK}"),
            _ => parameter.to_owned(),
        })
        .collect();
    format!("{path}?{}", masked.join("&"))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "credential"]
        .iter()
        .any(|word| name.contains(word))
}

/// Decodes the percent-encoding of a parameter's name, because `pass%77ord` is a password too.
fn decoded(name: &str) -> String {
    url::form_urlencoded::parse(name.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_passwords_are_hidden_in_every_form() {
        for (given, shown) in [
            ("postgres://u:s3cret@db:5432/x", "postgres://u:***@db:5432/x"),
            ("postgresql://u:s3cret@a:1,b:2/x?sslmode=require", "postgresql://u:***@a:1,b:2/x?sslmode=require"),
            ("postgres://u@db/x?password=s3cret&sslmode=disable", "postgres://u@db/x?password=***&sslmode=disable"),
            ("postgres://u@db/x?pass%77ord=s3cret", "postgres://u@db/x?pass%77ord=***"),
            ("postgres://db/x?sslpassword=s3cret", "postgres://db/x?sslpassword=***"),
            ("postgres://u:s3c/r?e@t@db/x", "postgres://u:***@db/x"),
            ("postgres://:s3cret@db/x", "postgres://:***@db/x"),
            ("host=db user=u password=s3cret dbname=x", "host=db user=u password=*** dbname=x"),
            ("password = 's3 cr\\'et' host='d b'", "password=*** host='d b'"),
            ("password=s3\\ cret host=db", "password=*** host=db"),
            ("host=db sslpassword='s3cret'", "host=db sslpassword=***"),
            ("sqlite:data/api-test.sqlite", "sqlite:data/api-test.sqlite"),
        ] {
            assert_eq!(database(given), shown, "{given}");
        }
    }

    #[test]
    fn an_unreadable_database_url_is_hidden_whole() {
        for given in ["password='s3cret", "mysql://u:s3cret@db", "s3cret"] {
            assert_eq!(database(given), MASK, "{given}");
        }
    }

    #[test]
    fn user_info_and_secret_parameters_of_urls_are_hidden() {
        assert_eq!(url("https://u:p@gw.example:8443/a?b=c"), "https://***@gw.example:8443/a?b=c");
        assert_eq!(url("https://token@gw.example"), "https://***@gw.example");
        assert_eq!(url("https://gw.example/a@b?access_token=x&y=z"), "https://gw.example/a@b?access_token=***&y=z");
        assert_eq!(url("http://localhost:8080"), "http://localhost:8080");
    }
}
