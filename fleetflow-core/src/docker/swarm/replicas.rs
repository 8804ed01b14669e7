//! What the replicas of a swarm's services do, and on which servers: read through a manager, and changed nowhere.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use bollard::models::{NodeState, Task, TaskSpec, TaskState};
use serde_json::{Map, Value, json};

use super::{SwarmNode, managers, nodes};
use crate::docker::engines::Engines;
use crate::docker::{Host, marks};
use crate::error::Result;
use crate::model::Resource as _;
use crate::state::State;

/// The swarm of a stage as the state remembers it: who manages it, and where its nodes are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swarm {
    pub(super) managers: Vec<Host>,
    /// By the id that the swarm gave to each.
    pub(super) hosts: BTreeMap<String, Host>,
}

/// One run of one replica of a service: what a swarm calls a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// The id of the service.
    pub service: String,
    /// The id of the task.
    pub task: String,
    /// Which of the service's replicas it is, from 1.
    pub number: u32,
    /// The server that runs it, once one was chosen.
    pub server: Option<String>,
    /// The engine of that server, where the state remembers it.
    pub host: Option<Host>,
    /// The container, once there is one.
    pub container: Option<String>,
    /// Whether it is wanted now; others ran before it, or ended.
    pub is_current: bool,
    /// Whether the managers believe that its server lives.
    pub is_reachable: bool,
    /// The swarm's word: `running`, `starting`, `pending`, `failed`; `restarting` where it waits for another try.
    pub state: String,
    /// How often it was started anew since the service was changed last, as far as the swarm remembers: 4 times, mostly.
    pub restarts: usize,
    /// The image it was made from.
    pub image: Option<String>,
    /// When it came into its state, in RFC 3339.
    pub since: Option<String>,
    /// What the swarm says is wrong.
    pub trouble: Option<String>,
}

impl Swarm {
    /// The swarm that `state` remembers; without managers where there is none.
    pub fn remembered(state: &State) -> Self {
        let mut managers = BTreeSet::new();
        let mut hosts = BTreeMap::new();
        for (address, entry) in state
            .entries()
            .filter(|(address, _)| address.kind() == SwarmNode::KIND)
        {
            let Some(node) = entry.existing(address) else {
                continue;
            };
            managers.extend(managers::of_existing(&node));
            let host = node.output("host").and_then(|host| host.parse().ok());
            hosts.extend(host.map(|host| (node.id, host)));
        }
        Self {
            managers: managers.into_iter().collect(),
            hosts,
        }
    }

    /// Whether there is one.
    pub fn exists(&self) -> bool {
        !self.managers.is_empty()
    }
}

impl Engines {
    /// The replicas of all services of `swarm`, by service and number, what ran last first. Three calls to one manager,
    /// however many there are.
    pub async fn replicas(&self, swarm: &Swarm) -> Result<Vec<Replica>> {
        let manager = managers::manager(self, &swarm.managers).await?;
        let (tasks, rows) = futures::try_join!(nodes::all_tasks(&manager), nodes::list(&manager))?;
        let places: BTreeMap<String, Place> = rows
            .into_iter()
            .filter_map(|row| {
                let is_down = nodes::state(&row) != Some(NodeState::READY);
                let labels = row.spec.as_ref().and_then(|spec| spec.labels.as_ref());
                let owner = labels.and_then(marks::owner);
                let own_name = row.description.and_then(|description| description.hostname);
                let server = owner.map(|owner| owner.address.name().to_owned()).or(own_name);
                Some((row.id?, Place { server, is_down }))
            })
            .collect();
        let restarts = restarts(&tasks);
        let told = tasks.iter().zip(restarts);
        let mut replicas: Vec<Replica> = told
            .map(|(task, restarts)| replica(swarm, &places, task, restarts))
            .collect();
        replicas.sort_by(|a, b| {
            let order = |one: &Replica| (one.service.clone(), one.number, Reverse(one.is_current));
            order(a).cmp(&order(b)).then_with(|| b.since.cmp(&a.since))
        });
        Ok(replicas)
    }
}

impl Replica {
    /// Whether nothing but its own program or image was the reason that it does not run.
    pub(crate) fn ended_by_itself(&self) -> bool {
        matches!(self.state.as_str(), "failed" | "rejected" | "complete")
    }

    /// How it is by the check that its service declares. A task counts as running once its container is healthy, and is ended
    /// when that is so no more (Docker documentation, "Swarm task states").
    pub fn health(&self) -> Option<&'static str> {
        match self.state.as_str() {
            "running" => Some("healthy"),
            "starting" => Some("starting"),
            "failed" if self.trouble.as_ref()?.contains("unhealthy") => Some("unhealthy"),
            _ => None,
        }
    }

    /// What `status` shows of it; `since` says for how long it has been so.
    pub(crate) fn shown(&self, has_check: bool, since: Option<String>) -> Map<String, Value> {
        let state = if self.is_reachable {
            self.state.as_str()
        } else {
            "unreachable"
        };
        let all = [
            ("replica", Some(json!(self.number))),
            ("server", self.server.as_ref().map(|server| json!(server))),
            ("state", Some(json!(state))),
            (
                "health",
                self.health().filter(|_| has_check).map(|health| json!(health)),
            ),
            ("restarts", Some(json!(self.restarts))),
            ("image", self.image.as_deref().map(|image| json!(named(image)))),
            ("since", since.map(|since| json!(since))),
            ("trouble", self.trouble.as_ref().map(|trouble| json!(trouble))),
        ];
        let known = all
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        known.collect()
    }
}

/// What is known of a node.
struct Place {
    server: Option<String>,
    is_down: bool,
}

/// The name of an image without the digest that swarms add to it.
fn named(image: &str) -> &str {
    image.split('@').next().unwrap_or(image)
}

fn replica(swarm: &Swarm, places: &BTreeMap<String, Place>, task: &Task, restarts: usize) -> Replica {
    let node = task.node_id.as_ref();
    let place = node.and_then(|node| places.get(node));
    let status = task.status.as_ref();
    let state = nodes::progress(task);
    let container = task.spec.as_ref().and_then(|spec| spec.container_spec.as_ref());
    let trouble = status.and_then(|status| status.err.clone());
    Replica {
        service: task.service_id.clone().unwrap_or_default(),
        task: task.id.clone().unwrap_or_default(),
        number: task
            .slot
            .and_then(|slot| u32::try_from(slot).ok())
            .unwrap_or_default(),
        server: place.and_then(|place| place.server.clone()),
        host: node.and_then(|node| swarm.hosts.get(node).cloned()),
        container: status
            .and_then(|status| status.container_status.as_ref()?.container_id.clone())
            .filter(|id| !id.is_empty()),
        is_current: task.desired_state == Some(TaskState::RUNNING) || is_next(task),
        is_reachable: node.is_none() || place.is_some_and(|place| !place.is_down),
        state: match state {
            _ if is_next(task) => "restarting".to_owned(),
            Some(state) => state.to_string(),
            None => "unknown".to_owned(),
        },
        restarts,
        image: container.and_then(|container| container.image.clone()),
        since: status.and_then(|status| status.timestamp.clone()),
        trouble,
    }
}

/// Whether it waits for its turn to run: after a failure, the next one is `ready` until the pause is over.
fn is_next(task: &Task) -> bool {
    task.desired_state == Some(TaskState::READY)
}

/// For each of `tasks`: how many runs of the same replica, in the same version, ended by themselves before it.
pub(super) fn restarts(tasks: &[Task]) -> Vec<usize> {
    let mut runs: HashMap<_, Vec<usize>> = HashMap::new();
    for (place, task) in tasks.iter().enumerate() {
        runs.entry((&task.service_id, task.slot)).or_default().push(place);
    }
    let mut restarts = vec![0; tasks.len()];
    for mut own in runs.into_values() {
        own.sort_by_key(|place| &tasks[*place].created_at);
        // A replica is seldom remembered in more than two versions.
        let mut ended: Vec<(&Option<TaskSpec>, usize)> = Vec::new();
        for place in own {
            let task = &tasks[place];
            let known = ended.iter().position(|(spec, _)| *spec == &task.spec);
            let known = known.unwrap_or_else(|| {
                ended.push((&task.spec, 0));
                ended.len() - 1
            });
            restarts[place] = ended[known].1;
            ended[known].1 += usize::from(ended_by_itself(task));
        }
    }
    restarts
}

fn ended_by_itself(task: &Task) -> bool {
    matches!(
        nodes::progress(task),
        Some(TaskState::FAILED | TaskState::REJECTED | TaskState::COMPLETE | TaskState::ORPHANED)
    )
}
