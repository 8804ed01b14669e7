//! The records of one zone, found by id and by name. It knows no rule.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize, Serializer};

use super::Record;

/// The records of one zone, in the order they were made. Each has a place of its own, which it keeps.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Vec<Record>")]
pub(in crate::cloudflare) struct Records {
    rows: BTreeMap<u64, Record>,
    by_id: HashMap<String, u64>,
    by_name: HashMap<String, BTreeSet<u64>>,
}

impl Records {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.rows.values()
    }

    /// The record with this id, and its place.
    pub(super) fn find(&self, id: &str) -> Option<(u64, &Record)> {
        let place = *self.by_id.get(id)?;
        Some((place, self.rows.get(&place)?))
    }

    /// The records with exactly this name.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Record> {
        let places = self.by_name.get(name).into_iter().flatten();
        places.filter_map(|place| self.rows.get(place))
    }

    /// The place after all others.
    pub(super) fn end(&self) -> u64 {
        self.rows.keys().next_back().map_or(0, |last| last + 1)
    }

    /// Puts a record, or none, at a place. What was there is returned: put there again, everything is as before.
    pub(super) fn put(&mut self, place: u64, record: Option<Record>) -> Option<Record> {
        let before = self.rows.remove(&place);
        if let Some(before) = &before {
            self.by_id.remove(&before.id);
            if let Some(places) = self.by_name.get_mut(&before.fields.name) {
                places.remove(&place);
                if places.is_empty() {
                    self.by_name.remove(&before.fields.name);
                }
            }
        }
        if let Some(record) = record {
            self.by_id.insert(record.id.clone(), place);
            let name = record.fields.name.clone();
            self.by_name.entry(name).or_default().insert(place);
            self.rows.insert(place, record);
        }
        before
    }
}

impl From<Vec<Record>> for Records {
    fn from(rows: Vec<Record>) -> Self {
        let mut records = Self::default();
        for (place, record) in (0..).zip(rows) {
            records.put(place, Some(record));
        }
        records
    }
}

impl Serialize for Records {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
