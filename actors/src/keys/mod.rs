//! Keys that are kept in a database, and the actor that knows them.
//!
//! | module | what it is |
//! |---|---|
//! | [`store`] | the trait a database implements, and a key as it is stored |
//! | [`memory`] | keys that were verified before, for a while |
//! | [`keeper`] | the actor: looks up, verifies, mints, revokes |
//!
//! A key is found by its *handle*, a hash of it under a label, so that one row is read by an index and a key nobody has
//! costs no bcrypt. Who knows a handle does not know the key.

pub mod keeper;
pub mod memory;
pub mod store;

pub use keeper::{AddError, Found, KeyKeeper, KeyKeeperObserver, KeyKeeperState, Keys, NewKey, Prover};
pub use store::{Handle, KeyNews, KeyStore, StoredKey};
