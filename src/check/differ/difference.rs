//! A difference, and the ground that is known beforehand.

use std::collections::BTreeSet;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// From the client to the upstream.
    Request,
    /// From the upstream to the client.
    Response,
}

impl Direction {
    /// Word for reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Way of the message.
    pub direction: Direction,
    /// Stable name of its kind: `field-added`.
    pub kind: &'static str,
    /// Thing it is about: the name of a field in lower case, a coding, or nothing.
    pub subject: String,
    /// Bytes before.
    pub before: Vec<u8>,
    /// Bytes after.
    pub after: Vec<u8>,
    /// Sentence with names and numbers, without its subject: "removes `X-Custom`".
    pub said: String,
}

/// Key of a difference: two with the same key are the same kind of change.
pub(crate) type Key = (Direction, &'static str, String);

impl Difference {
    /// Returns the key.
    pub(crate) fn key(&self) -> Key {
        (self.direction, self.kind, self.subject.clone())
    }
}

/// Collects the differences of one pair of messages.
pub(super) struct Differences {
    direction: Direction,
    /// Differences found so far.
    pub list: Vec<Difference>,
}

impl Differences {
    /// Begins with none.
    pub(super) fn new(direction: Direction) -> Self {
        Self { direction, list: Vec::new() }
    }

    /// Adds a difference.
    pub(super) fn add(&mut self, kind: &'static str, subject: &str, pair: (&[u8], &[u8]), said: String) {
        self.list.push(Difference {
            direction: self.direction,
            kind,
            subject: subject.to_owned(),
            before: pair.0.to_vec(),
            after: pair.1.to_vec(),
            said,
        });
    }
}

/// Changes that are known: how the path is mapped, and what is always done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ground {
    /// Route prefix at the client, and what stands in its place upstream.
    pub prefix: Option<(Vec<u8>, Vec<u8>)>,
    /// Keys of the changes that every call shows.
    pub always: BTreeSet<Key>,
}

impl Ground {
    /// Removes the differences that belong to the ground.
    pub(crate) fn subtract(&self, differences: Vec<Difference>) -> Vec<Difference> {
        differences.into_iter().filter(|difference| !self.always.contains(&difference.key())).collect()
    }
}
