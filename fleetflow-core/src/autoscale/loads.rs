//! The load that servers have now, for people who look. It decides nothing and changes nothing.

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::Value;

use super::Sample;
use super::judge::{machine, now};
use super::meter::Machine;
use crate::clouds::Cloud as _;
use crate::converge::Observation;
use crate::error::Result;
use crate::model::{Observed, Stack};
use crate::sakura::Sakura;
use crate::sakura::scale::Metrics;

/// How far back is looked, as official clients do by default (API doc "Monitor").
const SPAN: SignedDuration = SignedDuration::from_hours(1);

impl Stack {
    /// `observation` with the load of each server that runs in its status, as `cpu`: the last that was measured, in
    /// percent of the whole machine. A reading a server; one that fails is told in place of the load.
    pub async fn with_loads(&self, mut observation: Observation) -> Result<Observation> {
        let session = self.attached()?;
        let now = now(session)?;
        let Ok(sakura) = Sakura::of(&session.clouds) else {
            return Ok(observation);
        };
        let servers = observation.found.resources.iter_mut().filter(|found| runs(found));
        let read = servers.map(|found| async move {
            if let Some(load) = load(sakura, found, now).await {
                found.status.insert("cpu".to_owned(), load.into());
            }
        });
        join_all(read).await;
        Ok(observation)
    }
}

fn runs(found: &Observed) -> bool {
    found.address.kind() == "server" && found.status.get("power").and_then(Value::as_str) == Some("up")
}

async fn load(sakura: &Sakura, found: &Observed, now: jiff::Timestamp) -> Option<String> {
    let Machine { zone, id, cores, .. } = machine(found, Metrics::SakuraCloud)?;
    let samples = sakura.cpu(&zone, id, cores, now, SPAN).await;
    Some(match samples {
        Ok(samples) => last(&samples),
        Err(error) => format!("not known: {error}"),
    })
}

/// The last load that was measured; the newest buckets have none yet.
fn last(samples: &[Sample]) -> String {
    let measured = samples.iter().rev().find_map(|sample| sample.load);
    measured.map_or_else(|| "not measured yet".to_owned(), |load| format!("{load:.1} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_yet_is_passed_over() {
        let sample = |minute: i64, load| Sample {
            time: jiff::Timestamp::from_second(minute * 300).unwrap_or_default(),
            load,
            span: None,
        };
        assert_eq!(
            last(&[sample(1, Some(3.0)), sample(2, Some(12.5)), sample(3, None)]),
            "12.5 %"
        );
        assert_eq!(last(&[sample(1, None)]), "not measured yet");
        assert_eq!(last(&[]), "not measured yet");
    }
}
