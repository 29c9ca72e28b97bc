//! What the audit trail records below HTTP: one [`Wire`] per event, and one [`Connection`] per connection.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Rust types of the kinds of columns.
mod kind {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::super::record::{JsonText, Text};

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
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        /// Part of a record below HTTP. Secrets are masked in it as in the rest of the record. Texts contain no NUL.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Wire {
            $($(#[doc = $about])* pub $name: kind::$kind,)*
        }
    };
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
        }
    };
}

crate::wire_columns!(wire);
crate::connection_columns!(connection);
