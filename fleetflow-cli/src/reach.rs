//! A way into what runs: the containers, swarms and servers that the state remembers. No cloud is signed in to for it.

use std::collections::BTreeSet;

use fleetflow_core::docker::{Engines, Host, Place, Replica, Swarm, Translate};
use fleetflow_core::model::did_you_mean;
use fleetflow_core::state::{Entry, State, Store as _};
use fleetflow_core::{Address, Error, ErrorKind, Result, codes};
use tokio_util::sync::CancellationToken;

use crate::clouds::{self, Emulated};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime::interruptible;
use crate::show::header::World;
use crate::site::Site;
use crate::workplace;

/// The remembered world of a stage, with the engines in it.
pub(crate) struct Reach {
    pub(crate) engines: Engines,
    state: State,
    emulated: Option<Emulated>,
    /// The way to emulated servers that another process serves.
    served: Option<Translate>,
}

/// A container that runs a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// `server/group/service`.
    pub(crate) name: String,
    pub(crate) host: Host,
    pub(crate) id: String,
}

/// A service that a swarm runs, wherever it does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SwarmService {
    /// `group/service`.
    name: String,
    /// The id that the swarm gave it.
    pub(crate) id: String,
    /// What of it is meant: words that name it, or some of its replicas. All of it without one.
    words: Vec<String>,
}

/// What commands mean by the services they name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meant {
    pub(crate) containers: Vec<Service>,
    pub(crate) of_swarm: Vec<SwarmService>,
}

impl Reach {
    /// Reads the state of `site`; emulated clouds are started.
    pub(crate) async fn open(
        invocation: &Invocation,
        site: &Site,
        cancelled: &CancellationToken,
        operation: &str,
    ) -> Result<Self> {
        interruptible(cancelled, async {
            let emulated = match site.world {
                World::Sandbox => Some(workplace::emulated(invocation, site, cancelled, operation).await?),
                World::Real => None,
            };
            let state = site.store().load().await?;
            let engines = clouds::engines(invocation, site, &state, emulated.as_ref())?;
            Ok(Self {
                engines,
                state,
                emulated,
                served: clouds::served(invocation)?,
            })
        })
        .await
    }

    /// The services that `wanted` means; all of them where it is empty.
    pub(crate) async fn services(&self, wanted: &[String]) -> Result<Meant> {
        let containers = self.all("container", service);
        let of_swarm = self.all("swarm-service", |address, entry| {
            Some((address.name().to_owned(), entry.id()?.to_owned()))
        });
        if containers.is_empty() && of_swarm.is_empty() {
            return Err(none_remembered("container"));
        }
        // Which servers run what a swarm runs is asked only where a word may mean a server or one replica.
        let is_known = |word: &String| {
            containers.iter().any(|service| service.is(word))
                || of_swarm.iter().any(|(name, _)| means(word, name))
        };
        let mut names: Vec<String> = containers.iter().map(|service| service.name.clone()).collect();
        names.extend(of_swarm.iter().map(|(name, _)| name.clone()));
        if !of_swarm.is_empty() && !wanted.iter().all(is_known) {
            let replicas = self.replicas().await?;
            names.extend(of_swarm.iter().flat_map(|(name, id)| {
                let own = replicas.iter().filter(move |replica| replica.service == *id);
                own.map(|replica| replica_name(name, replica))
            }));
        }
        for word in wanted {
            if !names.iter().any(|name| means(word, name)) {
                return Err(unknown("service", word, names.iter()));
            }
        }
        let is_meant = |service: &Service| wanted.is_empty() || wanted.iter().any(|word| service.is(word));
        let of_swarm = of_swarm.into_iter().filter_map(|(name, id)| {
            let own = |word: &&String| {
                names
                    .iter()
                    .any(|other| is_of(other, &name) && means(word, other))
            };
            let words: Vec<String> = wanted.iter().filter(own).cloned().collect();
            (wanted.is_empty() || !words.is_empty()).then_some(SwarmService { name, id, words })
        });
        Ok(Meant {
            of_swarm: of_swarm.collect(),
            containers: containers.into_iter().filter(is_meant).collect(),
        })
    }

    /// The one container that `wanted` means.
    pub(crate) async fn service(&self, wanted: &str) -> Result<Service> {
        let meant = self.services(&[wanted.to_owned()]).await?;
        let mut found: Vec<(String, Result<Service>)> = meant
            .containers
            .into_iter()
            .map(|service| (service.name.clone(), Ok(service)))
            .collect();
        if !meant.of_swarm.is_empty() {
            let replicas = self.replicas().await?;
            for service in &meant.of_swarm {
                let own = replicas.iter().filter(|replica| replica.is_current);
                found.extend(own.filter(|replica| service.means(replica)).map(|replica| {
                    let name = service.name_of(replica);
                    let place = replica.place().map(|(host, id)| Service {
                        name: name.clone(),
                        host: host.clone(),
                        id: id.to_owned(),
                    });
                    (name, place)
                }));
            }
        }
        match found.len() {
            1 => found.remove(0).1,
            0 => Err(Error::new(
                ErrorKind::Unavailable,
                format!("no replica of `{wanted}` is to run now"),
            )
            .help("see `flow status`")),
            _ => {
                let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
                let message = format!("`{wanted}` may be any of {}", names.join(", "));
                Err(Error::of(&codes::UNKNOWN_NAME, message).help("name one of them"))
            }
        }
    }

    /// The swarm of the stage.
    pub(crate) fn swarm(&self) -> Swarm {
        Swarm::remembered(&self.state)
    }

    async fn replicas(&self) -> Result<Vec<Replica>> {
        self.engines.replicas(&self.swarm()).await
    }

    /// User, address and port of the server `name`.
    pub(crate) fn server(&self, name: &str) -> Result<(String, String, u16)> {
        let name = name.strip_prefix("server.").unwrap_or(name);
        let all = self.all("server", |address, entry| {
            let host: Host = entry.existing_outputs().get("docker")?.as_str()?.parse().ok()?;
            match host.place() {
                Place::Ssh { user, host, port } => {
                    Some((address.name().to_owned(), (user.clone(), host.clone(), *port)))
                }
                Place::Local => None,
            }
        });
        if all.is_empty() {
            return Err(none_remembered("server"));
        }
        match all.iter().find(|(server, _)| server == name) {
            Some((_, place)) => Ok(place.clone()),
            None => Err(unknown("server", name, all.iter().map(|(server, _)| server))),
        }
    }

    /// Where the port of a server really answers: emulated servers are on this machine.
    pub(crate) async fn answering(&self, host: &str, port: u16) -> Result<(String, u16)> {
        match (&self.emulated, &self.served) {
            (Some(emulated), _) => emulated.translate()(host, port).await,
            (None, Some(served)) => served(host, port).await,
            (None, None) => Ok((host.to_owned(), port)),
        }
    }

    /// Leaves, with what came out; emulated clouds are stopped and saved.
    pub(crate) async fn close<T>(self, result: Result<T, Failure>) -> Result<T, Failure> {
        // Connections end before what they lead to.
        drop(self.engines);
        clouds::leave(self.emulated, result).await
    }

    fn all<T>(&self, kind: &str, read: impl Fn(&Address, &Entry) -> Option<T>) -> Vec<T> {
        let entries = self.state.entries().filter(|(address, _)| address.kind() == kind);
        entries
            .filter_map(|(address, entry)| read(address, entry))
            .collect()
    }
}

impl SwarmService {
    /// Whether `replica` is one of those that are meant.
    pub(crate) fn means(&self, replica: &Replica) -> bool {
        let name = self.name_of(replica);
        replica.service == self.id
            && (self.words.is_empty() || self.words.iter().any(|word| means(word, &name)))
    }

    /// `server/group/service/number`.
    pub(crate) fn name_of(&self, replica: &Replica) -> String {
        replica_name(&self.name, replica)
    }
}

impl Service {
    /// `error` of its engine about it, which knows it by its id only.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let is_state = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict);
        let error = error.on(&Address::new("container", &self.name));
        if is_state {
            return error.help("`flow status` shows how it is; `flow up` starts it, or makes it again");
        }
        error
    }

    /// Whether `word` means it: its name, or a part of it between slashes.
    fn is(&self, word: &str) -> bool {
        means(word, &self.name)
    }
}

/// Whether `word` means what is called `name`: its name, or a part of it between slashes.
fn means(word: &str, name: &str) -> bool {
    let kinds = ["container.", "swarm-service."];
    let word = kinds
        .iter()
        .find_map(|kind| word.strip_prefix(kind))
        .unwrap_or(word);
    format!("/{name}/").contains(&format!("/{word}/"))
}

/// Whether `name` is that of a service, or of one of its replicas.
fn is_of(name: &str, service: &str) -> bool {
    let replica = || {
        name.rsplit_once('/')?
            .0
            .split_once('/')
            .map(|(_, own)| own == service)
    };
    name == service || replica() == Some(true)
}

fn replica_name(service: &str, replica: &Replica) -> String {
    let server = replica.server.as_deref().unwrap_or("nowhere");
    format!("{server}/{service}/{}", replica.number)
}

fn none_remembered(what: &str) -> Error {
    let message = format!("no {what} of this stage is remembered");
    Error::of(&codes::NOT_REMEMBERED, message)
        .help("`flow up` makes what is declared; `flow state rebuild` finds what was made before")
}

fn service(address: &Address, entry: &Entry) -> Option<Service> {
    let output = |name: &str| entry.existing_outputs().get(name)?.as_str();
    Some(Service {
        name: address.name().to_owned(),
        host: output("host")?.parse().ok()?,
        id: output("id")?.to_owned(),
    })
}

fn unknown<'n>(what: &str, word: &str, names: impl Iterator<Item = &'n String>) -> Error {
    let names: Vec<_> = names.collect();
    let parts: BTreeSet<&str> = names.iter().flat_map(|name| name.split('/')).collect();
    let error = Error::of(&codes::UNKNOWN_NAME, format!("there is no {what} `{word}`"));
    match did_you_mean(word, parts) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => {
            let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            error.help(format!("there are {}", names.join(", ")))
        }
    }
}
