//! Starting and ending a run, by request, by itself, and by a reboot of the server. It answers no request.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::ports;
use super::row::{Container, Ending, Run, Status};
use crate::docker::answer::Failure;
use crate::docker::daemon::Daemon;
use crate::docker::network::{self, Attachment};
use crate::docker::program::Program;
use crate::docker::rows::Engine;
use crate::docker::stream::{LogLine, Pipe};

/// What a start changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::docker) enum Start {
    Started,
    AlreadyRunning,
}

/// Starts a container: networks first, then ports, then the command.
pub(in crate::docker) fn start(engine: &mut Engine, at: usize, now: Timestamp) -> Result<Start, Failure> {
    if engine.containers[at].is_running() {
        return Ok(Start::AlreadyRunning);
    }
    match resources(engine, &engine.containers[at]) {
        Ok((attachments, published)) => {
            begin(&mut engine.containers[at], attachments, published, now);
            Ok(Start::Started)
        }
        Err(failure) => {
            let run = &mut engine.containers[at].run;
            run.exit_code = 128;
            run.error.clone_from(&failure.message);
            Err(failure)
        }
    }
}

type Resources = (BTreeMap<String, Attachment>, Vec<super::row::Published>);

fn resources(engine: &Engine, container: &Container) -> Result<Resources, Failure> {
    let mut attachments = BTreeMap::new();
    for (name, attachment) in &container.attachments {
        let joined = network::join(engine, name, attachment)?;
        let name = network::find(engine, name).map_or_else(|_| name.clone(), |network| network.name.clone());
        attachments.insert(name, joined);
    }
    Ok((attachments, ports::publish(engine, container)?))
}

fn begin(
    container: &mut Container,
    attachments: BTreeMap<String, Attachment>,
    ports: Vec<super::row::Published>,
    now: Timestamp,
) {
    let argv = container.config.argv();
    let program = Program::read(&argv, &container.config.env.0);
    container.attachments = attachments;
    container.run = Run {
        status: Status::Running,
        started_at: Some(now),
        finished_at: container.run.finished_at,
        ends: ending(&program, now),
        ports,
        ..Run::default()
    };
    match program {
        Program::Ends { output, .. } => print(container, now, &output),
        Program::Copies | Program::Sleeps(_) => {}
        Program::Unknown => {
            container.log(now, Pipe::Stdout, &format!("+ {}", argv.join(" ")));
            container.log(
                now,
                Pipe::Stderr,
                "sandbox: the command is not executed, only kept as running",
            );
        }
    }
}

fn ending(program: &Program, now: Timestamp) -> Option<Ending> {
    match program {
        Program::Ends { code, .. } => Some(Ending { at: now, code: *code }),
        Program::Copies => Some(Ending { at: now, code: 0 }),
        Program::Sleeps(time) => {
            let time = SignedDuration::try_from(*time).unwrap_or(SignedDuration::MAX);
            Some(Ending {
                at: now.checked_add(time).ok()?,
                code: 0,
            })
        }
        Program::Unknown => None,
    }
}

fn print(container: &mut Container, now: Timestamp, output: &str) {
    for line in output.lines() {
        container.log(now, Pipe::Stdout, line);
    }
}

impl Container {
    /// Adds a line to the log.
    pub(in crate::docker) fn log(&mut self, at: Timestamp, pipe: Pipe, text: &str) {
        let line = LogLine {
            at,
            pipe,
            text: text.to_owned(),
        };
        self.audience.tell(&line);
        self.logs.push(line);
    }
}

/// Ends a run: addresses and ports are free again.
pub(in crate::docker) fn exit(container: &mut Container, code: i64, at: Timestamp) {
    container.run.status = Status::Exited;
    container.run.finished_at = Some(at);
    container.run.exit_code = code;
    container.run.ends = None;
    container.run.ports.clear();
    container.audience.dismiss();
    container.attachments.values_mut().for_each(Attachment::leave);
}

/// Lets every command end whose time has come, and does what its restart policy and `AutoRemove` say.
pub(in crate::docker) fn settle(daemon: &mut Daemon<'_>) {
    let now = daemon.now;
    let due = |container: &Container| {
        container
            .run
            .ends
            .filter(|ending| container.is_running() && ending.at <= now)
    };
    let ended: Vec<(usize, Ending)> = daemon
        .engine
        .containers
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((at, due(one)?)))
        .collect();
    for (at, ending) in ended {
        let container = &mut daemon.engine.containers[at];
        exit(container, ending.code, ending.at);
        if restarts(container, ending.code) {
            container.run.status = Status::Restarting;
            container.restart_count += 1;
        }
    }
    super::remove::remove_ended(daemon.engine);
}

/// A command that ends at once and is started again every time shows as `restarting`, which is what people see most of the time.
fn restarts(container: &Container, code: i64) -> bool {
    match container.host_config.restart_policy.name.as_str() {
        "always" | "unless-stopped" => true,
        "on-failure" => code != 0,
        _ => false,
    }
}

/// The server came up at this moment: what ran before is down, or up again.
pub(in crate::docker) fn boot(engine: &mut Engine, at: Timestamp) {
    for index in 0..engine.containers.len() {
        let container = &mut engine.containers[index];
        let before = container.run.started_at.is_some_and(|started| started < at)
            && container.run.finished_at.is_none_or(|finished| finished < at);
        if !before {
            continue;
        }
        engine.execs.retain(|_, exec| !exec.runs_in(&container.id));
        if container.is_running() {
            exit(container, 255, at);
            container.run.finished_at = Some(at);
        }
        if comes_back(container) {
            // Why a start failed stays in the row, where inspecting the container shows it.
            drop(start(engine, index, at));
        }
    }
}

fn comes_back(container: &Container) -> bool {
    match container.host_config.restart_policy.name.as_str() {
        "always" => true,
        "unless-stopped" => !container.run.stopped,
        "on-failure" => !container.run.stopped && container.run.exit_code != 0,
        _ => false,
    }
}
