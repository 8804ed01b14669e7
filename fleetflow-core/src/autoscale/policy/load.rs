//! Samples of load, and what is left of them when everything that says nothing about now is gone.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Policy;

/// The load of one replica in one bucket of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// The end of the bucket.
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// Percent of the whole machine; none where nothing was measured.
    pub load: Option<f64>,
    /// How long a time it stands for, where that is not [`Policy::sample`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Duration>,
}

impl Sample {
    /// A measured load, in percent of the whole machine.
    pub fn new(time: Timestamp, load: f64) -> Self {
        Self {
            time,
            load: Some(load),
            span: None,
        }
    }

    /// The same, measured over `span`.
    #[must_use]
    pub fn over(mut self, span: Duration) -> Self {
        self.span = Some(span);
        self
    }
}

/// One replica, as the policy sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replica {
    /// Its name.
    pub name: String,
    /// Whether it does its work. One that does not is not averaged.
    pub well: bool,
    /// Whether it may be thrown away and made anew.
    pub expendable: bool,
    /// Its load over time, in any order.
    pub samples: Vec<Sample>,
}

impl Replica {
    /// A replica that does its work, with no samples, and that may not be thrown away.
    pub fn well(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            well: true,
            expendable: false,
            samples: Vec::new(),
        }
    }

    /// The same with one more sample.
    #[must_use]
    pub fn sample(mut self, sample: Sample) -> Self {
        self.samples.push(sample);
        self
    }
}

/// The loads of all well replicas that have any.
pub(super) struct Loads {
    /// The newest and the highest load of each replica that has one.
    each: Vec<(f64, f64)>,
    /// How many replicas are well, measured or not.
    well: u32,
}

impl Loads {
    pub(super) fn of(
        replicas: &[Replica],
        policy: &Policy,
        since_change: Option<SignedDuration>,
        now: Timestamp,
    ) -> Self {
        let well = replicas.iter().filter(|replica| replica.well);
        Self {
            each: well
                .clone()
                .filter_map(|replica| measured(replica, policy, since_change, now))
                .collect(),
            well: u32::try_from(well.count()).unwrap_or(u32::MAX),
        }
    }

    /// The mean of the newest loads.
    pub(super) fn newest(&self) -> Option<f64> {
        mean(self.each.iter().map(|(newest, _)| *newest))
    }

    /// What all replicas carry together now, as if they were one machine.
    pub(super) fn total(&self) -> Option<f64> {
        Some(self.newest()? * f64::from(self.well))
    }

    /// The most that all replicas carried together.
    pub(super) fn total_peak(&self) -> Option<f64> {
        Some(mean(self.each.iter().map(|(_, peak)| *peak))? * f64::from(self.well))
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = u32::try_from(values.len()).ok().filter(|count| *count > 0)?;
    Some(values.sum::<f64>() / f64::from(count))
}

/// The newest load of `replica`, and the highest one that counts for going down.
fn measured(
    replica: &Replica,
    policy: &Policy,
    since_change: Option<SignedDuration>,
    now: Timestamp,
) -> Option<(f64, f64)> {
    let stale = signed(policy.stale);
    let window = signed(policy.down_cooldown.max(policy.sample));
    let of_this_count = |age: SignedDuration, span: Option<Duration>| {
        let reaches_back = age.saturating_add(signed(span.unwrap_or(policy.sample)));
        since_change.is_none_or(|since| reaches_back <= since)
    };
    let mut usable: Vec<(SignedDuration, f64)> = replica
        .samples
        .iter()
        .map(|sample| (now.duration_since(sample.time), sample))
        .filter(|(age, sample)| {
            !age.is_negative() && *age <= stale.max(window) && of_this_count(*age, sample.span)
        })
        .filter_map(|(age, sample)| Some((age, real(sample.load?)?)))
        .collect();
    usable.sort_by_key(|(age, _)| *age);
    let (youngest, newest) = *usable.first().filter(|(age, _)| *age <= stale)?;
    let recent = usable.iter().filter(|(age, _)| *age - youngest < window);
    let peak = recent.map(|(_, load)| *load).fold(newest, f64::max);
    Some((newest, peak))
}

fn real(load: f64) -> Option<f64> {
    (load.is_finite() && load >= 0.0).then_some(load)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
