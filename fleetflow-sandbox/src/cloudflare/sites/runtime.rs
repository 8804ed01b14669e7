//! Keeps workerd in step with the world: started for the first request that needs it, anew after every deployment.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::process::Command;

use super::config::{Configuration, DOOR, Storage};
use super::process::{Failed, Process};
use super::{Program, Revision, storage};
use crate::cloudflare::{pages, workers};
use crate::{Shared, serve};

/// What to do where workerd is not installed.
pub(super) const ABSENT: &str = "workerd, which runs Workers, is not installed here: `npm install workerd` where \
                                 `flow sandbox serve` is started, or give its path with `--workerd`";
/// How often a start is tried without those that keep it from succeeding.
const TRIES: usize = 20;

/// A running workerd and what it runs.
#[derive(Debug)]
pub(super) struct Running {
    revisions: Vec<Revision>,
    process: Process,
}

/// The port on which a program of the world as it is now takes requests, or why there is none.
pub(super) async fn port(shared: &Arc<Shared>, program: &str) -> Result<u16, String> {
    let workerd = shared.sites.workerd.as_deref().ok_or(ABSENT)?;
    let mut running = shared.sites.running.lock().await;
    let wanted = revisions(shared);
    let current = running.as_mut().filter(|running| running.revisions == wanted);
    if let Some(current) = current
        && current.process.is_alive()
    {
        return current.port(program);
    }
    if let Some(mut old) = running.take() {
        old.process.end().await;
    }
    let process = start(shared, workerd, &wanted).await?;
    let port = running.insert(Running {
        revisions: wanted,
        process,
    });
    port.port(program)
}

/// Where events are passed on that are no requests.
pub(super) async fn door(shared: &Arc<Shared>) -> Result<u16, String> {
    port(shared, DOOR).await
}

/// Ends workerd when the sandbox stops, and waits for it.
pub(crate) fn end_with_the_sandbox(shared: &Arc<Shared>) {
    let (shared, stop) = (Arc::downgrade(shared), shared.stop.clone());
    if let Some(strong) = shared.upgrade() {
        strong.tasks.spawn(async move {
            stop.cancelled().await;
            let Some(shared) = shared.upgrade() else { return };
            let running = shared.sites.running.lock().await.take();
            if let Some(mut running) = running {
                running.process.end().await;
            }
        });
    }
}

impl Running {
    pub(super) fn folder(&self) -> &Path {
        &self.process.folder
    }

    fn port(&self, program: &str) -> Result<u16, String> {
        let port = self.process.ports.get(program).copied();
        port.ok_or_else(|| format!("{program} has no code that could run"))
    }
}

fn revisions(shared: &Shared) -> Vec<Revision> {
    let asked = shared.sites.asked().clone();
    let rows = &shared.world().cloudflare;
    let mut found = workers::revisions(&rows.workers);
    found.extend(pages::revisions(&rows.pages, |name| asked.contains(name)));
    found
}

/// Starts workerd with the code of these revisions. What does not start says so instead of keeping others from it.
async fn start(shared: &Arc<Shared>, workerd: &Path, wanted: &[Revision]) -> Result<Process, String> {
    let failed = |error: std::io::Error| format!("the sandbox cannot run workerd: {error}");
    let programs = programs(shared, wanted);
    let address = listen(shared).await.map_err(failed)?;
    let objects = shared.blobs.objects().map_err(failed)?;
    let latest = latest(workerd).await.map_err(failed)?;
    let sockets: Vec<String> = programs.keys().cloned().chain([DOOR.to_owned()]).collect();
    let mut broken = BTreeMap::new();
    for _ in 0..TRIES {
        let folder = tempfile::Builder::new()
            .prefix("fleetflow-workerd-")
            .tempdir()
            .map_err(failed)?
            .keep();
        let configuration = Configuration {
            programs: &programs,
            broken: &broken,
            storage: Storage {
                address,
                key: &shared.sites.key,
                objects: &objects,
            },
            latest: &latest,
        };
        configuration.write(&folder).map_err(failed)?;
        match Process::start(workerd, folder, &sockets, &shared.sites.said).await {
            Ok(process) => return Ok(process),
            Err(Failed::Programs(more)) => broken.extend(more),
            Err(Failed::Other(reason)) => return Err(format!("workerd did not start: {reason}")),
        }
    }
    Err(format!(
        "workerd did not start; at fault were {:?}",
        broken.keys()
    ))
}

fn programs(shared: &Shared, wanted: &[Revision]) -> BTreeMap<String, Program> {
    let rows = &shared.world().cloudflare;
    let program = |name: &str| match name.split(':').collect::<Vec<_>>()[..] {
        ["worker", script] => workers::program(rows, script),
        ["functions", project, id] => pages::program(rows, &shared.blobs, project, id),
        _ => None,
    };
    let found = wanted
        .iter()
        .filter_map(|revision| Some((revision.name.clone(), program(&revision.name)?)));
    found.collect()
}

/// A port for the storage of one run of the runtime.
async fn listen(shared: &Arc<Shared>) -> std::io::Result<std::net::SocketAddr> {
    if let Some(known) = shared.sites.storage.get() {
        return Ok(*known);
    }
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    serve::listen(listener, storage::router(shared), shared);
    Ok(*shared.sites.storage.get_or_init(|| address))
}

/// The date of the runtime, which is the latest behaviour it knows.
async fn latest(workerd: &Path) -> std::io::Result<String> {
    let said = Command::new(workerd)
        .arg("--version")
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let date = said
        .split_whitespace()
        .find(|word| word.len() == 10 && word.starts_with("20"));
    date.map(str::to_owned)
        .ok_or_else(|| std::io::Error::other(format!("{} tells no version", workerd.display())))
}
