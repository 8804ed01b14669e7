//! The `filters` parameter of list and prune requests, in both shapes engines accept. What a filter means is up to each list.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::Failure;

/// Parsed filters: key to accepted values.
#[derive(Debug, Default)]
pub(super) struct Filters(BTreeMap<String, Vec<String>>);

/// `{"label": ["a=b"]}` since API 1.22, `{"label": {"a=b": true}}` before.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shape {
    List(BTreeMap<String, Vec<String>>),
    Set(BTreeMap<String, BTreeMap<String, bool>>),
}

impl Filters {
    /// Reads the parameter; a key that the list does not know is refused as engines refuse it.
    pub(super) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, Failure> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let shape =
            serde_json::from_str(text).map_err(|_| Failure::bad(format!("invalid filter {text:?}")))?;
        let filters = match shape {
            Shape::List(filters) => filters,
            Shape::Set(filters) => filters.into_iter().map(|(key, set)| (key, chosen(set))).collect(),
        };
        match filters.keys().find(|key| !known.contains(&key.as_str())) {
            Some(unknown) => Err(Failure::bad(format!("invalid filter '{unknown}'"))),
            None => Ok(Self(filters)),
        }
    }

    /// True when the filter is absent, or one of its values is accepted.
    pub(super) fn any(&self, key: &str, accept: impl Fn(&str) -> bool) -> bool {
        match self.0.get(key) {
            Some(values) if !values.is_empty() => values.iter().any(|value| accept(value)),
            _ => true,
        }
    }

    /// True when every `label` filter (`key` or `key=value`) is met.
    pub(super) fn labels(&self, labels: &BTreeMap<String, String>) -> bool {
        let wanted = self.0.get("label").map(Vec::as_slice).unwrap_or_default();
        wanted.iter().all(|wanted| has_label(labels, wanted))
    }

    /// The first value of a filter.
    pub(super) fn first(&self, key: &str) -> Option<&str> {
        self.0
            .get(key)
            .and_then(|values| values.first())
            .map(String::as_str)
    }
}

fn chosen(set: BTreeMap<String, bool>) -> Vec<String> {
    set.into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(value, _)| value)
        .collect()
}

fn has_label(labels: &BTreeMap<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((key, value)) => labels.get(key).is_some_and(|found| found == value),
        None => labels.contains_key(wanted),
    }
}

/// Matches a name against a pattern in which `*` stands for anything but a slash.
pub(super) fn glob(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            let reach = rest.find('/').unwrap_or(rest.len());
            (0..=reach)
                .filter(|&at| rest.is_char_boundary(at))
                .any(|at| glob(tail, &rest[at..]))
        }),
    }
}
