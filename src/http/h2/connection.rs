//! One HTTP/2 connection, from its preface to its end.

use std::{
    future::{Future as _, poll_fn},
    io,
    pin::pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use actix_http::Request;
use actix_service::Service;
use actix_web::{Error, dev::ServiceResponse};
use actors::audit::Text;
use bytes::Bytes;
use h2::{RecvStream, server};
use tokio::task::JoinSet;

use super::{
    control::{Control, Wish},
    frames::Watched,
    stream::Stream,
};
use crate::{
    http::{connection_log::ConnectionLog, deadline::Deadline, h1::worker::Worker, socket::Socket, tracked::Tracked},
    request::EndedBy,
};

/// Most concurrent streams. The library also limits streams that are reset before they are served (rapid reset).
const STREAMS_MAX: u32 = 250;
/// Size of a field section above which the library refuses it, counted as in RFC 9113, section 6.5.2. It sends a bare
/// 431, or closes the connection when the section is far larger. Above [`FIELDS_MAX`](super::stream::FIELDS_MAX) this
/// server sends its own response.
const HEADER_LIST_MAX: u32 = 256 * 1024;
/// Flow-control windows, in bytes: of a stream, and of the connection.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Most bytes of a response that are buffered for the socket, per stream.
const SEND_BUFFER: usize = 64 * 1024;
/// Longest time for which a connection without streams stays open after GOAWAY.
const LINGER: Duration = Duration::from_secs(2);

/// Event on a connection.
enum Event {
    Request(Box<(http1::Request<RecvStream>, server::SendResponse<Bytes>)>),
    /// The server is stopping.
    Stop,
    /// A stream wants something of the connection.
    Wish(Wish),
    /// The connection has been without streams for too long.
    Idle,
    /// The connection has ended, possibly with an error.
    End(Option<h2::Error>),
}

/// Serves a connection until it ends. `first` holds the bytes that have already been read from it.
pub(in crate::http) async fn serve<S>(worker: Rc<Worker<S>>, socket: Socket, first: Bytes, log: Rc<ConnectionLog>)
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error> + 'static,
{
    let settings = worker.settings;
    let control = Control::default();
    let watched = Watched::new(socket, first, control.clone(), worker.refusals.http2_metrics(), Rc::clone(&log));
    let frames = watched.frames();
    let mut builder = server::Builder::new();
    builder
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_MAX)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER);
    let handshake = actix_rt::time::timeout(settings.read_header_timeout, builder.handshake(watched));
    let mut connection = match handshake.await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return log_error(&log, &error),
        Err(_) => return log.end(EndedBy::Timeout, Some("no HTTP/2 preface within server.read_header_timeout".into())),
    };
    log.speaks("http/2");
    let mut told = pin!(worker.stop.told());
    let mut streams = JoinSet::new();
    let mut deadline = Deadline::default();
    let mut requests: u32 = 0;
    let mut closing = false;
    loop {
        let event = poll_fn(|cx| {
            while let Poll::Ready(Some(_)) = streams.poll_join_next(cx) {
                deadline.clear();
            }
            match connection.poll_accept(cx) {
                Poll::Ready(Some(Ok(request))) => return Poll::Ready(Event::Request(Box::new(request))),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Event::End(Some(error))),
                Poll::Ready(None) => return Poll::Ready(Event::End(None)),
                Poll::Pending => {}
            }
            if let Poll::Ready(wish) = control.poll(cx) {
                return Poll::Ready(Event::Wish(wish));
            }
            if !closing && (worker.stop.is_stopping() || told.as_mut().poll(cx).is_ready()) {
                return Poll::Ready(Event::Stop);
            }
            if !streams.is_empty() {
                return Poll::Pending;
            }
            deadline.begin(match (closing, requests) {
                (true, _) => LINGER,
                (false, 0) => settings.read_header_timeout,
                (false, _) => settings.keep_alive,
            });
            deadline.poll(cx).map(|()| Event::Idle)
        });
        match event.await {
            Event::Request(request) => {
                let (request, respond) = *request;
                deadline.clear();
                requests = requests.saturating_add(1);
                log.understood(requests);
                let (worker, facts, control) = (Rc::clone(&worker), Rc::clone(&log.facts), control.clone());
                let frames = Rc::clone(&frames);
                let stream = Stream { worker, connection: facts, frames, number: requests, control, respond };
                streams.spawn_local(stream.serve(request));
                if settings.max_requests > 0 && u64::from(requests) >= settings.max_requests && !closing {
                    closing = true;
                    connection.graceful_shutdown();
                }
            }
            Event::Wish(Wish::Reset) => {
                log.end(EndedBy::ServerReset, None);
                break;
            }
            Event::Wish(Wish::End(reason)) => {
                log.end(EndedBy::ServerClose, None);
                closing = true;
                connection.abrupt_shutdown(reason);
            }
            Event::Wish(Wish::EndGracefully) if closing => {}
            Event::Idle if closing => {
                log.end(EndedBy::Complete, None);
                break;
            }
            event @ (Event::Stop | Event::Idle | Event::Wish(Wish::EndGracefully)) => {
                match event {
                    Event::Stop => log.end(EndedBy::Shutdown, None),
                    Event::Idle => log.end(EndedBy::Timeout, None),
                    _ => {}
                }
                closing = true;
                deadline.clear();
                connection.graceful_shutdown();
            }
            Event::End(Some(error)) => {
                log_error(&log, &error);
                break;
            }
            Event::End(None) => {
                let is_idle = streams.is_empty();
                log.end(if is_idle { EndedBy::Complete } else { EndedBy::ClientFin }, None);
                break;
            }
        }
    }
    // Each stream sees that the connection has ended, and records how the client left.
    drop(connection);
    while streams.join_next().await.is_some() {}
}

/// Logs the error that ends a connection.
fn log_error(log: &ConnectionLog, error: &h2::Error) {
    let message = error.reason().map(|reason| Text::Owned(format!("HTTP/2 connection error {reason:?}")));
    let by = match error.get_io() {
        Some(io) if io.kind() == io::ErrorKind::ConnectionReset => EndedBy::ClientReset,
        Some(_) => EndedBy::ClientFin,
        None if error.is_remote() => EndedBy::ClientFin,
        None => EndedBy::ServerClose,
    };
    log.end(by, message);
}
