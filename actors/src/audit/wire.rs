//! What the audit trail records below HTTP: one [`Wire`] per event, and one [`Connection`] per connection.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::values::{Held as _, PIECE_EXTRA, Text};

/// Rust types of the kinds of columns.
mod kind {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::super::values::{JsonText, Text};

    pub(super) type OptionalId = Option<Uuid>;
    pub(super) type OptionalCount = Option<u32>;
    pub(super) type Count = u32;
    pub(super) type Size = u64;
    pub(super) type Line = String;
    pub(super) type OptionalLine = Option<String>;
    pub(super) type Word = Text;
    pub(super) type OptionalWord = Option<Text>;
    pub(super) type OptionalJson = Option<JsonText>;
    pub(super) type Body = Bytes;
}

macro_rules! wire {
    (
        facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
        rest { $($(#[doc = $about_rest:literal])* $rest:ident: $kind_rest:ident,)* }
    ) => {
        /// Part of a record below HTTP. Secrets are masked in it as in the rest of the record. Texts contain no NUL.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Wire {
            $($(#[doc = $about])* pub $name: kind::$kind,)*
            $($(#[doc = $about_rest])* pub $rest: kind::$kind_rest,)*
        }

        /// Facts of a record below HTTP that lists show and filters use.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct WireFacts {
            $($(#[doc = $about])* #[serde(skip_serializing_if = "Given::is_missing")] pub $name: kind::$kind,)*
        }

        impl Wire {
            /// Returns the facts that lists show.
            #[must_use]
            pub fn facts(&self) -> WireFacts {
                WireFacts { $($name: self.$name.clone(),)* }
            }

            /// Returns the bytes that its texts and bodies take.
            pub(super) fn held(&self) -> usize {
                0 $(+ self.$name.held())* $(+ self.$rest.held())*
            }
        }
    };
}

/// Maximum number of allocations of a connection.
const CONNECTION_PIECES: usize = 9;

/// Values that may be missing.
trait Given {
    /// Returns true for a value that is not shown.
    fn is_missing(&self) -> bool;
}

impl Given for Text {
    fn is_missing(&self) -> bool {
        false
    }
}

impl<T> Given for Option<T> {
    fn is_missing(&self) -> bool {
        self.is_none()
    }
}

macro_rules! connection {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        /// A connection that has ended, also one without a request.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Connection {
            /// UUID version 7 with the time of `opened`.
            pub id: Uuid,
            /// Time when the connection was accepted, in whole microseconds.
            pub opened: DateTime<Utc>,
            /// Time when it ended, in whole microseconds.
            pub closed: DateTime<Utc>,
            $($(#[doc = $about])* pub $name: kind::$kind,)*
        }

        impl Connection {
            /// Creates a connection with only id and times set.
            #[must_use]
            pub fn new(id: Uuid, opened: DateTime<Utc>, closed: DateTime<Utc>) -> Self {
                Self { id, opened, closed, $($name: Default::default(),)* }
            }

            /// Returns an upper bound of the memory it takes, in bytes.
            #[must_use]
            pub fn weight(&self) -> usize {
                let owned = size_of::<Self>() $(+ self.$name.held())*;
                // Allocators round up.
                owned + owned / 8 + CONNECTION_PIECES * PIECE_EXTRA
            }
        }
    };
}

crate::wire_columns!(wire);
crate::connection_columns!(connection);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Event, JsonText, Record};

    #[test]
    fn a_record_weighs_its_heads_and_texts() {
        let event = Event::new(Uuid::nil(), DateTime::UNIX_EPOCH);
        let with = |wire| Record { event: event.clone(), payload: None, wire }.weight();
        let bare = with(None);
        assert_eq!(with(Some(Wire::default())), bare);
        let long = "x".repeat(1000);
        let wires = [
            Wire { rule: Some(long.clone().into()), ..Wire::default() },
            Wire { test_run: Some(long.clone()), ..Wire::default() },
            Wire { request_head: long.clone().into(), ..Wire::default() },
            Wire { response_head: long.clone().into(), ..Wire::default() },
            Wire { document: Some(JsonText::new(long)), ..Wire::default() },
        ];
        for wire in wires {
            assert!(with(Some(wire.clone())) >= bare + 1000, "{wire:?}");
        }
    }
}
