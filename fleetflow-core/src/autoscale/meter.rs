//! Reads loads, and asks again only when there is something new to be seen. What it remembers is only a saving, and the
//! beginning of the time over which engines are asked.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Policy, Sample};
use crate::clouds::{Cloud as _, Clouds};
use crate::docker::{Engines, Host, Usage};
use crate::error::Result;
use crate::sakura::{Id, Sakura};

/// What is measured over less is trusted only where it asks for more.
const SHORT: Duration = Duration::from_secs(10);

/// The machine whose load is asked for.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) zone: String,
    pub(super) id: Id,
    pub(super) cores: u32,
    /// Its container engine, where that is asked as well.
    pub(super) engine: Option<Host>,
}

/// The last readings, by server.
#[derive(Debug, Default)]
pub(super) struct Meter {
    clouds: BTreeMap<Id, Reading>,
    engines: BTreeMap<Id, Pulse>,
}

/// What the cloud said.
#[derive(Debug)]
struct Reading {
    /// The bucket of time in which it was asked for.
    bucket: i64,
    samples: Vec<Sample>,
}

/// What the engine said.
#[derive(Debug)]
struct Pulse {
    time: Timestamp,
    usage: Usage,
    samples: Vec<Sample>,
}

impl Meter {
    /// The loads of `machines`: one call for each whose last reading is not the newest there can be, and the containers
    /// of those whose engine is asked.
    pub(super) async fn read(
        &mut self,
        clouds: &Clouds,
        machines: &[Machine],
        policy: &Policy,
        now: Timestamp,
    ) -> Result<BTreeMap<Id, Vec<Sample>>> {
        self.ask_cloud(clouds, machines, policy, now).await?;
        self.ask_engines(clouds, machines, policy, now).await;
        let known = |machine: &Machine| Some((machine.id, self.samples(machine)?));
        Ok(machines.iter().filter_map(known).collect())
    }

    fn samples(&self, machine: &Machine) -> Option<Vec<Sample>> {
        let mut samples = self.clouds.get(&machine.id)?.samples.clone();
        if let Some(pulse) = self.engines.get(&machine.id).filter(|_| machine.engine.is_some()) {
            samples.extend(&pulse.samples);
        }
        Some(samples)
    }

    async fn ask_cloud(
        &mut self,
        clouds: &Clouds,
        machines: &[Machine],
        policy: &Policy,
        now: Timestamp,
    ) -> Result<()> {
        let width = i64::try_from(policy.sample.as_secs()).unwrap_or(300).max(1);
        let bucket = now.as_second().div_euclid(width);
        let stale: Vec<_> = machines
            .iter()
            .filter(|machine| {
                self.clouds
                    .get(&machine.id)
                    .is_none_or(|reading| !reading.is_newest(bucket, width))
            })
            .collect();
        if !stale.is_empty() {
            let sakura = Sakura::of(clouds)?;
            let readings = stale.iter().map(|machine| reading(sakura, machine, policy, now));
            let readings = futures::future::try_join_all(readings).await?;
            for (machine, samples) in stale.iter().zip(readings) {
                self.clouds.insert(machine.id, Reading { bucket, samples });
            }
        }
        Ok(())
    }

    /// An engine that does not answer is one whose load only the cloud tells.
    async fn ask_engines(&mut self, clouds: &Clouds, machines: &[Machine], policy: &Policy, now: Timestamp) {
        let Ok(engines) = Engines::of(clouds) else { return };
        let asked = machines.iter().filter_map(|machine| {
            let host = machine.engine.as_ref()?;
            let before = self.engines.get(&machine.id).map(|pulse| &pulse.usage);
            Some(async move { (machine.id, engines.usage(host, before).await) })
        });
        for (id, usage) in futures::future::join_all(asked).await {
            match usage {
                Ok(usage) => self.feel(id, usage, policy, now),
                Err(error) => tracing::warn!(server = %id, %error, "the load of containers is not known"),
            }
        }
    }

    fn feel(&mut self, id: Id, usage: Usage, policy: &Policy, now: Timestamp) {
        let mut samples = self
            .engines
            .remove(&id)
            .map(|pulse| pulse.samples)
            .unwrap_or_default();
        let told = self.clouds.get(&id).and_then(|reading| newest(&reading.samples));
        if let Some(load) = usage
            .load()
            .filter(|load| usage.span() >= SHORT || told.is_none_or(|told| *load > told))
        {
            samples.push(Sample::new(now, load).over(usage.span()));
        }
        let kept = policy.down_cooldown + policy.stale;
        samples.retain(|sample| age(sample, now).is_some_and(|age| age <= kept));
        self.engines.insert(
            id,
            Pulse {
                time: now,
                usage,
                samples,
            },
        );
        self.engines.retain(|_, pulse| {
            Duration::try_from(now.duration_since(pulse.time)).is_ok_and(|silent| silent <= kept)
        });
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

fn newest(samples: &[Sample]) -> Option<f64> {
    samples.iter().rev().find_map(|sample| sample.load)
}

fn age(sample: &Sample, now: Timestamp) -> Option<Duration> {
    Duration::try_from(now.duration_since(sample.time)).ok()
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
