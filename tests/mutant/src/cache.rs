//! A store of answers with rules to choose: each rule set is one way of caching wrongly.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::http1::Head;

/// Answers kept at once.
const MOST: usize = 256;

/// Which answers are stored, and for which requests they are reused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// What a request is found by; `None`: the request never meets the store.
    pub(crate) key: fn(&Head) -> Option<Vec<u8>>,
    /// Says whether the answer to a request is stored.
    pub(crate) stores: fn(&Head, &Head) -> bool,
    /// Says whether a stored answer is used for this request and, where there is one, instead of this response.
    pub(crate) reuse: Reuse,
}

/// When a stored answer is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// In place of asking the upstream.
    Always,
    /// When the upstream's response has a 5xx status.
    OnError,
    /// When the request has `If-None-Match` with the stored tag: 304 without the stored fields.
    NotModified,
    /// While the same request is under way from another client.
    Meanwhile,
}

/// Stored answers, by key.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<HashMap<Vec<u8>, Vec<u8>>>);

impl Store {
    /// The stored bytes of an answer.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(key).cloned()
    }

    /// Stores an answer; a full store begins again.
    pub(crate) fn put(&self, key: Vec<u8>, answer: Vec<u8>) {
        let mut map = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if map.len() >= MOST {
            map.clear();
        }
        map.insert(key, answer);
    }
}

/// Method and target: what most keys begin with. Only GET is stored.
pub(crate) fn plain_key(head: &Head) -> Option<Vec<u8>> {
    (head.method() == b"GET").then(|| [head.get("Host").unwrap_or_default(), head.target()].concat())
}
