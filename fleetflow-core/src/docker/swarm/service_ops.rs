//! How services of a swarm come about: one request, then the swarm's own rolling update is watched to its end.

use std::collections::BTreeSet;
use std::time::Duration;

use bollard::models::{
    NodeState, Service as Row, ServiceServiceStatus, ServiceUpdateStatusStateEnum as Progress, Task,
    TaskSpec, TaskSpecContainerSpec, TaskState,
};
use bollard::query_parameters::{ListServicesOptions, UpdateServiceOptions};
use serde_json::json;

use super::failing::{Failures, failed};
use super::{SwarmService, managers, nodes, wait};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::docker::marks;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;

/// How long all replicas may take until they run, images included.
const STARTING: Duration = Duration::from_mins(10);
/// Tasks that end as often as this while a service starts will not run by themselves.
const FAILURES: usize = 3;

impl Lifecycle for SwarmService {
    type Cloud = Engines;

    async fn observe(engines: &Engines, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        wait::look(engines, scope, wanted, |engine| async move {
            let rows = list(&engine).await?;
            let ours: Vec<Observed> = rows.iter().filter_map(|row| observed(row, scope)).collect();
            Ok(Found {
                foreign: rows.len() - ours.len(),
                resources: ours,
                ..Found::default()
            })
        })
        .await
    }

    async fn create(engines: &Engines, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let engine = managers::manager(engines, &managers::known(&spec.managers)).await?;
        let rows = list(&engine).await?;
        let is_ours = |row: &&Row| {
            let labels = row.spec.as_ref().and_then(|spec| spec.labels.as_ref());
            labels.and_then(marks::owner).as_ref() == Some(&context.owner)
        };
        if let Some(row) = rows.iter().find(is_ours) {
            return change(engines, &engine, context, spec, row).await;
        }
        let request = spec.request(context)?;
        let credentials = engines
            .registries()
            .for_image(spec.service.image.as_deref().unwrap_or_default());
        let created = engine
            .once("create the service", |docker| async move {
                docker.create_service(request, credentials).await
            })
            .await?;
        let id = created.id.unwrap_or_default();
        let made = made(&id);
        context.checkpoint(id.clone(), made.outputs.clone()).await?;
        let rollout = Rollout {
            engine: &engine,
            context,
            spec,
            id: &id,
            before: BTreeSet::new(),
        };
        rollout.settled().await?;
        Ok(made)
    }

    async fn update(
        engines: &Engines,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        let engine = managers::manager(engines, &managers::known(&spec.managers)).await?;
        let rows = list(&engine).await?;
        let Some(row) = rows.iter().find(|row| row.id.as_deref() == Some(&was.id)) else {
            return Err(Error::new(
                ErrorKind::NotFound,
                "the swarm does not have the service any more",
            )
            .help("run the same command again, which makes it anew"));
        };
        change(engines, &engine, context, spec, row).await
    }

    async fn delete(engines: &Engines, _: &Context, was: &Existing) -> Result<()> {
        let engine = managers::manager(engines, &managers::of_existing(was)).await?;
        let removed = engine
            .repeat("remove the service", |docker| async move {
                docker.delete_service(&was.id).await
            })
            .await;
        match removed {
            Err(error) if error.is_not_found() => Ok(()),
            answer => answer,
        }
    }
}

async fn change(
    engines: &Engines,
    engine: &Engine,
    context: &Context,
    spec: &SwarmService,
    row: &Row,
) -> Result<Made> {
    let id = row.id.clone().unwrap_or_default();
    let version = row
        .version
        .as_ref()
        .and_then(|version| version.index)
        .unwrap_or_default();
    let options = UpdateServiceOptions {
        version: i32::try_from(version).unwrap_or(i32::MAX),
        ..UpdateServiceOptions::default()
    };
    let request = spec.request(context)?;
    let credentials = engines
        .registries()
        .for_image(spec.service.image.as_deref().unwrap_or_default());
    let before = failed(engine, &id).await?;
    let before = before.into_iter().filter_map(|task| task.id).collect();
    engine
        .once("update the service", |docker| {
            let id = id.clone();
            async move { docker.update_service(&id, request, options, credentials).await }
        })
        .await?;
    let rollout = Rollout {
        engine,
        context,
        spec,
        id: &id,
        before,
    };
    rollout.settled().await?;
    Ok(made(&id))
}

/// A service on its way to a new version.
struct Rollout<'r> {
    engine: &'r Engine,
    context: &'r Context,
    spec: &'r SwarmService,
    id: &'r str,
    /// Tasks that failed before say nothing about it.
    before: BTreeSet<String>,
}

impl Rollout<'_> {
    /// Waits until every replica runs in the new version; an error if the swarm went back to the old one.
    async fn settled(&self) -> Result<()> {
        let look = || self.progress();
        let what = "waiting until every replica runs";
        self.context.until(what, STARTING, look).await?;
        tokio::time::sleep(self.engine.probation()).await;
        self.context.until(what, STARTING, look).await
    }

    /// Something once every replica runs, nothing while they start.
    async fn progress(&self) -> Result<Option<()>> {
        let rows = list(self.engine).await?;
        let Some(row) = rows.iter().find(|row| row.id.as_deref() == Some(self.id)) else {
            return Ok(None);
        };
        match row.update_status.as_ref().and_then(|status| status.state) {
            Some(Progress::ROLLBACK_COMPLETED | Progress::ROLLBACK_PAUSED | Progress::PAUSED) => {
                let failures = self.failures().await?;
                let message = "the new version did not become healthy, the swarm went back to the one before";
                return Err(self
                    .told(&failures, message)
                    .await
                    .help("what is declared was not rolled out: mend it, then run the same command again"));
            }
            Some(Progress::UPDATING | Progress::ROLLBACK_STARTED) => return Ok(None),
            _ => {}
        }
        if current(row) >= wanted(row) {
            return Ok(Some(()));
        }
        let failures = self.failures().await?;
        if failures.count() < FAILURES {
            return Ok(None);
        }
        let error = self.told(&failures, "its containers end again and again").await;
        Err(error.help("correct it and run the same command again"))
    }

    async fn failures(&self) -> Result<Failures> {
        Failures::since(self.engine, self.id, &self.before).await
    }

    async fn told(&self, failures: &Failures, message: &str) -> Error {
        failures.told(self.engine, self.context, self.spec, message).await
    }
}

/// The services, with how many of their tasks run. The engine's own count is not taken: it has tasks of dead nodes in it,
/// whose last known state is that they run.
async fn list(engine: &Engine) -> Result<Vec<Row>> {
    let mut rows = engine
        .repeat("list the services", |docker| async move {
            docker.list_services(None::<ListServicesOptions>).await
        })
        .await?;
    let alive = alive(engine).await?;
    for row in &mut rows {
        let runs = |task: &&Task| {
            let lives = task.node_id.as_ref().is_some_and(|id| alive.nodes.contains(id));
            task.service_id == row.id && nodes::progress(task) == Some(TaskState::RUNNING) && lives
        };
        let running: Vec<&Task> = alive.tasks.iter().filter(runs).collect();
        let is_current = |task: &&&Task| container(task.spec.as_ref()) == container(template(row));
        let current = running.iter().filter(is_current).count();
        row.service_status = Some(ServiceServiceStatus {
            running_tasks: u64::try_from(running.len()).ok(),
            // Those of the newest version.
            completed_tasks: u64::try_from(current).ok(),
            ..ServiceServiceStatus::default()
        });
    }
    Ok(rows)
}

/// The tasks that shall run, and the nodes that are ready.
struct Alive {
    tasks: Vec<Task>,
    nodes: BTreeSet<String>,
}

async fn alive(engine: &Engine) -> Result<Alive> {
    let tasks = nodes::tasks(engine, "desired-state", "running").await?;
    let rows = nodes::list(engine).await?.into_iter();
    let ready = rows.filter(|row| nodes::state(row) == Some(NodeState::READY));
    Ok(Alive {
        tasks,
        nodes: ready.filter_map(|row| row.id).collect(),
    })
}

fn running(row: &Row) -> u64 {
    let status = row.service_status.as_ref();
    status.and_then(|status| status.running_tasks).unwrap_or_default()
}

fn current(row: &Row) -> u64 {
    let status = row.service_status.as_ref();
    status
        .and_then(|status| status.completed_tasks)
        .unwrap_or_default()
}

fn template(row: &Row) -> Option<&TaskSpec> {
    row.spec.as_ref()?.task_template.as_ref()
}

fn container(task: Option<&TaskSpec>) -> Option<&TaskSpecContainerSpec> {
    task?.container_spec.as_ref()
}

fn all_run(row: &Row) -> bool {
    running(row) >= wanted(row)
}

fn wanted(row: &Row) -> u64 {
    let mode = row.spec.as_ref().and_then(|spec| spec.mode.as_ref());
    let replicas = mode.and_then(|mode| mode.replicated.as_ref()?.replicas);
    replicas
        .and_then(|replicas| u64::try_from(replicas).ok())
        .unwrap_or_default()
}

/// The declaration it was made from, and what is otherwise now.
fn observed(row: &Row, scope: &Scope) -> Option<Observed> {
    let spec = row.spec.as_ref()?;
    let labels = spec.labels.as_ref()?;
    let owner = marks::ours(labels, scope, SwarmService::KIND)?;
    let id = row.id.clone().unwrap_or_default();
    let mut live = marks::applied(labels).unwrap_or_default();
    live.remove("managers");
    let image = container(template(row)).and_then(|container| container.image.clone());
    if let Some(service) = live
        .get_mut("service")
        .and_then(|service| service.as_object_mut())
    {
        let declared = service
            .get("image")
            .and_then(|image| image.as_str())
            .unwrap_or_default()
            .to_owned();
        // Swarms add the digest that they found to the name.
        let is_same = image
            .as_deref()
            .is_some_and(|image| image == declared || image.split('@').next() == Some(declared.as_str()));
        if !is_same {
            service.insert("image".to_owned(), json!(image));
        }
        if wanted(row) == 1 {
            service.remove("replicas");
        } else {
            service.insert("replicas".to_owned(), json!(wanted(row)));
        }
    }
    let state = match all_run(row) {
        true => "running".to_owned(),
        false => format!("{} of {} run", running(row), wanted(row)),
    };
    live.insert("status".to_owned(), json!(state));
    live.insert("name".to_owned(), json!(spec.name));
    let is_rolling = matches!(
        row.update_status.as_ref().and_then(|status| status.state),
        Some(Progress::UPDATING | Progress::ROLLBACK_STARTED)
    );
    let mut shown = json!({"state": state, "image": image});
    if !all_run(row) {
        shown["health"] = json!(if is_rolling { "starting" } else { "unhealthy" });
    }
    Some(Observed {
        live: live.into(),
        outputs: made(&id).outputs,
        status: shown.as_object().cloned().unwrap_or_default(),
        ..Observed::marked(owner.address, id)
    })
}

fn made(id: &str) -> Made {
    Made::new(id, &json!({"id": id}))
}
