//! The actors of api-test, and what they stand on. Knows no HTTP and no SQL.
//!
//! | module | what it is |
//! |---|---|
//! | [`mailbox`] | a queue of exact capacity that outlives its actor |
//! | [`supervisor`] | rebuilds an actor that died, drains one that is to end, shows its state |
//! | [`chain`] | the steps that judge credentials |
//! | [`audit`] | what is recorded of requests, and the actors that carry it to the store |
//! | [`jwks`] | the actor that holds the public keys of an issuer |
//! | [`keys`] | keys that are kept in a database, and the actor that knows them |
//! | [`authenticator`] | the actor that runs the steps |
//! | [`registrar`] | the actor that makes the server known to a gateway |
//! | [`sessions`] | the actor behind the portal's cookie |
//! | [`identity`], [`secret`] | who asks, and what must not be shown |
//!
//! Plain actix mailboxes are neither exact (each live handle adds a place) nor safe (a panic loses the queue, even under
//! actix's own supervision). So messages wait in a [`Mailbox`], and an actor reads it by a [`Lease`].

pub mod audit;
pub mod authenticator;
pub mod chain;
pub mod identity;
pub mod jwks;
pub mod keys;
pub mod mailbox;
pub mod registrar;
pub mod secret;
pub mod sessions;
pub mod supervisor;

pub use authenticator::{Authenticator, AuthenticatorObserver, AuthenticatorState, LOOK_UP_LIMIT};
pub use chain::{Credentials, Decision, Denied, Later, Step};
pub use identity::{AuthType, Identity};
pub use jwks::{Jwks, JwksObserver, JwksState};
pub use keys::{KeyKeeper, KeyKeeperObserver, KeyKeeperState};
pub use mailbox::{Inbox, Mailbox, MailboxState, Refused};
pub use registrar::{Registrar, RegistrarObserver, Registry, Tried, Trying};
pub use secret::Secret;
pub use sessions::{SessionKeeper, SessionKeeperObserver, Sessions, SessionsState};
pub use supervisor::{ActorState, Drained, Lease, Observer, Supervised};
