//! Read access of the portal's API to the audit trail.

use std::{future::Future, sync::Arc, time::Duration};

use actix_web::http::{
    StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use actors::{
    audit::{AuditStore, ConnectionStore, Hub, SinkState},
    store::StoreError,
};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::endpoints::Fault;

/// Timeout of one query of the store; after it, the query is cancelled.
pub(super) const QUESTION_MAX: Duration = Duration::from_secs(30);

/// Read access to the audit trail. Clones are cheap.
#[derive(Clone)]
pub struct AuditReader {
    /// Store of the events.
    pub store: Arc<dyn AuditStore>,
    /// Store of the connections.
    pub connections: Arc<dyn ConnectionStore>,
    /// Announces events as they are written.
    pub hub: Hub,
    /// Returns the state of the sink.
    pub observe: Arc<dyn Fn() -> SinkState + Send + Sync>,
    /// Runtime for queries and rendering, apart from the threads that serve requests.
    pub runtime: Handle,
}

impl AuditReader {
    /// Runs `work` on the audit trail's threads. It is dropped when the caller is. `question` names it in the log.
    ///
    /// # Errors
    /// 503 when the store fails or does not answer in time.
    pub(super) async fn ask<T, F>(
        &self,
        question: &'static str,
        work: impl FnOnce(Arc<dyn AuditStore>) -> F,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let mut task = Task(self.runtime.spawn(in_time(work(Arc::clone(&self.store)))));
        match (&mut task.0).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.refuse(question, &error)),
            Err(error) => {
                log::error!(question = question, error:% = error; "audit query failed");
                Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))
            }
        }
    }

    /// Logs the cause and returns the error for the client, which does not contain it.
    fn refuse(&self, question: &'static str, error: &QuestionError) -> Fault {
        log::warn!(question = question, store = self.store.name(), error:% = error; "audit store did not answer");
        let (message, code) = match error {
            QuestionError::Slow => {
                ("the audit store took longer than 30 s; narrow the time range with from and to", "query_timeout")
            }
            QuestionError::Store(_) => ("the audit store is unavailable; try again later", "audit_store_unavailable"),
        };
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, message)
            .code(code)
            .header(RETRY_AFTER, HeaderValue::from_static("1"))
    }
}

/// Reason why a query failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum QuestionError {
    /// Timeout of the store.
    #[error("no answer within {} s", QUESTION_MAX.as_secs())]
    Slow,
    /// Error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Waits for the store, at most [`QUESTION_MAX`].
///
/// # Errors
/// [`QuestionError`] when the store fails or takes too long.
pub(super) async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, QuestionError> {
    match tokio::time::timeout(QUESTION_MAX, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(QuestionError::Slow),
    }
}

/// Task that is aborted when its handle is dropped.
pub(super) struct Task<T>(pub(super) JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
