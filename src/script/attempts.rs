//! Counters of attempts, in memory.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Write as _},
    future::{Future, ready},
    hash::BuildHasher as _,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use foldhash::fast::RandomState;
use sha2::{Digest as _, Sha256};

/// Maximum number of keys that are counted. A further one displaces the least recently used key of its shard.
pub const MAX_KEYS: usize = 10_000;

/// Parts that are locked apart from each other, each for the time of one look-up.
const SHARDS: usize = 16;

/// Maximum length of a key in bytes; of a longer one, the beginning and a hash are kept.
const MAX_KEY: usize = 256;

/// Attempts of one call.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Counted {
    /// Name of the script.
    pub script: String,
    /// The key; bytes that are no UTF-8 as U+FFFD.
    pub key: String,
    /// Number of attempts.
    pub attempts: u64,
    /// Time of the first attempt in milliseconds since 1970.
    pub first_ms: u64,
    /// Time of the last attempt in milliseconds since 1970.
    pub last_ms: u64,
}

/// Reason why an attempt was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attempts can't be counted at the moment")]
pub struct Uncounted;

/// Result of a counter, which may be elsewhere.
pub type Counting<'c, T> = Pin<Box<dyn Future<Output = Result<T, Uncounted>> + 'c>>;

/// Counters of attempts.
pub trait Attempts: fmt::Debug + Send + Sync {
    /// Counts an attempt at `now_ms`. Returns its number, from 1.
    fn count<'c>(&'c self, script: &'c str, key: &'c [u8], now_ms: u64) -> Counting<'c, u64>;

    /// Lists the counters of a script, those used last first.
    fn list<'c>(&'c self, script: &'c str) -> Counting<'c, Vec<Counted>>;

    /// Removes the counter of a key, or all counters of a script. Returns the number of counters removed.
    fn reset<'c>(&'c self, script: &'c str, key: Option<&'c [u8]>) -> Counting<'c, usize>;
}

/// Counters in the memory of this process: 10,000 keys.
#[derive(Debug)]
pub struct AttemptsInMemory {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

/// Name of a script and key.
type Call = Arc<(String, Vec<u8>)>;

#[derive(Debug, Default)]
struct Shard {
    counters: HashMap<Call, Counter, RandomState>,
    /// Calls by the turn in which they were used last.
    used: BTreeMap<u64, Call>,
    turn: u64,
}

#[derive(Debug)]
struct Counter {
    turn: u64,
    attempts: u64,
    first_ms: u64,
    last_ms: u64,
}

impl Default for AttemptsInMemory {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: RandomState::default() }
    }
}

impl AttemptsInMemory {
    /// Runs `work` on the shard of a call. The lock is held for one look-up.
    fn on<T>(&self, call: &Call, work: impl FnOnce(&mut Shard) -> T) -> T {
        let index = self.hasher.hash_one(call) as usize % SHARDS;
        work(&mut self.shards[index].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Attempts for AttemptsInMemory {
    fn count<'c>(&'c self, script: &'c str, key: &'c [u8], now_ms: u64) -> Counting<'c, u64> {
        let call = call(script, key);
        Box::pin(ready(Ok(self.on(&call, |shard| shard.count(&call, now_ms)))))
    }

    fn list<'c>(&'c self, script: &'c str) -> Counting<'c, Vec<Counted>> {
        let mut list = Vec::new();
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).list(script, &mut list);
        }
        list.sort_by(|a, b| b.last_ms.cmp(&a.last_ms).then_with(|| a.key.cmp(&b.key)));
        Box::pin(ready(Ok(list)))
    }

    fn reset<'c>(&'c self, script: &'c str, key: Option<&'c [u8]>) -> Counting<'c, usize> {
        let removed = match key {
            Some(key) => {
                let call = call(script, key);
                usize::from(self.on(&call, |shard| shard.remove(&call)))
            }
            None => {
                let of = |shard: &Mutex<Shard>| shard.lock().unwrap_or_else(PoisonError::into_inner).remove_all(script);
                self.shards.iter().map(of).sum()
            }
        };
        Box::pin(ready(Ok(removed)))
    }
}

impl Shard {
    fn count(&mut self, call: &Call, now_ms: u64) -> u64 {
        self.turn += 1;
        if let Some(counter) = self.counters.get_mut(call) {
            // The call is moved to the new turn, so that both maps keep sharing it.
            if let Some(call) = self.used.remove(&counter.turn) {
                self.used.insert(self.turn, call);
            }
            counter.turn = self.turn;
            counter.attempts += 1;
            counter.last_ms = now_ms;
            return counter.attempts;
        }
        if self.counters.len() == MAX_KEYS / SHARDS
            && let Some((_, oldest)) = self.used.pop_first()
        {
            self.counters.remove(&oldest);
        }
        self.used.insert(self.turn, Arc::clone(call));
        let counter = Counter { turn: self.turn, attempts: 1, first_ms: now_ms, last_ms: now_ms };
        self.counters.insert(Arc::clone(call), counter);
        1
    }

    fn list(&self, script: &str, list: &mut Vec<Counted>) {
        let of_script = self.counters.iter().filter(|(call, _)| call.0 == script);
        list.extend(of_script.map(|(call, counter)| Counted {
            script: script.to_owned(),
            key: String::from_utf8_lossy(&call.1).into_owned(),
            attempts: counter.attempts,
            first_ms: counter.first_ms,
            last_ms: counter.last_ms,
        }));
    }

    fn remove(&mut self, call: &Call) -> bool {
        let Some(counter) = self.counters.remove(call) else { return false };
        self.used.remove(&counter.turn);
        true
    }

    fn remove_all(&mut self, script: &str) -> usize {
        let before = self.counters.len();
        self.counters.retain(|call, _| call.0 != script);
        self.used.retain(|_, call| call.0 != script);
        before - self.counters.len()
    }
}

fn call(script: &str, key: &[u8]) -> Call {
    let key = if key.len() <= MAX_KEY { key.to_vec() } else { shortened(key) };
    Arc::new((script.to_owned(), key))
}

/// Returns the beginning of a key and its SHA-256, so that two long keys stay two.
fn shortened(key: &[u8]) -> Vec<u8> {
    let mut hash = String::from("…");
    for byte in Sha256::digest(key) {
        let _ = write!(hash, "{byte:02x}");
    }
    [&key[..MAX_KEY - hash.len()], hash.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn count(attempts: &AttemptsInMemory, script: &str, key: &str) -> u64 {
        attempts.count(script, key.as_bytes(), 5).now_or_never().unwrap().unwrap()
    }

    fn keys(attempts: &AttemptsInMemory, script: &str) -> Vec<(String, u64)> {
        let list = attempts.list(script).now_or_never().unwrap().unwrap();
        list.into_iter().map(|counted| (counted.key, counted.attempts)).collect()
    }

    #[test]
    fn calls_are_counted_by_script_and_key() {
        let attempts = AttemptsInMemory::default();
        let counted = [("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")];
        let numbers: Vec<_> = counted.iter().map(|(script, key)| count(&attempts, script, key)).collect();
        assert_eq!(numbers, [1, 2, 1, 1, 3]);
        assert_eq!(keys(&attempts, "a"), [("x".to_owned(), 3), ("y".to_owned(), 1)]);
    }

    #[test]
    fn counters_are_read_and_reset() {
        let attempts = AttemptsInMemory::default();
        for (key, ms) in [("x", 10), ("y", 11), ("x", 12)] {
            attempts.count("a", key.as_bytes(), ms).now_or_never().unwrap().unwrap();
        }
        count(&attempts, "b", "x");
        let first = attempts.list("a").now_or_never().unwrap().unwrap().remove(0);
        let expected = Counted { script: "a".to_owned(), key: "x".to_owned(), attempts: 2, first_ms: 10, last_ms: 12 };
        assert_eq!(first, expected);
        let reset = |key: Option<&str>| attempts.reset("a", key.map(str::as_bytes)).now_or_never().unwrap().unwrap();
        assert_eq!((reset(Some("x")), reset(Some("x")), reset(None)), (1, 0, 1));
        assert_eq!(keys(&attempts, "a"), []);
        assert_eq!((count(&attempts, "a", "x"), count(&attempts, "b", "x")), (1, 2));
    }

    #[test]
    fn the_least_recently_used_keys_go() {
        let attempts = AttemptsInMemory::default();
        count(&attempts, "a", "kept");
        for number in 0..50_000 {
            count(&attempts, "a", &number.to_string());
            assert_eq!(count(&attempts, "a", "kept"), number + 2);
        }
        let kept = keys(&attempts, "a");
        assert!(kept.len() <= MAX_KEYS && kept.len() > MAX_KEYS * 9 / 10, "{}", kept.len());
        assert_eq!(count(&attempts, "a", "0"), 1);
        for shard in &attempts.shards {
            let shard = shard.lock().unwrap();
            assert_eq!(shard.counters.len(), shard.used.len());
        }
    }

    #[test]
    fn long_keys_are_shortened_and_stay_apart() {
        let attempts = AttemptsInMemory::default();
        let (a, b) = (format!("{}a", "k".repeat(100_000)), format!("{}b", "k".repeat(100_000)));
        assert_eq!([count(&attempts, "s", &a), count(&attempts, "s", &b), count(&attempts, "s", &a)], [1, 1, 2]);
        assert!(keys(&attempts, "s").iter().all(|(key, _)| key.len() == MAX_KEY && key.starts_with("kkkk")));
    }

    #[test]
    fn threads_count_together() {
        let attempts = AttemptsInMemory::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).map(|_| count(&attempts, "a", "x")).max());
            }
        });
        assert_eq!(count(&attempts, "a", "x"), 4001);
    }
}
