//! The connection over an in-memory socket. Its output is the same however the client's bytes arrive, and however
//! slowly the client reads.

use std::{rc::Rc, sync::Arc, time::Duration};

use actix_http::Request;
use actix_service::{
    Service, ServiceFactory as _,
    boxed::{BoxService, service},
    map_config,
};
use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    dev::{AppConfig, Payload, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header::HeaderValue},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use memchr::memmem;
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split},
    task::{LocalSet, yield_now},
};
use tokio_util::sync::CancellationToken;

use super::{LIMITS, cuts, matrix};
use crate::{
    endpoints::{Body, Table, answer::CutShort},
    http::{
        AppPaths, OwnFields,
        connection_log::ConnectionLog,
        exchange::Exchange,
        h1::{
            connection::{Connection, End},
            refuse::Refusals,
            rule::Rule,
            worker::{ConnectionSettings, Worker},
        },
        respond::{AnswerFields, AnswerHead},
        socket::Socket,
        stop::Stop,
        tracked::{ReplyBody, Tracked},
    },
    request::ConnectionFacts,
    telemetry::metrics::Metrics,
};

/// Returns the response to a request. The path decides its body: in memory, streaming, or streaming and cut short.
async fn answer(request: &HttpRequest, mut payload: Payload, exchange: Exchange) -> Tracked {
    let (mut body, mut fault) = (Vec::new(), None);
    while let Some(piece) = payload.next().await {
        match piece {
            Ok(piece) => body.extend_from_slice(&piece),
            Err(error) => fault = Some(error.to_string()),
        }
        if fault.is_some() {
            break;
        }
    }
    let path = exchange.target.path().to_owned();
    let told = format!("{} {path} {}", request.method(), String::from_utf8_lossy(&body));
    let pieces = |cut: bool| {
        let pieces: Vec<_> = told.as_bytes().chunks(5).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let end = cut.then(|| Err(CutShort("on purpose".to_owned())));
        Body::Stream(Box::pin(stream::iter(pieces.into_iter().chain(end))), None)
    };
    let (status, body) = match (fault, path.as_str()) {
        (Some(fault), _) => (StatusCode::BAD_REQUEST, Body::Bytes(fault.into())),
        (None, "/") => (StatusCode::OK, Body::Bytes(told.clone().into())),
        (None, "/b") => (StatusCode::OK, pieces(false)),
        (None, "/cut") => (StatusCode::OK, pieces(true)),
        (None, _) => (StatusCode::NO_CONTENT, Body::Empty),
    };
    let body = ReplyBody::Own(body);
    let head = AnswerHead {
        status,
        fields: AnswerFields::default(),
        size: body.size(status),
        date: HeaderValue::from_static("today"),
        closes: status == StatusCode::BAD_REQUEST,
    };
    Tracked::new(exchange, head, body, request.method() == Method::HEAD)
}

pub(in crate::http) type TestApp = BoxService<Request, ServiceResponse<Tracked>, Error>;

/// Application whose responses `answer` makes. With `cut`, the server cuts them off.
pub(super) async fn app<A>(answer: A, cut: Rc<CancellationToken>) -> TestApp
where
    A: AsyncFn(&HttpRequest, Payload, Exchange) -> Tracked + Clone + 'static,
{
    let table = Arc::new(Table::build(Vec::new()).unwrap());
    let metrics = Metrics::new().unwrap().for_worker();
    let app = App::new().wrap_fn(move |request: ServiceRequest, _| {
        let (table, metrics, cut, answer) = (Arc::clone(&table), Rc::clone(&metrics), Rc::clone(&cut), answer.clone());
        async move {
            let (request, payload) = request.into_parts();
            let exchange = Exchange::begin(&request, table, metrics, None, cut);
            let answer = answer(&request, payload, exchange).await;
            Ok(ServiceResponse::new(request, HttpResponse::with_body(answer.head().status, answer)))
        }
    });
    service(map_config(app, |()| AppConfig::default()).new_service(()).await.unwrap())
}

pub(super) const SETTINGS: ConnectionSettings = ConnectionSettings {
    head: LIMITS,
    read_header_timeout: Duration::from_secs(10),
    body_timeout: Duration::from_secs(60),
    write_timeout: Duration::from_secs(60),
    keep_alive: Duration::from_secs(75),
    max_requests: 0,
    answer_half_closed: false,
    refuse_unknown_expect: false,
};

/// Returns what a client receives after sending `bytes` in pieces of `piece`, over a socket that holds `capacity` bytes
/// each way. Omits what depends on timing: `Date`, and whether a body arrives before it is asked for.
pub(super) async fn talk<S>(worker: &Rc<Worker<S>>, bytes: &[u8], piece: usize, capacity: usize) -> String
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error>,
{
    let (client, server) = duplex(capacity);
    let log = ConnectionLog::new(Rc::new(ConnectionFacts::new(None, None)), None, Rc::clone(&worker.stop));
    let serving = async {
        match Connection::new(Rc::clone(worker), Socket::Memory(server), log).serve().await {
            End::Closed => "",
            End::Http2(..) => "to HTTP/2",
        }
    };
    let (mut reader, mut writer) = split(client);
    let writing = async {
        for piece in bytes.chunks(piece) {
            if writer.write_all(piece).await.is_err() {
                break;
            }
            yield_now().await;
        }
    };
    let reading = async {
        let mut received = Vec::new();
        while reader.read_buf(&mut received).await.unwrap() > 0 {
            assert!(received.len() < 1 << 20, "an answer without end: {}", received[..1000].escape_ascii());
        }
        received
    };
    let (end, (), received) = tokio::join!(serving, writing, reading);
    let mut text = String::from_utf8_lossy(&received).replace("HTTP/1.1 100 Continue\r\n\r\n", "");
    while let Some(start) = memmem::find(text.as_bytes(), b"\r\nDate: ") {
        let length = memmem::find(&text.as_bytes()[start + 2..], b"\r\n").unwrap();
        text.replace_range(start..start + 2 + length, "");
    }
    text + end
}

/// Returns a worker for an application.
pub(super) fn worker(app: TestApp) -> Rc<Worker<TestApp>> {
    let refusals = Refusals::new(Metrics::new().unwrap(), None, OwnFields { cors: false, request_id: false });
    let stop = Rc::new(Stop::default());
    Rc::new(Worker { app, app_paths: AppPaths::default(), settings: SETTINGS, refusals, stop })
}

/// Runs `test` with paused time, which advances when nothing else can run.
pub(in crate::http) fn in_paused_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, test)
}

/// Runs `test` with a worker, in paused time.
fn with_worker<T>(test: impl AsyncFnOnce(Rc<Worker<TestApp>>) -> T) -> T {
    in_paused_time(async { test(worker(app(answer, Rc::default()).await)).await })
}

#[test]
fn each_case_of_the_matrix_is_answered_alike_however_it_arrives() {
    with_worker(async |worker| {
        for (bytes, outcome) in matrix::cases() {
            let whole = talk(&worker, &bytes, usize::MAX, 1 << 20).await;
            for (piece, capacity) in [(1, 1 << 20), (usize::MAX, 1), (1, 1), (7, 3)] {
                let told = talk(&worker, &bytes, piece, capacity).await;
                assert_eq!(told, whole, "{}: {piece} at a time, {capacity} in the socket", bytes.escape_ascii());
            }
            let rule = outcome.rsplit(' ').next().and_then(|last| last.split_once('@')).map(|(rule, _)| rule);
            if let Some(rule) = Rule::ALL.iter().find(|known| Some(known.name()) == rule) {
                let refused = whole.rfind("HTTP/1.1 ").map(|at| &whole[at + 9..at + 12]);
                assert_eq!(refused, Some(rule.status().to_string().as_str()), "{}: {whole}", bytes.escape_ascii());
            }
        }
    });
}

#[test]
fn a_body_that_streams_ends_once_and_a_cut_one_never() {
    with_worker(async |worker| {
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes();
        for capacity in [1, 2, 3, 5, 1 << 20] {
            let twice = [get("/b"), get("/b")].concat();
            let told = talk(&worker, &twice, usize::MAX, capacity).await;
            assert_eq!(told.matches("\r\n0\r\n\r\n").count(), 2, "{capacity}: {told}");
            let told = talk(&worker, &get("/cut"), usize::MAX, capacity).await;
            assert!(told.ends_with("\r\ncut \r\n"), "{capacity}: {told}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_answered_alike_however_they_arrive(
        bytes in cuts::connection(),
        piece in 1_usize..9,
        capacity in 1_usize..40,
    ) {
        let (whole, told) = with_worker(async |worker| {
            (talk(&worker, &bytes, usize::MAX, 1 << 20).await, talk(&worker, &bytes, piece, capacity).await)
        });
        prop_assert_eq!(told, whole);
    }
}
