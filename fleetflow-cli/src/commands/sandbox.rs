//! `sandbox serve`: the emulated clouds on loopback, for this and other clients, until interrupted.

use fleetflow_core::{Error, ErrorKind};
use fleetflow_sandbox::{Options, Sandbox};

use crate::arguments::SandboxCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime;

pub(super) fn run(invocation: &Invocation, command: &SandboxCommand) -> Result<Exit, Failure> {
    let SandboxCommand::Serve { port } = command;
    runtime::run(|cancelled| async move {
        let options = Options {
            port: *port,
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
        invocation
            .terminal
            .say("The emulated clouds answer until you press Ctrl-C; their world is not kept.\n");
        cancelled.cancelled().await;
        sandbox.shutdown().await.map_err(|error| failed("stop", &error))?;
        Ok(Exit::Done)
    })
}

fn failed(verb: &str, error: &fleetflow_sandbox::Error) -> Error {
    Error::new(ErrorKind::Local, format!("the sandbox did not {verb}: {error}"))
        .help("is the port taken? give another one with `--port`")
}
