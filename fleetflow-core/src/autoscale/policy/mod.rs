//! The policy: loads become a count of replicas. Pure: every time is handed in, and nothing is remembered.

mod load;
mod reason;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use load::Loads;
pub use load::{Replica, Sample};
pub use reason::Reason;

/// What is declared about the count of one server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// The fewest replicas.
    pub min: u32,
    /// The most replicas.
    pub max: u32,
    /// The load, in percent of a whole machine, above which there are too few; none where only people change the count.
    pub threshold: Option<f64>,
    /// The load to aim at, in percent; below the threshold.
    pub target: f64,
    /// How long after a change nothing is added.
    pub up_cooldown: Duration,
    /// How long after a change nothing is removed, and how long the load must have allowed it.
    pub down_cooldown: Duration,
    /// How long a time a sample stands for: the width of its bucket.
    pub sample: Duration,
    /// The age from which a sample says nothing about now.
    pub stale: Duration,
}

/// How many replicas there shall be, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The count.
    pub count: u32,
    /// Why it is that.
    pub reason: Reason,
    /// The load of one replica now, in percent, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// The replica that is to be made anew, because it is not well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
}

/// How many replicas there shall be, of the `current` ones that `replicas` describes.
///
/// `last_change` is when the count was changed last, `now` is the time it is. Both come from the clouds and the state,
/// so that a program that was started again decides as the one before it.
///
/// # The formula
///
/// Samples that are null, negative, not of this world, in the future, older than [`Policy::stale`], or that reach back
/// to before the last change say nothing about the current count and are left out. Replicas that are not well are not
/// averaged either.
///
/// ```text
/// load   = mean over well replicas of their newest sample
/// peak   = mean over well replicas of their highest sample of the last down_cooldown
/// total  = load × well replicas                       (a replica that is made anew takes its part again)
/// need x = ceil(x × well replicas ÷ target)
///
/// total ÷ current > threshold            count = need load      at least one more
/// need peak < current                    count = need peak
/// otherwise                              count = current
/// ```
///
/// The count is held between `min` and `max`. Nothing is added until `up_cooldown` after the last change, nothing is
/// removed until `down_cooldown` after it, nor while a replica is not well. A change that lies further in the future than either, as the clock was set back
/// since, does not count. A count outside the bounds goes back between them at once: that was decided
/// by whoever declared the bounds.
///
/// # Why it does not flap
///
/// A new count brings the load to the target or below, and the target is below the threshold: the same load never asks
/// for more at once. One replica less is taken only where the rest would stay at or below the target, for the highest
/// load of a whole cooldown. Between target and threshold nothing happens.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use fleetflow_core::autoscale::{Policy, Replica, Sample, decide};
/// use jiff::{SignedDuration, Timestamp};
///
/// let minutes = |count: u64| Duration::from_secs(60 * count);
/// let policy = Policy {
///     min: 1,
///     max: 5,
///     threshold: Some(80.0),
///     target: 60.0,
///     up_cooldown: minutes(5),
///     down_cooldown: minutes(5),
///     sample: minutes(5),
///     stale: minutes(15),
/// };
/// let now: Timestamp = "2026-11-25T12:00:00Z".parse()?;
/// let busy = Replica::well("web").sample(Sample::new(now - SignedDuration::from_mins(5), 95.0));
/// let decision = decide(&[busy], &policy, 1, None, now);
/// assert_eq!(decision.count, 2);
/// assert_eq!(decision.reason.to_string(), "the load of 95 % is above the threshold of 80 %");
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn decide(
    replicas: &[Replica],
    policy: &Policy,
    current: u32,
    last_change: Option<Timestamp>,
    now: Timestamp,
) -> Decision {
    let since_change = last_change.and_then(|changed| since(changed, policy, now));
    let loads = Loads::of(replicas, policy, since_change, now);
    let (count, reason) = match counted(&loads, policy, current, since_change, now) {
        (fewer, Reason::Below { .. }) if fewer < current && replicas.iter().any(|replica| !replica.well) => {
            (current, Reason::Unwell)
        }
        counted => counted,
    };
    Decision {
        count,
        reason,
        load: loads.newest(),
        replace: unwell(replicas, policy, since_change),
    }
}

/// How long ago the last change was. One that lies further in the future than the longer cooldown was decided by a clock that
/// was wrong: it says nothing, as nobody would scale until that time comes.
fn since(changed: Timestamp, policy: &Policy, now: Timestamp) -> Option<SignedDuration> {
    let since = now.duration_since(changed);
    let longest = SignedDuration::try_from(policy.up_cooldown.max(policy.down_cooldown));
    (since.saturating_add(longest.unwrap_or(SignedDuration::MAX)) >= SignedDuration::ZERO).then_some(since)
}

fn counted(
    loads: &Loads,
    policy: &Policy,
    current: u32,
    since_change: Option<SignedDuration>,
    now: Timestamp,
) -> (u32, Reason) {
    if current < policy.min {
        return (policy.min, Reason::BelowMinimum { min: policy.min });
    }
    if current > policy.max {
        return (policy.max, Reason::AboveMaximum { max: policy.max });
    }
    let Some(threshold) = policy.threshold else {
        return (current, Reason::ByHand);
    };
    let (Some(load), Some(total), Some(peak)) = (loads.newest(), loads.total(), loads.total_peak()) else {
        return (current, Reason::NoSamples);
    };
    let need = |total: f64| needed(total, policy);
    let above = total / f64::from(current) > threshold;
    let (wanted, reason) = if above {
        let more = need(total).max(current + 1).min(policy.max);
        (more, Reason::Above { load, threshold })
    } else if need(peak) < current {
        let enough = need(peak).max(policy.min);
        let load = peak / f64::from(enough);
        (enough, Reason::Below { load, count: enough })
    } else {
        return (current, Reason::Steady { load });
    };
    let left = match wanted.cmp(&current) {
        std::cmp::Ordering::Equal if above => return (current, Reason::AtMaximum { load }),
        std::cmp::Ordering::Equal => return (current, Reason::Steady { load }),
        std::cmp::Ordering::Greater => remaining(policy.up_cooldown, since_change),
        std::cmp::Ordering::Less => remaining(policy.down_cooldown, since_change),
    };
    match left {
        None => (wanted, reason),
        Some(left) => {
            let until = now.checked_add(left).unwrap_or(Timestamp::MAX);
            (current, Reason::Cooldown { wanted, load, until })
        }
    }
}

/// How many replicas carry `total` at the target. What is above by no more than the error of the arithmetic is not
/// above.
fn needed(total: f64, policy: &Policy) -> u32 {
    let count = (total / policy.target - 1e-9).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number between the bounds, which are u32"
    )]
    let count = count.clamp(f64::from(policy.min), f64::from(policy.max)) as u32;
    count
}

/// What is left of a `cooldown`.
fn remaining(cooldown: Duration, since_change: Option<SignedDuration>) -> Option<SignedDuration> {
    let cooldown = SignedDuration::try_from(cooldown).unwrap_or(SignedDuration::MAX);
    let left = cooldown.checked_sub(since_change?).unwrap_or(SignedDuration::MAX);
    left.is_positive().then_some(left)
}

/// The replica to be made anew: the newest one that is not well and may go, one in a cooldown.
///
/// Where no replica is well the fault is not theirs, and new ones would be no better.
fn unwell(replicas: &[Replica], policy: &Policy, since_change: Option<SignedDuration>) -> Option<String> {
    let some_are_well = replicas.iter().any(|replica| replica.well);
    if !some_are_well || remaining(policy.up_cooldown, since_change).is_some() {
        return None;
    }
    let unwell = replicas
        .iter()
        .rev()
        .find(|replica| !replica.well && replica.expendable);
    unwell.map(|replica| replica.name.clone())
}

#[cfg(test)]
mod tests;
