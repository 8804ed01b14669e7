//! The operations of a batch, in an order in which none stands in another's way, and in portions. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::DnsRecord;
use super::wire::identity;
use crate::error::Result;
use crate::model::{BatchStep, Existing, Verb, decode};

/// What is to be done for one step.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// The step that it belongs to.
    pub(super) step: usize,
    /// The record's full name.
    pub(super) name: String,
    pub(super) deed: Deed,
}

/// What is done to a record.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Delete {
        id: String,
    },
    /// Merged into what is there: what is not declared (tags, settings) stays.
    Patch {
        id: String,
        record: DnsRecord,
        /// What the record said before, if that is known.
        before: Option<String>,
    },
    Post {
        record: DnsRecord,
    },
}

impl Operation {
    pub(super) fn of(step: usize, work: BatchStep) -> Result<Self> {
        let context = &work.context;
        let (name, deed) = match work.verb {
            Verb::Create { spec, partial: None } => {
                let record: DnsRecord = decode(spec, context)?;
                (record.name.clone(), Deed::Post { record })
            }
            Verb::Create {
                spec,
                partial: Some(was),
            }
            | Verb::Update { was, spec, .. } => {
                let record: DnsRecord = decode(spec, context)?;
                let before = said(&was);
                let id = was.id;
                (record.name.clone(), Deed::Patch { id, record, before })
            }
            Verb::Delete { was } => {
                let name = was.spec["name"].as_str().unwrap_or_default().to_owned();
                (name, Deed::Delete { id: was.id })
            }
        };
        Ok(Self { step, name, deed })
    }

    /// To complete "could not ...".
    pub(super) fn described(&self) -> String {
        let (verb, record) = match &self.deed {
            Deed::Delete { .. } => ("delete", None),
            Deed::Patch { record, .. } => ("change", Some(record)),
            Deed::Post { record } => ("make", Some(record)),
        };
        match record {
            Some(record) => format!("{verb} {} of {}", record.record_type.described(), self.name),
            None => format!("{verb} the DNS record of {}", self.name),
        }
    }

    fn rank(&self) -> u8 {
        match self.deed {
            Deed::Delete { .. } => 0,
            Deed::Patch { .. } => 1,
            Deed::Post { .. } => 2,
        }
    }
}

fn said(was: &Existing) -> Option<String> {
    was.spec_as::<DnsRecord>().ok().map(|record| identity(&record))
}

/// Deletes, patches and posts, as the API carries them out whatever their order in the request (API doc §3.4).
///
/// A patch that takes over what another record said waits for that one's patch. Patches that wait for each other in a
/// ring are opened by deleting one record and making it anew.
pub(super) fn ordered(operations: Vec<Operation>) -> Vec<Operation> {
    let (mut waiting, mut rest): (Vec<_>, Vec<_>) = operations
        .into_iter()
        .partition(|operation| matches!(operation.deed, Deed::Patch { .. }));
    let mut patches = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let held: BTreeSet<(String, usize)> = waiting
            .iter()
            .filter_map(|patch| Some((before(patch)?, patch.step)))
            .collect();
        let blocked = |patch: &Operation| {
            after(patch).is_some_and(|after| {
                held.iter()
                    .any(|(text, step)| *text == after && *step != patch.step)
            })
        };
        let (blocked, free): (Vec<_>, Vec<_>) = waiting.into_iter().partition(blocked);
        let stuck = free.is_empty();
        patches.extend(free);
        waiting = blocked;
        if stuck {
            rest.extend(anew(waiting.remove(0)));
        }
    }
    rest.extend(patches);
    rest.sort_by_key(Operation::rank);
    rest
}

fn before(patch: &Operation) -> Option<String> {
    match &patch.deed {
        Deed::Patch { before, .. } => before.clone(),
        _ => None,
    }
}

fn after(patch: &Operation) -> Option<String> {
    match &patch.deed {
        Deed::Patch { record, .. } => Some(identity(record)),
        _ => None,
    }
}

fn anew(patch: Operation) -> Vec<Operation> {
    let Operation { step, name, deed } = patch;
    let deeds = match deed {
        Deed::Patch { id, record, .. } => vec![Deed::Delete { id }, Deed::Post { record }],
        other => vec![other],
    };
    deeds
        .into_iter()
        .map(|deed| Operation {
            step,
            name: name.clone(),
            deed,
        })
        .collect()
}

/// Portions of at most `limit`. What is deleted and made on one name goes together where it can: then no moment is
/// without it.
pub(super) fn chunks(operations: Vec<Operation>, limit: usize) -> Vec<Vec<Operation>> {
    let mut groups: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        groups.entry(operation.name.clone()).or_default().push(operation);
    }
    let (bound, loose): (Vec<_>, Vec<_>) = groups
        .into_values()
        .partition(|group| group.iter().any(|one| one.rank() != group[0].rank()));
    let mut chunks: Vec<Vec<Operation>> = vec![Vec::new()];
    for group in bound {
        let room = limit - chunks.last().map_or(0, Vec::len);
        if group.len() > room && group.len() <= limit {
            chunks.push(Vec::new());
        }
        for operation in group {
            put(&mut chunks, operation, limit);
        }
    }
    let mut loose: Vec<_> = loose.into_iter().flatten().collect();
    loose.sort_by_key(Operation::rank);
    for operation in loose {
        put(&mut chunks, operation, limit);
    }
    chunks.retain(|chunk| !chunk.is_empty());
    for chunk in &mut chunks {
        chunk.sort_by_key(Operation::rank);
    }
    chunks
}

fn put(chunks: &mut Vec<Vec<Operation>>, operation: Operation, limit: usize) {
    match chunks.last_mut() {
        Some(chunk) if chunk.len() < limit => chunk.push(operation),
        _ => chunks.push(vec![operation]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(name: &str, value: &str) -> DnsRecord {
        let record = json!({
            "zone": "example.jp", "name": name, "type": "A", "value": value, "ttl": 1, "proxied": false, "comment": "c",
        });
        serde_json::from_value(record).unwrap()
    }

    fn patch(step: usize, before: &str, after: &str) -> Operation {
        Operation {
            step,
            name: "www".into(),
            deed: Deed::Patch {
                id: step.to_string(),
                record: record("www", after),
                before: Some(identity(&record("www", before))),
            },
        }
    }

    fn post(step: usize, name: &str) -> Operation {
        Operation {
            step,
            name: name.into(),
            deed: Deed::Post {
                record: record(name, "192.0.2.1"),
            },
        }
    }

    fn shape(operations: &[Operation]) -> Vec<(u8, usize)> {
        operations.iter().map(|one| (one.rank(), one.step)).collect()
    }

    #[test]
    fn a_value_that_moves_up_waits_until_it_is_free() {
        let moved = ordered(vec![
            patch(0, "192.0.2.1", "192.0.2.2"),
            patch(1, "192.0.2.2", "192.0.2.3"),
            patch(2, "192.0.2.9", "192.0.2.9"),
        ]);
        assert_eq!(shape(&moved), [(1, 1), (1, 2), (1, 0)]);
    }

    #[test]
    fn values_that_change_places_are_opened_by_making_one_anew() {
        let swapped = ordered(vec![
            patch(0, "192.0.2.1", "192.0.2.2"),
            patch(1, "192.0.2.2", "192.0.2.1"),
        ]);
        assert_eq!(shape(&swapped), [(0, 0), (1, 1), (2, 0)]);
    }

    #[test]
    fn portions_are_full_and_keep_one_name_together() {
        let mut operations: Vec<_> = (0..7).map(|step| post(step, &format!("n{step}"))).collect();
        operations.push(Operation {
            step: 7,
            name: "n6".into(),
            deed: Deed::Delete { id: "x".into() },
        });
        let portions = chunks(operations, 3);
        assert_eq!(portions.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 2]);
        let whole = portions
            .iter()
            .find(|portion| portion.iter().any(|one| one.step == 7))
            .unwrap();
        assert_eq!(shape(whole)[0], (0, 7));
        assert!(whole.iter().any(|one| one.step == 6), "{portions:?}");
    }
}
