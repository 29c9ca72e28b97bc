//! One connection on HTTP/2, from its preface to its end.

use std::{
    future::{Future as _, poll_fn},
    net::SocketAddr,
    pin::pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use actix_http::Request;
use actix_service::Service;
use actix_web::{Error, dev::ServiceResponse};
use bytes::Bytes;
use h2::{RecvStream, server};
use tokio::task::JoinSet;

use super::{frames::Watched, stream::Stream};
use crate::http::{deadline::Deadline, h1::worker::Worker, socket::Socket, tracked::Tracked};

/// Streams that a client may have open at once. The library bounds what is reset before it is served (rapid reset).
const STREAMS_MAX: u32 = 250;
/// Bytes of the fields of a head at which the library refuses it, as RFC 9113, section 6.5.2 counts them: by a bare 431, or,
/// when it is far larger, by the end of the connection. Above [`FIELDS_MAX`](super::stream::FIELDS_MAX) it gets an answer of ours.
const HEADER_LIST_MAX: u32 = 256 * 1024;
/// Bytes that a client may send ahead on a stream, and on all streams together.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes of an answer that wait for the socket, for each stream.
const SEND_BUFFER: usize = 64 * 1024;
/// Longest time for a client without streams to close after GOAWAY.
const LINGER: Duration = Duration::from_secs(2);

/// What happens to a connection.
enum Event {
    Request(Box<(http1::Request<RecvStream>, server::SendResponse<Bytes>)>),
    /// The server stops.
    Stop,
    /// Nothing has happened for too long.
    Idle,
    /// The connection has ended.
    End,
}

/// Serves a connection, of which `first` has been read, to its end. What its streams do is dropped with it.
pub(in crate::http) async fn serve<S>(worker: Rc<Worker<S>>, socket: Socket, first: Bytes, peer: Option<SocketAddr>)
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error> + 'static,
{
    let settings = worker.settings;
    let watched = Watched::new(socket, first, worker.refusals.http2_metrics());
    let mut builder = server::Builder::new();
    builder
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_MAX)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER);
    let handshake = actix_rt::time::timeout(settings.read_header_timeout, builder.handshake(watched));
    let Ok(Ok(mut connection)) = handshake.await else { return };
    let mut told = pin!(worker.stop.told());
    let mut streams = JoinSet::new();
    let mut deadline = Deadline::default();
    let mut requests = 0;
    let mut closing = false;
    loop {
        let event = poll_fn(|cx| {
            while let Poll::Ready(Some(_)) = streams.poll_join_next(cx) {
                deadline.clear();
            }
            match connection.poll_accept(cx) {
                Poll::Ready(Some(Ok(request))) => return Poll::Ready(Event::Request(Box::new(request))),
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Event::End),
                Poll::Pending => {}
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
                requests += 1;
                let stream = Stream { worker: Rc::clone(&worker), peer, respond };
                streams.spawn_local(stream.serve(request));
                if settings.max_requests > 0 && requests >= settings.max_requests && !closing {
                    closing = true;
                    connection.graceful_shutdown();
                }
            }
            Event::Idle if closing => break,
            Event::Stop | Event::Idle => {
                closing = true;
                deadline.clear();
                connection.graceful_shutdown();
            }
            Event::End => break,
        }
    }
    // Each stream learns of it, and writes down how its client left.
    drop(connection);
    while streams.join_next().await.is_some() {}
}
