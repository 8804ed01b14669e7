//! The services of a swarm: <https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Service>. An update is done
//! when it is answered; one whose image nobody has goes back to the version before.

use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::node::in_sequence;
use super::{Seat, Swarm, task};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;

/// A service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::docker) struct Service {
    pub(super) id: String,
    pub(super) spec: Value,
    previous: Option<Value>,
    version: u64,
    pub(super) created: Timestamp,
    updated: Timestamp,
    update: Option<String>,
    /// The version that did not run, for those who ask why.
    pub(super) failed: Option<Value>,
}

impl Service {
    pub(super) fn name(&self) -> &str {
        self.spec["Name"].as_str().unwrap_or_default()
    }

    fn describe(&self) -> Value {
        let mut row = json!({
            "ID": self.id,
            "Version": { "Index": self.version },
            "CreatedAt": self.created.to_string(),
            "UpdatedAt": self.updated.to_string(),
            "Spec": self.spec,
            "Endpoint": { "Spec": self.spec["EndpointSpec"] },
        });
        if let Some(previous) = &self.previous {
            row["PreviousSpec"] = previous.clone();
        }
        if let Some(state) = &self.update {
            row["UpdateStatus"] = json!({ "State": state, "StartedAt": self.updated.to_string() });
        }
        row
    }
}

pub(super) fn list(call: &Call) -> Outcome {
    let filters = call.filters(&["id", "label", "mode", "name"])?;
    Seat::take(call, |seat| {
        let swarm = &seat.rows.swarms[seat.managed()?];
        let listed = |one: &&Service| {
            let labels = serde_json::from_value(one.spec["Labels"].clone()).unwrap_or_default();
            filters.any("id", |id| one.id.starts_with(id))
                && filters.any("name", |name| one.name().starts_with(name))
                && filters.labels(&labels)
        };
        answer::ok(
            swarm
                .services
                .iter()
                .filter(listed)
                .map(Service::describe)
                .collect(),
        )
    })
}

pub(super) fn inspect(call: &Call, id: &str) -> Outcome {
    Seat::take(call, |seat| {
        let swarm = &seat.rows.swarms[seat.managed()?];
        answer::ok(swarm.services[place(swarm, id)?].describe())
    })
}

pub(super) fn create(call: &Call) -> Outcome {
    let spec: Value = call.json()?;
    Seat::take(call, |mut seat| {
        let swarm = seat.managed()?;
        check(&seat.rows.swarms[swarm], &spec)?;
        let name = spec["Name"].as_str().unwrap_or_default();
        if seat.rows.swarms[swarm]
            .services
            .iter()
            .any(|one| one.name() == name)
        {
            let message = format!(
                "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service {name} already exists"
            );
            return Err(Failure::conflict(message));
        }
        let id = seat.fresh_id("service");
        let service = Service {
            id: id.clone(),
            spec,
            previous: None,
            version: 1,
            created: seat.now,
            updated: seat.now,
            update: None,
            failed: None,
        };
        seat.rows.swarms[swarm].services.push(service);
        answer::created(json!({ "ID": id }))
    })
}

pub(super) fn update(call: &Call, id: &str) -> Outcome {
    let spec: Value = call.json()?;
    let version = call.parameter("version").map(str::to_owned);
    Seat::take(call, |seat| {
        let swarm = seat.managed()?;
        check(&seat.rows.swarms[swarm], &spec)?;
        let place = place(&seat.rows.swarms[swarm], id)?;
        let lacks = task::lacks_image(seat.rows, &spec);
        let service = &mut seat.rows.swarms[swarm].services[place];
        in_sequence(version.as_deref(), service.version)?;
        if spec["Name"] != service.spec["Name"] {
            return Err(Failure::bad(
                "rpc error: code = Unimplemented desc = renaming services is not supported",
            ));
        }
        service.version += 1;
        service.updated = seat.now;
        let rolls = spec["TaskTemplate"] != service.spec["TaskTemplate"];
        let returns = lacks && spec["UpdateConfig"]["FailureAction"] == "rollback";
        service.failed = (rolls && lacks).then(|| spec.clone());
        service.update = rolls.then(|| {
            if returns {
                "rollback_completed"
            } else {
                "completed"
            }
            .to_owned()
        });
        if !(rolls && returns) {
            service.previous = Some(std::mem::replace(&mut service.spec, spec));
        }
        answer::ok(json!({ "Warnings": Value::Null }))
    })
}

pub(super) fn remove(call: &Call, id: &str) -> Outcome {
    Seat::take(call, |seat| {
        let swarm = seat.managed()?;
        let place = place(&seat.rows.swarms[swarm], id)?;
        seat.rows.swarms[swarm].services.remove(place);
        answer::empty(StatusCode::OK)
    })
}

fn place(swarm: &Swarm, id: &str) -> Result<usize, Failure> {
    let found = swarm
        .services
        .iter()
        .position(|one| one.id == id || one.name() == id);
    found.ok_or_else(|| Failure::not_found(format!("service {id} not found")))
}

fn check(swarm: &Swarm, spec: &Value) -> Result<(), Failure> {
    let container = &spec["TaskTemplate"]["ContainerSpec"];
    if container["Image"].as_str().unwrap_or_default().is_empty() {
        let message =
            "rpc error: code = InvalidArgument desc = ContainerSpec: image reference must be provided";
        return Err(Failure::bad(message));
    }
    for network in spec["TaskTemplate"]["Networks"].as_array().into_iter().flatten() {
        let target = network["Target"].as_str().unwrap_or_default();
        if !swarm
            .networks
            .iter()
            .any(|one| one.name == target || one.id == target)
        {
            return Err(Failure::not_found(format!("network {target} not found")));
        }
    }
    Ok(())
}
