//! What a life-cycle verb gets besides its client: who owns the resource, where progress goes, when to stop.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Owner, Spec};

/// Where a verb writes down an id before anything else can fail. See [`Context::checkpoint`].
pub type Checkpoint = Arc<dyn Fn(String, Map<String, Value>) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// The surroundings of one running step.
#[derive(Clone)]
pub struct Context {
    /// The mark to write on what is created.
    pub owner: Owner,
    /// The folder that relative paths of the declaration start from.
    pub root: std::path::PathBuf,
    /// The declaration as the state will remember it: references resolved, secrets still markers. Null for a delete.
    pub applied: Spec,
    /// The id of what was deleted in this step, for what is made in its place; reads may still show it.
    pub replaces: Option<String>,
    /// A word that is another one for each run; empty outside of one.
    pub run: String,
    /// Whether the step was [prepared](crate::model::Lifecycle::prepare) in this run.
    pub prepared: bool,
    /// Set when the user asked to stop: begin nothing new, finish what was begun.
    pub cancelled: CancellationToken,
    waiting: Arc<dyn Fn(String) + Send + Sync>,
    noting: Arc<dyn Fn(String) + Send + Sync>,
    checkpoint: Checkpoint,
}

impl Context {
    /// Surroundings that report to `waiting` and write ids with `checkpoint`.
    pub fn new(
        owner: Owner,
        root: std::path::PathBuf,
        cancelled: CancellationToken,
        waiting: Arc<dyn Fn(String) + Send + Sync>,
        checkpoint: Checkpoint,
    ) -> Self {
        Self {
            owner,
            root,
            applied: Spec::default(),
            replaces: None,
            run: String::new(),
            prepared: false,
            cancelled,
            waiting,
            noting: Arc::new(|_| {}),
            checkpoint,
        }
    }

    /// The same, for a step that applies `applied`.
    #[must_use]
    pub fn applying(mut self, applied: Spec) -> Self {
        self.applied = applied;
        self
    }

    /// The same, for what takes the place of what had this id.
    #[must_use]
    pub fn replacing(mut self, id: Option<String>) -> Self {
        self.replaces = id;
        self
    }

    /// The same, as a part of the run `run`.
    #[must_use]
    pub fn in_run(mut self, run: impl Into<String>) -> Self {
        self.run = run.into();
        self
    }

    /// The same, for a step that is prepared already, or is not.
    #[must_use]
    pub fn prepared(mut self, prepared: bool) -> Self {
        self.prepared = prepared;
        self
    }

    /// The same, with someone who is told what is worth to be kept.
    #[must_use]
    pub fn noting(mut self, noting: Arc<dyn Fn(String) + Send + Sync>) -> Self {
        self.noting = noting;
        self
    }

    /// Surroundings for a verb that is called by itself, in tests and tools: progress is dropped, nothing is stored.
    pub fn detached(owner: Owner) -> Self {
        Self::new(
            owner,
            std::path::PathBuf::from("."),
            CancellationToken::new(),
            Arc::new(|_| {}),
            Arc::new(|_, _| Box::pin(async { Ok(()) })),
        )
    }

    /// Says what the step waits for now: `disk copy 42 %`.
    pub fn waiting(&self, what: impl Into<String>) {
        (self.waiting)(what.into());
    }

    /// Says what users shall find in the output of the run: `away for at most 1.2 s`.
    pub fn note(&self, what: impl Into<String>) {
        (self.noting)(what.into());
    }

    /// Puts `id` into the state at once: call it as soon as a create or a change of id took effect.
    pub async fn checkpoint(&self, id: impl Into<String>, outputs: Map<String, Value>) -> Result<()> {
        (self.checkpoint)(id.into(), outputs).await
    }

    /// Asks `ready` again and again until it answers `Some`, waiting a little longer each time (from 50 ms to 5 s).
    ///
    /// `what` is told while waiting and in the error when `limit` is over; a cancelled run ends the wait.
    pub async fn until<T, F>(&self, what: &str, limit: Duration, mut ready: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<Option<T>>>,
    {
        let asked = async {
            let mut pause = Duration::from_millis(50);
            loop {
                if let Some(found) = ready().await? {
                    return Ok(found);
                }
                self.waiting(what);
                tokio::time::sleep(pause).await;
                pause = (pause * 3 / 2).min(Duration::from_secs(5));
            }
        };
        tokio::select! {
            answer = tokio::time::timeout(limit, asked) => answer.unwrap_or_else(|_| Err(self.overdue(what, limit))),
            () = self.cancelled.cancelled() => Err(self.interrupted(what)),
        }
    }

    /// Does `work`, which has no effect that must be finished, until the run is stopped. `what` is told in the error then.
    pub async fn unless_stopped<T>(&self, what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            answer = work => answer,
            () = self.cancelled.cancelled() => Err(self.interrupted(what)),
        }
    }

    fn overdue(&self, what: &str, limit: Duration) -> Error {
        Error::new(
            ErrorKind::TimedOut,
            format!("still {what} after {} s", limit.as_secs()),
        )
        .on(&self.owner.address)
        .help("run the same command again: it goes on from here")
    }

    fn interrupted(&self, what: &str) -> Error {
        Error::new(ErrorKind::Cancelled, format!("stopped while {what}"))
            .on(&self.owner.address)
            .help("run the same command again: it goes on from here")
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}
