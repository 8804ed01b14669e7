//! Why the tasks of a service fail: what the swarm says of the last one, and what that one wrote. It changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use bollard::models::{Task, TaskState};

use super::{SwarmService, nodes};
use crate::codes;
use crate::converge::Context;
use crate::docker::engines::{Engine, advised};
use crate::docker::last_words::{self, masked};
use crate::error::{Error, ErrorKind, Result};

/// How long the manager may take to hand over a log: it asks the node that ran the task, which may be dead.
const HEARING: Duration = Duration::from_secs(10);

/// The tasks of a service that failed, the last one first.
pub(super) struct Failures(Vec<Task>);

impl Failures {
    /// Those of the service `id`, without the ones that failed `before`.
    pub(super) async fn since(engine: &Engine, id: &str, before: &BTreeSet<String>) -> Result<Self> {
        let is_new = |task: &Task| task.id.as_ref().is_none_or(|id| !before.contains(id));
        let all = failed(engine, id).await?.into_iter();
        Ok(Self(all.filter(is_new).collect()))
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The failure of the service in the words of `message`: what the swarm says, and what the last one that failed wrote.
    pub(super) async fn told(
        &self,
        engine: &Engine,
        context: &Context,
        spec: &SwarmService,
        message: &str,
    ) -> Error {
        let said = self.0.iter().find_map(|task| task.status.as_ref()?.err.clone());
        let said = said.unwrap_or_else(|| "no task says why".to_owned());
        let message = masked(&format!("{message}: {said}"), spec, &context.applied);
        let error = advised(Error::new(ErrorKind::Refused, message));
        let error = match self.0.iter().find_map(started) {
            Some(task) => last_words::told(error, &masked(&log(engine, task).await, spec, &context.applied)),
            None => error,
        };
        error.number(&codes::UNHEALTHY)
    }
}

/// The id of the task, if there was a container that could write something.
fn started(task: &Task) -> Option<&str> {
    let container = task.status.as_ref()?.container_status.as_ref()?;
    container.container_id.as_ref().filter(|id| !id.is_empty())?;
    // One that the engine could not start has written nothing.
    container.exit_code.filter(|code| *code > 0)?;
    task.id.as_deref()
}

async fn log(engine: &Engine, task: &str) -> String {
    let lines = engine.docker().task_logs(task, Some(last_words::asked()));
    let heard = tokio::time::timeout(HEARING, last_words::heard(lines)).await;
    heard.unwrap_or_else(|_| "(the server that ran it does not hand over its log)".to_owned())
}

/// The service's tasks that failed, as far as the swarm remembers them.
pub(super) async fn failed(engine: &Engine, id: &str) -> Result<Vec<Task>> {
    let mut tasks = nodes::tasks(engine, "service", id).await?;
    tasks.retain(|task| {
        matches!(
            nodes::progress(task),
            Some(TaskState::FAILED | TaskState::REJECTED)
        )
    });
    let since = |task: &Task| task.status.as_ref().and_then(|status| status.timestamp.clone());
    tasks.sort_by_key(|task| std::cmp::Reverse(since(task)));
    Ok(tasks)
}
