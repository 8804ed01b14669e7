//! `sandbox serve`: the emulated clouds on loopback, for this and other clients, until interrupted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fleetflow_core::{Error, ErrorKind};
use fleetflow_sandbox::{Options, Sandbox, Site, find_workerd};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::arguments::SandboxCommand;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime;
use crate::terminal::Terminal;

pub(super) fn run(invocation: &Invocation, command: &SandboxCommand) -> Result<Exit, Failure> {
    let SandboxCommand::Serve {
        port,
        workerd,
        latency,
    } = command;
    let workerd = workerd_of(&invocation.edge, workerd.as_deref())?;
    runtime::run(|cancelled| async move {
        let runs_workers = workerd.is_some();
        let options = Options {
            port: *port,
            workerd,
            latency: *latency,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options)
            .await
            .map_err(|error| failed("start", &error))?;
        let lines = sandbox
            .environment()
            .into_iter()
            .map(|(name, value)| format!("export {name}={value}\n"));
        invocation.terminal.print(&lines.collect::<String>())?;
        if !runs_workers {
            invocation.terminal.say(
                "workerd was not found, so code of Workers is stored but does not run; `npm install workerd` here, or give `--workerd PATH`.\n",
            );
        }
        invocation
            .terminal
            .say("The emulated clouds answer until you press Ctrl-C; their world is not kept.\n");
        tell(&sandbox, &invocation.terminal, &cancelled).await;
        sandbox.shutdown().await.map_err(|error| failed("stop", &error))?;
        Ok(Exit::Done)
    })
}

/// Says where new sites are, and what Workers log, until the user has enough.
async fn tell(sandbox: &Sandbox, terminal: &Terminal, cancelled: &CancellationToken) {
    let (mut changes, mut output) = (sandbox.changes(), sandbox.worker_output());
    let mut told: BTreeSet<String> = BTreeSet::new();
    loop {
        let sites = sandbox.sites();
        for site in sites.iter().filter(|site| !told.contains(&site.url)) {
            terminal.say(&introduced(site));
        }
        told = sites.into_iter().map(|site| site.url).collect();
        tokio::select! {
            () = cancelled.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
            line = output.recv() => match line {
                Ok(line) => terminal.say(&format!("{line}\n")),
                Err(RecvError::Lagged(lines)) => terminal.say(&format!("({lines} lines of Workers were too many to show)\n")),
                Err(RecvError::Closed) => return,
            },
        }
    }
}

fn introduced(site: &Site) -> String {
    let hosts = match site.hosts.is_empty() {
        true => String::new(),
        false => format!("  for {}", site.hosts.join(", ")),
    };
    format!("{} {}: {}{hosts}\n", site.kind, site.name, site.url)
}

/// The program that the user names, or else the first there is: on PATH, then in `node_modules` from here upwards.
fn workerd_of(edge: &Edge, named: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    if let Some(named) = named {
        return find_workerd(&edge.folder.join(named)).map(Some).ok_or_else(|| {
            Error::new(
                ErrorKind::Invalid,
                format!("there is no workerd at {}", named.display()),
            )
            .help("`npm install workerd` makes a node_modules folder; give the folder that has it")
        });
    }
    let path = edge.variable("PATH").unwrap_or_default();
    let mut on_path = path
        .split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| Path::new(folder).join("workerd"));
    let found = on_path.find_map(|program| find_workerd(&program));
    let mut above = edge.folder.ancestors().map(|folder| folder.join("node_modules"));
    Ok(found.or_else(|| above.find_map(|folder| find_workerd(&folder))))
}

fn failed(verb: &str, error: &fleetflow_sandbox::Error) -> Error {
    Error::new(ErrorKind::Local, format!("the sandbox did not {verb}: {error}"))
        .help("is the port taken? give another one with `--port`")
}
