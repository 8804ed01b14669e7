//! A release: a new container takes the place of the one before it, which comes back when the new one does not work.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{CreateContainerOptions, RenameContainerOptions, StartContainerOptions};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::before::Before;
use super::body::{Around, applied_label};
use super::generations::{self, Generations, next_name, previous_name};
use super::image::{self, Freshness};
use super::previous::Previous;
use super::{Container, env, files, gate, traffic};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::error::{Error, Result};

/// What a release works with.
pub(super) struct Release<'r> {
    pub(super) engines: &'r Engines,
    pub(super) engine: &'r Engine,
    pub(super) context: &'r Context,
    pub(super) spec: &'r Container,
}

/// How the new container takes over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Switch {
    /// Both run for a while: the new one is found once it works, then the one before no longer, and then that is stopped.
    Overlap,
    /// The one before is stopped first: both would need the same ports, or write to the same files.
    StopFirst,
    /// The same among several of a service, while the others serve: it is found by nobody before it stops, and the new one
    /// not before it works.
    StopHidden,
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
        match self.prove(&next, before.as_ref(), switch).await {
            Ok((seen, gap)) => {
                self.take_over(&next, before.as_ref(), switch).await?;
                self.tell_gap(before.as_ref(), switch, gap);
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
        // Where several run at once they write to the same volumes anyway. Those of an image are each container's own.
        let writes = self.spec.volume.iter().any(|mount| !mount.read_only) && !self.spec.several;
        if same_port || before.spec.is_none() {
            Switch::StopFirst
        } else if writes || !before.anonymous.is_empty() {
            if self.spec.several {
                Switch::StopHidden
            } else {
                Switch::StopFirst
            }
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
                Switch::Overlap | Switch::StopHidden => Vec::new(),
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

    /// Starts the new container, waits until it works, and lets it be found. Answers how long none ran at most.
    async fn prove(
        &self,
        next: &str,
        before: Option<&Before>,
        switch: Switch,
    ) -> Result<(ContainerInspectResponse, Duration)> {
        if let Some(before) = before.filter(|before| before.runs && switch == Switch::StopHidden) {
            self.withdraw(before).await?;
        }
        let stopping = Instant::now();
        if let Some(before) = before.filter(|_| switch != Switch::Overlap) {
            self.context.waiting("stopping the container before");
            generations::stop(self.engine, &before.id).await?;
        }
        start(self.engine, next).await?;
        let seen = gate::pass(self.engine, self.context, next, self.spec).await?;
        let gap = stopping.elapsed();
        if switch == Switch::StopFirst {
            return Ok((seen, gap));
        }
        let known = traffic::known_as(self.engine, &self.spec.network, next, &self.spec.aliases).await?;
        match known.address {
            traffic::Address::Kept => Ok((seen, gap)),
            // What it had opened meanwhile is lost: whether it works without is to be seen.
            traffic::Address::Moved => {
                let seen = gate::pass(self.engine, self.context, next, self.spec).await?;
                Ok((seen, gap))
            }
        }
    }

    /// Gives the new container the name, and removes the one before, which nobody finds any more.
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
        if switch == Switch::Overlap && before.runs {
            self.withdraw(before).await?;
        }
        self.context.waiting("the container before finishes its work");
        generations::stop(self.engine, &before.id).await?;
        generations::remove(self.engine, &before.id).await?;
        self.keep_one_image(before).await
    }

    /// Lets nobody find the container before any more, and waits until who just found it has connected.
    async fn withdraw(&self, before: &Before) -> Result<()> {
        let network = before
            .spec
            .as_ref()
            .map_or(&self.spec.network, |spec| &spec.network);
        let withdrawn = traffic::known_as(self.engine, network, &before.id, &[]).await?;
        self.context.waiting("new requests go to the new container");
        tokio::time::sleep(traffic::drain(self.engine, withdrawn.away)).await;
        Ok(())
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

    fn tell_gap(&self, before: Option<&Before>, switch: Switch, gap: Duration) {
        if !before.is_some_and(|before| before.runs) {
            return;
        }
        self.context.note(match switch {
            Switch::Overlap => "released without a gap".to_owned(),
            Switch::StopHidden => "released without a gap: the others served meanwhile".to_owned(),
            Switch::StopFirst => {
                format!("released; nothing served for at most {:.1} s", gap.as_secs_f32())
            }
        });
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
                Switch::StopFirst | Switch::StopHidden => match self.bring_back(before, switch).await {
                    Ok(()) => "the container before is back, and works".to_owned(),
                    Err(failure) => format!("the container before did not come back: {failure}"),
                },
            });
        }
        if outcome.is_empty() {
            return error;
        }
        let told = format!("{}\n({})", error.message(), outcome.join("; "));
        error.saying(told)
    }

    async fn discard(&self, next: &str) -> Result<()> {
        generations::stop(self.engine, next).await?;
        generations::remove(self.engine, next).await
    }

    /// A run that is being stopped brings it back nevertheless.
    async fn bring_back(&self, before: &Before, switch: Switch) -> Result<()> {
        let mut context = self.context.clone();
        context.cancelled = CancellationToken::new();
        start(self.engine, &before.id).await?;
        let spec = before.spec.as_ref().unwrap_or(self.spec);
        gate::pass(self.engine, &context, &before.id, spec).await?;
        if switch == Switch::StopHidden {
            traffic::known_as(self.engine, &spec.network, &before.id, &spec.aliases).await?;
        }
        Ok(())
    }
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
