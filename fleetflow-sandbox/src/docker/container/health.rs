//! What the health check of a container says: derived from the clock, unless a test decided it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::row::{Container, Health};
use crate::docker::daemon::Daemon;
use crate::docker::program::Program;

/// The state of the health check; none when there is no check.
pub(super) fn of(container: &Container, daemon: &Daemon<'_>) -> Option<Health> {
    let check = container.config.healthcheck.as_ref()?;
    if matches!(check.test.first().map(String::as_str), None | Some("NONE")) {
        return None;
    }
    if let Some(verdict) = container.run.verdict {
        return Some(verdict);
    }
    if !container.is_running() {
        return Some(Health::Unhealthy).filter(|_| container.run.started_at.is_some());
    }
    let is_warm = first_probe(container, daemon).is_some_and(|probe| probe <= daemon.now);
    Some(match is_warm {
        false => Health::Starting,
        true if fails(container) => Health::Unhealthy,
        true => Health::Healthy,
    })
}

/// Whether the check is a command that is known to fail. What is not known succeeds.
fn fails(container: &Container) -> bool {
    let check = container.config.healthcheck.as_ref();
    let env = &container.config.env.0;
    let program = match check.map(|check| check.test.as_slice()) {
        Some([form, argv @ ..]) if form == "CMD" => Program::read(argv, env),
        Some([form, line]) if form == "CMD-SHELL" => Program::script(line, env),
        _ => Program::Unknown,
    };
    matches!(program, Program::Ends { code, .. } if code != 0)
}

/// Real engines probe after one interval; here nobody has to wait longer than a server needs to boot.
fn first_probe(container: &Container, daemon: &Daemon<'_>) -> Option<Timestamp> {
    let interval = container
        .config
        .healthcheck
        .as_ref()
        .map_or(0, |check| check.interval);
    let warm_up = SignedDuration::try_from(daemon.warm_up).unwrap_or_default();
    let wait = if interval > 0 {
        warm_up.min(SignedDuration::from_nanos(interval))
    } else {
        warm_up
    };
    container.run.started_at?.checked_add(wait).ok()
}

/// `State.Health`
pub(super) fn describe(container: &Container, daemon: &Daemon<'_>) -> Option<Value> {
    let health = of(container, daemon)?;
    let (code, streak) = if health == Health::Unhealthy {
        (1, 3)
    } else {
        (0, 0)
    };
    let probe = first_probe(container, daemon).filter(|_| health != Health::Starting);
    let log: Vec<Value> = probe.iter().map(|at| probed(*at, code)).collect();
    Some(json!({ "Status": health.as_str(), "FailingStreak": streak, "Log": log }))
}

fn probed(at: Timestamp, code: i64) -> Value {
    json!({ "Start": at.to_string(), "End": at.to_string(), "ExitCode": code, "Output": "" })
}
