//! The gateway's administration API over HTTP: one POST, and the meaning of its response.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use actors::{RegistrationTarget, Tried, Trying};
use bytes::Bytes;
use reqwest::{
    Client, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use tokio::runtime::{Builder, Runtime};

use super::RegisterError;
use crate::{
    config::{HttpUrl, RegisterConfig},
    error_chain::error_chain,
};

/// Timeout of an attempt, from the name look-up to the response head. Bodies of responses are not read.
const ANSWER: Duration = Duration::from_secs(15);
/// Timeout of connecting.
const CONNECT: Duration = Duration::from_secs(5);

/// Gateway's administration API as configured.
pub struct Gateway {
    desk: Arc<Desk>,
    thread: Background,
}

/// Data of an attempt.
struct Desk {
    client: Client,
    url: HttpUrl,
    authorization: Option<HeaderValue>,
    message: Bytes,
}

/// Thread that makes attempts. It is abandoned at the end, so that a hanging name look-up never delays shutdown.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Gateway {
    /// Prepares to send `message`.
    ///
    /// # Errors
    /// [`RegisterError`], before any request is made.
    pub fn new(config: &RegisterConfig, message: Vec<u8>) -> Result<Self, RegisterError> {
        let url = config.admin_url.clone().ok_or(RegisterError::NoAddress)?;
        // No redirects: they would carry the document, and perhaps the credential, elsewhere.
        let client = Client::builder()
            .timeout(ANSWER)
            .connect_timeout(CONNECT)
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .user_agent(concat!("api-test/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let authorization = match config.auth_header.expose() {
            "" => None,
            value => {
                let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| RegisterError::AuthHeader)?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("register").enable_all().build()?;
        let desk = Desk { client, url, authorization, message: message.into() };
        Ok(Self { desk: Arc::new(desk), thread: Background(Some(runtime)) })
    }
}

impl RegistrationTarget for Gateway {
    fn register(&self) -> Trying {
        let desk = Arc::clone(&self.desk);
        let asked = self.thread.0.as_ref().map(|runtime| runtime.spawn(async move { desk.ask().await }));
        Box::pin(async move {
            match asked {
                Some(asked) => asked.await.unwrap_or_else(|_| later("the attempt was cancelled")),
                None => later("stopping"),
            }
        })
    }

    fn name(&self) -> String {
        self.desk.url.to_string()
    }
}

impl Desk {
    async fn ask(&self) -> Tried {
        let request = self.client.post(self.url.as_str()).header(CONTENT_TYPE, "application/json");
        let mut request = match request.body(self.message.clone()).build() {
            Ok(request) => request,
            Err(error) => return Tried::Refused { why: describe(error) },
        };
        if let Some(value) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        match self.client.execute(request).await {
            Ok(answer) => judge(answer.status(), answer.headers(), SystemTime::now()),
            Err(error) => later(&describe(error)),
        }
    }
}

fn later(why: &str) -> Tried {
    Tried::Later { why: why.to_owned(), after: None }
}

/// Classifies a response.
fn judge(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Tried {
    let code = status.as_u16();
    match code {
        200..=299 => Tried::Registered,
        429 | 500.. => Tried::Later { why: format!("returned {code}"), after: retry_after(headers, now) },
        300..=399 => Tried::Refused {
            why: format!("returned {code}; redirects are not followed; check plexara.register.admin_url"),
        },
        401 | 403 => Tried::Refused { why: format!("returned {code}; check plexara.register.auth_header") },
        _ => Tried::Refused { why: format!("returned {code}") },
    }
}

/// Parses seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Formats an error with its causes in one line, without the URL, which may contain secrets.
fn describe(error: reqwest::Error) -> String {
    error_chain(&error.without_url())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn judged(code: u16, retry_after: &str) -> Tried {
        let mut headers = HeaderMap::new();
        if !retry_after.is_empty() {
            headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after).unwrap());
        }
        // 2026-01-31T12:00:00Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800);
        judge(StatusCode::from_u16(code).unwrap(), &headers, now)
    }

    #[test]
    fn an_answer_is_taken_for_what_it_means() {
        for code in [200, 201, 202, 204] {
            assert_eq!(judged(code, ""), Tried::Registered, "{code}");
        }
        for code in [429, 500, 502, 503, 504, 599] {
            assert_eq!(judged(code, ""), Tried::Later { why: format!("returned {code}"), after: None });
        }
        for code in [301, 302, 307, 308, 304, 400, 401, 403, 404, 405, 409, 413, 422] {
            assert!(matches!(judged(code, "1"), Tried::Refused { .. }), "{code}");
        }
    }

    #[test]
    fn the_pause_asked_for_is_read_in_both_forms() {
        for (value, seconds) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sat, 31 Jan 2026 12:01:30 GMT", Some(90)),
            ("Sat, 31 Jan 2026 11:00:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let after = seconds.map(Duration::from_secs);
            assert_eq!(judged(503, value), Tried::Later { why: "returned 503".to_owned(), after }, "{value}");
        }
    }

    #[test]
    fn what_no_header_may_carry_is_said_without_being_repeated() {
        let config = RegisterConfig {
            enabled: true,
            admin_url: Some("http://gateway.example/".parse().unwrap()),
            auth_header: "s3cret\u{7f}".into(),
            connection_name: "api-test".to_owned(),
        };
        let error = Gateway::new(&config, Vec::new()).err().unwrap().to_string();
        assert_eq!(error, "plexara.register.auth_header contains characters that are not allowed in a header");
    }
}
