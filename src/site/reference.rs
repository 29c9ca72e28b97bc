//! `/docs`: the API reference, a page of the embedded build that reads `/openapi.json`. It needs neither a credential
//! nor the portal. Its files are under `/docs/`, so that it works behind a path prefix.

use actix_web::http::StatusCode;

use crate::{
    endpoints::{Answer, Call, Fault, Group, Outcome, Route, Text, answer::Body},
    ui::{self, Reply},
};

/// Content policy of the page: files of this server, nothing inline, no frames, no forms, and no framing by other
/// pages.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                                       img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; \
                                       frame-ancestors 'none'";

const ICON: &str = "favicon.svg";

const FILE: Text = Text::path("file", "Name of the file.", "docs.js");

/// Adds the page and its files.
pub(super) fn routes(group: Group) -> Group {
    group
        .route(Route::get("docs", "/docs", |call| async move { Ok(page(&call)) }))
        .route(Route::get("docs_icon", "/docs/favicon.svg", |call| async move { file(&call, ICON) }))
        .route(Route::get("docs_file", "/docs/assets/{file}", asset).takes(&FILE))
}

fn page(call: &Call) -> Answer {
    let page = if ui::has_build() { ui::file(ui::REFERENCE, &call.head, CONTENT_SECURITY_POLICY) } else { None };
    answer(page.unwrap_or_else(ui::banner))
}

async fn asset(call: Call) -> Outcome {
    let name = call.segment()?;
    let name = std::str::from_utf8(&name).map_err(|_| not_found())?;
    file(&call, &format!("assets/{name}"))
}

fn file(call: &Call, path: &str) -> Outcome {
    ui::file(path, &call.head, CONTENT_SECURITY_POLICY).map(answer).ok_or_else(not_found)
}

fn answer(reply: Reply) -> Answer {
    let body = if reply.body.is_empty() { Body::Empty } else { Body::Bytes(reply.body) };
    Answer { status: reply.status, headers: reply.headers, body }
}

fn not_found() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "no such endpoint")
}
