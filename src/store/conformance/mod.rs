//! Conformance suite that each store must pass. A store runs it by [`suite!`] with a function that returns a fresh,
//! empty store.
//!
//! | module | contents |
//! |---|---|
//! | [`dice`] | events of all kinds, the same in each run |
//! | [`model`] | the expected results, computed without a database |
//! | [`writing`] | append, get, remove |
//! | [`asking`] | filters, pages, counts, aggregates |
//! | [`connections`] | connections: append, queries, remove |
//! | [`rollups`] | statistics after writes, late events and removals |

mod asking;
mod connections;
mod dice;
mod model;
mod rollups;
mod writing;

use std::{any::Any, sync::Arc};

use actors::{
    audit::{AuditStore, ConnectionStore, Filter, Page, Record},
    store::SecretStore,
};

pub(super) use asking::*;
pub(super) use connections::*;
pub(super) use rollups::*;
pub(super) use writing::*;

/// Empty store, with a guard for what must live as long.
pub(super) struct Fresh {
    pub(super) store: Arc<dyn AuditStore>,
    pub(super) connections: Arc<dyn ConnectionStore>,
    pub(super) secrets: Arc<dyn SecretStore>,
    pub(super) keep: Box<dyn Any>,
}

impl Fresh {
    pub(super) fn new<S: AuditStore + ConnectionStore + SecretStore>(store: S, keep: impl Any) -> Self {
        let store = Arc::new(store);
        let connections = Arc::clone(&store) as _;
        Self { store: Arc::clone(&store) as _, connections, secrets: store, keep: Box::new(keep) }
    }
}

/// Generates a test for each case. `$fresh` is an async function that returns a [`Fresh`].
macro_rules! suite {
    ($fresh:path) => {
        $crate::store::conformance::suite!($fresh:
            every_field_comes_back,
            extremes_come_back,
            records_without_payload_come_back,
            documents_come_back_compact_and_sorted,
            a_batch_is_written_whole_or_not_at_all,
            writing_again_writes_what_is_missing,
            live_keeps_the_order,
            records_are_bounded_by_bytes,
            deleting_takes_payloads_and_keeps_replays,
            deleting_goes_in_chunks,
            each_filter_alone,
            filters_together,
            nothing_in_a_filter_has_a_meaning_of_its_own,
            pages_by_cursor_are_pages_by_offset,
            bounds_of_pages,
            ended_since_finds_the_late_ones,
            buckets_and_groups_of_nothing,
            all_replicas_agree_on_one_secret,
            figures_are_exact_whatever_happens,
            percentiles_of_many_are_within_one_percent,
            connections_come_back_by_every_filter,
            connections_are_written_once,
            connections_are_removed_by_age,
            a_closed_store_says_so,
        );
    };
    ($fresh:path: $($case:ident),+ $(,)?) => {
        $(
            #[actix_rt::test]
            async fn $case() {
                $crate::store::conformance::$case($fresh().await).await;
            }
        )+
    };
}
pub(super) use suite;

/// Returns records of all kinds, the same for the same seed.
pub(super) fn batch(seed: u64, count: usize) -> Vec<Arc<Record>> {
    dice::Dice::new(seed).records(count).into_iter().map(Arc::new).collect()
}

/// Writes records like the sink.
async fn fill(store: &dyn AuditStore, records: &[Record]) {
    let records: Vec<Arc<Record>> = records.iter().cloned().map(Arc::new).collect();
    for batch in records.chunks(512) {
        store.append(batch, false).await.unwrap();
    }
}

const EVERYTHING: Page = Page { after: None, offset: 0, limit: 100_000 };

async fn total(store: &dyn AuditStore) -> u64 {
    store.count(&Filter::default()).await.unwrap()
}
