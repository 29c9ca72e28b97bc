//! Values of columns, and the memory that they take.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

/// Text that is usually known at compile time.
pub type Text = Cow<'static, str>;

/// JSON document as text, serialised once and passed on unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// Wraps text that must be valid JSON; it is not checked.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// Overhead of a small allocation in bytes.
pub(super) const PIECE_EXTRA: usize = 16;

/// Values that may own memory.
pub(super) trait Held {
    /// Bytes owned.
    fn held(&self) -> usize {
        0
    }
}

impl Held for u32 {}
impl Held for u64 {}
impl Held for Uuid {}

impl Held for String {
    fn held(&self) -> usize {
        self.capacity()
    }
}

impl Held for Text {
    fn held(&self) -> usize {
        match self {
            Text::Borrowed(_) => 0,
            Text::Owned(text) => text.capacity(),
        }
    }
}

impl Held for JsonText {
    fn held(&self) -> usize {
        self.as_str().len()
    }
}

impl Held for Bytes {
    fn held(&self) -> usize {
        self.len()
    }
}

impl<T: Held> Held for Option<T> {
    fn held(&self) -> usize {
        self.as_ref().map_or(0, T::held)
    }
}
