//! Start, stop, restart, kill and rename, as requests.

use http::StatusCode;
use serde_json::Value;

use super::row::{Container, Status};
use super::run::{self, Start};
use super::{create, done, is_name, position};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;
use crate::docker::daemon::Daemon;
use crate::docker::stream::Pipe;

pub(super) fn start(call: &Call, name: &str) -> Outcome {
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        match run::start(daemon.engine, at, daemon.now)? {
            Start::Started => done(),
            Start::AlreadyRunning => answer::empty(StatusCode::NOT_MODIFIED),
        }
    })
}

pub(super) fn stop(call: &Call, name: &str) -> Outcome {
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        let container = &mut daemon.engine.containers[at];
        let was = container.run.status;
        if !matches!(was, Status::Running | Status::Restarting) {
            return answer::empty(StatusCode::NOT_MODIFIED);
        }
        halt(daemon, at);
        done()
    })
}

/// Emulated commands take the signal well and end with 0.
fn halt(daemon: &mut Daemon<'_>, at: usize) {
    let now = daemon.now;
    let container = &mut daemon.engine.containers[at];
    let signal = container
        .config
        .rest
        .get("StopSignal")
        .and_then(Value::as_str)
        .unwrap_or("SIGTERM")
        .to_owned();
    container.log(now, Pipe::Stderr, &format!("sandbox: stopped with {signal}"));
    run::exit(container, 0, now);
    container.run.stopped = true;
}

pub(super) fn restart(call: &Call, name: &str) -> Outcome {
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        if daemon.engine.containers[at].is_running() {
            halt(daemon, at);
        }
        run::start(daemon.engine, at, daemon.now)?;
        done()
    })
}

pub(super) fn kill(call: &Call, name: &str) -> Outcome {
    let signal = call.parameter("signal").unwrap_or("SIGKILL");
    let number = signal_number(signal).ok_or_else(|| Failure::bad(format!("invalid signal: {signal}")))?;
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        let container = &mut daemon.engine.containers[at];
        if !container.is_running() {
            let id = &container.id;
            return Err(Failure::conflict(format!(
                "cannot kill container: {name}: container {id} is not running"
            )));
        }
        deliver(container, number, daemon.now);
        done()
    })
}

/// Signals that ask a process to do something else than end are only noted.
fn deliver(container: &mut Container, number: i64, now: jiff::Timestamp) {
    container.log(now, Pipe::Stderr, &format!("sandbox: received signal {number}"));
    if matches!(number, 2 | 3 | 6 | 9 | 15) {
        run::exit(container, 128 + number, now);
        container.run.stopped = true;
    }
}

fn signal_number(name: &str) -> Option<i64> {
    let upper = name.to_ascii_uppercase();
    match upper.strip_prefix("SIG").unwrap_or(&upper) {
        "HUP" => Some(1),
        "INT" => Some(2),
        "QUIT" => Some(3),
        "ABRT" => Some(6),
        "KILL" => Some(9),
        "USR1" => Some(10),
        "USR2" => Some(12),
        "TERM" => Some(15),
        "WINCH" => Some(28),
        number => number.parse().ok().filter(|number| (1..=64).contains(number)),
    }
}

pub(super) fn rename(call: &Call, name: &str) -> Outcome {
    let wanted = call.parameter("name").unwrap_or_default().trim_start_matches('/');
    if !is_name(wanted) {
        return Err(Failure::bad("Neither old nor new names may be empty").or_invalid(wanted));
    }
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        if daemon.engine.containers[at].name == wanted {
            let reason = "Renaming a container with the same name as its current name";
            return Err(Failure::bad(reason));
        }
        create::claim(daemon.engine, wanted).map_err(|taken| {
            Failure::conflict(format!("Error when allocating new name: {}", taken.message))
        })?;
        wanted.clone_into(&mut daemon.engine.containers[at].name);
        done()
    })
}

impl Failure {
    fn or_invalid(self, name: &str) -> Self {
        if name.is_empty() {
            return self;
        }
        let allowed = "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed";
        Self::bad(format!(
            "Error when allocating new name: Invalid container name ({name}), {allowed}"
        ))
    }
}
