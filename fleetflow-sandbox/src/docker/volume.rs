//! Volumes: their rows and requests. They hold no bytes.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{self, Failure, Outcome};
use super::call::{Call, null_as_default};
use super::daemon::Daemon;
use super::filter::Filters;
use super::rows::Engine;

/// The label engines put on volumes that nobody named.
const ANONYMOUS: &str = "com.docker.volume.anonymous";

/// A volume.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Volume {
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) driver: String,
    pub(super) options: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    driver: String,
    #[serde(deserialize_with = "null_as_default")]
    driver_opts: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
}

/// The requests below `/volumes`.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::GET, []) => list(call),
        (&Method::POST, ["create"]) => create(call),
        (&Method::POST, ["prune"]) => prune(call),
        (&Method::GET, [name]) => call.daemon(|daemon| answer::ok(find(daemon.engine, name)?.describe())),
        (&Method::DELETE, [name]) => call.daemon(|daemon| remove(daemon.engine, name)),
        _ => Err(Failure::no_page()),
    }
}

/// Makes the volume a container names, unless it is there.
pub(super) fn ensure(daemon: &mut Daemon<'_>, name: &str) {
    if daemon.engine.volumes.iter().any(|volume| volume.name == name) {
        return;
    }
    let volume = Volume::new(name, daemon.now);
    daemon.engine.volumes.push(volume);
}

/// Makes a volume without a name of its own.
pub(super) fn anonymous(daemon: &mut Daemon<'_>) -> String {
    let name = daemon.fresh_id("volume");
    let mut volume = Volume::new(&name, daemon.now);
    volume.labels.insert(ANONYMOUS.to_owned(), String::new());
    daemon.engine.volumes.push(volume);
    name
}

/// Where a volume's files would be.
pub(super) fn mountpoint(name: &str) -> String {
    format!("/var/lib/docker/volumes/{name}/_data")
}

impl Volume {
    fn new(name: &str, created: Timestamp) -> Self {
        let (options, labels) = (BTreeMap::new(), BTreeMap::new());
        Self {
            name: name.to_owned(),
            created,
            driver: "local".to_owned(),
            options,
            labels,
        }
    }

    /// True for a volume that nobody named.
    pub(super) fn is_anonymous(&self) -> bool {
        self.labels.contains_key(ANONYMOUS)
    }

    fn describe(&self) -> Value {
        json!({
            "Name": self.name,
            "Driver": self.driver,
            "Mountpoint": mountpoint(&self.name),
            "CreatedAt": self.created.to_string(),
            "Labels": self.labels,
            "Options": self.options,
            "Scope": "local",
        })
    }
}

fn create(call: &Call) -> Outcome {
    let wanted: Wanted = call.json_or_default()?;
    if !matches!(wanted.driver.as_str(), "" | "local") {
        let reason = "no such plugin: the emulated engine has the local driver only";
        return Err(Failure::not_found(format!(
            "error looking up volume plugin {}: {reason}",
            wanted.driver
        )));
    }
    call.daemon(|daemon| {
        let name = place(daemon, wanted)?;
        answer::created(find(daemon.engine, &name)?.describe())
    })
}

/// Creating a volume that exists gives the one that exists, whatever was asked for.
fn place(daemon: &mut Daemon<'_>, wanted: Wanted) -> Result<String, Failure> {
    let name = match wanted.name.as_str() {
        "" => anonymous(daemon),
        name => checked(name)?,
    };
    if find(daemon.engine, &name).is_err() {
        let mut volume = Volume::new(&name, daemon.now);
        volume.options = wanted.driver_opts;
        volume.labels = wanted.labels;
        daemon.engine.volumes.push(volume);
    }
    Ok(name)
}

/// A name as engines allow it.
pub(super) fn checked(name: &str) -> Result<String, Failure> {
    if super::container::is_name(name) {
        return Ok(name.to_owned());
    }
    Err(Failure::bad(format!(
        "create {name}: {name:?} includes invalid characters for a local volume name, only \
         \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
    )))
}

fn find<'a>(engine: &'a Engine, name: &str) -> Result<&'a Volume, Failure> {
    let found = engine.volumes.iter().find(|volume| volume.name == name);
    found.ok_or_else(|| Failure::not_found(format!("get {name}: no such volume")))
}

/// The containers that mount a volume.
fn users<'a>(engine: &'a Engine, name: &str) -> Vec<&'a str> {
    let mounts = |container: &&super::container::Container| {
        container
            .mounts
            .iter()
            .any(|mount| mount.volume.as_deref() == Some(name))
    };
    engine
        .containers
        .iter()
        .filter(mounts)
        .map(|container| container.id.as_str())
        .collect()
}

fn list(call: &Call) -> Outcome {
    let filters = call.filters(&["name", "label", "driver", "dangling"])?;
    call.daemon(|daemon| {
        let volumes = daemon
            .engine
            .volumes
            .iter()
            .filter(|volume| listed(daemon.engine, volume, &filters));
        let volumes: Vec<Value> = volumes.map(Volume::describe).collect();
        answer::ok(json!({ "Volumes": volumes, "Warnings": Value::Null }))
    })
}

fn listed(engine: &Engine, volume: &Volume, filters: &Filters) -> bool {
    let dangling = users(engine, &volume.name).is_empty();
    filters.any("name", |wanted| volume.name.contains(wanted))
        && filters.any("driver", |wanted| volume.driver == wanted)
        && filters.any("dangling", |wanted| matches!(wanted, "1" | "true") == dangling)
        && filters.labels(&volume.labels)
}

fn remove(engine: &mut Engine, name: &str) -> Outcome {
    find(engine, name)?;
    let users = users(engine, name);
    if !users.is_empty() {
        let users = users.join(", ");
        return Err(Failure::conflict(format!(
            "remove {name}: volume is in use - [{users}]"
        )));
    }
    engine.volumes.retain(|volume| volume.name != name);
    answer::empty(StatusCode::NO_CONTENT)
}

/// Since API 1.42 only volumes without a name of their own go, unless `all` is asked for.
fn prune(call: &Call) -> Outcome {
    let filters = call.filters(&["label", "all"])?;
    let all = filters
        .first("all")
        .is_some_and(|value| matches!(value, "1" | "true"));
    call.daemon(|daemon| {
        let engine = &*daemon.engine;
        let unused =
            |volume: &&Volume| users(engine, &volume.name).is_empty() && filters.labels(&volume.labels);
        let unused = engine
            .volumes
            .iter()
            .filter(unused)
            .filter(|volume| all || volume.is_anonymous());
        let gone: Vec<String> = unused.map(|volume| volume.name.clone()).collect();
        daemon
            .engine
            .volumes
            .retain(|volume| !gone.contains(&volume.name));
        answer::ok(json!({ "VolumesDeleted": gone, "SpaceReclaimed": 0 }))
    })
}
