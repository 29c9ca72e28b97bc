//! Sessions of the portal.
//!
//! | module | what it is |
//! |---|---|
//! | `store` | the session actor as a store for `actix-session` |
//! | `guard` | the user that a session's cookie stands for, and the writes it may make |

mod guard;
mod store;

pub use guard::{Guard, SessionTag, WHO, Who};
pub use store::{ActorStore, LIFETIME, hash, random};
