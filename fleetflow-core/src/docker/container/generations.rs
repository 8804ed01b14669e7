//! The containers that one service has on an engine: the one that counts, and what interrupted releases left behind.

use std::collections::HashMap;

use bollard::models::ContainerSummary as Row;
use bollard::query_parameters::{
    ListContainersOptions, RemoveContainerOptions, RemoveVolumeOptions, StopContainerOptions,
};

use crate::docker::engines::Engine;
use crate::docker::marks;
use crate::error::{ErrorKind, Result};
use crate::model::Owner;

/// The containers with one mark. A container gets its final name only after it passed the gate: one with another name
/// is not finished, or is to go.
#[derive(Debug, Default)]
pub(super) struct Generations {
    /// The one that serves.
    pub(super) current: Option<Row>,
    /// What is to be removed.
    pub(super) leftovers: Vec<Row>,
}

/// The name of the next generation of `name`, until it has proven itself.
pub(super) fn next_name(name: &str) -> String {
    format!("{name}.next")
}

/// The name of the generation before `name`, until it is removed.
pub(super) fn previous_name(name: &str) -> String {
    format!("{name}.previous")
}

impl Generations {
    /// `rows` of one owner, whose container shall be called `name`.
    pub(super) fn sort(mut rows: Vec<Row>, name: &str) -> Self {
        let next = next_name(name);
        rows.sort_by_key(|row| std::cmp::Reverse(row.created));
        let by_name = rows.iter().position(|row| name_of(row) == name);
        // Renamed by hand, or the previous one of a release that was interrupted between two renames.
        let current = by_name.or_else(|| rows.iter().position(|row| name_of(row) != next));
        Self {
            current: current.map(|at| rows.remove(at)),
            leftovers: rows,
        }
    }

    /// The containers on `engine` that carry the mark of `owner`, and the one with the id `adopted`.
    pub(super) async fn find(
        engine: &Engine,
        owner: &Owner,
        name: &str,
        adopted: Option<&str>,
    ) -> Result<Self> {
        let mut rows = list(engine, Some(marks::filter(owner))).await?;
        if let Some(id) = adopted.filter(|id| !rows.iter().any(|row| row.id.as_deref() == Some(*id))) {
            let by_id = HashMap::from([("id".to_owned(), vec![id.to_owned()])]);
            rows.extend(list(engine, Some(by_id)).await?);
        }
        Ok(Self::sort(rows, name))
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Row> {
        self.current.iter().chain(&self.leftovers)
    }
}

/// All containers, or those that fit.
pub(super) async fn list(engine: &Engine, filters: Option<HashMap<String, Vec<String>>>) -> Result<Vec<Row>> {
    let options = ListContainersOptions {
        all: true,
        filters,
        ..ListContainersOptions::default()
    };
    engine
        .repeat("list the containers", |docker| {
            let options = options.clone();
            async move { docker.list_containers(Some(options)).await }
        })
        .await
}

/// The name of a container, without the slash that engines put before it.
pub(super) fn name_of(row: &Row) -> &str {
    let names = row.names.as_deref().unwrap_or_default();
    // A second name with a slash in it is that of a link.
    let own = names
        .iter()
        .find(|name| !name[1..].contains('/'))
        .or(names.first());
    own.map_or("", |name| name.trim_start_matches('/'))
}

/// The id of a container.
pub(super) fn id_of(row: &Row) -> &str {
    row.id.as_deref().unwrap_or_default()
}

/// Stops a container: it has its own time for that. One that is down or gone is fine.
pub(super) async fn stop(engine: &Engine, id: &str) -> Result<()> {
    let stopped = engine
        .repeat("stop the container", |docker| {
            let id = id.to_owned();
            async move { docker.stop_container(&id, None::<StopContainerOptions>).await }
        })
        .await;
    gone_is_fine(stopped)
}

/// Removes a container with the volumes that have no name. One that is gone is fine.
pub(super) async fn remove(engine: &Engine, id: &str) -> Result<()> {
    let options = RemoveContainerOptions {
        v: true,
        force: true,
        ..RemoveContainerOptions::default()
    };
    let removed = engine
        .repeat("remove the container", |docker| {
            let (id, options) = (id.to_owned(), options.clone());
            async move { docker.remove_container(&id, Some(options)).await }
        })
        .await;
    match removed {
        Err(error) if error.message().contains("already in progress") => Ok(()),
        answer => gone_is_fine(answer),
    }
}

/// Stops and removes a container, and the volumes without a name that it had taken over.
pub(super) async fn take_away(engine: &Engine, row: &Row) -> Result<()> {
    stop(engine, id_of(row)).await?;
    remove(engine, id_of(row)).await?;
    let labels = row.labels.as_ref();
    let inherited = labels.and_then(|labels| labels.get(marks::INHERITED));
    for volume in inherited.into_iter().flat_map(|names| names.split(',')) {
        let removed = engine
            .repeat("remove a volume without a name", |docker| {
                let name = volume.to_owned();
                async move { docker.remove_volume(&name, None::<RemoveVolumeOptions>).await }
            })
            .await;
        match removed {
            // Another generation has it.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            answer => gone_is_fine(answer)?,
        }
    }
    Ok(())
}

fn gone_is_fine(answer: Result<()>) -> Result<()> {
    match answer {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer,
    }
}
