//! Version 1: a line of text (section 2.1).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use super::start::Start;
use crate::request::ProxyFacts;

/// Bytes by which version 1 is recognised.
pub(super) const SIGNATURE: &[u8] = b"PROXY ";

/// Maximum length of the line, with its CRLF.
pub(super) const LINE_MAX: usize = 107;

/// Parses bytes that begin with [`SIGNATURE`].
pub(super) fn parse(bytes: &[u8]) -> Start {
    let seen = &bytes[..bytes.len().min(LINE_MAX)];
    let Some(end) = seen.iter().position(|byte| *byte == b'\n') else {
        return if seen.len() < LINE_MAX {
            Start::Incomplete(1)
        } else {
            Start::Broken(format!("its line is longer than {LINE_MAX} bytes"))
        };
    };
    match line(&seen[SIGNATURE.len()..end]) {
        Ok(facts) => Start::Header(Box::new(ProxyFacts { bytes: end + 1, ..facts })),
        Err(message) => Start::Broken(message),
    }
}

/// Parses the line after the signature, without its line feed.
fn line(line: &[u8]) -> Result<ProxyFacts, String> {
    let line = line.strip_suffix(b"\r").ok_or("its line does not end with CRLF")?;
    let line = str::from_utf8(line).map_err(|_| "its line is not ASCII")?;
    let mut words = line.split(' ');
    let (transport, address): (_, fn(&str) -> Option<IpAddr>) = match words.next() {
        Some("TCP4") => ("tcp4", address::<Ipv4Addr>),
        Some("TCP6") => ("tcp6", address::<Ipv6Addr>),
        // Whatever follows must be ignored.
        Some("UNKNOWN") => return Ok(facts("unknown", None, None)),
        _ => return Err("its protocol is not TCP4, TCP6 or UNKNOWN".to_owned()),
    };
    let [Some(source), Some(destination), Some(source_port), Some(destination_port), None] =
        [words.next(), words.next(), words.next(), words.next(), words.next()]
    else {
        return Err("its line does not have two addresses and two ports, each after one space".to_owned());
    };
    let end = |name: &str, ip: &str, number: &str| {
        let ip = address(ip).ok_or(format!("its {name} address is not one of {}", transport.to_uppercase()))?;
        let number = port(number).ok_or(format!("its {name} port is not a number from 0 to 65535"))?;
        Ok::<_, String>(SocketAddr::new(ip, number))
    };
    let source = end("source", source, source_port)?;
    Ok(facts(transport, Some(source), Some(end("destination", destination, destination_port)?)))
}

fn facts(transport: &'static str, source: Option<SocketAddr>, destination: Option<SocketAddr>) -> ProxyFacts {
    let (paths, tlvs, tlv_count, bytes) = (None, Vec::new(), 0, 0);
    ProxyFacts { version: 1, is_local: false, transport, source, destination, paths, tlvs, tlv_count, bytes }
}

fn address<A: FromStr + Into<IpAddr>>(text: &str) -> Option<IpAddr> {
    text.parse::<A>().ok().map(Into::into)
}

/// A port without sign and leading zeroes.
fn port(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}
