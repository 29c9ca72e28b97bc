//! What actors run on: a mailbox of exact capacity, and a supervisor that starts them again.
//!
//! Plain actix mailboxes are neither exact (each live handle adds a place) nor safe (a panic loses the queue, even under
//! actix's own supervision). So messages wait in a [`Mailbox`], and an actor reads it by a [`Lease`].
//!
//! | module | what it is |
//! |---|---|
//! | [`mailbox`] | a queue of exact capacity that outlives its actor |
//! | [`supervisor`] | rebuilds an actor that died, drains one that is to end, shows its state |

pub mod mailbox;
pub mod supervisor;

pub use mailbox::{Inbox, Mailbox, MailboxState, Refused, mailbox};
pub use supervisor::{ActorState, Drained, Lease, Observer, Supervised};
