//! Events that other replicas wrote, for readers of the live tail.

use std::{future::Future, sync::Arc};

use actors::audit::{AuditStore, Hub};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Maximum number of notices waiting to be read from the store. A notice has some hundred ids.
const NOTICES: usize = 64;

/// Callback for the ids of events that another replica wrote.
type Tell = Arc<dyn Fn(Vec<Uuid>) + Send + Sync>;

/// Returns a callback for ids, and a task that reads their events and announces them. Events that can't be read, or
/// whose ids find the channel full, are announced as lost.
pub(super) fn relay(store: &Arc<dyn AuditStore>, hub: &Hub) -> (Tell, impl Future<Output = ()> + Send + 'static) {
    let (sender, mut notices) = mpsc::channel::<Vec<Uuid>>(NOTICES);
    let told = hub.clone();
    let tell = Arc::new(move |ids: Vec<Uuid>| {
        // Without readers, the ids are enough for clients that reconnect.
        if told.publish_unheard(&ids) {
            return;
        }
        if let Err(unsent) = sender.try_send(ids) {
            told.lose(&unsent.into_inner());
        }
    });
    let (store, hub) = (Arc::clone(store), hub.clone());
    let work = async move {
        while let Some(ids) = notices.recv().await {
            match store.live(&ids).await {
                Ok(events) => hub.publish_read(events),
                Err(error) => {
                    log::warn!(error:% = error, lost = ids.len(); "events of another replica could not be read");
                    hub.lose(&ids);
                }
            }
        }
    };
    (tell, work)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actors::audit::News;
    use tokio::sync::broadcast::Receiver;

    use super::*;
    use crate::store::sqlite::Sqlite;

    async fn scene() -> (Arc<dyn AuditStore>, Hub, Receiver<News>) {
        let store: Arc<dyn AuditStore> = Arc::new(Sqlite::open(":memory:").await.unwrap());
        let hub = Hub::default();
        let live = hub.subscribe();
        (store, hub, live)
    }

    fn lost(live: &mut Receiver<News>) -> u64 {
        let mut all = 0;
        while let Ok(news) = live.try_recv() {
            let News::Lost(some) = news else { unreachable!("nothing is in the store") };
            all += some;
        }
        all
    }

    #[actix_rt::test]
    async fn ids_that_find_the_channel_full_are_told_as_lost() {
        let (store, hub, mut live) = scene().await;
        let (tell, work) = relay(&store, &hub);
        for _ in 0..NOTICES {
            tell(vec![Uuid::nil(); 7]);
        }
        assert_eq!(lost(&mut live), 0);
        tell(vec![Uuid::nil(); 5]);
        assert_eq!(lost(&mut live), 5);
        drop(work);
        tell(vec![Uuid::nil(); 3]);
        assert_eq!(lost(&mut live), 3);
    }

    #[actix_rt::test]
    async fn ids_that_cannot_be_read_are_told_as_lost() {
        let (store, hub, mut live) = scene().await;
        let (tell, work) = relay(&store, &hub);
        store.close().await.unwrap();
        // An id of another version than 7 would be known to be absent.
        tell(vec![Uuid::now_v7(); 4]);
        drop(tell);
        work.await;
        assert_eq!(lost(&mut live), 4);
    }
}
