//! data: deterministic bodies for cache, deduplication and size tests.

use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, Call, Group, Int, Outcome, Route, Text};
use crate::{
    random,
    wire::{self, Pcg, digest},
};

const KEY: Text = Text::path("key", "Any text, percent-decoded; `%2F` is allowed.", "hello");
const BYTES: Int =
    Int::query("bytes", "Size of the `body` field in bytes.").between(0, 33_554_432).required().example(26);
const WORDS: Int = Int::query("words", "Number of words; unreadable values and values below 1 count as the default.")
    .between(1, 5000)
    .or(50)
    .lenient()
    .example(5);
const SEED: Text =
    Text::query("seed", "The same seed gives the same words. Without a seed the words are random.", "fixed");

/// Declares the group.
pub(super) fn group() -> Group {
    Group::new("data", "Deterministic bodies: the same request returns the same bytes (`lorem` only with a seed).")
        .route(
            Route::get("fixed", "/v1/fixed/{key}", fixed)
                .about("Returns a body derived from the key.")
                .takes(&KEY)
                .example("/v1/fixed/hello")
                .answers::<Fixed>(
                    "200",
                    "The key, its SHA-256 in hex, and a line of text with both.",
                    json!({
                        "key": "hello",
                        "hash": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
                        "body": "fixed[hello]: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
                    }),
                ),
        )
        .route(
            Route::get("sized", "/v1/sized", sized)
                .about("Streams a JSON document whose `body` has exactly the given size.")
                .takes(&BYTES)
                .example("/v1/sized?bytes=26")
                .answers::<Sized>(
                    "200",
                    "The alphabet, repeated, without a trailing line feed.",
                    json!({"bytes": 26, "body": "abcdefghijklmnopqrstuvwxyz"}),
                ),
        )
        .route(
            Route::get("lorem", "/v1/lorem", lorem)
                .about("Returns filler text.")
                .takes(&WORDS)
                .takes(&SEED)
                .example("/v1/lorem?words=5&seed=fixed")
                .answers::<Lorem>(
                    "200",
                    "The words selected by the seed.",
                    json!({"words": 5, "body": "Est dolor commodo ad aliquip."}),
                ),
        )
}

#[derive(Serialize, ToSchema)]
struct Fixed<'k> {
    /// The key, decoded.
    #[schema(value_type = String)]
    key: wire::Text<'k>,
    /// Hex SHA-256 of the decoded key's bytes.
    hash: &'k str,
    /// `fixed[<key>]: <hash>`
    #[schema(value_type = String)]
    body: wire::Text<'k>,
}

async fn fixed(call: Call) -> Outcome {
    let key = call.segment()?;
    let hash = digest::sha256_hex(&key);
    let hash: &str = hash.as_ref();
    let mut body = Vec::with_capacity(key.len() + hash.len() + 9);
    body.extend_from_slice(b"fixed[");
    body.extend_from_slice(&key);
    body.extend_from_slice(b"]: ");
    body.extend_from_slice(hash.as_bytes());
    Ok(Answer::json(&Fixed { key: wire::Text::from(&*key), hash, body: wire::Text::from(&*body) }))
}

/// Shape of a sized body; it is streamed, never built.
#[derive(ToSchema)]
#[allow(dead_code)]
struct Sized {
    /// Length of `body` in bytes.
    bytes: u64,
    /// The alphabet, repeated.
    body: String,
}

/// The alphabet 2,518 times: a whole number of alphabets, so that each chunk starts with an `a`, and just below the
/// size of one loopback segment (65,483 bytes). With TCP_NODELAY a slightly longer write leaves as two segments, which
/// costs a third of the throughput.
static ALPHABETS: [u8; ALPHABETS_LEN] = alphabets();
const ALPHABETS_LEN: usize = 26 * 2518;

const fn alphabets() -> [u8; ALPHABETS_LEN] {
    let mut bytes = [0; ALPHABETS_LEN];
    let mut at = 0;
    while at < ALPHABETS_LEN {
        bytes[at] = b'a' + (at % 26) as u8;
        at += 1;
    }
    bytes
}

async fn sized(call: Call) -> Outcome {
    let size = BYTES.count(&call.query())?;
    let head = Bytes::from(format!("{{\"bytes\":{size},\"body\":\""));
    let length = head.len() as u64 + size + 2;
    let mut left = size;
    let letters = std::iter::from_fn(move || {
        let take = usize::try_from(left).unwrap_or(ALPHABETS_LEN).min(ALPHABETS_LEN);
        left -= take as u64;
        (take > 0).then(|| Bytes::from_static(&ALPHABETS[..take]))
    });
    let parts = std::iter::once(head).chain(letters).chain(std::iter::once(Bytes::from_static(b"\"}")));
    Ok(Answer::stream("application/json", Some(length), stream::iter(parts)))
}

#[derive(Serialize, ToSchema)]
struct Lorem {
    /// Number of words.
    words: i64,
    /// The words as one sentence: first letter capital, full stop at the end.
    body: String,
}

async fn lorem(call: Call) -> Outcome {
    let query = call.query();
    let words = WORDS.read(&query)?;
    let mut generator = match SEED.read(&query) {
        Some(seed) => Pcg::for_lorem(&seed),
        None => random::generator(),
    };
    let count = usize::try_from(words).unwrap_or_default();
    Ok(Answer::json(&Lorem { words, body: wire::words::lorem(count, &mut generator) }))
}
