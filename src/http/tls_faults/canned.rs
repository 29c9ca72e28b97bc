//! Bytes of handshakes that don't get far.

/// Record type of a handshake message (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;
/// Version TLS 1.0 (RFC 2246).
const TLS_1_0: [u8; 2] = [3, 1];
/// Message type of a ServerHello.
const SERVER_HELLO: u8 = 2;
/// `TLS_RSA_WITH_AES_128_CBC_SHA` (RFC 3268).
const CIPHER: [u8; 2] = [0, 0x2f];

/// Returns the record of a ServerHello of TLS 1.0 without extensions (RFC 2246, section 7.4.1.3).
pub(super) fn old_server_hello(random: [u8; 32]) -> Vec<u8> {
    let session_id_length = 0;
    let compression = 0;
    let hello = [&TLS_1_0[..], &random, &[session_id_length], &CIPHER, &[compression]].concat();
    record(TLS_1_0, SERVER_HELLO, &hello)
}

/// Returns the beginning of a ServerHello, which says that more bytes follow than do.
pub(super) fn half_server_hello(random: [u8; 32]) -> Vec<u8> {
    let mut whole = old_server_hello(random);
    // The record layer of TLS 1.3 and 1.2 says 1.2, as does the message.
    whole[1..3].copy_from_slice(&[3, 3]);
    whole[9..11].copy_from_slice(&[3, 3]);
    whole.truncate(whole.len() / 2);
    whole
}

fn record(version: [u8; 2], kind: u8, message: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u16::try_from(bytes).unwrap_or_default().to_be_bytes();
    let message = [&[kind, 0], &length(message.len())[..], message].concat();
    [&[HANDSHAKE], &version[..], &length(message.len()), &message].concat()
}
