//! Raw request heads, with secrets masked in place.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;

use super::super::masker::MaskedField;
use crate::request::RequestHead;

/// Masked parts of a request head.
pub(in crate::audit) struct MaskedHead<'r> {
    /// Method.
    pub(in crate::audit) method: Cow<'r, [u8]>,
    /// Request target.
    pub(in crate::audit) target: Cow<'r, [u8]>,
    /// Fields in their order, without pseudo-fields.
    pub(in crate::audit) fields: Vec<MaskedField<'r>>,
}

impl MaskedHead<'_> {
    /// Returns the head as received, with the masked values in place of the original ones, in an allocation of its own.
    /// Empty when the head was not received as text.
    pub(in crate::audit) fn raw(&self, head: &RequestHead) -> Bytes {
        let raw = head.raw();
        if raw.is_empty() {
            return Bytes::new();
        }
        let line = [(head.method_range(), &self.method), (head.target_range(), &self.target)];
        let values = head.value_ranges().zip(self.fields.iter().map(|(_, value)| value));
        let mut masked = Vec::with_capacity(raw.len() + 64);
        let mut done = 0;
        for (Range { start, end }, value) in line.into_iter().chain(values) {
            if let Cow::Owned(value) = value {
                masked.extend_from_slice(&raw[done..start]);
                masked.extend_from_slice(value);
                done = end;
            }
        }
        masked.extend_from_slice(&raw[done..]);
        masked.shrink_to_fit();
        masked.into()
    }
}
