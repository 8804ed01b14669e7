//! How containers come about: image first, then a new container that has to prove itself, then the old one goes.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum as State};
use serde_json::{Map, Value, json};

use super::generations::{self, Generations, id_of, name_of};
use super::image::{self, Freshness};
use super::previous::Previous;
use super::release::{Release, rename, start};
use super::{Container, build, env, files, gate, makes_anew, observe};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::docker::look::{engine_of, host_of, look, ready_for};
use crate::docker::{Host, marks};
use crate::error::Result;
use crate::model::{Existing, Found, Lifecycle, Made, Scope, Wanted, digests, secrets};
use crate::plan::Change;

impl Lifecycle for Container {
    type Cloud = Engines;

    async fn observe(engines: &Engines, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look(engines, scope, wanted, |engine, wanted| async move {
            observe::observe(&engine, scope, &wanted).await
        })
        .await
    }

    fn prepares(changes: Option<&[Change]>) -> bool {
        changes.is_none_or(makes_anew)
    }

    /// The image is pulled or built, unless it is only known later where, or with which arguments.
    async fn prepare(engines: &Engines, context: &Context, spec: &Self, changes: &[Change]) -> Result<bool> {
        let Some(host) = spec.host.known() else {
            return Ok(false);
        };
        let arguments = spec.build.iter().flat_map(|build| &build.args);
        if arguments
            .into_iter()
            .any(|argument| argument.value.known().is_none())
        {
            return Ok(false);
        }
        let engine = engines.ready(host, context).await?;
        image::provide(engines, &engine, context, spec, freshness(changes)).await?;
        Ok(true)
    }

    /// What an interrupted create left behind has not proven itself: it is made anew.
    async fn create(engines: &Engines, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let engine = engines.ready(host_of(&spec.host, context)?, context).await?;
        let there = Generations::find(&engine, &context.owner, &spec.name, None).await?;
        if let Some(row) = there.current.as_ref().filter(|_| there.leftovers.is_empty()) {
            let made_from = row.labels.as_ref().and_then(marks::applied).map(Value::Object);
            // The value of a secret cannot be compared: then it is made anew.
            let is_same =
                made_from.as_ref() == Some(&context.applied) && secrets(&context.applied).is_empty();
            if is_same && name_of(row) == spec.name {
                let id = id_of(row).to_owned();
                return Ok(made(
                    &repair(&engine, context, spec, there).await?,
                    &id,
                    engine.host(),
                ));
            }
        }
        let release = Release {
            engines,
            engine: &engine,
            context,
            spec,
        };
        let seen = Box::pin(release.run(there, Freshness::Known)).await?;
        Ok(made(&seen, "", engine.host()))
    }

    async fn update(
        engines: &Engines,
        context: &Context,
        was: &Existing,
        spec: &Self,
        changes: &[Change],
    ) -> Result<Made> {
        let engine = ready_for(engines, host_of(&spec.host, context)?, context, was).await?;
        let there = Generations::find(&engine, &context.owner, &spec.name, Some(&was.id)).await?;
        if !makes_anew(changes) && there.current.is_some() {
            return Ok(made(
                &repair(&engine, context, spec, there).await?,
                &was.id,
                engine.host(),
            ));
        }
        let release = Release {
            engines,
            engine: &engine,
            context,
            spec,
        };
        let seen = Box::pin(release.run(there, freshness(changes))).await?;
        Ok(made(&seen, "", engine.host()))
    }

    async fn delete(engines: &Engines, context: &Context, was: &Existing) -> Result<()> {
        let engine = engine_of(engines, was).await?;
        let there = Generations::find(&engine, &context.owner, "", Some(&was.id)).await?;
        for row in there.all() {
            context.waiting("stopping the container");
            generations::take_away(&engine, row).await?;
        }
        let images: BTreeSet<String> = there.all().flat_map(own_images).collect();
        for image in images {
            image::forget_built(&engine, &image).await?;
        }
        Ok(())
    }

    fn digests(&self, root: &Path) -> Result<Map<String, Value>> {
        let context = self
            .build
            .as_ref()
            .map(|build| build::digest(build, root))
            .transpose();
        let files = files::digest(self, root);
        let variables = (!self.env_file.is_empty())
            .then(|| env::digest(root, &self.env_file))
            .transpose();
        digests([
            ("context_digest", context),
            ("files_digest", files),
            ("env_file_digest", variables),
        ])
    }
}

/// Whether an image from the same folder is good enough after `changes`.
fn freshness(changes: &[Change]) -> Freshness {
    match changes.iter().any(|change| change.field() == "build") {
        true => Freshness::Anew,
        false => Freshness::Known,
    }
}

/// Removes leftovers, gives the container its name back, and starts it if it does not run.
async fn repair(
    engine: &Engine,
    context: &Context,
    spec: &Container,
    there: Generations,
) -> Result<ContainerInspectResponse> {
    for row in &there.leftovers {
        context.waiting("removing what an interrupted release left behind");
        generations::take_away(engine, row).await?;
    }
    let id = there.current.as_ref().map(id_of).unwrap_or_default();
    if there
        .current
        .as_ref()
        .is_some_and(|row| name_of(row) != spec.name)
    {
        rename(engine, id, &spec.name).await?;
    }
    let seen = gate::inspect(engine, id).await?;
    match seen.state.and_then(|state| state.status) {
        Some(State::PAUSED) => {
            engine
                .once("let the container go on", |docker| async move {
                    docker.unpause_container(id).await
                })
                .await?;
        }
        Some(State::RUNNING | State::RESTARTING) => {}
        _ => start(engine, id).await?,
    }
    gate::pass(engine, context, id, spec).await
}

/// The images that were built for the container and for the one before it.
fn own_images(row: &bollard::models::ContainerSummary) -> Vec<String> {
    let none = HashMap::new();
    let labels = row.labels.as_ref().unwrap_or(&none);
    let both = [
        Previous::of(labels, row.image_id.as_deref()),
        Previous::kept(labels),
    ];
    let images = both.iter().flatten().filter_map(Previous::own_image);
    images.map(str::to_owned).collect()
}

/// The outputs of a container.
pub(super) fn outputs(id: &str, image_id: Option<&str>, host: &Host) -> Map<String, Value> {
    let all = [
        ("id", Some(json!(id))),
        ("image-id", image_id.map(|id| json!(id))),
        ("host", Some(json!(host))),
    ];
    let known = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    known.collect()
}

fn made(seen: &ContainerInspectResponse, fallback: &str, host: &Host) -> Made {
    let id = seen.id.as_deref().unwrap_or(fallback);
    Made {
        id: id.to_owned(),
        outputs: outputs(id, seen.image.as_deref(), host),
    }
}
