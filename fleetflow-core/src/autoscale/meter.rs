//! Reads loads, and asks again only when there is something new to be seen. What it remembers is only a saving.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Policy, Sample};
use crate::clouds::{Cloud as _, Clouds};
use crate::error::Result;
use crate::sakura::{Id, Sakura};

/// The machine whose load is asked for.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) zone: String,
    pub(super) id: Id,
    pub(super) cores: u32,
}

/// The last readings, by server.
#[derive(Debug, Default)]
pub(super) struct Meter(BTreeMap<Id, Reading>);

#[derive(Debug)]
struct Reading {
    /// The bucket of time in which it was asked for.
    bucket: i64,
    samples: Vec<Sample>,
}

impl Meter {
    /// The loads of `machines`, one call for each whose last reading is not the newest there can be.
    pub(super) async fn read(
        &mut self,
        clouds: &Clouds,
        machines: &[Machine],
        policy: &Policy,
        now: Timestamp,
    ) -> Result<BTreeMap<Id, Vec<Sample>>> {
        let width = i64::try_from(policy.sample.as_secs()).unwrap_or(300).max(1);
        let bucket = now.as_second().div_euclid(width);
        let stale: Vec<_> = machines
            .iter()
            .filter(|machine| {
                self.0
                    .get(&machine.id)
                    .is_none_or(|reading| !reading.is_newest(bucket, width))
            })
            .collect();
        if !stale.is_empty() {
            let sakura = Sakura::of(clouds)?;
            let readings = stale.iter().map(|machine| reading(sakura, machine, policy, now));
            let readings = futures::future::try_join_all(readings).await?;
            for (machine, samples) in stale.iter().zip(readings) {
                self.0.insert(machine.id, Reading { bucket, samples });
            }
        }
        let known = |machine: &Machine| Some((machine.id, self.0.get(&machine.id)?.samples.clone()));
        Ok(machines.iter().filter_map(known).collect())
    }
}

impl Reading {
    /// Whether nothing new can be there: it was asked for in this bucket, and had the one before.
    fn is_newest(&self, bucket: i64, width: i64) -> bool {
        let last = self.samples.iter().rev().find(|sample| sample.load.is_some());
        let before = last.is_some_and(|sample| sample.time.as_second().div_euclid(width) >= bucket - 1);
        self.bucket == bucket && before
    }
}

/// A server that is gone meanwhile has no load.
async fn reading(sakura: &Sakura, machine: &Machine, policy: &Policy, now: Timestamp) -> Result<Vec<Sample>> {
    let span = policy.down_cooldown + policy.stale + policy.sample;
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::from_hours(1));
    match sakura
        .cpu(&machine.zone, machine.id, machine.cores, now, span)
        .await
    {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        answer => answer,
    }
}
