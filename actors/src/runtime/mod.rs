//! Runtime of the actors: mailboxes of exact capacity, a supervisor that restarts actors, and a registry of all actors.
//!
//! Plain actix mailboxes are neither exact (each live handle adds a place) nor safe (a panic loses the queue, even
//! under actix's own supervision). So messages wait in a [`Mailbox`], which the supervisor attaches to each instance of
//! the actor as a stream of [`Delivery`].
//!
//! | module | contents |
//! |---|---|
//! | [`places`] | places of a mailbox, each held until the work on its message is done |
//! | [`mailbox`] | queue with such places that outlives its actor |
//! | [`batch`] | batches of messages |
//! | [`supervisor`] | starts an actor, and restarts it after a crash |
//! | [`record`] | state of an actor, and its shutdown |
//! | [`registry`] | all actors of a server |

pub mod batch;
pub mod mailbox;
pub mod places;
pub mod record;
pub mod registry;
pub mod supervisor;

pub use batch::{Batch, batches};
pub use mailbox::{Delivery, Inbox, Mailbox, Refused, mailbox};
pub use places::{MailboxState, Place};
pub use record::{ActorError, ActorPhase, ActorState, Counts, Observer, Scope, Stopped};
pub use registry::Registry;
pub use supervisor::{Start, Supervised};
