//! security: inert probes. Each looks like something that a gateway should have blocked; none does anything.

use actix_web::http::header::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, Call, Fault, Group, Outcome, Route, Text};
use crate::wire;

const URL: Text = Text::query("url", "Any text; nothing is fetched.", "https://example.com/").required();
const TARGET: Text =
    Text::query("url", "Redirect target; the server does not redirect to it.", "https://example.com/").required();
const Q: Text = Text::query("q", "Any text, control characters included.", "plain").or("");

const PROBES: usize = 64;
const PROBE_BYTES: usize = 512;
/// Overhead of a header line in bytes, in addition to name and value.
const LINE_EXTRA: usize = ": \r\n".len();
const PROBE_TEXT: [u8; PROBE_BYTES] = [b'A'; PROBE_BYTES];
const PROBE_VALUE: HeaderValue = HeaderValue::from_static(match std::str::from_utf8(&PROBE_TEXT) {
    Ok(text) => text,
    Err(_) => "",
});

const MESSAGE: &str = "This endpoint exists to be a probe target. A correctly-configured gateway should have refused to \
                       forward this request before it reached api-test.";

/// Declares the group.
pub(super) fn group() -> Group {
    Group::new("security", "Requests that a gateway should block; the server answers them and does nothing else.")
        .route(
            Route::get("security_admin", "/v1/security/admin/secret", admin)
                .about("Answers on a path that a gateway should not forward.")
                .answers::<Admin>("200", "A fixed message.", json!({"message": MESSAGE})),
        )
        .route(
            Route::get("security_fetch", "/v1/security/fetch", fetch)
                .about("Accepts a URL, as in server-side request forgery; never fetches it.")
                .takes(&URL)
                .example("/v1/security/fetch?url=https%3A%2F%2Fexample.com%2F")
                .answers::<Fetch>(
                    "200",
                    "The requested URL.",
                    json!({"asked_for": "https://example.com/", "would_have_fetched": false}),
                ),
        )
        .route(
            Route::get("security_big_headers", "/v1/security/big-headers", big_headers)
                .about("Returns 64 response headers of 512 bytes each.")
                .answers::<BigHeaders>(
                    "200",
                    "Headers `X-Big-Probe-0` to `X-Big-Probe-63`.",
                    json!({"header_count": 64, "header_bytes": 33910}),
                )
                .with_header("X-Big-Probe-0", "512 times `A`; 63 more headers like it."),
        )
        .route(
            Route::post("security_redirect_to", "/v1/security/redirect-to", redirect_to)
                .about("Accepts a redirect target, as an open redirect would; never redirects.")
                .takes(&TARGET)
                .example("/v1/security/redirect-to?url=https%3A%2F%2Fexample.com%2F")
                .answers::<RedirectTo>(
                    "200",
                    "The requested target, also in a header.",
                    json!({"would_redirect_to": "https://example.com/"}),
                )
                .with_header("X-Would-Redirect-To", "The target, byte for byte."),
        )
        .route(
            Route::get("security_control_chars", "/v1/security/control-chars", control_chars)
                .about("Reports control characters in a query value.")
                .takes(&Q)
                .example("/v1/security/control-chars?q=plain")
                .answers::<ControlChars>(
                    "200",
                    "The value, its length in bytes, and whether it contains an ASCII control character.",
                    json!({"q": "plain", "byte_count": 5, "has_control": false}),
                ),
        )
}

#[derive(Serialize, ToSchema)]
struct Admin {
    /// Purpose of this route.
    message: &'static str,
}

async fn admin(_: Call) -> Outcome {
    Ok(Answer::json(&Admin { message: MESSAGE }))
}

#[derive(Serialize, ToSchema)]
struct Fetch<'q> {
    /// The URL as it arrived, decoded.
    #[schema(value_type = String)]
    asked_for: wire::Text<'q>,
    /// Always false.
    would_have_fetched: bool,
}

async fn fetch(call: Call) -> Outcome {
    let query = call.query();
    let url = URL.read(&query).ok_or_else(|| {
        Fault::bad_request("url must be provided (this endpoint is a probe; it does not actually fetch)")
    })?;
    Ok(Answer::json(&Fetch { asked_for: wire::Text::from(&*url), would_have_fetched: false }))
}

#[derive(Serialize, ToSchema)]
struct BigHeaders {
    /// Number of probe headers.
    header_count: usize,
    /// Size of their lines in bytes: name, value and 4 more (`: ` and CRLF) each.
    header_bytes: usize,
}

async fn big_headers(_: Call) -> Outcome {
    let probes: Vec<HeaderName> =
        (0..PROBES).filter_map(|index| HeaderName::try_from(format!("x-big-probe-{index}")).ok()).collect();
    let header_bytes = probes.iter().map(|name| name.as_str().len() + PROBE_BYTES + LINE_EXTRA).sum();
    let answer = Answer::json(&BigHeaders { header_count: probes.len(), header_bytes });
    Ok(probes.into_iter().fold(answer, |answer, name| answer.header(name, PROBE_VALUE)))
}

#[derive(Serialize, ToSchema)]
struct RedirectTo<'q> {
    /// The target as it arrived, decoded.
    #[schema(value_type = String)]
    would_redirect_to: wire::Text<'q>,
}

async fn redirect_to(call: Call) -> Outcome {
    let query = call.query();
    let url = TARGET.read(&query).ok_or_else(|| Fault::bad_request("url must be provided"))?;
    let value = HeaderValue::from_bytes(&url)
        .map_err(|_| Fault::bad_request("url holds a control character, which no header may carry"))?;
    let body = RedirectTo { would_redirect_to: wire::Text::from(&*url) };
    Ok(Answer::json(&body).header(HeaderName::from_static("x-would-redirect-to"), value))
}

#[derive(Serialize, ToSchema)]
struct ControlChars<'q> {
    /// The value, decoded.
    #[schema(value_type = String)]
    q: wire::Text<'q>,
    /// Length of `q` in bytes.
    byte_count: usize,
    /// True when it contains a byte below 0x20, or 0x7F.
    has_control: bool,
}

async fn control_chars(call: Call) -> Outcome {
    let query = call.query();
    let q = Q.read(&query).unwrap_or_default();
    let has_control = q.iter().any(u8::is_ascii_control);
    Ok(Answer::json(&ControlChars { q: wire::Text::from(&*q), byte_count: q.len(), has_control }))
}
