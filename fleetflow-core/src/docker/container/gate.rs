//! The gate that a started container has to pass: healthy where there is a check, otherwise running for a moment. What
//! it says when it does not.

use std::time::Duration;

use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum as State, HealthConfig,
    HealthStatusEnum as Health,
};
use bollard::query_parameters::InspectContainerOptions;
use tokio::time::Instant;

use super::Container;
use crate::codes;
use crate::converge::Context;
use crate::docker::Restart;
use crate::docker::engines::Engine;
use crate::docker::last_words::{self, masked};
use crate::error::{Error, ErrorKind, Result};

/// What a check may take beyond its own times.
const MARGIN: Duration = Duration::from_secs(30);
const LEAST: Duration = Duration::from_secs(60);
/// What engines do where a check does not say it: "30s", "30s", 3 (Dockerfile reference, HEALTHCHECK).
const DEFAULT_PERIOD: Duration = Duration::from_secs(30);
const DEFAULT_RETRIES: i64 = 3;
/// With a check, a container may be started again this often before it is given up.
const MOST_RESTARTS: i64 = 3;
/// How long it is looked for the exit code of a container without a check that the engine starts again and again.
const STARTED_AGAIN: Duration = Duration::from_secs(6);

/// Waits until the container `id` works, and answers what the engine says of it then.
pub(super) async fn pass(
    engine: &Engine,
    context: &Context,
    id: &str,
    spec: &Container,
) -> Result<ContainerInspectResponse> {
    let first = inspect(engine, id).await?;
    let check = first
        .config
        .as_ref()
        .and_then(|config| config.healthcheck.as_ref());
    let check = check.filter(|check| is_check(check));
    let (what, limit) = match check {
        Some(check) => ("waiting for it to be healthy", limit(check)),
        None => ("waiting whether it keeps running", engine.probation() + MARGIN),
    };
    let began = Instant::now();
    let passed = context
        .until(what, limit, || async {
            let seen = inspect(engine, id).await?;
            let passed = judge(
                &seen,
                check.is_some(),
                spec,
                (began.elapsed(), engine.probation()),
            )?;
            Ok(passed.map(|()| seen))
        })
        .await;
    match passed {
        Err(error) if error.kind() != ErrorKind::Cancelled => {
            Err(with_last_lines(engine, context, id, spec, error).await)
        }
        answer => answer,
    }
}

/// Everything that the engine knows of the container.
pub(super) async fn inspect(engine: &Engine, id: &str) -> Result<ContainerInspectResponse> {
    engine
        .repeat("look at the container", |docker| {
            let id = id.to_owned();
            async move {
                docker
                    .inspect_container(&id, None::<InspectContainerOptions>)
                    .await
            }
        })
        .await
}

fn is_check(check: &HealthConfig) -> bool {
    let first = check.test.as_ref().and_then(|test| test.first());
    first.is_some_and(|first| first != "NONE")
}

/// How long a check takes at most until it says no.
fn limit(check: &HealthConfig) -> Duration {
    let time = |nanoseconds: Option<i64>, default: Duration| match nanoseconds {
        Some(given) if given > 0 => Duration::from_nanos(given.unsigned_abs()),
        _ => default,
    };
    let once = time(check.interval, DEFAULT_PERIOD) + time(check.timeout, DEFAULT_PERIOD);
    let retries = check
        .retries
        .filter(|retries| *retries > 0)
        .unwrap_or(DEFAULT_RETRIES);
    let retries = u32::try_from(retries).unwrap_or(u32::MAX);
    let all = time(check.start_period, Duration::ZERO) + once.saturating_mul(retries) + MARGIN;
    all.max(LEAST)
}

/// `Some` when it passed, `None` when it is too early to say, an error when it failed.
fn judge(
    seen: &ContainerInspectResponse,
    has_check: bool,
    spec: &Container,
    (since, probation): (Duration, Duration),
) -> Result<Option<()>> {
    let failed = |message: String| Err(Error::of(&codes::UNHEALTHY, message));
    let none = ContainerState::default();
    let state = seen.state.as_ref().unwrap_or(&none);
    let code = state.exit_code.unwrap_or_default();
    let restarts = seen.restart_count.unwrap_or_default();
    match state.status {
        Some(State::EXITED | State::DEAD) if code == 0 && ends_well(spec.restart) => return Ok(Some(())),
        Some(State::EXITED | State::DEAD) => return failed(ended(code, state.oom_killed)),
        Some(State::RESTARTING) if !has_check || restarts >= MOST_RESTARTS => {
            return failed(ended(code, state.oom_killed));
        }
        // The exit code is only to be seen while the engine waits with the next start, which takes longer each time.
        Some(State::RUNNING) if !has_check && restarts > 0 && since >= STARTED_AGAIN.max(probation * 4) => {
            return failed("the container ended, and the engine started it again".to_owned());
        }
        Some(State::RUNNING) if !has_check && restarts > 0 => return Ok(None),
        Some(State::RUNNING) => {}
        _ => return Ok(None),
    }
    if !has_check {
        return Ok((since >= probation).then_some(()));
    }
    match state.health.as_ref().and_then(|health| health.status) {
        Some(Health::HEALTHY) => Ok(Some(())),
        Some(Health::UNHEALTHY) => failed(unhealthy(state)),
        _ => Ok(None),
    }
}

/// Whether a container that ended with success did what it is for.
pub(super) fn ends_well(restart: Restart) -> bool {
    matches!(restart, Restart::No | Restart::OnFailure)
}

fn ended(code: i64, out_of_memory: Option<bool>) -> String {
    match out_of_memory {
        Some(true) => format!("the container ended with exit code {code}: it used more memory than it may"),
        _ => format!("the container ended with exit code {code}"),
    }
}

fn unhealthy(state: &ContainerState) -> String {
    let log = state.health.as_ref().and_then(|health| health.log.as_ref());
    let last = log.and_then(|log| log.last());
    let code = last.and_then(|probe| probe.exit_code).unwrap_or_default();
    let said = last
        .and_then(|probe| probe.output.as_deref())
        .unwrap_or_default()
        .trim();
    match said {
        "" => format!("the container is unhealthy: its check ended with {code}"),
        said => format!("the container is unhealthy: its check ended with {code} and said `{said}`"),
    }
}

/// `error` with what the container said last.
async fn with_last_lines(
    engine: &Engine,
    context: &Context,
    id: &str,
    spec: &Container,
    error: Error,
) -> Error {
    let lines = engine.docker().logs(id, Some(last_words::asked()));
    let lines = last_words::heard(lines).await;
    let message = masked(error.message(), spec, &context.applied);
    let lines = masked(&lines, spec, &context.applied);
    last_words::told(error.saying(message), &lines)
        .help("correct it and run the same command again")
        .during("start the container")
}
