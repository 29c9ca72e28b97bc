//! Signing in to the portal by the OpenID provider, and what a session stands for.
//!
//! | module | what it is |
//! |---|---|
//! | `flow` | to the provider and back: code, PKCE, state, nonce |
//! | `pending` | sign-ins that have begun, each in a cookie of its own |
//! | `routes` | `/portal/auth/…`, and the way back from the provider |
//! | `return_path` | where a browser may be sent after it |
//! | `failure` | what a sign-in can end with instead |
//! | `who` | `me` and `wellknown` |

mod failure;
mod flow;
mod pending;
mod return_path;
mod routes;
mod who;

pub use flow::{Flow, FlowError};
pub use routes::{Login, routes};
pub use who::groups;
