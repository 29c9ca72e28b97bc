//! The audit trail as the portal's API reads it.

use std::{future::Future, sync::Arc, time::Duration};

use actix_web::http::{
    StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use actors::{
    audit::{AuditStore, Hub, SinkState},
    store::StoreError,
};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::endpoints::Fault;

/// Longest time for the store to answer one question; then it is cut.
pub(super) const QUESTION_MAX: Duration = Duration::from_secs(30);

/// Where the audit trail is read. Clones are cheap.
#[derive(Clone)]
pub struct AuditReader {
    /// Keeps the events.
    pub store: Arc<dyn AuditStore>,
    /// Tells what is written, as it is written.
    pub hub: Hub,
    /// Tells how the sink is doing.
    pub observe: Arc<dyn Fn() -> SinkState + Send + Sync>,
    /// Where questions and rendering run: not on the threads that serve requests.
    pub runtime: Handle,
}

impl AuditReader {
    /// Runs `work` on the audit trail's threads; it is given up when the caller is. `question` names it in the log.
    ///
    /// # Errors
    /// 503 when the store can't answer, or not in time.
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
                log::error!(question = question, error:% = error; "audit question failed");
                Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))
            }
        }
    }

    /// The cause goes to the log, never to the client.
    fn refuse(&self, question: &'static str, error: &QuestionError) -> Fault {
        log::warn!(question = question, store = self.store.name(), error:% = error; "audit store did not answer");
        let (message, code) = match error {
            QuestionError::Slow => {
                ("the audit store took longer than 30 s; narrow the query by from and to", "query_timeout")
            }
            QuestionError::Store(_) => ("the audit store is unavailable; try again later", "audit_store_unavailable"),
        };
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, message)
            .code(code)
            .header(RETRY_AFTER, HeaderValue::from_static("1"))
    }
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum QuestionError {
    /// The store took too long.
    #[error("no answer within {} s", QUESTION_MAX.as_secs())]
    Slow,
    /// The store said why.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Waits for an answer of the store, but not longer than [`QUESTION_MAX`].
///
/// # Errors
/// [`QuestionError`] when there is none.
pub(super) async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, QuestionError> {
    match tokio::time::timeout(QUESTION_MAX, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(QuestionError::Slow),
    }
}

/// A task that ends when nobody waits for it any more.
pub(super) struct Task<T>(pub(super) JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
