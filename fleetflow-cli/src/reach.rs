//! A way into what runs: the containers and servers that the state remembers. No cloud is signed in to for it.

use std::collections::BTreeSet;

use fleetflow_core::docker::{Engines, Host, Place, Translate};
use fleetflow_core::model::did_you_mean;
use fleetflow_core::state::{Entry, State, Store as _};
use fleetflow_core::{Address, Error, ErrorKind, Result};
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
    pub(crate) fn services(&self, wanted: &[String]) -> Result<Vec<Service>> {
        let all = self.all("container", service)?;
        if wanted.is_empty() {
            return Ok(all);
        }
        for word in wanted {
            if !all.iter().any(|service| service.is(word)) {
                return Err(unknown("service", word, all.iter().map(|service| &service.name)));
            }
        }
        let meant = |service: &Service| wanted.iter().any(|word| service.is(word));
        Ok(all.into_iter().filter(meant).collect())
    }

    /// The one service that `wanted` means.
    pub(crate) fn service(&self, wanted: &str) -> Result<Service> {
        let mut found = self.services(&[wanted.to_owned()])?;
        match (found.pop(), found.as_slice()) {
            (Some(only), []) => Ok(only),
            (last, others) => {
                let names: Vec<_> = others.iter().chain(&last).map(|one| one.name.as_str()).collect();
                let message = format!("`{wanted}` may be any of {}", names.join(", "));
                Err(Error::new(ErrorKind::Invalid, message).help("name one of them"))
            }
        }
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
        })?;
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

    fn all<T>(&self, kind: &str, read: impl Fn(&Address, &Entry) -> Option<T>) -> Result<Vec<T>> {
        let entries = self.state.entries().filter(|(address, _)| address.kind() == kind);
        let all: Vec<_> = entries
            .filter_map(|(address, entry)| read(address, entry))
            .collect();
        if all.is_empty() {
            let message = format!("no {kind} of this stage is remembered");
            return Err(Error::new(ErrorKind::NotFound, message)
                .help("`flow up` makes what is declared; `flow state rebuild` finds what was made before"));
        }
        Ok(all)
    }
}

impl Service {
    /// Whether `word` means it: its name, or a part of it between slashes.
    fn is(&self, word: &str) -> bool {
        let word = word.strip_prefix("container.").unwrap_or(word);
        format!("/{}/", self.name).contains(&format!("/{word}/"))
    }
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
    let error = Error::new(ErrorKind::Invalid, format!("there is no {what} `{word}`"));
    match did_you_mean(word, parts) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => {
            let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            error.help(format!("there are {}", names.join(", ")))
        }
    }
}
