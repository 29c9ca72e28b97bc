//! Version 2: binary, with further facts (TLVs) behind the addresses (section 2.2).

use std::net::{IpAddr, SocketAddr};

use super::{crc32c, start::Start};
use crate::request::{ProxyFacts, Tlv};

/// Bytes by which version 2 is recognised.
pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Bytes before the addresses.
const FIXED: usize = 16;
/// Bytes of the path of a Unix socket.
const PATH: usize = 108;
/// Bytes of type and length of a further fact.
const TLV_HEAD: usize = 3;
/// Type of the checksum.
const CRC32C: u8 = 0x03;

/// Parses bytes that begin with [`SIGNATURE`].
pub(super) fn parse(bytes: &[u8]) -> Start {
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED>() else {
        return Start::Incomplete(FIXED - bytes.len());
    };
    let [.., command, family, high, low] = *fixed;
    // The length is all that has to be right before the rest arrives. A wrong version may count it differently.
    let is_local = match command {
        0x20 => true,
        0x21 => false,
        _ if command >> 4 != 2 => return Start::Broken(format!("its version is {}, not 2", command >> 4)),
        _ => return Start::Broken(format!("its command is {}, neither LOCAL nor PROXY", command & 0x0f)),
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let Some(block) = rest.get(..length) else { return Start::Incomplete(length - rest.len()) };
    let facts = ProxyFacts {
        version: 2,
        is_local,
        transport: "unknown",
        source: None,
        destination: None,
        paths: None,
        tlvs: Vec::new(),
        tlv_count: 0,
        bytes: FIXED + length,
    };
    if is_local {
        // The whole block must be discarded, the family included.
        return Start::Header(Box::new(facts));
    }
    match addressed(family, block, facts).and_then(|(facts, tlvs)| described(&bytes[..FIXED + length], tlvs, facts)) {
        Ok(facts) => Start::Header(Box::new(facts)),
        Err(message) => Start::Broken(message),
    }
}

/// Adds the addresses, and returns the bytes behind them.
fn addressed(family: u8, block: &[u8], mut facts: ProxyFacts) -> Result<(ProxyFacts, &[u8]), String> {
    let tlvs = match (family >> 4, family & 0x0f) {
        (4.., _) => return Err(format!("its address family is {}, which is not assigned", family >> 4)),
        (_, 3..) => return Err(format!("its transport is {}, which is not assigned", family & 0x0f)),
        // Addresses, if any, have no known length and don't count; nor do further facts.
        (0, _) | (_, 0) => &[],
        (1, transport) => {
            facts.transport = if transport == 1 { "tcp4" } else { "udp4" };
            ips::<4>(block, &mut facts)?
        }
        (2, transport) => {
            facts.transport = if transport == 1 { "tcp6" } else { "udp6" };
            ips::<16>(block, &mut facts)?
        }
        (_, transport) => {
            facts.transport = if transport == 1 { "unix" } else { "unix-datagram" };
            let (source, rest) = block.split_first_chunk::<PATH>().ok_or_else(|| too_short(&facts))?;
            let (destination, rest) = rest.split_first_chunk::<PATH>().ok_or_else(|| too_short(&facts))?;
            facts.paths = Some(Box::new([path(source), path(destination)]));
            rest
        }
    };
    Ok((facts, tlvs))
}

/// Reads two addresses of `N` bytes and two ports.
fn ips<'b, const N: usize>(block: &'b [u8], facts: &mut ProxyFacts) -> Result<&'b [u8], String>
where
    IpAddr: From<[u8; N]>,
{
    let parsed = (|| {
        let (source, rest) = block.split_first_chunk::<N>()?;
        let (destination, rest) = rest.split_first_chunk::<N>()?;
        let (source_port, rest) = rest.split_first_chunk::<2>()?;
        let (destination_port, rest) = rest.split_first_chunk::<2>()?;
        let end = |ip: [u8; N], port: [u8; 2]| SocketAddr::new(ip.into(), u16::from_be_bytes(port));
        Some((end(*source, *source_port), end(*destination, *destination_port), rest))
    })();
    let (source, destination, rest) = parsed.ok_or_else(|| too_short(facts))?;
    (facts.source, facts.destination) = (Some(source), Some(destination));
    Ok(rest)
}

fn too_short(facts: &ProxyFacts) -> String {
    format!("its length is too small for two addresses of {}", facts.transport)
}

/// Path of a Unix socket. Unused bytes at its end are zero.
fn path(bytes: &[u8; PATH]) -> Vec<u8> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes[..end].to_vec()
}

/// Adds the further facts, and verifies the checksum where there is one. `header` has all bytes.
fn described(header: &[u8], mut tlvs: &[u8], mut facts: ProxyFacts) -> Result<ProxyFacts, String> {
    while let Some(([kind, high, low], rest)) = tlvs.split_first_chunk::<TLV_HEAD>() {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((value, after)) = rest.split_at_checked(length) else {
            return Err(format!("its further fact (TLV) of type {kind} is longer than the header"));
        };
        if *kind == CRC32C {
            let at = header.len() - rest.len();
            verify(header, at, value)?;
        }
        facts.tlv_count += 1;
        if facts.tlvs.len() < ProxyFacts::TLVS_MAX {
            let value = value[..length.min(ProxyFacts::TLV_BYTES_MAX)].to_vec();
            facts.tlvs.push(Tlv { kind: *kind, value, length });
        }
        tlvs = after;
    }
    if tlvs.is_empty() { Ok(facts) } else { Err("its last further fact (TLV) is cut off".to_owned()) }
}

/// Verifies the checksum `value`, which stands at `at` in the header (section 2.2.3).
fn verify(header: &[u8], at: usize, value: &[u8]) -> Result<(), String> {
    let stated: [u8; 4] = value.try_into().map_err(|_| "its checksum does not have 4 bytes")?;
    let zeroed = [&header[..at], &[0; 4], &header[at + 4..]].concat();
    let sum = crc32c::of(&zeroed);
    if sum == u32::from_be_bytes(stated) { Ok(()) } else { Err("its checksum (CRC32c) is wrong".to_owned()) }
}
