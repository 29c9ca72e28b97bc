//! Receives a header, where one is permitted.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use tokio::time::timeout;

use super::{
    super::{
        lost::{Lost, Stage},
        tcp::Tcp,
    },
    header::start_of,
    start::Start,
};
use crate::{config::Network, request::ProxyFacts, wire::peer::peer_text};

/// Most bytes that are looked at once.
const LOOK_MAX: usize = 4096;
/// Bytes that are looked at first: more than most headers have.
const LOOK: usize = 256;

/// Who may send a header.
#[derive(Clone, Debug)]
pub struct ProxyRules {
    /// Whether connections without a header are refused.
    pub is_required: bool,
    /// Addresses of the proxies.
    pub sources: Vec<Network>,
}

/// Receives the header of a connection from `peer`, and leaves the bytes after it to be read. `None` without a header,
/// where none is required.
///
/// # Errors
/// [`Lost`] when the header is missing, malformed, not permitted to this peer, or not complete within `limit`.
pub(in crate::http) async fn receive(
    io: &mut Tcp,
    rules: &ProxyRules,
    peer: Option<SocketAddr>,
    limit: Duration,
) -> Result<Option<Box<ProxyFacts>>, Lost> {
    // The client has reset the connection already, as some health checks do.
    let Some(peer) = peer else { return Err(Lost::reset(Stage::Proxy, &ErrorKind::NotConnected.into(), &[])) };
    let is_trusted = rules.sources.iter().any(|network| network.contains(peer.ip()));
    let refused = |message: String, io: &Tcp| Err(Lost::refused(Stage::Proxy, message, io.front()));
    if rules.is_required && !is_trusted {
        return refused(format!("the address of {} is not in server.proxy_sources", peer_text(peer)), io);
    }
    match timeout(limit, decided(io)).await {
        Ok(Ok(Start::Header(_) | Start::Broken(_))) if !is_trusted => {
            let peer = peer_text(peer);
            refused(format!("{peer} sent a PROXY header, but its address is not in server.proxy_sources"), io)
        }
        Ok(Ok(Start::Header(facts))) => {
            io.skip(facts.bytes);
            Ok(Some(facts))
        }
        Ok(Ok(Start::Broken(message))) => refused(format!("malformed PROXY header: {message}"), io),
        Ok(Ok(Start::Other)) if rules.is_required => {
            refused("the connection does not begin with a PROXY header".to_owned(), io)
        }
        // What the client sent before it closed may be something else than a header.
        Ok(Ok(Start::Other | Start::Undecided)) if !rules.is_required => Ok(None),
        Ok(Ok(_)) => Err(Lost::closed(Stage::Proxy, io.front())),
        Ok(Err(error)) => Err(Lost::reset(Stage::Proxy, &error, io.front())),
        Err(_) => Err(Lost::timed_out(Stage::Proxy, io.front())),
    }
}

/// Reads until it is clear what the connection begins with, or the client sends nothing more.
async fn decided(io: &mut Tcp) -> std::io::Result<Start> {
    let mut most = LOOK;
    loop {
        let start = start_of(io.front());
        match start {
            Start::Incomplete(missing) => most = missing.clamp(LOOK, LOOK_MAX),
            Start::Undecided => {}
            start => return Ok(start),
        }
        if io.look(most).await? == 0 {
            return Ok(start);
        }
    }
}
