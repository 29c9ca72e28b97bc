//! The portal's pages: embedded files, and `index.html` for every page path.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, ServiceConfig},
};

use crate::{
    http::fault,
    request::Arrived,
    ui::{self, Reply},
};

/// Content policy of the pages: nothing from other origins, no inline script.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
                                       img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
                                       object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Mounts the pages under `/portal`.
pub fn routes(config: &mut ServiceConfig) {
    config.default_service(web::route().to(page));
}

async fn page(request: HttpRequest) -> HttpResponse {
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return HttpResponse::MethodNotAllowed()
            .insert_header((header::ALLOW, "GET, HEAD"))
            .content_type("application/json")
            .body(fault::error_line("method not allowed"));
    }
    if !ui::has_build() {
        return send(ui::banner());
    }
    let path = request.path().strip_prefix("/portal/").unwrap_or_default();
    // A name with an extension is a file, everything else a page of the application.
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let path = if is_file { path } else { ui::PORTAL };
    ui::file(path, &Arrived::of(&request).head, CONTENT_SECURITY_POLICY).map_or_else(not_found, send)
}

fn send(reply: Reply) -> HttpResponse {
    let mut response = HttpResponse::build(reply.status);
    for header in reply.headers {
        response.append_header(header);
    }
    if reply.body.is_empty() { response.finish() } else { response.body(reply.body) }
}

fn not_found() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/json").body(fault::error_line("no such endpoint"))
}
