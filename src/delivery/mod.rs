//! Delivery: how an answer leaves, step by step.
//!
//! Most routes describe a complete [`Answer`](crate::endpoints::Answer), and the connection chooses how it leaves. A handler that
//! has to choose itself answers with a [`Delivery`]: a stream of [`Step`]s that the connection pulls one at a time and
//! executes. Between two steps the handler may wait, and read the request's body. So it can answer before the body has
//! arrived, and send and receive at the same time.
//!
//! ```
//! use api_test::{
//!     delivery::{Delivery, FieldLine, Framing, Head, Step},
//!     endpoints::{Answer, Outcome},
//! };
//!
//! async fn early() -> Outcome {
//!     Ok(Answer::deliver(Delivery::run(async |way| {
//!         let field = FieldLine::new("X-cAsE", "1")?;
//!         way.send(Step::Head(Head { fields: vec![field], framing: Framing::Chunked, ..Head::new(200) })).await;
//!         way.send(Step::piece("hello")).await;
//!         way.send(Step::Pause(std::time::Duration::from_millis(10))).await;
//!         way.send(Step::piece("world")).await;
//!         Ok(())
//!     })))
//! }
//! ```
//!
//! Steps that the protocol or the state of the answer rules out are refused: with 400 while no head has been sent,
//! later by cutting the answer off. [`Step::unsupported`] tells beforehand what a protocol can't do.

mod field;
mod step;
mod way;

pub use field::{BadField, FieldLine};
pub(crate) use step::OF_CONNECTIONS;
pub use step::{End, Framing, Head, Interim, Step};
pub use way::{Delivery, Way};
