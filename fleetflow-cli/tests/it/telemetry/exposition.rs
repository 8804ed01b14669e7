//! A reader of Prometheus's text format, version 0.0.4, as strict as `promtool check metrics`.

use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

/// A page that keeps the rules.
pub(super) struct Exposition {
    samples: Vec<(String, Labels, f64)>,
}

impl Exposition {
    /// Panics where the page breaks a rule.
    pub(super) fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends");
        let mut page = Self { samples: Vec::new() };
        let mut types: BTreeMap<String, String> = BTreeMap::new();
        let mut helped = BTreeSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect(line);
                assert!(
                    helped.insert(name.to_owned()) && !help.trim().is_empty(),
                    "{line}"
                );
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect(line);
                assert!(helped.contains(name), "help comes first: {line}");
                assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            } else {
                let (name, labels, value) = sample(line);
                let family = family(&name, &types);
                assert!(family.is_some(), "a sample without a type: {line}");
                page.samples.push((name, labels, value));
            }
        }
        page.histograms_are_sound(&types);
        page
    }

    /// The value of `name` with (at least) these labels, of which there is one.
    pub(super) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |all: &Labels| {
            labels
                .iter()
                .all(|(name, value)| all.get(*name).is_some_and(|is| is == value))
        };
        let found: Vec<_> = self
            .samples
            .iter()
            .filter(|(is, all, _)| is == name && has(all))
            .collect();
        let [(_, _, value)] = found[..] else {
            panic!("{name} {labels:?}: {found:?} of {:?}", self.samples)
        };
        *value
    }

    fn histograms_are_sound(&self, types: &BTreeMap<String, String>) {
        for (name, _) in types.iter().filter(|(_, kind)| *kind == "histogram") {
            let mut series: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
            for (_, labels, value) in self
                .samples
                .iter()
                .filter(|(is, ..)| *is == format!("{name}_bucket"))
            {
                let mut labels = labels.clone();
                let edge = labels.remove("le").expect("a bucket has an edge");
                series.entry(labels).or_default().push((number(&edge), *value));
            }
            assert!(!series.is_empty(), "{name} has no buckets");
            for (labels, buckets) in series {
                assert!(buckets.is_sorted(), "{name} {labels:?}: {buckets:?}");
                assert!(
                    buckets.iter().map(|(_, count)| count).is_sorted(),
                    "{name} {labels:?} is cumulative"
                );
                let labels: Vec<_> = labels
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect();
                let (edge, all) = *buckets.last().unwrap();
                assert!(edge.is_infinite() && all == self.value(&format!("{name}_count"), &labels));
            }
        }
    }
}

fn family<'t>(name: &'t str, types: &'t BTreeMap<String, String>) -> Option<&'t str> {
    let of_histogram = ["_bucket", "_sum", "_count"]
        .iter()
        .filter_map(|end| name.strip_suffix(end))
        .find(|name| types.get(*name).is_some_and(|kind| kind == "histogram"));
    of_histogram.or_else(|| types.contains_key(name).then_some(name))
}

fn sample(line: &str) -> (String, Labels, f64) {
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, labels) = match series.split_once('{') {
        None => (series, Labels::new()),
        Some((name, rest)) => (name, labels(rest.strip_suffix('}').expect(line))),
    };
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    assert!(
        name.chars().all(of_name) && !name.starts_with(|c: char| c.is_ascii_digit()),
        "{line}"
    );
    (name.to_owned(), labels, number(value))
}

/// Values here hold no commas, quotes or backslashes.
fn labels(text: &str) -> Labels {
    let mut labels = Labels::new();
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').expect(pair);
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .expect(pair);
        assert!(!value.contains(['"', '\\']), "{pair}");
        assert!(
            labels.insert(name.to_owned(), value.to_owned()).is_none(),
            "{text}"
        );
    }
    labels
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        text => text.parse().expect(text),
    }
}
