//! The embedded pages: strong ETags, long caching for names with a hash, `index.html` for every page path.

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::{self, ServiceConfig},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde_json::json;

use crate::{
    http::{etag, fault},
    wire::json as wire_json,
};

#[derive(RustEmbed)]
#[folder = "static-build/"]
struct Build;

const INDEX: &str = "index.html";

/// What the pages may load: nothing from elsewhere, no inline script.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
                                       img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
                                       object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Codings that a build may hold a file in, the preferred first, and the ending of such a file.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// True when a build of the UI is embedded.
#[must_use]
pub fn has_build() -> bool {
    Build::get(INDEX).is_some()
}

/// Mounts the pages under `/portal`.
pub fn routes(config: &mut ServiceConfig) {
    config.default_service(web::route().to(page));
}

async fn page(request: HttpRequest) -> HttpResponse {
    let path = request.path().strip_prefix("/portal/").unwrap_or_default();
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return HttpResponse::MethodNotAllowed()
            .insert_header((header::ALLOW, "GET, HEAD"))
            .content_type("application/json")
            .body(fault::error_line("method not allowed"));
    }
    if !has_build() {
        return banner();
    }
    // A name with an ending is a file; everything else is a page of the application.
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    match (Build::get(path).filter(|_| !path.starts_with('.')), is_file) {
        (Some(file), _) => serve(&request, path, file),
        (None, true) => not_found(),
        (None, false) => Build::get(INDEX).map_or_else(not_found, |file| serve(&request, INDEX, file)),
    }
}

fn serve(request: &HttpRequest, path: &str, file: EmbeddedFile) -> HttpResponse {
    let coded = wanted(request).into_iter().find_map(|(coding, ending)| {
        let file = Build::get(&format!("{path}{ending}"))?;
        Some((coding, file))
    });
    let (coding, file) = coded.map_or((None, file), |(coding, file)| (Some(coding), file));
    let etag = etag::strong(&file.metadata.sha256_hash());
    let fresh = etag::is_known(request.headers(), &etag);
    let mut response = HttpResponse::build(if fresh { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY));
    if fresh {
        return response.finish();
    }
    if let Some(coding) = coding {
        response.insert_header((header::CONTENT_ENCODING, coding));
    }
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    response.content_type(
        match kind.type_() {
            mime_guess::mime::TEXT => HeaderValue::from_str(&format!("{kind}; charset=utf-8")),
            _ => HeaderValue::from_str(kind.as_ref()),
        }
        .unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    match file.data {
        Cow::Borrowed(data) => response.body(data),
        Cow::Owned(data) => response.body(data),
    }
}

/// The codings that `Accept-Encoding` names without ruling them out (RFC 9110, section 12.5.3), the one with the most
/// weight first; of equal ones the one that we prefer.
fn wanted(request: &HttpRequest) -> Vec<(&'static str, &'static str)> {
    let mut wanted: Vec<_> = CODINGS.into_iter().map(|coding| (weight(request, coding.0), coding)).collect();
    wanted.retain(|(weight, _)| *weight > 0.0);
    wanted.sort_by(|one, other| other.0.total_cmp(&one.0));
    wanted.into_iter().map(|(_, coding)| coding).collect()
}

/// The weight that `Accept-Encoding` gives a coding; 0 when it does not name it.
fn weight(request: &HttpRequest, coding: &str) -> f32 {
    let ranges = request.headers().get_all(header::ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    let weights = ranges.flat_map(|value| value.split(',')).filter_map(|range| {
        let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding).then_some(weight.unwrap_or(1.0))
    });
    weights.fold(0.0, f32::max)
}

fn banner() -> HttpResponse {
    let body = json!({
        "status": "banner",
        "name": "api-test",
        "detail": "This binary holds no build of the portal. Run `make ui` and `make build`, then start it again.",
        "links": {"docs": "/docs", "healthz": "/healthz", "openapi_json": "/openapi.json", "openapi_yaml": "/openapi.yaml"}
    });
    HttpResponse::Ok().content_type("application/json").body(wire_json::to_line(&body))
}

fn not_found() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/json").body(fault::error_line("no such endpoint"))
}

#[cfg(test)]
mod tests {
    use actix_web::{body::MessageBody as _, test::TestRequest};

    use super::*;

    fn wanted(value: &'static str) -> Vec<&'static str> {
        let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, value)).to_http_request();
        super::wanted(&request).into_iter().map(|(coding, _)| coding).collect()
    }

    #[test]
    fn a_binary_without_a_build_says_how_to_make_one() {
        let answer = banner();
        assert_eq!(answer.status(), StatusCode::OK);
        let body = answer.into_body().try_into_bytes().unwrap_or_default();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        assert_eq!((&body["status"], &body["name"]), (&json!("banner"), &json!("api-test")));
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("make ui") && detail.contains("make build"), "{detail}");
        assert_eq!(body["links"]["docs"], "/docs");
    }

    #[test]
    fn a_coding_is_taken_when_it_is_named_and_not_ruled_out() {
        for value in ["deflate, BR", "br;q=0.5", " br ;q=1", "gzip;q=0, br; q=0.001"] {
            assert_eq!(wanted(value), ["br"], "{value}");
        }
        for refused in ["", "*", "brotli", "br;q=0", "br; q=0.0", "identity", "gzip;q=NaN"] {
            assert!(wanted(refused).is_empty(), "{refused}");
        }
    }

    #[test]
    fn the_coding_with_the_most_weight_comes_first() {
        assert_eq!(wanted("gzip, deflate, br"), ["br", "gzip"]);
        assert_eq!(wanted("gzip;q=1, br;q=0.5"), ["gzip", "br"]);
        assert_eq!(wanted("br;q=0.2, gzip;q=0.2"), ["br", "gzip"]);
    }
}
