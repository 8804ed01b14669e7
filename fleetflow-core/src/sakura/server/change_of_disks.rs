//! What a changed list of disks means: which are copied, which go, and what that does to the server. Pure.
//!
//! `observe` shows what is there in the order of the declaration, with null where nothing is and with what is no longer
//! declared at the end: what stands in the same place in both lists is the same disk.

use serde_json::Value;

use crate::model::Segment;
use crate::plan::Change;

/// GiB that are surely copied in a minute: captured estimates go up to 15 minutes for 100 GiB (API doc "Read and
/// progress").
const GIB_A_MINUTE: u64 = 7;

/// Fields that say what was copied to a disk at first.
const CONTENT: &[&str] = &["os", "source_archive", "source_disk"];
/// Fields that no disk changes: a copy takes its place.
const COPIED: &[&str] = &["size", "plan", "encryption", "kms_key"];

/// Whether it needs another server: other contents, or a smaller disk, which the API refuses to copy to.
pub(super) fn forces_replacement(change: &Change) -> bool {
    pairs(change).iter().any(|pair| match pair {
        Pair::Field(field, ..) if CONTENT.contains(field) => true,
        Pair::Field("size", before, after) => after.as_u64() < before.as_u64(),
        Pair::Field(..) | Pair::Added | Pair::Removed => false,
    })
}

/// Whether a disk is no longer declared.
pub(super) fn removes(change: &Change) -> bool {
    pairs(change).contains(&Pair::Removed)
}

/// Whether the server has to be off for it. Names change while it runs.
pub(super) fn needs_power_off(change: &Change) -> bool {
    pairs(change).iter().any(|pair| match pair {
        Pair::Field(field, ..) => *field != "name",
        Pair::Added | Pair::Removed => true,
    })
}

/// What is said about copies, and how long they take.
pub(super) fn copies(changes: &[Change]) -> Option<String> {
    let pairs: Vec<_> = changes.iter().flat_map(pairs).collect();
    let is_copy = |pair: &&Pair<'_>| matches!(pair, Pair::Field(field, ..) if COPIED.contains(field));
    pairs.iter().find(is_copy)?;
    let sizes = pairs.iter().filter_map(|pair| match pair {
        Pair::Field("size", before, _) => before.as_u64(),
        _ => None,
    });
    let gib: u64 = sizes.sum();
    let time = (gib > 0).then(|| {
        let minutes = gib.div_ceil(GIB_A_MINUTE);
        format!(", about {minutes} minute{}", if minutes == 1 { "" } else { "s" })
    });
    Some(format!("data is copied{}", time.unwrap_or_default()))
}

/// What became of one disk, or of one field of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pair<'c> {
    Field(&'c str, &'c Value, &'c Value),
    Added,
    Removed,
}

fn pairs(change: &Change) -> Vec<Pair<'_>> {
    if change.field() != "disk" {
        return Vec::new();
    }
    let (before, after) = (&change.before, &change.after);
    match change.path.segments() {
        [_, _, Segment::Key(field), ..] => vec![Pair::Field(field, before, after)],
        [_, _] => of_disk(Some(before), Some(after)),
        _ => {
            let (before, after) = (list(before), list(after));
            let places = 0..before.len().max(after.len());
            places
                .flat_map(|at| of_disk(before.get(at), after.get(at)))
                .collect()
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn of_disk<'c>(before: Option<&'c Value>, after: Option<&'c Value>) -> Vec<Pair<'c>> {
    let known = |side: Option<&'c Value>| side.and_then(Value::as_object);
    match (known(before), known(after)) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec![Pair::Added],
        (Some(_), None) => vec![Pair::Removed],
        (Some(before), Some(after)) => {
            let differing = after
                .iter()
                .filter(|(field, value)| before.get(*field) != Some(value));
            let of = |(field, value): (&'c String, &'c Value)| {
                Pair::Field(field, before.get(field).unwrap_or(&Value::Null), value)
            };
            differing.map(of).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Path;

    fn whole(before: Value, after: Value) -> Change {
        Change {
            path: Path::root().key("disk"),
            before,
            after,
            forces_replacement: false,
            secret: false,
        }
    }

    #[test]
    fn a_list_of_another_length_is_read_disk_by_disk() {
        let grown_and_gone = whole(json!([{"size": 20}, {"size": 40}]), json!([{"size": 100}]));
        assert!(removes(&grown_and_gone) && needs_power_off(&grown_and_gone));
        assert!(!forces_replacement(&grown_and_gone));
        assert_eq!(
            copies(&[grown_and_gone]).unwrap(),
            "data is copied, about 3 minutes"
        );
        let exchanged = whole(
            json!([{"size": 20}, null, {"size": 40}]),
            json!([{"size": 20}, {"size": 60}]),
        );
        assert!(removes(&exchanged) && copies(&[exchanged]).is_none());
        assert!(forces_replacement(&whole(
            json!([{"size": 40}, null]),
            json!([{"size": 20}])
        )));
        assert!(forces_replacement(&whole(
            json!([{"os": "a"}]),
            json!([{"os": "b"}, {"size": 20}])
        )));
    }

    #[test]
    fn a_field_of_one_disk_is_read_by_its_name() {
        let path = Path::root().key("disk").index(1);
        let of = |field: &str, before: Value, after: Value| Change {
            path: path.key(field),
            ..whole(before, after)
        };
        assert!(!needs_power_off(&of("name", json!("a"), json!("b"))));
        assert!(forces_replacement(&of("size", json!(100), json!(40))));
        assert_eq!(
            copies(&[of("plan", json!("hdd"), json!("ssd"))]).unwrap(),
            "data is copied"
        );
        let added = Change {
            path,
            ..whole(Value::Null, json!({"size": 20}))
        };
        assert!(needs_power_off(&added) && !removes(&added));
    }
}
