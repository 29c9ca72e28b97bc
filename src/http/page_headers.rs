//! Security headers for the pages and their API: `/portal/…`, `/docs`. Responses under `/v1/` have none of them: their
//! bytes are exact, and they contain nothing that a browser would run.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use super::respond::AnswerFields;

/// A header that the page itself sets stays. This policy is for errors, redirects and JSON.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    // For browsers without support for frame-ancestors.
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// One year, for this host alone, because other servers of the domain are not ours (RFC 6797, section 6.1).
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers. `tls`: this server encrypts the connection; otherwise browsers must ignore `HTTPS_ONLY`.
pub(super) fn add(fields: &mut AnswerFields, tls: bool) {
    for (name, value) in HEADERS {
        fields.set_default(name, value);
    }
    if tls {
        fields.set(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
}
