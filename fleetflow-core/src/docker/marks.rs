//! The labels that FleetFlow writes on what it makes on an engine. Pure.

use std::collections::HashMap;
use std::hash::BuildHasher;

use serde_json::{Map, Value};

use crate::model::{Owner, Ownership, Scope};

/// Whose it is: `PROJECT/STAGE/KIND.NAME`.
pub(super) const OWNER: &str = "io.fleetflow.owner";
/// The declaration that a container was made from, as JSON: references resolved, secrets still markers.
pub(super) const APPLIED: &str = "io.fleetflow.applied";
/// The digest of everything that an image was built from.
pub(super) const BUILT_FROM: &str = "io.fleetflow.built-from";
/// The volumes without a name that a container took over from the one before it.
pub(super) const INHERITED: &str = "io.fleetflow.inherited-volumes";

/// What the container before was made from, as JSON: see [`container::previous`](super::container).
pub(super) const PREVIOUS: &str = "io.fleetflow.previous";
/// The run that made a container: those of one group with the same one are a release.
pub(super) const RELEASE: &str = "io.fleetflow.release";

/// The owner that `labels` name.
pub(super) fn owner<S: BuildHasher>(labels: &HashMap<String, String, S>) -> Option<Owner> {
    labels.get(OWNER)?.parse().ok()
}

/// The owner that `labels` name, if it is part of `scope`.
pub(super) fn ours<S: BuildHasher>(
    labels: &HashMap<String, String, S>,
    scope: &Scope,
    kind: &str,
) -> Option<Owner> {
    owner(labels).filter(|owner| {
        owner.project == scope.project && owner.stage == scope.stage && owner.address.kind() == kind
    })
}

/// Somebody else's, whose mark is told if there is one.
pub(super) fn foreign<S: BuildHasher>(labels: &HashMap<String, String, S>) -> Ownership {
    Ownership::Foreign(labels.get(OWNER).cloned())
}

/// The declaration that `labels` carry.
pub(super) fn applied<S: BuildHasher>(labels: &HashMap<String, String, S>) -> Option<Map<String, Value>> {
    serde_json::from_str(labels.get(APPLIED)?).ok()
}

/// The label of `owner` alone, as engines take labels.
pub(super) fn of(owner: &Owner) -> HashMap<String, String> {
    HashMap::from([(OWNER.to_owned(), owner.to_string())])
}

/// A filter for what carries exactly the mark of `owner`.
pub(super) fn filter(owner: &Owner) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("{OWNER}={owner}")])])
}
