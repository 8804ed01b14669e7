//! Waiting until a container has ended or is gone.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::find;
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::{Call, Target};
use crate::docker::daemon::Daemon;

/// How often the container is looked at.
const TICK: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    NotRunning,
    NextExit,
    Removed,
}

/// What was true when the waiting began, and the last exit code seen.
#[derive(Debug)]
struct Waiting {
    target: Target,
    id: String,
    condition: Condition,
    ended_before: Option<Timestamp>,
    code: i64,
}

/// The headers go out at once and the answer follows when the condition is met, as engines do it.
pub(super) fn wait(call: &Call, name: &str) -> Outcome {
    let condition = condition(call.parameter("condition").unwrap_or("not-running"))?;
    let waiting = call.daemon(|daemon| {
        let container = find(daemon.engine, name)?;
        let (ended_before, code) = (container.run.finished_at, container.run.exit_code);
        Ok(Waiting {
            target: call.target.clone(),
            id: container.id.clone(),
            condition,
            ended_before,
            code,
        })
    })?;
    let body = Body::from_stream(stream::once(waiting.finish()));
    Ok(answer::with_body(StatusCode::OK, "application/json", body))
}

fn condition(word: &str) -> Result<Condition, Failure> {
    match word {
        "not-running" => Ok(Condition::NotRunning),
        "next-exit" => Ok(Condition::NextExit),
        "removed" => Ok(Condition::Removed),
        other => Err(Failure::bad(format!("invalid condition: {other:?}"))),
    }
}

impl Waiting {
    async fn finish(mut self) -> std::io::Result<Bytes> {
        while !self.is_met() {
            tokio::time::sleep(TICK).await;
        }
        Ok(Bytes::from(format!("{}\n", json!({ "StatusCode": self.code }))))
    }

    fn is_met(&mut self) -> bool {
        Daemon::open(&self.target.shared, &self.target.engine, |daemon| {
            let Ok(container) = find(daemon.engine, &self.id) else {
                let said = daemon.engine.last_words.get(&self.id);
                self.code = said.copied().unwrap_or(self.code);
                return true;
            };
            self.code = container.run.exit_code;
            match self.condition {
                Condition::NotRunning => !container.is_running(),
                Condition::NextExit => container.run.finished_at != self.ended_before,
                Condition::Removed => false,
            }
        })
    }
}
