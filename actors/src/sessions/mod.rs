//! The portal's sessions.
//!
//! A session is stored under a hash of its id, so that access to the database is not enough to use one. Sessions are in
//! the database if there is one, and any replica can read them; otherwise in [`MemorySessions`].
//!
//! The actor has 1024 places. A question keeps its place until the store has answered, at most 5 s. When all are taken,
//! a question is answered as unavailable at once. A panic ends only the question that caused it; sessions are in the
//! store and survive every crash. Expired sessions are removed once a minute.

mod actor;
mod client;
mod store;

pub use actor::SessionActor;
pub use client::SessionClient;
pub use store::{MemorySessions, SessionHash, SessionStore, StoredSession};
