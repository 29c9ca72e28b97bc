//! The actors of api-test, and their runtime. Knows no HTTP and no SQL.
//!
//! | module | contents |
//! |---|---|
//! | [`runtime`] | mailboxes, supervision and the registry of all actors |
//! | [`store`] | results of stores |
//! | [`chain`] | steps that judge credentials |
//! | [`audit`] | records of requests, and the actors that write them |
//! | [`jwks`] | the actor that holds the public keys of an issuer |
//! | [`keys`] | keys in a database, and their actor |
//! | [`authenticator`] | the actor that identifies callers |
//! | [`registrar`] | the actor that registers the server with a gateway |
//! | [`sessions`] | the portal's sessions, and their actor |
//! | [`identity`], [`secret`] | identities of callers, and values that must not be shown |

pub mod audit;
pub mod authenticator;
pub mod chain;
pub mod identity;
pub mod jwks;
pub mod keys;
pub mod registrar;
pub mod runtime;
pub mod secret;
pub mod sessions;
pub mod store;

pub use authenticator::{Authenticator, AuthenticatorActor, LOOK_UP_LIMIT};
pub use chain::{Credentials, Decision, Denied, Later, Step};
pub use identity::{AuthType, Identity};
pub use jwks::{JwksActor, JwksClient};
pub use keys::{KeyActor, KeyClient};
pub use registrar::{RegistrarActor, RegistrationTarget, Tried, Trying};
pub use runtime::{ActorState, Registry};
pub use secret::Secret;
pub use sessions::{SessionActor, SessionClient};
