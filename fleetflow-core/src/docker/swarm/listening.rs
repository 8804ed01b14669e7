//! What the replicas of a service log, wherever they run: the engine of each server is asked for its own. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, OptionFuture};
use futures::stream::{self, BoxStream, SelectAll, StreamExt as _};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until, timeout};

use super::{Replica, Swarm};
use crate::docker::Host;
use crate::docker::engines::Engines;
use crate::docker::logs::in_order;
use crate::docker::looking_in::{LogRequest, Output};
use crate::error::{Error, ErrorKind, Result};

/// How long a server may take to answer before its replicas are passed over.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often replicas that came later are looked for.
const LOOKS: Duration = Duration::from_secs(2);

/// What a replica logs, or why that is not known. The others go on.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The replica.
    pub replica: Arc<Replica>,
    /// A piece of its log.
    pub output: Result<Output>,
}

impl Heard {
    /// When it was written; none for what is not known.
    pub fn time(&self) -> Option<Timestamp> {
        self.output.as_ref().ok()?.time
    }
}

impl Engines {
    /// What the replicas of the service `id` of `swarm` log, merged: in the order of time, or with `follow` as it comes; then
    /// it goes on with replicas that come later, on whichever server, until the service is gone.
    ///
    /// # Errors
    ///
    /// Where no manager answers, or the swarm has no such service.
    pub async fn service_logs(
        &self,
        swarm: &Swarm,
        id: &str,
        request: LogRequest,
    ) -> Result<BoxStream<'static, Heard>> {
        let mut listening = Listening {
            engines: self.clone(),
            swarm: swarm.clone(),
            service: id.to_owned(),
            request,
            known: BTreeSet::new(),
            older: BTreeSet::new(),
            heard: BTreeMap::new(),
            unstarted: BTreeSet::new(),
            cut_off: BTreeSet::new(),
            logs: SelectAll::new(),
            look: None,
            next_look: Instant::now() + LOOKS,
        };
        let replicas = listening.looking().await?;
        listening
            .older
            .extend(replicas.iter().map(|replica| replica.task.clone()));
        listening.take_in(replicas);
        Ok(stream::unfold(listening, Listening::next).boxed())
    }
}

/// What comes of a log.
enum Told {
    Heard(Heard),
    /// Nothing more comes of that of this task.
    End(String),
}

struct Listening {
    engines: Engines,
    swarm: Swarm,
    service: String,
    request: LogRequest,
    /// The tasks that are listened to, or were.
    known: BTreeSet<String>,
    /// Those that were there at the beginning. What comes later is heard from its first line, however few are asked for.
    older: BTreeSet<String>,
    /// When the last line was written that was heard of a task.
    heard: BTreeMap<String, Timestamp>,
    /// Those among them whose container may not have been started when its log was opened, and that said nothing since. The log
    /// of a container that was only created ends at once, followed or not (seen with engines 20.10 and 28.2).
    unstarted: BTreeSet<String>,
    /// Those among them whose log broke off.
    cut_off: BTreeSet<String>,
    logs: SelectAll<BoxStream<'static, Told>>,
    look: Option<BoxFuture<'static, Result<Vec<Replica>>>>,
    next_look: Instant,
}

impl Listening {
    async fn next(mut self) -> Option<(Heard, Self)> {
        loop {
            if self.logs.is_empty() && !self.request.follow {
                return None;
            }
            tokio::select! {
                Some(told) = self.logs.next() => match told {
                    Told::Heard(heard) => {
                        if self.is_news(&heard) {
                            return Some((heard, self));
                        }
                    }
                    Told::End(task) => {
                        if self.unstarted.remove(&task) {
                            self.older.remove(&task);
                            self.known.remove(&task);
                        }
                    }
                },
                Some(looked) = OptionFuture::from(self.look.as_mut()) => {
                    self.look = None;
                    self.next_look = Instant::now() + LOOKS;
                    match looked {
                        Ok(replicas) => self.take_in(replicas),
                        Err(error) if error.is_not_found() => self.request.follow = false,
                        // What is listened to goes on, and the next look may be answered.
                        Err(error) => tracing::debug!(%error, "no manager says what runs now"),
                    }
                }
                () = sleep_until(self.next_look), if self.request.follow && self.look.is_none() => {
                    self.look = Some(self.looking());
                }
                else => return None,
            }
        }
    }

    /// That a log broke off is told once, and another try made with each look.
    fn is_news(&mut self, heard: &Heard) -> bool {
        let task = &heard.replica.task;
        self.unstarted.remove(task);
        if heard.output.is_ok() {
            self.cut_off.remove(task);
            if let (true, Some(time)) = (self.request.follow, heard.time()) {
                match self.heard.get_mut(task) {
                    Some(last) => *last = time,
                    None => drop(self.heard.insert(task.clone(), time)),
                }
            }
            return true;
        }
        if self.request.follow {
            self.known.remove(task);
        }
        self.cut_off.insert(task.clone())
    }

    fn looking(&self) -> BoxFuture<'static, Result<Vec<Replica>>> {
        let (engines, swarm, service) = (self.engines.clone(), self.swarm.clone(), self.service.clone());
        Box::pin(async move {
            let mut replicas = engines.replicas(&swarm).await?;
            replicas.retain(|replica| replica.service == service);
            if replicas.is_empty() {
                let message = format!("the swarm runs no replica of a service with the id {service}");
                return Err(Error::new(ErrorKind::NotFound, message)
                    .help("`flow status` shows what runs; `flow up` makes what is declared"));
            }
            Ok(replicas)
        })
    }

    /// Listens to what was not known yet, older runs of a replica before newer ones.
    fn take_in(&mut self, replicas: Vec<Replica>) {
        let with_container = replicas
            .into_iter()
            .rev()
            .filter(|replica| replica.container.is_some());
        let mut logs = Vec::new();
        for replica in with_container {
            if self.known.insert(replica.task.clone()) {
                if replica.state == "starting" {
                    self.unstarted.insert(replica.task.clone());
                }
                let task = replica.task.clone();
                logs.push((task, self.log(Arc::new(replica))));
            }
        }
        if self.request.follow {
            let ending = |(task, log): (String, BoxStream<'static, Heard>)| {
                let end = stream::once(async { Told::End(task) });
                log.map(Told::Heard).chain(end).boxed()
            };
            self.logs.extend(logs.into_iter().map(ending));
        } else {
            let logs = logs.into_iter().map(|(_, log)| log).collect();
            self.logs
                .push(in_order(logs, Heard::time).map(Told::Heard).boxed());
        }
    }

    fn log(&self, replica: Arc<Replica>) -> BoxStream<'static, Heard> {
        let (engines, mut request) = (self.engines.clone(), self.request.clone());
        // After a log broke off, it goes on where it did.
        request.since = self.heard.get(&replica.task).copied();
        if request.since.is_some() || !self.older.contains(&replica.task) {
            request.tail = None;
        }
        let opening = async move {
            let opened = open(&engines, &replica, request).await;
            let pieces = match opened {
                Ok(pieces) => pieces,
                Err(error) => stream::once(async { Err(error) }).boxed(),
            };
            let is_current = replica.is_current;
            pieces
                // Engines remove containers that ended a while ago, of which the swarm still tells.
                .filter(move |piece| {
                    let is_gone = piece.as_ref().is_err_and(Error::is_not_found);
                    futures::future::ready(is_current || !is_gone)
                })
                .map(move |output| Heard {
                    replica: replica.clone(),
                    output,
                })
        };
        stream::once(opening).flatten().boxed()
    }
}

async fn open(
    engines: &Engines,
    replica: &Replica,
    request: LogRequest,
) -> Result<BoxStream<'static, Result<Output>>> {
    let (host, container) = replica.place()?;
    let asked = engines.logs(host, container, request);
    timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| Err(silent(replica)))
}

impl Replica {
    /// The engine and the container that it is looked into at.
    ///
    /// # Errors
    ///
    /// Where it has no container yet, or its server does not live as far as the managers know.
    pub fn place(&self) -> Result<(&Host, &str)> {
        if !self.is_reachable {
            return Err(silent(self));
        }
        match (&self.host, &self.container) {
            (Some(host), Some(container)) => Ok((host, container)),
            (None, Some(_)) => {
                let message = format!("the state does not say how to reach {}", self.whereabouts());
                Err(Error::new(ErrorKind::State, message).help("run `flow up`, which brings it up to date"))
            }
            (_, None) => {
                let why = self
                    .trouble
                    .as_deref()
                    .map(|why| format!(": {why}"))
                    .unwrap_or_default();
                let message = format!(
                    "replica {} is {} and has no container{why}",
                    self.number, self.state
                );
                Err(Error::new(ErrorKind::Unavailable, message).help("see `flow status`"))
            }
        }
    }

    fn whereabouts(&self) -> String {
        let server = self.server.as_ref().map(|server| format!("the server {server}"));
        server.unwrap_or_else(|| "its server".to_owned())
    }
}

fn silent(replica: &Replica) -> Error {
    let message = format!(
        "{} of replica {} does not answer",
        replica.whereabouts(),
        replica.number
    );
    Error::new(ErrorKind::Unavailable, message)
        .help("start it again; its swarm runs the replica elsewhere meanwhile")
}

#[cfg(test)]
mod tests;
