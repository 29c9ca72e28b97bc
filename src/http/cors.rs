//! Permissive CORS on every response (Fetch standard, section 3.3).

use actix_web::http::{
    Method,
    header::{self, HeaderName, HeaderValue},
};

use crate::request::RequestHead;

static FIELDS: [(HeaderName, HeaderValue); 5] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Authorization, Content-Type, X-API-Key, X-Request-Id"),
    ),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("X-Request-Id")),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
];

/// The fields as they stand in a head.
pub(super) const LINES: &[u8] = b"Access-Control-Allow-Origin: *\r\n\
    Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS\r\n\
    Access-Control-Allow-Headers: Authorization, Content-Type, X-API-Key, X-Request-Id\r\n\
    Access-Control-Expose-Headers: X-Request-Id\r\n\
    Access-Control-Max-Age: 600\r\n";

/// The CORS fields, in order.
pub(super) fn fields() -> &'static [(HeaderName, HeaderValue)] {
    &FIELDS
}

/// True for the name of one of them.
pub(super) fn is_cors(name: &HeaderName) -> bool {
    name.as_str().starts_with("access-control-") && FIELDS.iter().any(|(known, _)| known == name)
}

/// Returns true for a preflight: OPTIONS with `Access-Control-Request-Method`. Any other OPTIONS is an ordinary
/// request.
#[must_use]
pub(super) fn is_preflight(head: &RequestHead) -> bool {
    head.method() == Method::OPTIONS && head.get("access-control-request-method").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::header_name;

    #[test]
    fn lines_and_fields_say_the_same() {
        let mut lines = Vec::new();
        for (name, value) in fields() {
            header_name::push_canonical_bytes(&mut lines, name.as_str().as_bytes());
            lines.extend_from_slice(&[b": ", value.as_bytes(), b"\r\n"].concat());
        }
        assert_eq!(String::from_utf8_lossy(&lines), String::from_utf8_lossy(LINES));
    }
}
