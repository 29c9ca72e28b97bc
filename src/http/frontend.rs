//! The frontend: the steps that every request passes, and the fields that every response carries.
//!
//! Request id → head limits → preflight → path → route → inbound chain → body limits → handler → rest of the body. Each
//! request gets exactly one access log line and is counted exactly once, however it ends.

use std::{
    panic::AssertUnwindSafe,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::BoxBody,
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform},
    http::{
        Method, StatusCode, Version,
        header::{self, HeaderValue},
    },
};
use actors::{AuthType, Authenticator, Denied, Identity};
use futures_util::{
    FutureExt as _,
    future::{LocalBoxFuture, Ready, ready},
};
use tokio_util::sync::CancellationToken;

use super::{
    OwnFields,
    app_paths::AppPaths,
    cors, date,
    exchange::{Exchange, SHUTDOWN},
    fault, page_headers,
    respond::{AnswerFields, AnswerHead},
    standing::Standing,
    tracked::{ReplyBody, Tracked, WithoutRequest, render},
};
use crate::{
    audit::Recorder,
    auth::session::{Guard, SessionOf},
    credentials::Finder,
    endpoints::{
        Access, Answer, Body, Call, Fault, Found, Origin, RequestBody, Surroundings, Table, limited, table::Mounted,
        too_large,
    },
    request::{RequestHead, is_host},
    telemetry::metrics::{Label, WorkerMetrics},
    wire::percent,
};

const MISSING: HeaderValue = HeaderValue::from_static(r#"Bearer realm="api-test""#);
const INVALID: HeaderValue = HeaderValue::from_static(r#"Bearer realm="api-test", error="invalid_token""#);
const PORTAL: HeaderValue = HeaderValue::from_static(r#"Bearer realm="api-test-portal""#);
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// Prefix of the portal API and the admin API, whose responses must not be cached.
const API: &str = "/api/";
const ONE_SECOND: HeaderValue = HeaderValue::from_static("1");

/// Limits on one request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes of target and fields together.
    pub header_bytes: u64,
    /// Most bytes of a body.
    pub body_bytes: u64,
}

/// State of a worker thread for serving requests.
pub struct Frontend {
    /// Route table.
    pub table: Arc<Table>,
    /// Authenticator of this worker.
    pub authenticator: Authenticator,
    /// Finds credentials in a request.
    pub finder: Finder,
    /// Facts about the server for handlers.
    pub surroundings: Rc<Surroundings>,
    /// Limits on one request.
    pub limits: Limits,
    /// Fields added to every response.
    pub own_fields: OwnFields,
    /// This worker's view of the metrics.
    pub metrics: Rc<WorkerMetrics>,
    /// Set when requests are recorded.
    pub recorder: Option<Arc<Recorder>>,
    /// Finds the identity of a portal session; set when the portal is on.
    pub guard: Option<Guard>,
    /// Paths that the application behind the frontend may serve.
    pub app_paths: AppPaths,
    /// Identity on routes without authentication.
    pub nobody: Arc<Identity>,
    /// Cancelled when the grace period of a stop is over. Requests without a response then get 503, and streams are cut
    /// off.
    pub cut: Rc<CancellationToken>,
}

/// Wraps an application in a [`Frontend`]. Its paths that are not in the route table go to the application.
#[derive(Clone)]
pub struct AroundApp(pub Rc<Frontend>);

impl<S> Transform<S, ServiceRequest> for AroundApp
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<Tracked>;
    type Error = Error;
    type Transform = FrontendService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, app: S) -> Self::Future {
        ready(Ok(FrontendService { frontend: Rc::clone(&self.0), app: Rc::new(app) }))
    }
}

/// A [`Frontend`] with the application behind it.
pub struct FrontendService<S> {
    frontend: Rc<Frontend>,
    app: Rc<S>,
}

impl<S> Service<ServiceRequest> for FrontendService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<Tracked>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.app.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (frontend, app) = (Rc::clone(&self.frontend), Rc::clone(&self.app));
        let (request, payload) = request.into_parts();
        Box::pin(async move { frontend.exchange(request, payload, &*app).await })
    }
}

/// Response to a request, by its source.
enum Reply {
    Own(Answer),
    /// Response of the application behind the frontend.
    OfApp(HttpResponse<BoxBody>),
}

/// A reply and its request; `None` when the application failed and did not return the request.
type Replied = (Option<HttpRequest>, Result<Reply, Fault>);

/// Identity of the caller, and the tag of the portal session, if any.
type Identified = (Arc<Identity>, Option<String>);

/// How request handling ended.
enum Outcome {
    Replied(Replied),
    Panicked,
    Cut,
}

impl Frontend {
    async fn exchange<S>(
        &self,
        request: HttpRequest,
        payload: Payload,
        app: &S,
    ) -> Result<ServiceResponse<Tracked>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    {
        let metrics = Rc::clone(&self.metrics);
        let cut = Rc::clone(&self.cut);
        let mut exchange = Exchange::begin(&request, Arc::clone(&self.table), metrics, self.recorder.as_ref(), cut);
        exchange.mask(&self.finder);
        let (version, is_head) = (exchange.head.version(), exchange.head.method() == Method::HEAD);
        let for_app = self.is_for_app(&exchange);
        // The application needs the only reference to the request, so it is not cloned then.
        let kept = (!for_app).then(|| request.clone());
        // The only place that catches panics of request handling.
        let replying = AssertUnwindSafe(async {
            if for_app {
                self.ask_app(&mut exchange, request, payload, app).await
            } else {
                (Some(request), self.reply(&mut exchange, payload).await.map(Reply::Own))
            }
        })
        .catch_unwind();
        let outcome = tokio::select! {
            biased;
            replied = replying => replied.map_or(Outcome::Panicked, Outcome::Replied),
            () = self.cut.cancelled() => Outcome::Cut,
        };
        let closes = !matches!(outcome, Outcome::Replied(_));
        let (request, reply) = match outcome {
            Outcome::Replied(replied) => replied,
            Outcome::Panicked => (kept, Err(panicked(&mut exchange))),
            Outcome::Cut => (kept, Err(stopped(&mut exchange))),
        };
        let reply = reply.unwrap_or_else(|fault| Reply::Own(render(&mut exchange, fault)));
        let (status, fields, body) = match reply {
            Reply::Own(Answer { status, headers, body }) => {
                (status, AnswerFields::of_route(headers), ReplyBody::Own(body))
            }
            Reply::OfApp(response) => {
                let (response, body) = response.into_parts();
                (response.status(), AnswerFields::sorted(response.headers()), ReplyBody::OfApp(body))
            }
        };
        let size = body.size(status);
        let closes = closes || asks_for_tunnel(&exchange.head);
        let fields = self.complete(fields, &exchange);
        let head = AnswerHead { status, fields, size, date: date::now(), closes };
        if !matches!(body, ReplyBody::Own(Body::Delivery(_))) {
            exchange.answered(&head, version);
        }
        let answer = Tracked::new(exchange, head, body, is_head);
        let Some(request) = request else { return Err(WithoutRequest::new(answer).into()) };
        Ok(ServiceResponse::new(request, HttpResponse::with_body(status, answer)))
    }

    /// Adds the server's own fields to those of a response.
    fn complete(&self, mut fields: AnswerFields, exchange: &Exchange) -> AnswerFields {
        self.own_fields.add(&mut fields, &exchange.request_id);
        if self.is_for_people(exchange.label.get()) {
            page_headers::add(&mut fields, self.surroundings.tls);
        }
        if exchange.target.path().starts_with(API) {
            fields.set_default(header::CACHE_CONTROL, NO_STORE);
        }
        fields
    }

    /// Returns true when the application behind the frontend serves the request.
    fn is_for_app(&self, exchange: &Exchange) -> bool {
        let path = exchange.target.path();
        self.app_paths.contain(path) && matches!(self.table.find(exchange.head.method(), path), Found::Nothing)
    }

    /// Calls the application behind the frontend.
    async fn ask_app<S>(&self, exchange: &mut Exchange, request: HttpRequest, payload: Payload, app: &S) -> Replied
    where
        S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    {
        match self.check(exchange) {
            Ok(None) => {}
            Ok(Some(answer)) => return (Some(request), Ok(Reply::Own(answer))),
            Err(fault) => return (Some(request), Err(fault)),
        }
        exchange.label.set(Label::Portal);
        if let Some(length) = announced(&exchange.head).filter(|length| *length > self.limits.body_bytes) {
            log::debug!(length = length; "request body refused");
            return (Some(request), Err(too_large(self.limits.body_bytes)));
        }
        let payload = limited(payload, self.limits.body_bytes);
        match app.call(ServiceRequest::from_parts(request, payload)).await {
            Ok(response) => {
                let (request, response) = response.into_parts();
                (Some(request), Ok(Reply::OfApp(response)))
            }
            Err(error) => {
                log::error!(error:% = error; "request failed");
                (None, Err(fault::internal()))
            }
        }
    }

    /// Checks the head. Returns a response when the request is a CORS preflight.
    fn check(&self, exchange: &Exchange) -> Result<Option<Answer>, Fault> {
        if exchange.head.version() == Version::HTTP_2 {
            // On HTTP/1 the connection has already checked them.
            self.check_size(&exchange.head)?;
            check_host(&exchange.head)?;
        }
        if self.own_fields.cors && cors::is_preflight(&exchange.head) {
            exchange.label.set(Label::Preflight);
            return Ok(Some(Answer::empty(StatusCode::NO_CONTENT)));
        }
        Ok(None)
    }

    async fn reply(&self, exchange: &mut Exchange, payload: Payload) -> Result<Answer, Fault> {
        if let Some(answer) = self.check(exchange)? {
            return Ok(answer);
        }
        let path = exchange.target.path();
        match self.table.find(exchange.head.method(), path) {
            Found::Route(index, segments) => {
                exchange.label.set(Label::Route(index));
                let mounted = self.table.route(index);
                // Only a path parameter can contain a malformed escape: the rest of the path matches the route
                // literally. A route that takes any path decodes what it needs.
                if !mounted.route.takes_rest {
                    percent::check_path(path).map_err(|_| Fault::bad_request("malformed path"))?;
                }
                // Before authentication, so that the body goes on record even when the request is refused.
                let body = self.body(payload, exchange);
                let identified = match self.identify(mounted, exchange).await {
                    Ok(identified) => identified,
                    Err(denied) => return Err(at_once(exchange, denied).await),
                };
                let standing = self.standing(mounted, exchange);
                let body = body?;
                let facts = exchange.facts.clone();
                let origin = Origin { request_id: exchange.request_id.clone(), facts };
                let around = (Rc::clone(&self.surroundings), origin);
                let asked = (exchange.head.clone(), exchange.target.clone());
                let call = Call::new(asked, identified, body.clone(), around, segments, exchange.parting());
                let handler = (mounted.route.handler)(call);
                let outcome = match &standing {
                    None => Some(handler.await),
                    Some(standing) => standing.while_good(handler).await,
                };
                let answer = finish(&body, outcome.unwrap_or_else(|| Err(unauthorized()))).await?;
                Ok(match standing {
                    Some(standing) => standing.watch(answer),
                    None => answer,
                })
            }
            Found::OtherMethods(allow, index) => {
                let body = self.body(payload, exchange)?;
                match self.other_method(exchange, allow, index) {
                    Ok(answer) => finish(&body, Ok(answer)).await,
                    Err(fault) => Err(at_once(exchange, fault).await),
                }
            }
            Found::Nothing => {
                self.body(payload, exchange)?;
                Err(at_once(exchange, Fault::new(StatusCode::NOT_FOUND, "no such endpoint")).await)
            }
        }
    }

    /// Returns true for pages and for the APIs that pages use.
    fn is_for_people(&self, label: Label) -> bool {
        match label {
            Label::Portal => true,
            Label::Route(index) => {
                let path = self.table.route(index).route.path;
                path.starts_with(API) || path.starts_with("/docs")
            }
            Label::Preflight | Label::Unmatched => false,
        }
    }

    /// Refuses a head that is larger than `server.max_header_bytes`.
    fn check_size(&self, head: &RequestHead) -> Result<(), Fault> {
        const LINE_EXTRA: usize = ": \r\n".len();
        let fields: usize = head.fields().map(|(name, value)| name.len() + value.len() + LINE_EXTRA).sum();
        if (head.target().len() + fields) as u64 > self.limits.header_bytes {
            return Err(Fault::new(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                format!("request headers exceed max {} bytes", self.limits.header_bytes),
            ));
        }
        Ok(())
    }

    /// Returns the identity of the caller, and the tag of the portal session, if any.
    async fn identify(&self, mounted: &Mounted, exchange: &mut Exchange) -> Result<Identified, Fault> {
        if mounted.access == Access::Site {
            return Ok((Arc::clone(&self.nobody), None));
        }
        let credentials = self.finder.find(&exchange.head, exchange.target.query());
        if mounted.access == Access::Portal
            && credentials.is_empty()
            && exchange.origin.is_none()
            && let Some(guard) = &self.guard
            && let Some(SessionOf { identity, tag }) = guard.who(&exchange.head, &exchange.target).await?
        {
            exchange.identity = Some(Arc::clone(&identity));
            return Ok((identity, Some(tag)));
        }
        let identified = match &exchange.origin {
            // A request that the server sends itself has its sender's identity, unless it carries a credential.
            Some(origin) if credentials.is_empty() => Ok(Arc::clone(&origin.identity)),
            _ => self.authenticator.identify(credentials).await,
        };
        let identity = match (mounted.access, identified) {
            (Access::Portal, Err(Denied::Missing | Denied::Invalid)) => return Err(unauthorized()),
            (Access::Portal, Ok(identity)) if identity.auth_type == AuthType::Anonymous => return Err(unauthorized()),
            (_, identified) => identified.map_err(denied)?,
        };
        exchange.identity = Some(Arc::clone(&identity));
        Ok((identity, None))
    }

    /// Returns a watch on the credential of a portal API request: responses may stream for a long time.
    fn standing(&self, mounted: &Mounted, exchange: &Exchange) -> Option<Standing> {
        if mounted.access != Access::Portal {
            return None;
        }
        let credentials = self.finder.find(&exchange.head, exchange.target.query());
        match &self.guard {
            Some(guard) if credentials.is_empty() => {
                guard.session(&exchange.head).map(|session| Standing::of_session(guard.clone(), session))
            }
            _ => Some(Standing::of_credentials(self.authenticator.clone(), credentials)),
        }
    }

    /// Wraps the body. Refuses one whose `Content-Length` is too large before any of it is read.
    fn body(&self, payload: Payload, exchange: &mut Exchange) -> Result<RequestBody, Fault> {
        if matches!(payload, Payload::None) || asks_for_tunnel(&exchange.head) {
            return Ok(RequestBody::none());
        }
        let max = self.limits.body_bytes;
        let kept = exchange.capture.as_ref().map(|capture| capture.request_body());
        exchange.body = RequestBody::new(payload, max, kept);
        match announced(&exchange.head) {
            Some(length) if length > max => Err(too_large(max)),
            _ => Ok(exchange.body.clone()),
        }
    }

    fn other_method(&self, exchange: &Exchange, allow: HeaderValue, index: usize) -> Result<Answer, Fault> {
        if exchange.head.method() == Method::OPTIONS {
            return Ok(Answer::empty(StatusCode::NO_CONTENT).header(header::ALLOW, allow));
        }
        let mut fault = Fault::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed").header(header::ALLOW, allow);
        fault.plain = self.table.route(index).route.plain_method_not_allowed;
        Err(fault)
    }
}

/// Refuses a malformed `Host` (RFC 9112, section 3.2): links are built from it, and the audit trail can be searched by
/// it.
fn check_host(head: &RequestHead) -> Result<(), Fault> {
    match head.get("host") {
        Some(host) if !is_host(host) => Err(Fault::bad_request("malformed Host header")),
        _ => Ok(()),
    }
}

/// Returns true for CONNECT and for an upgrade to WebSocket. Bytes after the head are then another protocol, not a
/// body: they are not read, and the connection is closed after the response.
fn asks_for_tunnel(head: &RequestHead) -> bool {
    let websocket = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"websocket");
    head.method() == Method::CONNECT || head.get("upgrade").is_some_and(websocket)
}

/// Reads the rest of the body, so that the connection stays usable. A body that does not arrive in time gets 408. The
/// steps of a delivery decide themselves.
async fn finish(body: &RequestBody, outcome: Result<Answer, Fault>) -> Result<Answer, Fault> {
    match outcome {
        Ok(Answer { body: Body::Delivery(_), .. }) => outcome,
        outcome => body.read(0).await.and(outcome),
    }
}

/// Returns `refusal` without waiting for the body. Only for a request that the server sends itself the body is read
/// first, for the audit trail: it is complete in memory and can't be read after the response.
async fn at_once(exchange: &Exchange, refusal: Fault) -> Fault {
    if exchange.origin.is_some() {
        let body = exchange.body.clone();
        let _ = body.read(0).await;
    }
    refusal
}

/// Returns the value of `Content-Length`.
fn announced(head: &RequestHead) -> Option<u64> {
    std::str::from_utf8(head.get("content-length")?).ok()?.trim().parse().ok()
}

fn panicked(exchange: &mut Exchange) -> Fault {
    exchange.category = Some("panic");
    let request_id = exchange.logged_id();
    log::error!(route = exchange.route_name(), request_id = request_id; "panic; the request is answered with 500");
    fault::internal()
}

fn stopped(exchange: &mut Exchange) -> Fault {
    exchange.category = Some(SHUTDOWN);
    fault::stopping()
}

fn denied(denied: Denied) -> Fault {
    let unavailable =
        |message| Fault::new(StatusCode::SERVICE_UNAVAILABLE, message).header(header::RETRY_AFTER, ONE_SECOND);
    match denied {
        Denied::Missing => {
            Fault::new(StatusCode::UNAUTHORIZED, "missing credential").header(header::WWW_AUTHENTICATE, MISSING)
        }
        Denied::Invalid => {
            Fault::new(StatusCode::UNAUTHORIZED, "invalid credential").header(header::WWW_AUTHENTICATE, INVALID)
        }
        Denied::Overloaded => unavailable("authenticator overloaded"),
        Denied::TimedOut => unavailable("authenticator timed out"),
        Denied::Unavailable => unavailable("credential can't be checked now"),
        Denied::Crashed => unavailable("authenticator restarted"),
    }
}

/// Refuses a portal request without saying what was wrong with the credential.
fn unauthorized() -> Fault {
    Fault::new(StatusCode::UNAUTHORIZED, "unauthorized").header(header::WWW_AUTHENTICATE, PORTAL)
}

/// Returns 404 for paths that no service of the application serves.
pub(super) async fn no_such_endpoint() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/json").body(fault::error_line("no such endpoint"))
}
