//! Sign-in to the portal at the OpenID provider, and the user of a session.
//!
//! | module | contents |
//! |---|---|
//! | `flow` | sign-in at the provider: code, PKCE, state, nonce |
//! | `pending` | pending sign-ins, each in its own cookie |
//! | `routes` | `/portal/auth/…`, and the callback of the provider |
//! | `return_path` | pages to which a browser may be sent afterwards |
//! | `failure` | failures of a sign-in |
//! | `identity` | `me` and `wellknown` |

mod failure;
mod flow;
mod identity;
mod pending;
mod return_path;
mod routes;

pub use flow::{Flow, FlowError};
pub use identity::groups;
pub use routes::{Login, routes};
