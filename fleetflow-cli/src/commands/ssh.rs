//! `ssh`: a shell on a server, or a command there, by the system's own client. Its exit code is passed on.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use fleetflow_access::keys;
use fleetflow_core::{Error, Result, codes};
use tokio::process::Command;

use crate::arguments::SshArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::reach::Reach;
use crate::runtime;
use crate::show::header::World;
use crate::site::Site;

pub(super) fn run(invocation: &Invocation, arguments: &SshArguments) -> Result<Exit, Failure> {
    let site = Site::load(invocation, None)?;
    runtime::run(|cancelled| async move {
        let reach = Reach::open(invocation, &site, &cancelled, "ssh").await?;
        let ended = connected(&reach, &site, arguments).await;
        reach.close(ended.map_err(Failure::from)).await
    })
}

async fn connected(reach: &Reach, site: &Site, arguments: &SshArguments) -> Result<Exit> {
    let (user, host, port) = reach.server(&arguments.server)?;
    let (at, through) = reach.answering(&host, port).await?;
    let mut command = Command::new("ssh");
    command
        .args(recognising(
            &site.place.known_hosts(),
            &reach.engines.key_name(&host, port),
        ))
        .args(opening(site))
        .args(["-l", &user, "-p", &through.to_string(), &at])
        .args(&arguments.command);
    let status = command.status().await.map_err(|error| {
        Error::of(
            &codes::NO_PROGRAM,
            format!("the system's `ssh` did not start: {error}"),
        )
        .help("install the OpenSSH client")
    })?;
    Ok(code(status))
}

/// The key of the server is kept where FleetFlow keeps it too, under the same name (`ssh_config(5)`: `HostKeyAlias`).
fn recognising(known_hosts: &Path, alias: &str) -> Vec<String> {
    let options = [
        format!("UserKnownHostsFile=\"{}\"", known_hosts.display()),
        format!("HostKeyAlias={alias}"),
        "HashKnownHosts=no".to_owned(),
        "StrictHostKeyChecking=accept-new".to_owned(),
    ];
    options
        .into_iter()
        .flat_map(|option| ["-o".to_owned(), option])
        .collect()
}

/// The same keys that containers are reached with. Emulated servers know none of the agent's.
fn opening(site: &Site) -> Vec<String> {
    let mut files: Vec<PathBuf> = keys::named(&site.loaded.stack);
    files.push(site.place.deploy_key());
    let there = files.into_iter().filter(|file| file.exists());
    let mut words: Vec<_> = there
        .flat_map(|file| ["-i".to_owned(), file.display().to_string()])
        .collect();
    if site.world == World::Sandbox {
        words.extend(["-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes"].map(str::to_owned));
    }
    words
}

/// A client that was killed has no code of its own.
fn code(status: ExitStatus) -> Exit {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(Exit::Failed, Exit::Passed)
}
