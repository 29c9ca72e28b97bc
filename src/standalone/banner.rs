use std::{fmt::Write as _, net::SocketAddr};

use super::start::{NAME, Standalone};

/// The printed key.
const KEY: &str = "api_keys.file[0].key";

/// Returns the text for the terminal: what is served, where the data is, and how to send a first request. `address` is
/// where the server listens.
///
/// It contains the key, so it must not be logged.
#[must_use]
pub fn banner(standalone: &Standalone, address: SocketAddr) -> String {
    let config = &standalone.loaded.config;
    let scheme = if config.server.tls.enabled { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    let kept = standalone
        .place
        .as_ref()
        .map_or_else(|| "in memory, lost when it ends".to_owned(), |place| format!("in {}", place.path().display()));
    let mut text = format!(
        "No configuration file: serving the embedded default (all groups, portal, audit trail {kept}). \
         `api-test init` writes it as a file.\n\n  URL     {url}\n  docs    {url}/docs\n"
    );
    if config.portal.enabled {
        let _ = writeln!(text, "  portal  {url}/portal/   (sign in with the key)");
    }
    // The environment may have overridden it.
    if let Some(first) = config.api_keys.file.first().filter(|first| !first.key.is_empty()) {
        let (key, header) = (first.key.expose(), &config.api_keys.header_name);
        let own = standalone.loaded.provenance.get(KEY).is_some_and(|origin| origin.starts_with(NAME));
        let kept = standalone.place.as_ref().filter(|_| own);
        let kept = kept.map(|place| format!("   ({})", place.key_file().display()));
        let _ = write!(
            text,
            "  key     {key}{}\n\n  curl -H '{header}: {key}' {url}/v1/whoami\n  \
             curl -H '{header}: {key}' {url}/v1/echo -d '{{\"a\":1}}'\n",
            kept.unwrap_or_default()
        );
    }
    text.push('\n');
    text
}
