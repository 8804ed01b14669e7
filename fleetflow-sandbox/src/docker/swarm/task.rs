//! The tasks of a swarm: <https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Task>. They follow from services
//! and living nodes whenever somebody looks.

use serde_json::{Value, json};

use super::{Node, Seat, Service, Swarm};
use crate::docker::answer::{self, Outcome};
use crate::docker::call::Call;
use crate::docker::daemon::digest;
use crate::docker::image::Reference;
use crate::docker::rows::Rows;

/// How often a task is tried anew before this emulation stops counting.
const TRIES: usize = 3;

pub(super) fn list(call: &Call) -> Outcome {
    let filters = call.filters(&["desired-state", "id", "label", "name", "node", "service"])?;
    Seat::take(call, |seat| {
        let swarm = &seat.rows.swarms[seat.managed()?];
        let listed = |task: &Value| {
            let is = |key: &str, wanted: &str| task[key].as_str() == Some(wanted);
            filters.any("desired-state", |state| is("DesiredState", state))
                && filters.any("id", |id| is("ID", id))
                && filters.any("node", |node| is("NodeID", node))
                && filters.any("service", |id| is("ServiceID", id))
        };
        let tasks = swarm
            .services
            .iter()
            .flat_map(|service| of(seat.rows, swarm, service));
        answer::ok(tasks.filter(listed).collect())
    })
}

/// Whether no registry has the image of a service.
pub(super) fn lacks_image(rows: &Rows, spec: &Value) -> bool {
    let image = spec["TaskTemplate"]["ContainerSpec"]["Image"]
        .as_str()
        .unwrap_or_default();
    let Ok(image) = Reference::bare(image) else {
        return true;
    };
    let image = image.to_string();
    rows.engines
        .values()
        .any(|engine| engine.missing.contains(&image))
}

fn of(rows: &Rows, swarm: &Swarm, service: &Service) -> Vec<Value> {
    let replicas = service.spec["Mode"]["Replicated"]["Replicas"]
        .as_u64()
        .unwrap_or(1);
    let nodes: Vec<&Node> = swarm
        .nodes
        .iter()
        .filter(|node| node.availability == "active" && Swarm::lives(rows, node) && fits(node, &service.spec))
        .collect();
    let mut tasks = Vec::new();
    for slot in 0..usize::try_from(replicas).unwrap_or(usize::MAX) {
        let node = (!nodes.is_empty()).then(|| nodes[slot % nodes.len()]);
        if lacks_image(rows, &service.spec) {
            tasks.extend((0..TRIES).map(|number| refused(service, &service.spec, slot, number)));
        } else {
            tasks.push(running(service, slot, node));
        }
    }
    tasks.extend(service.failed.iter().map(|spec| refused(service, spec, 0, 0)));
    tasks
}

/// Whether a node meets the placement constraints, of the form `node.labels.NAME == VALUE`.
fn fits(node: &Node, spec: &Value) -> bool {
    let constraints = spec["TaskTemplate"]["Placement"]["Constraints"].as_array();
    constraints
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .all(|constraint| {
            let Some((key, value)) = constraint.split_once("==") else {
                return false;
            };
            let label = key.trim().strip_prefix("node.labels.");
            label.is_some_and(|label| node.labels[label].as_str() == Some(value.trim()))
        })
}

fn running(service: &Service, slot: usize, node: Option<&Node>) -> Value {
    let (state, message) = match node {
        Some(_) => ("running", "started"),
        None => ("pending", "pending task scheduling"),
    };
    row(
        service,
        &service.spec,
        slot,
        node,
        json!({ "State": state, "Message": message }),
    )
}

fn refused(service: &Service, spec: &Value, slot: usize, number: usize) -> Value {
    let image = &spec["TaskTemplate"]["ContainerSpec"]["Image"];
    let image = image.as_str().unwrap_or_default();
    let status =
        json!({ "State": "rejected", "Message": "preparing", "Err": format!("No such image: {image}") });
    let mut task = row(service, spec, slot, None, status);
    task["ID"] = json!(
        digest(&[
            "refused",
            &service.id,
            &slot.to_string(),
            &number.to_string(),
            &spec.to_string()
        ])[..25]
    );
    task["DesiredState"] = json!("shutdown");
    task
}

fn row(service: &Service, spec: &Value, slot: usize, node: Option<&Node>, status: Value) -> Value {
    let template = &spec["TaskTemplate"];
    let id = digest(&["task", &service.id, &slot.to_string(), &template.to_string()]);
    json!({
        "ID": id[..25],
        "CreatedAt": service.created.to_string(),
        "Spec": template,
        "ServiceID": service.id,
        "Slot": slot + 1,
        "NodeID": node.map(|node| &node.id),
        "Status": status,
        "DesiredState": "running",
    })
}
