//! The ground that actors stand on: a mailbox of exact capacity, a supervisor that starts them again, and the registry of all of them.
//!
//! Plain actix mailboxes are neither exact (each live handle adds a place) nor safe (a panic loses the queue, even under
//! actix's own supervision). So messages wait in a [`Mailbox`], which the supervisor adds to each life of the actor as a
//! stream of [`Delivery`].
//!
//! | module | what it is |
//! |---|---|
//! | [`places`] | an exact number of places, each held until the work on its message is done |
//! | [`mailbox`] | a queue with such places that outlives its actor |
//! | [`batch`] | messages that are read together |
//! | [`supervisor`] | starts an actor, and starts it again when it dies |
//! | [`record`] | the state of one actor, and how it is ended |
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
