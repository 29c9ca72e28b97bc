//! The portal's sessions: the users that signed in, and sign-ins in progress.
//!
//! A session is found by a hash of its id, so that reading the database is not enough to use one. Sessions live in the
//! database when there is one, and any replica can answer; else in [`MemorySessions`].
//!
//! The actor has 1024 places; a question keeps its place until the store has answered, 5 s at most. When all are taken, the
//! next question is answered as unavailable at once. A panic over a question ends that question alone; sessions are in the
//! store and survive every crash. Once a minute, sessions that have ended are removed.

mod actor;
mod client;
mod messages;
mod store;

pub use actor::SessionActor;
pub use client::SessionClient;
pub use store::{MemorySessions, SessionHash, SessionStore, StoredSession};
