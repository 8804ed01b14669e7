//! A release: a new container takes the place of the one before it, which comes back when the new one does not work.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum as State, MountPoint, NetworkConnectRequest,
    NetworkDisconnectRequest,
};
use bollard::query_parameters::{CreateContainerOptions, RenameContainerOptions, StartContainerOptions};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::body::{Around, applied_label, endpoint};
use super::generations::{self, Generations, next_name, previous_name};
use super::image::{self, Freshness, is_moving};
use super::previous::Previous;
use super::{Container, env, files, gate};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::docker::marks;
use crate::error::{Error, Result};

/// What a release works with.
pub(super) struct Release<'r> {
    pub(super) engines: &'r Engines,
    pub(super) engine: &'r Engine,
    pub(super) context: &'r Context,
    pub(super) spec: &'r Container,
}

/// The container before, as far as the release needs it.
struct Before {
    id: String,
    name: String,
    runs: bool,
    spec: Option<Container>,
    /// What is kept of it.
    previous: Option<Previous>,
    /// What it kept of the one before it.
    last_but_one: Option<Previous>,
    /// Volumes without a name, by where they are mounted.
    anonymous: BTreeMap<String, String>,
}

/// How the new container takes over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Switch {
    /// Both run for a while.
    Overlap,
    /// The one before is stopped first: both would need the same ports, or write to the same files.
    StopFirst,
}

impl Release<'_> {
    /// Brings the new container into service, and answers what the engine says of it.
    pub(super) async fn run(
        &self,
        there: Generations,
        freshness: Freshness,
    ) -> Result<ContainerInspectResponse> {
        for row in &there.leftovers {
            self.context
                .waiting("removing what an interrupted release left behind");
            generations::take_away(self.engine, row).await?;
        }
        if !self.context.prepared {
            image::provide(self.engines, self.engine, self.context, self.spec, freshness).await?;
        }
        let before = match &there.current {
            Some(row) => Some(Before::of(
                gate::inspect(self.engine, generations::id_of(row)).await?,
                self.spec,
                &applied_label(&self.context.applied)?,
            )),
            None => None,
        };
        let switch = before
            .as_ref()
            .map_or(Switch::StopFirst, |before| self.switch(before));
        let next = self.make(before.as_ref(), switch).await?;
        let began = Instant::now();
        match self.prove(&next, before.as_ref(), switch).await {
            Ok(seen) => {
                self.take_over(&next, before.as_ref(), switch).await?;
                self.tell_gap(before.as_ref(), switch, began.elapsed());
                Ok(seen)
            }
            Err(error) => Err(self.undo(&next, before.as_ref(), switch, error).await),
        }
    }

    fn switch(&self, before: &Before) -> Switch {
        let ports =
            |spec: &Container| -> Vec<u16> { spec.port.iter().filter_map(|port| port.host).collect() };
        let taken = before.spec.as_ref().map(ports).unwrap_or_default();
        let same_port = ports(self.spec).iter().any(|port| taken.contains(port));
        let writes = self.spec.volume.iter().any(|mount| !mount.read_only) || !before.anonymous.is_empty();
        if same_port || writes || before.spec.is_none() {
            Switch::StopFirst
        } else {
            Switch::Overlap
        }
    }

    /// Makes the new container, under a name of its own until it has proven itself.
    async fn make(&self, before: Option<&Before>, switch: Switch) -> Result<String> {
        let none = BTreeMap::new();
        let around = Around {
            context: self.context,
            from_files: env::read(&self.context.root, &self.spec.env_file)?,
            previous: before.and_then(|before| before.previous.as_ref()),
            inherited: before.map_or(&none, |before| &before.anonymous),
            aliases: match switch {
                // Nobody shall reach it before it works.
                Switch::Overlap => Vec::new(),
                Switch::StopFirst => self.spec.aliases.clone(),
            },
        };
        let body = self.spec.body(&around)?;
        let platform = self.spec.build.as_ref().and_then(|build| build.platform.clone());
        let options = CreateContainerOptions {
            name: Some(next_name(&self.spec.name)),
            platform: platform.unwrap_or_default(),
        };
        let made = self
            .engine
            .once("create the container", |docker| async move {
                docker.create_container(Some(options), body).await
            })
            .await?;
        if before.is_none() {
            let outputs = super::ops::outputs(&made.id, None, self.engine.host());
            self.context.checkpoint(&made.id, outputs).await?;
        }
        match files::put(self.engine, &made.id, self.spec, &self.context.root).await {
            Ok(()) => Ok(made.id),
            Err(error) => {
                generations::remove(self.engine, &made.id).await?;
                Err(error)
            }
        }
    }

    /// Starts the new container and waits until it works.
    async fn prove(
        &self,
        next: &str,
        before: Option<&Before>,
        switch: Switch,
    ) -> Result<ContainerInspectResponse> {
        if let (Some(before), Switch::StopFirst) = (before, switch) {
            self.context.waiting("stopping the container before");
            generations::stop(self.engine, &before.id).await?;
        }
        start(self.engine, next).await?;
        gate::pass(self.engine, self.context, next, self.spec).await
    }

    /// Gives the new container the name and the traffic, and removes the one before.
    async fn take_over(&self, next: &str, before: Option<&Before>, switch: Switch) -> Result<()> {
        let previous = previous_name(&self.spec.name);
        // An interrupted release may have come this far already.
        if let Some(before) = before.filter(|before| before.name != previous) {
            rename(self.engine, &before.id, &previous).await?;
        }
        rename(self.engine, next, &self.spec.name).await?;
        let Some(before) = before else { return Ok(()) };
        let outputs = super::ops::outputs(next, None, self.engine.host());
        self.context.checkpoint(next, outputs).await?;
        if switch == Switch::Overlap {
            self.announce(next).await?;
        }
        generations::stop(self.engine, &before.id).await?;
        generations::remove(self.engine, &before.id).await?;
        self.keep_one_image(before).await
    }

    /// The image of the container before is kept for a rollback, that of the one before it is not.
    async fn keep_one_image(&self, before: &Before) -> Result<()> {
        let image_of = |previous: &'_ Option<Previous>| {
            previous
                .as_ref()
                .and_then(|previous| previous.own_image().map(str::to_owned))
        };
        let (kept, gone) = (image_of(&before.previous), image_of(&before.last_but_one));
        let name = before
            .spec
            .as_ref()
            .filter(|spec| spec.build.is_some())
            .map(|spec| &spec.image);
        if let (Some(image), Some(name)) = (&kept, name) {
            image::keep(self.engine, image, name).await?;
        }
        match gone {
            Some(image) if Some(&image) != kept.as_ref() => image::forget_built(self.engine, &image).await,
            _ => Ok(()),
        }
    }

    /// Makes the new container known under the names of the service: engines take them with the attachment only.
    async fn announce(&self, next: &str) -> Result<()> {
        let network = self.spec.network.clone();
        let leave = NetworkDisconnectRequest {
            container: next.to_owned(),
            force: None,
        };
        self.engine
            .once("detach the container from its network", |docker| {
                let network = network.clone();
                async move { docker.disconnect_network(&network, leave).await }
            })
            .await?;
        let join = NetworkConnectRequest {
            container: next.to_owned(),
            endpoint_config: Some(endpoint(self.spec.aliases.clone())),
        };
        self.engine
            .once("attach the container to its network", |docker| async move {
                docker.connect_network(&network, join).await
            })
            .await
    }

    fn tell_gap(&self, before: Option<&Before>, switch: Switch, gap: Duration) {
        let stopped = before.is_some_and(|before| before.runs) && switch == Switch::StopFirst;
        if stopped {
            let seconds = gap.as_secs_f32();
            self.context.waiting(format!(
                "released, after at most {seconds:.1} s without a container"
            ));
        }
    }

    /// Removes the new container and brings the one before back; says in the error what became of it.
    async fn undo(&self, next: &str, before: Option<&Before>, switch: Switch, error: Error) -> Error {
        let mut outcome = Vec::new();
        if let Err(failure) = self.discard(next).await {
            outcome.push(format!("the new container could not be removed: {failure}"));
        }
        if let Some(before) = before.filter(|before| before.runs) {
            outcome.push(match switch {
                Switch::Overlap => "the container before was not touched and serves on".to_owned(),
                Switch::StopFirst => match self.bring_back(before).await {
                    Ok(()) => "the container before is back, and works".to_owned(),
                    Err(failure) => format!("the container before did not come back: {failure}"),
                },
            });
        }
        if outcome.is_empty() {
            return error;
        }
        let again = Error::new(
            error.kind(),
            format!("{}\n({})", error.message(), outcome.join("; ")),
        );
        let again = match error.operation() {
            Some(operation) => again.during(operation),
            None => again,
        };
        match error.advice() {
            Some(help) => again.help(help),
            None => again,
        }
    }

    async fn discard(&self, next: &str) -> Result<()> {
        generations::stop(self.engine, next).await?;
        generations::remove(self.engine, next).await
    }

    /// A run that is being stopped brings it back nevertheless.
    async fn bring_back(&self, before: &Before) -> Result<()> {
        let mut context = self.context.clone();
        context.cancelled = CancellationToken::new();
        start(self.engine, &before.id).await?;
        let spec = before.spec.as_ref().unwrap_or(self.spec);
        gate::pass(self.engine, &context, &before.id, spec)
            .await
            .map(drop)
    }
}

impl Before {
    /// The container that was seen, before `next` whose label of what was applied is `applied`.
    fn of(seen: ContainerInspectResponse, next: &Container, applied: &str) -> Self {
        let state = seen.state.and_then(|state| state.status);
        let labels = seen.config.and_then(|config| config.labels).unwrap_or_default();
        let spec = marks::applied(&labels).and_then(|spec| serde_json::from_value(spec.into()).ok());
        let inherited = labels
            .get(marks::INHERITED)
            .map(String::as_str)
            .unwrap_or_default();
        let inherited: Vec<&str> = inherited.split(',').collect();
        let mounts = seen.mounts.unwrap_or_default();
        // A release whose end was not heard of is done again: what was there before it stays what was there before.
        let again = labels.get(marks::APPLIED).is_some_and(|label| label == applied);
        let (previous, last_but_one) = if again && !is_moving(&next.image) {
            (Previous::kept(&labels), None)
        } else {
            (
                Previous::of(&labels, seen.image.as_deref()),
                Previous::kept(&labels),
            )
        };
        Self {
            previous,
            last_but_one,
            id: seen.id.unwrap_or_default(),
            name: seen.name.unwrap_or_default().trim_start_matches('/').to_owned(),
            runs: matches!(state, Some(State::RUNNING | State::RESTARTING | State::PAUSED)),
            anonymous: anonymous(&mounts, spec.as_ref(), &inherited, next),
            spec,
        }
    }
}

/// The volumes that nobody declared, before or now: what an image keeps its data in. They go with the service.
fn anonymous(
    mounts: &[MountPoint],
    before: Option<&Container>,
    inherited: &[&str],
    next: &Container,
) -> BTreeMap<String, String> {
    let declared = |target: &str| {
        let all = next
            .volume
            .iter()
            .chain(before.iter().flat_map(|spec| &spec.volume));
        all.into_iter().any(|mount| mount.target == target)
    };
    let volumes = mounts
        .iter()
        .filter(|mount| mount.typ.as_deref() == Some("volume"));
    volumes
        .filter_map(|mount| Some((mount.destination.clone()?, mount.name.clone()?)))
        .filter(|(target, name)| {
            before.is_some() && (inherited.contains(&name.as_str()) || !declared(target))
        })
        .collect()
}

/// Starts a container. One that runs is fine.
pub(super) async fn start(engine: &Engine, id: &str) -> Result<()> {
    engine
        .repeat("start the container", |docker| {
            let id = id.to_owned();
            async move { docker.start_container(&id, None::<StartContainerOptions>).await }
        })
        .await
}

/// Gives a container another name.
pub(super) async fn rename(engine: &Engine, id: &str, name: &str) -> Result<()> {
    let options = RenameContainerOptions {
        name: name.to_owned(),
    };
    engine
        .once("rename the container", |docker| async move {
            docker.rename_container(id, options).await
        })
        .await
}
