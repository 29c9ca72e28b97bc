//! Conversion of a head to the application's request type.

use std::rc::Rc;

use actix_http::Request;
use actix_web::{
    HttpMessage as _,
    dev::Payload,
    http::{
        Uri,
        header::{HeaderName, HeaderValue},
        uri::{Authority, Scheme},
    },
};

use crate::{
    http::AppPaths,
    request::{Arrived, RequestFacts, RequestHead, Target},
};

/// Creates the application's request. Handlers of the route table read the head from its extensions. Requests to other
/// services also get a [`Uri`] and a header map.
pub(in crate::http) fn of(
    head: RequestHead,
    payload: Payload,
    facts: Rc<RequestFacts>,
    app_paths: &AppPaths,
) -> Request {
    let mut request = Request::with_payload(payload);
    let parts = request.head_mut();
    // Requests are pooled and keep old values, so every part is set.
    parts.uri = Uri::default();
    parts.peer_addr = facts.connection.peer();
    let arrived = Arrived::new(head, Some(facts));
    let Arrived { head, target, .. } = &arrived;
    parts.method = head.method().clone();
    parts.version = head.version();
    if app_paths.contain(target.path()) {
        parts.uri = uri(head, target);
        for (name, value) in head.fields() {
            // A parsed field always converts.
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                parts.headers.append(name, value);
            }
        }
    }
    request.extensions_mut().insert(arrived);
    request
}

/// Returns the target as a [`Uri`], on HTTP/2 with its authority. A target that is not a valid [`Uri`], or too long for
/// one, becomes `/`: it is no page either.
fn uri(head: &RequestHead, target: &Target) -> Uri {
    let uri: Uri = target.path_and_query().parse().unwrap_or_default();
    let authority = head.get(":authority").and_then(|authority| Authority::try_from(authority).ok());
    let scheme = head.get(":scheme").and_then(|scheme| Scheme::try_from(scheme).ok());
    if authority.is_none() || scheme.is_none() {
        return uri;
    }
    let mut parts = uri.clone().into_parts();
    (parts.scheme, parts.authority) = (scheme, authority);
    Uri::from_parts(parts).unwrap_or(uri)
}
