//! Support for tests of deliveries, on both protocols.

use std::rc::Rc;

use actix_web::{
    HttpRequest,
    body::BodySize,
    dev::Payload,
    http::{
        Method, StatusCode,
        header::{HeaderName, HeaderValue},
    },
};
use tokio_util::sync::CancellationToken;

use super::driver::{TestApp, app, worker};
use crate::{
    endpoints::{
        Body, RequestBody,
        delivery::{Delivery, FieldLine, Framing, Head, Step},
    },
    http::{
        exchange::Exchange,
        h1::worker::Worker,
        respond::{AnswerFields, AnswerHead},
        tracked::{ReplyBody, Tracked},
    },
};

/// Makes the responses of a test from the body of their request.
pub(in crate::http) type Script = Rc<dyn Fn(RequestBody) -> Delivery>;

pub(in crate::http) fn script(make: impl Fn(RequestBody) -> Delivery + 'static) -> Script {
    Rc::new(make)
}

/// Script that sends these steps.
pub(in crate::http) fn steps(steps: impl Fn() -> Vec<Step> + 'static) -> Script {
    script(move |_| Delivery::new(futures_util::stream::iter(steps())))
}

/// Worker whose responses are those of a script.
pub(in crate::http) async fn scripted(script: Script, cut: Rc<CancellationToken>) -> Rc<Worker<TestApp>> {
    let answer = async move |request: &HttpRequest, payload: Payload, mut exchange: Exchange| {
        exchange.body = RequestBody::new(payload, 1000, None);
        let body = ReplyBody::Own(Body::Delivery(script(exchange.body.clone())));
        let own = (HeaderName::from_static("x-request-id"), HeaderValue::from_static("id"));
        let head = AnswerHead {
            status: StatusCode::OK,
            fields: AnswerFields::of_route(vec![own]),
            size: BodySize::Stream,
            date: HeaderValue::from_static("today"),
            closes: false,
        };
        Tracked::new(exchange, head, body, request.method() == Method::HEAD)
    };
    worker(app(answer, cut).await)
}

pub(in crate::http) fn field(name: &'static str, value: &'static [u8]) -> FieldLine {
    FieldLine::new(name, value).unwrap()
}

/// Head without the server's own fields.
pub(in crate::http) fn bare(status: u16, framing: Framing) -> Step {
    Step::Head(Head { framing, own_fields: false, ..Head::new(status) })
}
