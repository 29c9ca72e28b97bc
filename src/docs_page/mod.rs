//! `/docs`: a reference page that reads `/openapi.json`. Its assets are embedded; nothing comes from elsewhere.

use actix_web::http::{
    StatusCode,
    header::{self, HeaderValue},
};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::{
    endpoints::{Answer, Call},
    http::etag,
};

/// One file of the page.
#[derive(Clone, Copy)]
pub struct Asset {
    /// Route name.
    pub name: &'static str,
    /// Where it is served.
    pub path: &'static str,
    content_type: &'static str,
    content: &'static [u8],
}

/// All files of the page.
pub const ASSETS: [Asset; 3] = [
    Asset {
        name: "docs",
        path: "/docs",
        content_type: "text/html; charset=utf-8",
        content: include_bytes!("assets/index.html"),
    },
    Asset {
        name: "docs_css",
        path: "/docs/docs.css",
        content_type: "text/css; charset=utf-8",
        content: include_bytes!("assets/docs.css"),
    },
    Asset {
        name: "docs_js",
        path: "/docs/docs.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_bytes!("assets/docs.js"),
    },
];

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                                       img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Answers with a file, or 304 to who has it.
#[must_use]
pub fn answer(asset: Asset, call: &Call) -> Answer {
    let etag = etag::strong(&Sha256::digest(asset.content).into());
    let answer = if etag::is_known(call.request.headers(), &etag) {
        Answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        let kind = HeaderValue::from_static(asset.content_type);
        Answer::bytes(StatusCode::OK, kind, Bytes::from_static(asset.content))
    };
    answer
        .header(header::ETAG, HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\"")))
        .header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
        .header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY))
}
