//! The image of a container: built or pulled before anything else is touched, once for all replicas.

use std::collections::{BTreeMap, HashMap};

use bollard::models::CreateImageInfo;
use bollard::query_parameters::{CreateImageOptions, ListImagesOptions};
use futures::StreamExt as _;

use super::{Container, build, generations, previous, sending};
use crate::codes;
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines, Registries};
use crate::docker::formats::split_tag;
use crate::docker::{BuiltOn, Host, marks};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Owner, Resource as _};

/// Tags that registries move on from release to release: they are asked for again with each new container.
const MOVING: &[&str] = &["latest", "edge", "nightly", "main", "master", "develop", "stable"];

/// Whether an image that is there already is good enough.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// One that was built from the same content is.
    Known,
    /// None is: the way of building changed, perhaps in a secret.
    Anew,
}

/// Sees to it that the engine has the image of `spec`. It ends as soon as the run is stopped: what was pulled or built by
/// then is the engine's own matter, and nothing runs from it.
pub(super) async fn provide(
    engines: &Engines,
    engine: &Engine,
    context: &Context,
    spec: &Container,
    freshness: Freshness,
) -> Result<()> {
    let what = format!("making {} ready", spec.image);
    let provided = Box::pin(provide_all(engines, engine, context, spec, freshness));
    context.unless_stopped(&what, provided).await
}

async fn provide_all(
    engines: &Engines,
    engine: &Engine,
    context: &Context,
    spec: &Container,
    freshness: Freshness,
) -> Result<()> {
    let turn = engines.building(engine.host(), &spec.image);
    let _turn = turn.lock().await;
    match &spec.build {
        Some(build) => {
            let known = match freshness {
                Freshness::Known => is_built(engine, context, spec).await?,
                Freshness::Anew => false,
            };
            if known {
                return Ok(());
            }
            if build.on == BuiltOn::Server || engine.host() == &Host::local() {
                return build::run(engine, context, spec, build, engines.registries()).await;
            }
            let local = engines.engine(&Host::local()).await;
            let local =
                local.map_err(|error| error.during("build on the local engine, as `on=\"local\"` says"))?;
            // On its way to several servers it is built once.
            let turn = engines.building(local.host(), &spec.image);
            let built = turn.lock().await;
            if freshness == Freshness::Anew || !is_built(&local, context, spec).await? {
                build::run(&local, context, spec, build, engines.registries()).await?;
            }
            drop(built);
            sending::send(&local, engine, context, &spec.image).await
        }
        None => pull(engine, context, &spec.image, engines.registries()).await,
    }
}

/// Takes away an image that was built for a container that is gone. One that is still used stays.
pub(super) async fn forget_built(engine: &Engine, image_id: &str) -> Result<()> {
    let Some(image) = inspect(engine, image_id).await? else {
        return Ok(());
    };
    let labels = image.config.and_then(|config| config.labels);
    if !labels.is_some_and(|labels| labels.contains_key(marks::BUILT_FROM)) {
        return Ok(());
    }
    // By its id it only goes when it has one name at most.
    let mut names = image.repo_tags.unwrap_or_default();
    if names.len() < 2 {
        names = vec![image_id.to_owned()];
    } else if is_used(engine, image_id).await? {
        return Ok(());
    }
    for name in names {
        remove(engine, &name).await?;
    }
    Ok(())
}

async fn is_used(engine: &Engine, image_id: &str) -> Result<bool> {
    let by_image = HashMap::from([("ancestor".to_owned(), vec![image_id.to_owned()])]);
    Ok(!generations::list(engine, Some(by_image)).await?.is_empty())
}

async fn remove(engine: &Engine, name: &str) -> Result<()> {
    let removed = engine
        .repeat("remove the image that was built before", |docker| {
            let name = name.to_owned();
            async move {
                let options = None::<bollard::query_parameters::RemoveImageOptions>;
                docker.remove_image(&name, options, None).await
            }
        })
        .await;
    match removed {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict) => Ok(()),
        answer => answer.map(drop),
    }
}

/// Takes away the images that were built for containers of the group whose network is `network`, and that none uses.
pub(in crate::docker) async fn forget_unused(engine: &Engine, network: &Owner) -> Result<()> {
    let options = ListImagesOptions {
        filters: Some(HashMap::from([(
            "label".to_owned(),
            vec![marks::BUILT_FROM.to_owned()],
        )])),
        ..ListImagesOptions::default()
    };
    let rows = engine
        .repeat("list the images", |docker| {
            let options = options.clone();
            async move { docker.list_images(Some(options)).await }
        })
        .await?;
    let inside = format!("{}/", network.address.name());
    let is_of_group = |owner: &Owner| {
        owner.project == network.project
            && owner.stage == network.stage
            && owner.address.kind() == Container::KIND
            && owner.address.name().starts_with(&inside)
    };
    for row in rows
        .iter()
        .filter(|row| marks::owner(&row.labels).is_some_and(|owner| is_of_group(&owner)))
    {
        forget_built(engine, &row.id).await?;
    }
    Ok(())
}

/// Keeps an image that was built under another tag, so that nobody who cleans up takes it for a leftover.
pub(super) async fn keep(engine: &Engine, image_id: &str, name: &str) -> Result<()> {
    let options = bollard::query_parameters::TagImageOptions {
        repo: Some(split_tag(name).0.to_owned()),
        tag: Some(previous::TAG.to_owned()),
    };
    let kept = engine
        .repeat("keep the image of the container before", |docker| {
            let (id, options) = (image_id.to_owned(), options.clone());
            async move { docker.tag_image(&id, Some(options)).await }
        })
        .await;
    match kept {
        // Somebody removed it: then there is nothing to go back to, and nothing to keep.
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer,
    }
}

async fn is_built(engine: &Engine, context: &Context, spec: &Container) -> Result<bool> {
    let labels = inspect(engine, &spec.image)
        .await?
        .and_then(|image| image.config)
        .and_then(|config| config.labels)
        .unwrap_or_default();
    let identity = build::identity(spec, &context.applied);
    Ok(labels.get(marks::BUILT_FROM) == Some(&identity))
}

pub(super) async fn inspect(engine: &Engine, image: &str) -> Result<Option<bollard::models::ImageInspect>> {
    let found = engine
        .repeat("look for the image", |docker| {
            let image = image.to_owned();
            async move { docker.inspect_image(&image).await }
        })
        .await;
    match found {
        Err(error) if error.is_not_found() => Ok(None),
        answer => answer.map(Some),
    }
}

async fn pull(engine: &Engine, context: &Context, image: &str, registries: &Registries) -> Result<()> {
    let is_there = inspect(engine, image).await?.is_some();
    if is_there && !is_moving(image) {
        return Ok(());
    }
    if image.starts_with("sha256:") {
        let message = format!("the image {image} is no longer on {}", engine.host());
        return Err(Error::of(&codes::NO_IMAGE, message)
            .help("declare an image that a registry has, or a folder to build from, and run `flow up`"));
    }
    match fetch(engine, context, image, registries).await {
        // It was made on that machine, and no registry has it.
        Err(error) if is_there && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unauthorized) => {
            context.waiting(format!("no registry has {image}: the one on the machine is used"));
            Ok(())
        }
        answer => answer,
    }
}

/// Whether the name may mean another image tomorrow.
pub(super) fn is_moving(image: &str) -> bool {
    !image.contains('@') && split_tag(image).1.is_none_or(|tag| MOVING.contains(&tag))
}

async fn fetch(engine: &Engine, context: &Context, image: &str, registries: &Registries) -> Result<()> {
    let (name, tag) = match image.split_once('@') {
        Some((named, digest)) => (split_tag(named).0, digest),
        None => {
            let (name, tag) = split_tag(image);
            // Without a tag an engine would pull all of them.
            (name, tag.unwrap_or("latest"))
        }
    };
    let options = CreateImageOptions {
        from_image: Some(name.to_owned()),
        tag: Some(tag.to_owned()),
        ..CreateImageOptions::default()
    };
    let mut progress = Progress::of(image);
    let mut lines = engine
        .docker()
        .create_image(Some(options), None, registries.for_image(image));
    while let Some(line) = lines.next().await {
        let line = line.map_err(|error| {
            let error = engine.failure(&format!("pull {image}"), error);
            let unknown = match error.kind() {
                ErrorKind::NotFound => Some(&codes::NO_IMAGE),
                ErrorKind::Unauthorized => Some(&codes::REGISTRY_LOGIN),
                _ => None,
            };
            match unknown {
                Some(code) => error.number(code).help(registries.advice(image)),
                None => match unreached(error.message()) {
                    Some(help) => error.number(&codes::REGISTRY_SILENT).help(help),
                    None => error,
                },
            }
        })?;
        if let Some(text) = progress.hear(line) {
            context.waiting(text);
        }
    }
    Ok(())
}

/// What to do where an engine did not get through to a registry. They say so with the status 500 and the words of Go's
/// packages `net`, `crypto/x509` and `net/http`.
fn unreached(message: &str) -> Option<&'static str> {
    let has = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if has(&[
        "no such host",
        "server misbehaving",
        // Whatever came of it: no server of names was reached.
        "dial tcp: lookup ",
        "Temporary failure in name resolution",
    ]) {
        Some(
            "the engine's machine does not find the registry's name: check the spelling of the image, and the DNS there",
        )
    } else if has(&["x509:", "tls: ", "server gave HTTP response to HTTPS client"]) {
        Some(
            "the engine does not believe the registry: give its certificate to the engine in `/etc/docker/certs.d/HOST/ca.crt`, \
             or name it in `insecure-registries` of the engine's `daemon.json`",
        )
    } else if has(&[
        "connection refused",
        "i/o timeout",
        "no route to host",
        "network is unreachable",
        "connection reset by peer",
        "TLS handshake timeout",
        "Client.Timeout exceeded",
    ]) {
        Some(
            "the engine's machine does not reach the registry: see that it runs, and that nothing is in between",
        )
    } else {
        None
    }
}

/// How far a pull is, layer by layer.
struct Progress<'i> {
    image: &'i str,
    layers: BTreeMap<String, Layer>,
    said: String,
}

#[derive(Default)]
struct Layer {
    done: bool,
    current: i64,
    total: i64,
}

impl<'i> Progress<'i> {
    fn of(image: &'i str) -> Self {
        Self {
            image,
            layers: BTreeMap::new(),
            said: String::new(),
        }
    }

    /// The text to be said after `line`, if it is another one than before.
    fn hear(&mut self, line: CreateImageInfo) -> Option<String> {
        let (status, id) = (line.status?, line.id?);
        if status.starts_with("Pulling from") {
            return None;
        }
        let layer = self.layers.entry(id).or_default();
        layer.done |= matches!(status.as_str(), "Pull complete" | "Already exists");
        if let (true, Some(detail)) = (status == "Downloading", line.progress_detail) {
            layer.current = detail.current.unwrap_or(layer.current);
            layer.total = detail.total.unwrap_or(layer.total);
        } else if status == "Download complete" {
            layer.current = layer.total;
        }
        let text = self.text();
        (text != self.said).then(|| self.said.clone_from(&text))?;
        Some(text)
    }

    fn text(&self) -> String {
        let done = self.layers.values().filter(|layer| layer.done).count();
        let (current, total) = self.layers.values().fold((0, 0), |(current, total), layer| {
            (current + layer.current, total + layer.total)
        });
        let share = if total > 0 {
            format!(", {} %", current * 100 / total)
        } else {
            String::new()
        };
        format!(
            "pulling {}: {done} of {} layers{share}",
            self.image,
            self.layers.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_may_move_are_asked_for_again() {
        for moving in ["nginx", "nginx:latest", "localhost:5000/app", "ghcr.io/a/b:main"] {
            assert!(is_moving(moving), "{moving}");
        }
        let digest = format!("nginx@sha256:{}", "a".repeat(64));
        for fixed in ["nginx:1.29", "localhost:5000/app:v1", &digest] {
            assert!(!is_moving(fixed), "{fixed}");
        }
    }

    #[test]
    fn what_is_between_an_engine_and_a_registry_has_an_advice() {
        // As Docker 20, 28 and 29 write them.
        let texts = [
            (
                "Get \"https://r.example/v2/\": dial tcp: lookup r.example: no such host",
                "DNS",
            ),
            (
                "Head \"https://r/v2/\": dial tcp: lookup r on 192.0.2.53:53: dial udp 192.0.2.53:53: connect: network is unreachable",
                "DNS",
            ),
            (
                "Get \"https://r/v2/\": x509: certificate signed by unknown authority",
                "certs.d",
            ),
            (
                "Get \"https://r/v2/\": http: server gave HTTP response to HTTPS client",
                "insecure-registries",
            ),
            (
                "Get \"https://r/v2/\": dial tcp 192.0.2.1:443: connect: connection refused",
                "see that it runs",
            ),
            (
                "Get \"https://r/v2/\": dial tcp 192.0.2.1:443: i/o timeout",
                "see that it runs",
            ),
            (
                "read tcp 192.0.2.2:45732->192.0.2.1:443: read: connection reset by peer",
                "see that it runs",
            ),
        ];
        for (text, part) in texts {
            assert!(unreached(text).is_some_and(|help| help.contains(part)), "{text}");
        }
        assert_eq!(unreached("manifest unknown"), None);
    }

    #[test]
    fn progress_is_told_by_layers_and_bytes() {
        let mut progress = Progress::of("app:1");
        let mut hear = |status: &str, id: &str, bytes: Option<(i64, i64)>| {
            progress.hear(CreateImageInfo {
                id: Some(id.to_owned()),
                status: Some(status.to_owned()),
                progress_detail: bytes.map(|(current, total)| bollard::models::ProgressDetail {
                    current: Some(current),
                    total: Some(total),
                }),
                ..CreateImageInfo::default()
            })
        };
        hear("Pulling fs layer", "a", None);
        hear("Already exists", "b", None);
        let half = hear("Downloading", "a", Some((50, 100)));
        assert_eq!(half.as_deref(), Some("pulling app:1: 1 of 2 layers, 50 %"));
        assert_eq!(hear("Downloading", "a", Some((50, 100))), None);
        let all = hear("Pull complete", "a", None);
        assert_eq!(all.as_deref(), Some("pulling app:1: 2 of 2 layers, 50 %"));
    }
}
