//! Deploying a group to an engine: the network, volumes and containers that it stands for there. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::container::Status;
use super::{Container, Host, Mode, Mount, Network, Service, ServiceGroup, Source, Volume};
use crate::model::{Address, Declaration, Expansion, Input, Resource as _};

/// What `group` stands for on the engine `host`: an encoded value of type `docker-host`, or `"local"`.
///
/// `place` is what the engine is called in addresses: the server's name, or `local`. The life-cycle flags of the group
/// hold for every part.
///
/// # Examples
///
/// `container.web-1/shop/db` is the container of the service `db` of the group `shop` on the server `web-1`; its name
/// on the engine is `PROJECT-STAGE-shop-db`.
pub fn deploy(host: Value, place: &str, group: &Declaration, around: &Expansion<'_>) -> Vec<Declaration> {
    // Groups are canonical when stacks are expanded, and hosts are made by this crate.
    let (Ok(typed), Ok(host)) = (
        group.spec.decode::<ServiceGroup>(),
        serde_json::from_value::<Input<Host>>(host),
    ) else {
        return Vec::new();
    };
    // The servers together are one swarm then; see `deploy_swarm`.
    if typed.mode == Mode::Swarm {
        return Vec::new();
    }
    let deployment = Deployment {
        host,
        place: format!("{place}/{}", typed.name),
        prefix: format!("{}-{}-{}", around.project(), around.stage(), typed.name),
        group: &typed,
    };
    let parts = std::iter::once(deployment.network())
        .chain(deployment.volumes())
        .chain(deployment.containers());
    parts.map(|part| part.inherit(group)).collect()
}

/// A group on its way to an engine.
struct Deployment<'g> {
    host: Input<Host>,
    /// `SERVER/GROUP`, the beginning of every address.
    place: String,
    /// `PROJECT-STAGE-GROUP`, the beginning of every name on the engine.
    prefix: String,
    group: &'g ServiceGroup,
}

impl Deployment<'_> {
    fn network(&self) -> Declaration {
        Declaration::from(Network {
            host: self.host.clone(),
            name: self.prefix.clone(),
            place: self.place.clone(),
        })
    }

    fn volumes(&self) -> impl Iterator<Item = Declaration> {
        let names: BTreeSet<&str> = self.group.services.iter().flat_map(volumes_of).collect();
        names.into_iter().map(|name| {
            Declaration::from(Volume {
                host: self.host.clone(),
                name: format!("{}-{name}", self.prefix),
                place: format!("{}/{name}", self.place),
            })
        })
    }

    fn containers(&self) -> impl Iterator<Item = Declaration> {
        self.group
            .services
            .iter()
            .flat_map(move |service| self.replicas_of(service))
    }

    /// One after another: while one is released the others serve, and the first failure ends it.
    fn replicas_of(&self, service: &Service) -> Vec<Declaration> {
        let mut before = None;
        let one = |replica: String| {
            let container = self.container(service, &replica);
            let address = Address::new(Container::KIND, format!("{}/{replica}", self.place));
            match before.replace(address) {
                Some(before) => container.after(before),
                None => container,
            }
        };
        replicas(service).map(one).collect()
    }

    fn container(&self, service: &Service, replica: &str) -> Declaration {
        let container = Container {
            host: self.host.clone(),
            name: format!("{}-{replica}", self.prefix),
            place: format!("{}/{replica}", self.place),
            network: self.prefix.clone(),
            aliases: BTreeSet::from([service.name.clone(), replica.to_owned()])
                .into_iter()
                .collect(),
            image: self.image(service),
            build: service.build.clone(),
            context_digest: None,
            port: service.ports.clone(),
            volume: service.volumes.iter().map(|mount| self.mount(mount)).collect(),
            several: service.replicas > 1,
            files_digest: None,
            env: service.env.clone(),
            env_file: service.env_file.clone(),
            env_file_digest: None,
            command: service.command.clone(),
            entrypoint: service.entrypoint.clone(),
            user: service.user.clone(),
            workdir: service.workdir.clone(),
            restart: service.restart,
            health_check: service.health_check.clone(),
            memory: service.memory.clone(),
            cpus: service.cpus,
            labels: service.labels.clone(),
            stop_grace_period: service.stop_grace_period.clone(),
            status: Status::default(),
        };
        self.needs(service)
            .fold(Declaration::from(container), Declaration::after)
    }

    fn image(&self, service: &Service) -> String {
        service
            .image
            .clone()
            .unwrap_or_else(|| image_name(&format!("{}-{}", self.prefix, service.name)))
    }

    fn mount(&self, mount: &Mount) -> Mount {
        match mount.kind() {
            Source::Volume(name) => Mount {
                source: format!("{}-{name}", self.prefix),
                ..mount.clone()
            },
            Source::Absolute(_) | Source::Relative(_) => mount.clone(),
        }
    }

    /// What the containers of `service` come after: network, volumes, and the containers of what it depends on.
    fn needs(&self, service: &Service) -> impl Iterator<Item = Address> {
        let services: BTreeMap<&str, &Service> = self
            .group
            .services
            .iter()
            .map(|service| (service.name.as_str(), service))
            .collect();
        let address = |kind, name: &str| Address::new(kind, format!("{}/{name}", self.place));
        let volumes = volumes_of(service).map(|name| address(Volume::KIND, name));
        let others: Vec<_> = service
            .depends_on
            .iter()
            .filter_map(|name| services.get(name.as_str()))
            .flat_map(|service| replicas(service))
            .map(|replica| address(Container::KIND, &replica))
            .collect();
        let network = Address::new(Network::KIND, self.place.clone());
        std::iter::once(network)
            .chain(volumes.collect::<Vec<_>>())
            .chain(others)
    }
}

fn volumes_of(service: &Service) -> impl Iterator<Item = &str> {
    service.volumes.iter().filter_map(|mount| match mount.kind() {
        Source::Volume(name) => Some(name),
        Source::Absolute(_) | Source::Relative(_) => None,
    })
}

/// `db`, `db-2`, `db-3`: the first replica has the name of the service.
fn replicas(service: &Service) -> impl Iterator<Item = String> {
    let name = service.name.clone();
    (1..=service.replicas).map(move |number| match number {
        1 => name.clone(),
        further => format!("{name}-{further}"),
    })
}

/// A name that may be an image's: lower case, with single dashes for everything that is not a letter or a digit.
fn image_name(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let parts = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}
