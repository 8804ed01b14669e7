//! What a release knows of the container that it takes the place of. Pure.

use std::collections::BTreeMap;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum as State, MountPoint};

use super::Container;
use super::image::is_moving;
use super::previous::Previous;
use crate::docker::marks;

/// The container before, as far as the release needs it.
pub(super) struct Before {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) runs: bool,
    pub(super) spec: Option<Container>,
    /// What is kept of it.
    pub(super) previous: Option<Previous>,
    /// What it kept of the one before it.
    pub(super) last_but_one: Option<Previous>,
    /// Volumes without a name, by where they are mounted.
    pub(super) anonymous: BTreeMap<String, String>,
}

impl Before {
    /// The container that was seen, before `next` whose label of what was applied is `applied`.
    pub(super) fn of(seen: ContainerInspectResponse, next: &Container, applied: &str) -> Self {
        let state = seen.state.and_then(|state| state.status);
        let labels = seen.config.and_then(|config| config.labels).unwrap_or_default();
        let spec = marks::applied(&labels).and_then(|spec| serde_json::from_value(spec.into()).ok());
        let inherited = labels
            .get(marks::INHERITED)
            .map(String::as_str)
            .unwrap_or_default();
        let inherited: Vec<&str> = inherited.split(',').collect();
        let mounts = seen.mounts.unwrap_or_default();
        // A release whose end was not heard of is done again: what was there before it stays what was there before.
        let again = labels.get(marks::APPLIED).is_some_and(|label| label == applied);
        let (previous, last_but_one) = if again && !is_moving(&next.image) {
            (Previous::kept(&labels), None)
        } else {
            (
                Previous::of(&labels, seen.image.as_deref()),
                Previous::kept(&labels),
            )
        };
        Self {
            previous,
            last_but_one,
            id: seen.id.unwrap_or_default(),
            name: seen.name.unwrap_or_default().trim_start_matches('/').to_owned(),
            runs: matches!(state, Some(State::RUNNING | State::RESTARTING | State::PAUSED)),
            anonymous: anonymous(&mounts, spec.as_ref(), &inherited, next),
            spec,
        }
    }
}

/// The volumes that nobody declared, before or now: what an image keeps its data in. They go with the service.
fn anonymous(
    mounts: &[MountPoint],
    before: Option<&Container>,
    inherited: &[&str],
    next: &Container,
) -> BTreeMap<String, String> {
    let declared = |target: &str| {
        let all = next
            .volume
            .iter()
            .chain(before.iter().flat_map(|spec| &spec.volume));
        all.into_iter().any(|mount| mount.target == target)
    };
    let volumes = mounts
        .iter()
        .filter(|mount| mount.typ.as_deref() == Some("volume"));
    volumes
        .filter_map(|mount| Some((mount.destination.clone()?, mount.name.clone()?)))
        .filter(|(target, name)| {
            before.is_some() && (inherited.contains(&name.as_str()) || !declared(target))
        })
        .collect()
}
