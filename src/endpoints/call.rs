//! Request as a handler sees it.

use std::{borrow::Cow, rc::Rc, sync::Arc};

use actix_web::http::{Method, header::HeaderValue};
use actors::Identity;
use bytes::Bytes;

use super::{Fault, Loopback, RequestBody, Segments};
use crate::{
    audit::{Parting, Redactor},
    request::{RequestFacts, RequestHead, Target},
    script::Attempts,
    wire::Query,
};

/// Where a call comes from.
#[derive(Debug)]
pub struct Origin {
    /// Request id, sent or made up.
    pub request_id: HeaderValue,
    /// Facts below HTTP; `None` for requests that the server sends itself.
    pub facts: Option<Rc<RequestFacts>>,
}

/// Facts shared by all calls of a worker.
#[derive(Debug)]
pub struct Surroundings {
    /// Redactor of secret values.
    pub redactor: Arc<Redactor>,
    /// True when the server itself terminates TLS.
    pub tls: bool,
    /// Sends internal requests.
    pub loopback: Box<dyn Loopback>,
    /// Counts attempts of scripts.
    pub attempts: Arc<dyn Attempts>,
    /// Name of the portal's session cookie; `None` when the portal is off.
    pub portal_cookie: Option<String>,
}

/// Request on its way through a handler.
pub struct Call {
    /// Request head.
    pub head: RequestHead,
    /// Its target.
    pub target: Target,
    /// Identifies the caller's portal session without revealing its id.
    pub session_tag: Option<String>,
    /// Identity of the caller. Anonymous on routes outside the inbound chain.
    pub identity: Arc<Identity>,
    /// Request body, not yet read.
    pub body: RequestBody,
    /// Facts about this server.
    pub surroundings: Rc<Surroundings>,
    /// Where the request comes from.
    pub origin: Origin,
    segments: Segments,
    parting: Option<Parting>,
}

impl Call {
    /// Creates a call from what the frontend knows. `segments` are the positions of path parameters in the raw path;
    /// `parting` is present when the request is recorded.
    #[must_use]
    pub fn new(
        (head, target): (RequestHead, Target),
        (identity, session_tag): (Arc<Identity>, Option<String>),
        body: RequestBody,
        (surroundings, origin): (Rc<Surroundings>, Origin),
        segments: Segments,
        parting: Option<Parting>,
    ) -> Self {
        Self { head, target, session_tag, identity, body, surroundings, origin, segments, parting }
    }

    /// Sets the response body to record in case the client closes before there is a response.
    pub fn if_client_leaves(&self, word: impl FnOnce() -> Bytes + 'static) {
        if let Some(parting) = &self.parting {
            parting.leave(word);
        }
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.head.method()
    }

    /// Returns the path as received.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.path()
    }

    /// Returns the query string.
    #[must_use]
    pub fn query(&self) -> Query<'_> {
        Query::parse(self.target.query().unwrap_or_default())
    }

    /// Returns the first path parameter, percent-decoded.
    ///
    /// # Errors
    /// 400 `malformed path` for an invalid escape.
    pub fn segment(&self) -> Result<Cow<'_, [u8]>, Fault> {
        decode(self.segments.first(self.path()))
    }

    /// Returns the path parameter `name`, percent-decoded.
    ///
    /// # Errors
    /// 400 `malformed path` for an invalid escape.
    pub fn segment_named(&self, name: &str) -> Result<Cow<'_, [u8]>, Fault> {
        decode(self.segments.named(name, self.path()))
    }

    /// Returns scheme, host and path of the request, for links to itself.
    #[must_use]
    pub fn own_url(&self) -> String {
        let scheme = if self.surroundings.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host(), self.path())
    }

    /// Returns the host (and port) by which the caller reached the server. A host in the target takes precedence over
    /// `Host` (RFC 9112, section 3.2.2).
    #[must_use]
    pub fn host(&self) -> &str {
        let in_header = || self.head.get("host").and_then(|host| std::str::from_utf8(host).ok());
        self.target.host().or_else(in_header).filter(|host| !host.is_empty()).unwrap_or("localhost")
    }
}

fn decode(raw: &str) -> Result<Cow<'_, [u8]>, Fault> {
    crate::wire::percent::decode_path(raw).map_err(|_| Fault::bad_request("malformed path"))
}
