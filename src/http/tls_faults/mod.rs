//! Ports on which TLS itself is faulty, to see whether a gateway notices.

mod answer;
mod canned;
mod certificates;
mod fault;
mod listener;

pub use certificates::FaultCertificates;
pub use fault::Fault;
pub use listener::TlsFaults;

#[cfg(test)]
mod tests;
