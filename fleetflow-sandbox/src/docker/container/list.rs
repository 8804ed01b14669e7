//! The list of containers and its filters.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::row::{Container, Published, Status};
use super::{health, inspect, ports};
use crate::docker::answer::{self, Outcome};
use crate::docker::call::Call;
use crate::docker::daemon::Daemon;
use crate::docker::filter::Filters;
use crate::docker::image;

const FILTERS: &[&str] = &[
    "label", "name", "id", "status", "network", "volume", "ancestor", "health", "exited", "publish", "expose",
];

pub(super) fn list(call: &Call) -> Outcome {
    let filters = call.filters(FILTERS)?;
    let all = call.flag("all") || filters.first("status").is_some() || filters.first("exited").is_some();
    let limit = call
        .parameter("limit")
        .and_then(|limit| limit.parse().ok())
        .filter(|limit| *limit > 0);
    call.daemon(|daemon| {
        let shown = |container: &&Container| {
            (all || limit.is_some() || container.is_running() || container.run.status == Status::Restarting)
                && listed(container, daemon, &filters)
        };
        let newest_first = daemon.engine.containers.iter().rev().filter(shown);
        let rows = newest_first.take(limit.unwrap_or(usize::MAX));
        answer::ok(rows.map(|container| describe(container, daemon)).collect())
    })
}

fn listed(container: &Container, daemon: &Daemon<'_>, filters: &Filters) -> bool {
    let health = health::of(container, daemon).map_or("none", super::Health::as_str);
    let on_network = |wanted: &str| {
        container
            .attachments
            .iter()
            .any(|(name, one)| name == wanted || one.network_id.as_deref() == Some(wanted))
    };
    let uses = |wanted: &str| {
        container
            .mounts
            .iter()
            .any(|one| one.volume.as_deref() == Some(wanted) || one.destination == wanted)
    };
    let descends = |wanted: &str| {
        container.config.image == wanted
            || image::find(daemon.engine, wanted).is_ok_and(|image| image.id == container.image_id)
    };
    let opens = |wanted: &str| {
        container
            .run
            .ports
            .iter()
            .any(|one| has_port(&one.container, wanted))
    };
    let exposes = |wanted: &str| {
        container
            .config
            .exposed_ports
            .keys()
            .any(|one| has_port(one, wanted))
    };
    filters.labels(&container.config.labels)
        && filters.any("name", |wanted| named(&container.name, wanted))
        && filters.any("id", |wanted| container.id.starts_with(wanted))
        && filters.any("status", |wanted| container.run.status.as_str() == wanted)
        && filters.any("health", |wanted| health == wanted)
        && filters.any("exited", |code| container.run.exit_code.to_string() == code)
        && filters.any("network", on_network)
        && filters.any("volume", uses)
        && filters.any("ancestor", descends)
        && filters.any("publish", opens)
        && filters.any("expose", exposes)
}

fn has_port(port: &str, wanted: &str) -> bool {
    ports::with_protocol(port) == ports::with_protocol(wanted)
}

/// Engines look for the text anywhere in `/name`; `^` and `$` bind it to the ends.
fn named(name: &str, wanted: &str) -> bool {
    let (wanted, from_start) = wanted
        .strip_prefix('^')
        .map_or((wanted, false), |rest| (rest, true));
    let (wanted, to_end) = wanted
        .strip_suffix('$')
        .map_or((wanted, false), |rest| (rest, true));
    let slashed = format!("/{name}");
    let subject = if wanted.starts_with('/') {
        slashed.as_str()
    } else {
        name
    };
    match (from_start, to_end) {
        (true, true) => subject == wanted,
        (true, false) => subject.starts_with(wanted),
        (false, true) => subject.ends_with(wanted),
        (false, false) => subject.contains(wanted),
    }
}

fn describe(container: &Container, daemon: &Daemon<'_>) -> Value {
    let networks: Map<String, Value> = container
        .attachments
        .iter()
        .map(|(name, one)| (name.clone(), one.describe(container)))
        .collect();
    json!({
        "Id": container.id,
        "Names": [format!("/{}", container.name)],
        "Image": shown_image(container, daemon),
        "ImageID": container.image_id,
        "Command": container.config.argv().join(" "),
        "Created": container.created.as_second(),
        "Ports": open_ports(container),
        "Labels": container.config.labels,
        "State": container.run.status.as_str(),
        "Status": status(container, daemon),
        "HostConfig": { "NetworkMode": container.host_config.network_mode },
        "NetworkSettings": { "Networks": networks },
        "Mounts": container.mounts.iter().map(inspect::mount).collect::<Vec<_>>(),
    })
}

/// The reference a container was made from, or the image's id once the reference means another image.
fn shown_image<'a>(container: &'a Container, daemon: &Daemon<'_>) -> &'a str {
    let same =
        image::find(daemon.engine, &container.config.image).is_ok_and(|image| image.id == container.image_id);
    if same {
        &container.config.image
    } else {
        &container.image_id
    }
}

fn open_ports(container: &Container) -> Vec<Value> {
    if !container.is_running() {
        return Vec::new();
    }
    let published = |port: &str| container.run.ports.iter().any(|one| one.container == port);
    let exposed: BTreeSet<String> = container
        .config
        .exposed_ports
        .keys()
        .map(|port| ports::with_protocol(port))
        .collect();
    let closed = exposed
        .iter()
        .filter(|port| !published(port))
        .map(|port| open_port(port, None));
    closed
        .chain(
            container
                .run
                .ports
                .iter()
                .map(|one| open_port(&one.container, Some(one))),
        )
        .collect()
}

fn open_port(port: &str, published: Option<&Published>) -> Value {
    let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
    let number: u16 = number.parse().unwrap_or_default();
    let mut value = json!({ "PrivatePort": number, "Type": protocol });
    if let Some(published) = published {
        value["PublicPort"] = json!(published.host_port);
        value["IP"] = json!(published.host_ip);
    }
    value
}

fn status(container: &Container, daemon: &Daemon<'_>) -> String {
    let run = &container.run;
    match run.status {
        Status::Created => "Created".to_owned(),
        Status::Exited => format!(
            "Exited ({}) {} ago",
            run.exit_code,
            since(run.finished_at, daemon.now)
        ),
        Status::Restarting => {
            format!(
                "Restarting ({}) {} ago",
                run.exit_code,
                since(run.finished_at, daemon.now)
            )
        }
        Status::Running => {
            let up = since(run.started_at, daemon.now);
            match health::of(container, daemon) {
                Some(super::Health::Starting) => format!("Up {up} (health: starting)"),
                Some(health) => format!("Up {up} ({})", health.as_str()),
                None => format!("Up {up}"),
            }
        }
    }
}

fn since(at: Option<Timestamp>, now: Timestamp) -> String {
    let seconds = at.map_or(0, |at| now.duration_since(at).as_secs().max(0));
    match seconds {
        0 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".to_owned(),
        120..3600 => format!("{} minutes", seconds / 60),
        3600..7200 => "About an hour".to_owned(),
        7200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86400),
    }
}
