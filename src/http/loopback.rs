//! Internal requests: the portal's Try-It form and replays pass the same frontend as external ones, without a socket.

use std::{
    cell::{Cell, RefCell},
    fmt, iter,
    pin::pin,
    rc::{Rc, Weak},
};

use actix_http::{BoxedPayloadStream, Request};
use actix_service::{Service, ServiceFactory as _, map_config};
use actix_web::{
    App, Error, HttpMessage as _,
    body::MessageBody,
    dev::{AppConfig, Payload, ServiceResponse},
    http::{StatusCode, Uri, Version, header},
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::{future::LocalBoxFuture, stream};

use super::{
    frontend::{self, AroundApp, Frontend},
    tracked::Tracked,
    unsent::{self, Unsent},
};
use crate::{
    audit::Origin,
    endpoints::{Fault, InnerAnswer, InnerRequest, Loopback},
    request::{Arrived, RequestHead},
};

/// Sends requests to the frontend of this worker thread.
#[derive(Default)]
pub struct FrontendLoopback {
    frontend: Weak<Frontend>,
    service: RefCell<Option<InnerService>>,
}

type InnerService = Rc<dyn Fn(Request) -> LocalBoxFuture<'static, Result<ServiceResponse<Tracked>, Error>>>;

impl fmt::Debug for FrontendLoopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrontendLoopback")
    }
}

impl FrontendLoopback {
    /// Creates a loopback that sends to `frontend`.
    #[must_use]
    pub fn to(frontend: Weak<Frontend>) -> Self {
        Self { frontend, service: RefCell::default() }
    }

    async fn answer(&self, inner: InnerRequest) -> Result<InnerAnswer, Fault> {
        let InnerRequest { method, target, host, headers, body, identity, source, session_id, replayed_from, keep } =
            inner;
        if !is_path(&target) {
            return Err(Fault::bad_request(
                "malformed target: it starts with a slash and contains no space or control",
            ));
        }
        let service = self.service().await?;
        let length = body.len();
        let payload = if body.is_empty() {
            Payload::None
        } else {
            let payload: BoxedPayloadStream = Box::pin(stream::once(async { Ok(body) }));
            Payload::Stream { payload }
        };
        let mut request = Request::with_payload(payload);
        // Requests are pooled and keep old values, so every part is set.
        let parts = request.head_mut();
        (parts.method, parts.uri, parts.version, parts.peer_addr) =
            (method.clone(), Uri::default(), Version::HTTP_11, None);
        let host = Some(host.as_str()).filter(|host| !host.is_empty()).unwrap_or("localhost");
        let length = (length > 0).then(|| length.to_string());
        let length = length.as_ref().map(|length| (header::CONTENT_LENGTH.as_str().as_bytes(), length.as_bytes()));
        let kept = headers
            .iter()
            .filter(|(name, _)| *name != header::HOST && !(length.is_some() && *name == header::CONTENT_LENGTH));
        let fields = iter::once((header::HOST.as_str().as_bytes(), host.as_bytes()))
            .chain(kept.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())))
            .chain(length);
        let head = RequestHead::new(method, target.as_bytes(), Version::HTTP_11, fields);
        request.extensions_mut().insert(Arrived::new(head, None));
        let origin = Rc::new(Origin { identity, source, session_id, replayed_from, event_id: Cell::new(None) });
        request.extensions_mut().insert(Rc::clone(&origin));
        let answer = service(request).await.map_err(|_| internal())?;
        let mut answer = answer.into_parts().1.into_body();
        if answer.is_delivery() {
            match unsent::execute(answer, keep).await {
                Ok(Unsent { status, fields: mut headers, body, truncated }) => {
                    let status = status.ok_or_else(|| Fault::new(StatusCode::BAD_GATEWAY, "the answer has no head"))?;
                    headers.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
                    return Ok(InnerAnswer { status, headers, body, truncated, event_id: origin.event_id.get() });
                }
                Err(instead) => answer = *instead,
            }
        }
        let head = answer.head();
        let status = head.status;
        let mut headers: Vec<_> = head.fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        headers.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        let (body, truncated) = collect(answer, keep).await;
        Ok(InnerAnswer { status, headers, body, truncated, event_id: origin.event_id.get() })
    }

    async fn service(&self) -> Result<InnerService, Fault> {
        if let Some(service) = &*self.service.borrow() {
            return Ok(Rc::clone(service));
        }
        let frontend = self.frontend.upgrade().ok_or_else(internal)?;
        let app = App::new().default_service(web::route().to(frontend::no_such_endpoint)).wrap(AroundApp(frontend));
        let service = map_config(app, |()| AppConfig::default()).new_service(()).await.map_err(|()| internal())?;
        let service: InnerService = Rc::new(move |request| Box::pin(service.call(request)));
        self.service.replace(Some(Rc::clone(&service)));
        Ok(service)
    }
}

impl Loopback for FrontendLoopback {
    fn send(&self, request: InnerRequest) -> LocalBoxFuture<'_, Result<InnerAnswer, Fault>> {
        Box::pin(self.answer(request))
    }
}

/// Returns true for a path with an optional query, as a client can send it (RFC 9112, section 3.2.1). Bytes outside ASCII
/// and those that a URI has to encode pass, as they do on a connection.
fn is_path(target: &str) -> bool {
    target.starts_with('/') && !target.bytes().any(|byte| byte <= b' ' || byte == 0x7F)
}

fn internal() -> Fault {
    Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
}

/// Reads a body to its end and keeps its first bytes.
async fn collect(body: Tracked, keep: usize) -> (Bytes, bool) {
    let mut body = pin!(body);
    let (mut kept, mut truncated) = (BytesMut::new(), false);
    while let Some(Ok(chunk)) = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await {
        let take = chunk.len().min(keep - kept.len());
        kept.extend_from_slice(&chunk[..take]);
        truncated |= take < chunk.len();
    }
    (kept.freeze(), truncated)
}
