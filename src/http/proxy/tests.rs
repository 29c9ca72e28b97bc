#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{
    crc32c,
    header::start_of,
    receive::{ProxyRules, receive},
    start::Start,
    v1, v2,
};
use crate::{
    http::{
        lost::{Lost, Stage},
        tcp::Tcp,
    },
    request::{EndedBy, ProxyFacts},
};

/// Version 2 with these bytes after the signature: command, family, block.
fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap().to_be_bytes();
    [v2::SIGNATURE, &[command, family], &length, block].concat()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind], &u16::try_from(value.len()).unwrap().to_be_bytes()[..], value].concat()
}

/// Addresses of two ends: 192.0.2.1:258 and 10.0.0.2:443.
const TCP4: [u8; 12] = [192, 0, 2, 1, 10, 0, 0, 2, 1, 2, 1, 187];

fn tcp6() -> Vec<u8> {
    let mut block = vec![0; 32];
    (block[0], block[1], block[15], block[31]) = (0x20, 1, 7, 1);
    block.extend([0, 80, 255, 255]);
    block
}

fn header(bytes: &[u8]) -> ProxyFacts {
    match start_of(bytes) {
        Start::Header(facts) => *facts,
        other => unreachable!("{bytes:?}: {other:?}"),
    }
}

fn ends(facts: &ProxyFacts) -> (&'static str, Option<String>, Option<String>) {
    let text = |end: Option<std::net::SocketAddr>| end.map(|end| end.to_string());
    (facts.transport, text(facts.source), text(facts.destination))
}

#[test]
fn both_versions_tell_two_addresses() {
    for (bytes, transport, source, destination) in [
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 258 443\r\n".to_vec(), "tcp4", "192.0.2.1:258", "10.0.0.2:443"),
        (b"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n".to_vec(), "tcp4", "0.0.0.0:0", "255.255.255.255:65535"),
        (b"PROXY TCP6 2001:db8::7 ::1 80 65535\r\n".to_vec(), "tcp6", "[2001:db8::7]:80", "[::1]:65535"),
        (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n".to_vec(), "tcp6", "[::ffff:192.0.2.1]:1", "[::1]:2"),
        (binary(0x21, 0x11, &TCP4), "tcp4", "192.0.2.1:258", "10.0.0.2:443"),
        (binary(0x21, 0x12, &TCP4), "udp4", "192.0.2.1:258", "10.0.0.2:443"),
        (binary(0x21, 0x21, &tcp6()), "tcp6", "[2001::7]:80", "[::1]:65535"),
        (binary(0x21, 0x22, &tcp6()), "udp6", "[2001::7]:80", "[::1]:65535"),
    ] {
        let facts = header(&bytes);
        assert_eq!(ends(&facts), (transport, Some(source.to_owned()), Some(destination.to_owned())));
        assert_eq!((facts.bytes, facts.is_local, facts.tlv_count), (bytes.len(), false, 0));
        // What follows is no part of it.
        assert_eq!(header(&[&bytes, &b"\r\nGET / HTTP/1.1\r\n"[..]].concat()), facts);
    }
}

#[test]
fn headers_without_usable_addresses_have_none() {
    let long = format!("PROXY UNKNOWN {}\r\n", "f".repeat(v1::LINE_MAX - 16));
    assert_eq!(long.len(), v1::LINE_MAX);
    for bytes in [
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN ffff::1 what ever\r\n".to_vec(),
        long.into_bytes(),
        binary(0x20, 0x00, b""),
        binary(0x20, 0x11, &TCP4),
        // LOCAL: the family and the block don't count, whatever they are.
        binary(0x20, 0xff, b"whatever"),
        binary(0x21, 0x00, b""),
        binary(0x21, 0x00, b"ignored"),
        binary(0x21, 0x01, &TCP4),
        binary(0x21, 0x10, &TCP4),
    ] {
        let facts = header(&bytes);
        assert_eq!(ends(&facts), ("unknown", None, None), "{bytes:?}");
        assert_eq!((facts.bytes, facts.paths), (bytes.len(), None));
    }
    assert!(header(&binary(0x20, 0, b"")).is_local && !header(&binary(0x21, 0, b"")).is_local);
}

#[test]
fn unix_sockets_have_paths() {
    let mut block = [0; 216];
    block[..4].copy_from_slice(b"/a\0b");
    block[108..].fill(b'c');
    for (family, transport) in [(0x31, "unix"), (0x32, "unix-datagram")] {
        let facts = header(&binary(0x21, family, &block));
        assert_eq!(ends(&facts), (transport, None, None));
        assert_eq!(*facts.paths.unwrap(), [b"/a\0b".to_vec(), vec![b'c'; 108]]);
    }
}

#[test]
fn headers_that_break_the_protocol_are_told_how() {
    let too_long = [b"PROXY UNKNOWN ".to_vec(), vec![b'a'; 94]].concat();
    for (bytes, message) in [
        (&b"PROXY TCP4 192.0.2.1 10.0.0.2 1 2\n"[..], "its line does not end with CRLF"),
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 1 2 \r\n", "its line does not have two addresses and two ports"),
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 1\r\n", "its line does not have two addresses and two ports"),
        (b"PROXY TCP4  192.0.2.1 10.0.0.2 1 2\r\n", "its line does not have two addresses and two ports"),
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 1 2 3\r\n", "its line does not have two addresses and two ports"),
        (b"PROXY TCP4\r\n", "its line does not have two addresses and two ports"),
        (b"PROXY TCP4 ::1 10.0.0.2 1 2\r\n", "its source address is not one of TCP4"),
        (b"PROXY TCP4 192.0.2.1 010.0.0.2 1 2\r\n", "its destination address is not one of TCP4"),
        (b"PROXY TCP4 192.0.2.256 10.0.0.2 1 2\r\n", "its source address is not one of TCP4"),
        (b"PROXY TCP6 192.0.2.1 ::1 1 2\r\n", "its source address is not one of TCP6"),
        (b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "its source address is not one of TCP6"),
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 65536 2\r\n", "its source port is not a number from 0 to 65535"),
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 1 02\r\n", "its destination port is not a number from 0 to 65535"),
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 +1 2\r\n", "its source port is not a number from 0 to 65535"),
        (b"PROXY UDP4 192.0.2.1 10.0.0.2 1 2\r\n", "its protocol is not TCP4, TCP6 or UNKNOWN"),
        (b"PROXY tcp4 192.0.2.1 10.0.0.2 1 2\r\n", "its protocol is not TCP4, TCP6 or UNKNOWN"),
        (b"PROXY \r\n", "its protocol is not TCP4, TCP6 or UNKNOWN"),
        (b"PROXY / HTTP/1.1\r\nHost: a\r\n\r\n", "its protocol is not TCP4, TCP6 or UNKNOWN"),
        (b"PROXY \xe9\r\n", "its line is not ASCII"),
        (&too_long, "its line is longer than 107 bytes"),
        (&binary(0x11, 0x11, &TCP4), "its version is 1, not 2"),
        (&binary(0x31, 0x11, &TCP4), "its version is 3, not 2"),
        (&binary(0x22, 0x11, &TCP4), "its command is 2, neither LOCAL nor PROXY"),
        (&binary(0x21, 0x41, &TCP4), "its address family is 4, which is not assigned"),
        (&binary(0x21, 0x13, &TCP4), "its transport is 3, which is not assigned"),
        (&binary(0x21, 0xff, &TCP4), "its address family is 15, which is not assigned"),
        (&binary(0x21, 0x11, &TCP4[..11]), "its length is too small for two addresses of tcp4"),
        (&binary(0x21, 0x11, b""), "its length is too small for two addresses of tcp4"),
        (&binary(0x21, 0x21, &TCP4), "its length is too small for two addresses of tcp6"),
        (&binary(0x21, 0x31, &[0; 215]), "its length is too small for two addresses of unix"),
        (&binary(0x21, 0x11, &[&TCP4[..], &[4]].concat()), "its last further fact (TLV) is cut off"),
        (&binary(0x21, 0x11, &[&TCP4[..], &[4, 0, 1]].concat()), "its further fact (TLV) of type 4 is longer than the"),
        (&binary(0x21, 0x11, &[&TCP4[..], &[4, 255, 255, 0]].concat()), "its further fact (TLV) of type 4 is longer"),
        (&binary(0x21, 0x11, &[&TCP4[..], &tlv(3, &[0; 4])].concat()), "its checksum (CRC32c) is wrong"),
        (&binary(0x21, 0x11, &[&TCP4[..], &tlv(3, &[0; 3])].concat()), "its checksum does not have 4 bytes"),
    ] {
        let Start::Broken(found) = start_of(bytes) else {
            unreachable!("{bytes:?} is {:?}", start_of(bytes));
        };
        assert!(found.starts_with(message), "{bytes:?}: {found}");
    }
}

#[test]
fn further_facts_are_kept_up_to_their_bounds() {
    let mut block = TCP4.to_vec();
    block.extend(tlv(1, b"h2"));
    block.extend(tlv(4, b""));
    block.extend(tlv(0xea, &[7; 300]));
    let facts = header(&binary(0x21, 0x11, &block));
    let kept: Vec<_> = facts.tlvs.iter().map(|tlv| (tlv.kind, tlv.value.len(), tlv.length)).collect();
    assert_eq!(kept, [(1, 2, 2), (4, 0, 0), (0xea, ProxyFacts::TLV_BYTES_MAX, 300)]);
    // The largest header that there can be: all of it is read, some of it is kept.
    let mut block = TCP4.to_vec();
    while block.len() + 3 <= 65_535 {
        block.extend(tlv(4, b""));
    }
    block.resize(block.len() - 3, 0);
    let rest = 65_535 - block.len() - 3;
    block.extend(tlv(5, &vec![1; rest]));
    let facts = header(&binary(0x21, 0x11, &block));
    assert_eq!((facts.bytes, facts.tlvs.len()), (16 + 65_535, ProxyFacts::TLVS_MAX));
    assert!(facts.tlv_count > 21_000);
    assert!(facts.json().to_string().len() < 4096);
}

#[test]
fn a_right_checksum_is_accepted_wherever_it_stands() {
    for after in [b"".to_vec(), tlv(2, b"a.example")] {
        let bytes = |sum: u32| {
            let block = [&TCP4[..], &tlv(5, b"id"), &tlv(3, &sum.to_be_bytes()), &after].concat();
            binary(0x21, 0x11, &block)
        };
        let sum = crc32c::of(&bytes(0));
        assert_eq!(ends(&header(&bytes(sum))).0, "tcp4");
        assert!(matches!(start_of(&bytes(sum ^ 1)), Start::Broken(_)));
    }
}

#[test]
fn what_ssl_said_is_taken_apart() {
    let ssl = [&[1, 0, 0, 0, 0][..], &tlv(0x21, b"TLSv1.3"), &tlv(0x22, b"client"), &tlv(0x23, b"TLS_AES")].concat();
    let facts = header(&binary(0x21, 0x11, &[&TCP4[..], &tlv(0x20, &ssl)].concat()));
    let expected = serde_json::json!([{
        "type": 32, "name": "ssl",
        "value": {"client": 1, "verify": 0, "version": "TLSv1.3", "common_name": "client", "cipher": "TLS_AES"}
    }]);
    assert_eq!(facts.json()["tlvs"], expected);
    // One that is not well formed stays bytes.
    for cut in [0, 4, 6, ssl.len() - 1] {
        let facts = header(&binary(0x21, 0x11, &[&TCP4[..], &tlv(0x20, &ssl[..cut])].concat()));
        assert!(facts.json()["tlvs"][0]["value"].get("client").is_none(), "{cut}");
    }
}

/// One header of each version.
fn examples() -> [Vec<u8>; 3] {
    let block = [&TCP4[..], &tlv(2, b"a.example"), &tlv(4, &[0; 40])].concat();
    [b"PROXY TCP6 2001:db8::7 ::1 80 65535\r\n".to_vec(), b"PROXY UNKNOWN\r\n".to_vec(), binary(0x21, 0x11, &block)]
}

#[test]
fn a_header_that_is_cut_at_any_byte_is_incomplete() {
    for bytes in examples() {
        for length in 0..bytes.len() {
            let signature = if bytes.starts_with(b"PROXY") { v1::SIGNATURE } else { v2::SIGNATURE };
            match start_of(&bytes[..length]) {
                Start::Undecided => assert!(length < signature.len()),
                Start::Incomplete(missing) => assert!((1..=bytes.len() - length).contains(&missing), "{missing}"),
                other => unreachable!("{length}: {other:?}"),
            }
        }
    }
}

#[test]
fn anything_else_is_no_header() {
    for bytes in
        [&b"GET / HTTP/1.1\r\n"[..], b"POST", b"PROXYx", b"proxy ", b"\r\nGET", b"\r\n\r\n\x01", b"\x16\x03\x01"]
    {
        assert_eq!(start_of(bytes), Start::Other, "{bytes:?}");
    }
}

proptest! {
    /// Mutated headers never panic, and never claim bytes that are not there.
    #[test]
    fn any_bytes_have_one_meaning(which in 0..3usize, edits in prop::collection::vec((0..90usize, any::<u8>()), 0..6), cut in 0..100usize) {
        let mut bytes = examples()[which].clone();
        for (at, byte) in edits {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(cut);
        match start_of(&bytes) {
            Start::Header(facts) => prop_assert!(facts.bytes <= bytes.len()),
            Start::Incomplete(missing) => prop_assert!(missing > 0 && bytes.len() + missing <= 16 + 65_535),
            _ => {}
        }
    }
}

const LIMIT: Duration = Duration::from_secs(60);

fn rules(is_required: bool, sources: &[&str]) -> ProxyRules {
    ProxyRules { is_required, sources: sources.iter().map(|source| source.parse().unwrap()).collect() }
}

async fn pair() -> (TcpStream, Tcp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (client.unwrap(), Tcp::new(server.unwrap().0))
}

/// Sends `bytes` in pieces and closes. Returns what was received, and the bytes after it.
async fn received(rules: &ProxyRules, bytes: &[u8], piece: usize) -> Result<(Option<Box<ProxyFacts>>, Vec<u8>), Lost> {
    let (mut client, mut io) = pair().await;
    client.set_nodelay(true).unwrap();
    let sending = async {
        for piece in bytes.chunks(piece) {
            // The other side may have closed.
            let _ = client.write_all(piece).await;
            tokio::task::yield_now().await;
        }
        let _ = client.shutdown().await;
    };
    let receiving = async {
        let facts = receive(&mut io, rules, "127.0.0.1:1".parse().ok(), LIMIT).await?;
        let mut rest = Vec::new();
        io.read_to_end(&mut rest).await.unwrap();
        Ok((facts, rest))
    };
    tokio::join!(sending, receiving).1
}

#[tokio::test]
async fn what_follows_a_header_is_read_next_however_it_arrives() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for is_required in [false, true] {
        let rules = rules(is_required, &["10.0.0.0/8", "127.0.0.0/8"]);
        for header in examples() {
            let bytes = [&header[..], request].concat();
            for piece in [1, 5, bytes.len()] {
                let (facts, rest) = received(&rules, &bytes, piece).await.unwrap();
                assert_eq!((facts.unwrap().bytes, rest), (header.len(), request.to_vec()), "{piece}");
            }
        }
    }
}

#[tokio::test]
async fn a_large_header_is_received_whole() {
    let header = binary(0x21, 0x11, &[&TCP4[..], &tlv(4, &vec![0; 65_535 - 15])].concat());
    let bytes = [&header[..], b"rest"].concat();
    let (facts, rest) = received(&rules(true, &["127.0.0.1"]), &bytes, 1000).await.unwrap();
    assert_eq!((facts.unwrap().bytes, rest), (16 + 65_535, b"rest".to_vec()));
}

#[tokio::test]
async fn without_a_header_a_connection_is_served_only_where_none_is_required() {
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"P", b"PR", b"\r\n\r\n", b"\x16\x03\x01 tls"] {
        for sources in [&["127.0.0.1"][..], &["10.0.0.0/8"]] {
            let (facts, rest) = received(&rules(false, sources), bytes, 1).await.unwrap();
            assert_eq!((facts, &rest[..]), (None, bytes));
        }
        let lost = received(&rules(true, &["127.0.0.1"]), bytes, bytes.len()).await.unwrap_err();
        let undecided = matches!(start_of(bytes), Start::Undecided);
        let expected = match undecided {
            true => (EndedBy::ClientFin, "the client closed the connection during the PROXY header"),
            false => (EndedBy::ServerClose, "the connection does not begin with a PROXY header"),
        };
        assert_eq!((lost.ended_by, lost.message.as_deref().unwrap()), expected, "{bytes:?}");
        assert_eq!((lost.stage, &lost.first[..]), (Stage::Proxy, bytes));
    }
}

#[tokio::test]
async fn a_client_that_sends_nothing_is_not_reported() {
    let lost = received(&rules(true, &["127.0.0.1"]), b"", 1).await.unwrap_err();
    assert_eq!((lost.ended_by, lost.message), (EndedBy::ClientFin, None));
    // Nor is one that has left before it was accepted, so that its address is unknown.
    let (_client, mut io) = pair().await;
    let lost = receive(&mut io, &rules(true, &["127.0.0.1"]), None, LIMIT).await.unwrap_err();
    assert_eq!((lost.ended_by, lost.message), (EndedBy::ClientReset, None));
    let served = received(&rules(false, &["127.0.0.1"]), b"", 1).await.unwrap();
    assert_eq!(served, (None, Vec::new()));
}

#[tokio::test]
async fn headers_of_strangers_are_refused() {
    let [header, ..] = examples();
    let lost = received(&rules(false, &["10.0.0.0/8"]), &header, 7).await.unwrap_err();
    let message = "127.0.0.1:1 sent a PROXY header, but its address is not in server.proxy_sources";
    assert_eq!((lost.ended_by, lost.message.as_deref()), (EndedBy::ServerClose, Some(message)));
    // A broken one is no more welcome.
    assert_eq!(
        received(&rules(false, &["::1"]), b"PROXY x\r\n", 9).await.unwrap_err().message.as_deref(),
        Some(message)
    );
    // Where one is required, strangers are refused before they have sent anything.
    let (_client, mut io) = pair().await;
    let refused = receive(&mut io, &rules(true, &["10.0.0.0/8"]), "[::ffff:11.0.0.1]:5".parse().ok(), LIMIT).await;
    let message = "the address of 11.0.0.1:5 is not in server.proxy_sources";
    assert_eq!(refused.unwrap_err().message.as_deref(), Some(message));
}

#[tokio::test]
async fn a_header_that_is_cut_off_is_refused_whether_or_not_one_is_required() {
    for header in examples() {
        for length in (1..header.len()).filter(|length| !matches!(start_of(&header[..*length]), Start::Undecided)) {
            for is_required in [false, true] {
                let lost = received(&rules(is_required, &["127.0.0.1"]), &header[..length], 16).await.unwrap_err();
                assert_eq!((lost.ended_by, &lost.first[..]), (EndedBy::ClientFin, &header[..length]));
            }
        }
    }
}

#[tokio::test]
async fn a_broken_header_is_refused_with_its_reason_and_its_first_bytes() {
    let bytes = [b"PROXY TCP4 192.0.2.1 10.0.0.2 1 99999\r\n".to_vec(), vec![b'x'; 1000]].concat();
    let lost = received(&rules(true, &["127.0.0.1"]), &bytes, bytes.len()).await.unwrap_err();
    let message = "malformed PROXY header: its destination port is not a number from 0 to 65535";
    assert_eq!((lost.ended_by, lost.message.as_deref()), (EndedBy::ServerClose, Some(message)));
    assert_eq!(lost.first, bytes[..Lost::FIRST_MAX]);
}

#[tokio::test(start_paused = true)]
async fn a_header_has_a_time_limit() {
    for sent in [&b""[..], b"P", b"PROXY TCP4 192."] {
        let (mut client, mut io) = pair().await;
        client.write_all(sent).await.unwrap();
        let lost =
            receive(&mut io, &rules(false, &["127.0.0.1"]), "127.0.0.1:1".parse().ok(), LIMIT).await.unwrap_err();
        let late = if sent.is_empty() { "the client's first byte" } else { "the PROXY header" };
        assert_eq!(lost.ended_by, EndedBy::Timeout);
        assert_eq!(lost.message, Some(format!("{late} took longer than server.read_header_timeout")));
    }
}
