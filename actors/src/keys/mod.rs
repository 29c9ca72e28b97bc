//! Keys in a database, and their actor.
//!
//! | module | contents |
//! |---|---|
//! | [`store`] | the trait a database implements, and a key as it is stored |
//! | [`memory`] | cache of verified keys |
//! | [`prover`] | creates and verifies keys |
//! | [`KeyActor`], [`KeyClient`] | the actor and its client |
//!
//! A key is found by its *handle*, a hash of the key with a label, so that the row is found through an index and an
//! unknown key costs no bcrypt. A handle does not reveal the key.
//!
//! The actor has 4096 places. A question keeps its place until it is answered (at most 5 s per query), or up to half a
//! second after its caller has gone. When all are taken, a question is answered as unavailable at once. Only one query
//! runs at a time; it includes all handles that arrived during the previous one and still have a waiting caller. A key
//! is verified once, on a thread for blocking work, however many requests use it at once. A row that was read before a
//! revocation is read again before its key is accepted. On a crash, callers of look-ups get "unavailable"; waiting
//! questions, keys being created or revoked, and the cache of verified keys survive.

mod actor;
mod administer;
mod client;
pub mod memory;
mod messages;
pub mod prover;
pub mod store;

pub use actor::KeyActor;
pub use client::KeyClient;
pub use messages::{AddError, Found, NewKey};
pub use prover::Prover;
pub use store::{Handle, KeyNews, KeyStore, StoredKey};
