//! Clients that send exact bytes and read exactly what comes.

mod h1;
mod socket;

pub(crate) use h1::{Received, Sending, send};
pub(crate) use socket::{Dial, DialError, TlsOptions};
