//! Keys that are kept in a database, and the actor that knows them.
//!
//! | module | what it is |
//! |---|---|
//! | [`store`] | the trait a database implements, and a key as it is stored |
//! | [`memory`] | keys that were verified before, for a while |
//! | [`prover`] | makes and checks keys |
//! | [`KeyActor`], [`KeyClient`] | the actor, and how it is asked |
//!
//! A key is found by its *handle*, a hash of it under a label, so that one row is read by an index and an unknown key
//! costs no bcrypt. Knowing a handle is not knowing the key.
//!
//! The actor has 4096 places; a question keeps its place until it is answered, 5 s for each query and within half a second
//! of its caller's leaving. When all are taken, the next question is answered as unavailable at once. One query runs at a
//! time and takes along all handles that came while the one before ran and that somebody still waits for. However many show
//! the same key at once, it is proved once, on a thread for blocking work. A row that was read before a key was revoked lets
//! nobody in: it is read again. On a crash, callers of look-ups get "unavailable"; questions that wait, keys being made or
//! revoked, and the memory of verified keys survive it.

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
