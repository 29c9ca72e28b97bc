//! Sessions of the portal.
//!
//! | module | contents |
//! |---|---|
//! | `store` | the session actor as a store for `actix-session` |
//! | `guard` | the user of a session, and protection of writes against other sites |

mod guard;
mod store;

pub use guard::{Guard, SessionOf, SessionUser, WHO};
pub use store::{ActorStore, LIFETIME, hash, random};
