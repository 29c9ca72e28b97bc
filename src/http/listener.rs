//! Listening sockets.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _},
};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::{Address, Host};

/// Maximum number of connections waiting to be accepted.
const BACKLOG: i32 = 1024;

/// Binds an address. "All interfaces" is IPv6 and IPv4 on one socket, or IPv4 alone on a machine without IPv6.
///
/// # Errors
/// When the name can't be resolved, or the port is in use or not permitted.
pub fn bind(address: &Address) -> io::Result<TcpListener> {
    let port = address.port;
    match &address.host {
        Host::Ip(ip) => listen(SocketAddr::from((*ip, port))),
        Host::All => match listen(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))) {
            Err(error) if !matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))
            }
            bound => bound,
        },
        Host::Name(name) => {
            let mut last = io::Error::new(ErrorKind::AddrNotAvailable, "the name has no address");
            for address in (name.as_str(), port).to_socket_addrs()? {
                match listen(address) {
                    Ok(listener) => return Ok(listener),
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
