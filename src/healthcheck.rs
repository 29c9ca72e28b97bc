//! `--healthcheck`: checks that a running server is alive. For containers, whose image has no other HTTP client.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url, redirect::Policy};

use crate::error_chain::error_chain;

/// Default URL.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8080/healthz";

const LIMIT: Duration = Duration::from_secs(5);

/// Reasons why the server is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// The URL can't be used.
    #[error("APITEST_HEALTHCHECK_URL is {0:?}; use http://host:port/path or https://…")]
    Url(String),
    /// No response.
    #[error("{url}: {reason}")]
    NoAnswer {
        /// URL that was called.
        url: String,
        /// The cause.
        reason: String,
    },
    /// The response is not 200.
    #[error("{url}: answered {status}")]
    Status {
        /// URL that was called.
        url: String,
        /// Its status.
        status: StatusCode,
    },
}

/// Checks `url`, or [`DEFAULT_URL`].
///
/// # Errors
/// [`Unhealthy`] unless 200 is received within 5 s.
pub fn run(url: Option<&str>) -> Result<(), Unhealthy> {
    let url = url.filter(|url| !url.is_empty()).unwrap_or(DEFAULT_URL);
    let bad_url = || Unhealthy::Url(url.to_owned());
    let parsed = Url::parse(url).map_err(|_| bad_url())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(bad_url());
    }
    let no_answer = |reason: String| Unhealthy::NoAnswer { url: url.to_owned(), reason };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| no_answer(error_chain(&error)))?;
    match runtime.block_on(status(parsed)) {
        Ok(StatusCode::OK) => Ok(()),
        Ok(status) => Err(Unhealthy::Status { url: url.to_owned(), status }),
        Err(error) => Err(no_answer(error_chain(&error.without_url()))),
    }
}

/// GETs the URL, without a proxy and without following redirects.
async fn status(url: Url) -> reqwest::Result<StatusCode> {
    let client = Client::builder()
        .timeout(LIMIT)
        .redirect(Policy::none())
        .no_proxy()
        // The check sends no secret and reads nothing but a status, and a test server's certificate is often self-signed.
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    Ok(client.get(url).send().await?.status())
}
