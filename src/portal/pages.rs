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
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                                       img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

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
    let etag = etag::strong(&file.metadata.sha256_hash());
    let fresh = etag::is_known(request.headers(), &etag);
    let mut response = HttpResponse::build(if fresh { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "same-origin"));
    if fresh {
        return response.finish();
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
