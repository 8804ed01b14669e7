//! The load of servers, as SAKURA Cloud's monitoring shows it (API doc "Monitor"). It decides nothing.

use std::collections::BTreeMap;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::autoscale::Sample;
use crate::error::Result;
use crate::sakura::client::Call;
use crate::sakura::{Id, Sakura};

impl Sakura {
    /// The load of the server `id` in `zone` over the last `span` before `now`, oldest first.
    ///
    /// The API gives seconds of CPU time a second, summed over all cores, in buckets of five minutes, of which the newest
    /// ones are null: not measured yet. Whether a bucket is named after its beginning or its end is not said anywhere;
    /// its name is taken for its end, so that a sample is never believed to be younger than it is.
    pub async fn cpu(
        &self,
        zone: &str,
        id: Id,
        cores: u32,
        now: Timestamp,
        span: SignedDuration,
    ) -> Result<Vec<Sample>> {
        let call = Call::get(
            zone,
            format!("server/{id}/monitor"),
            "read the load of the server",
        )
        .query(json!({ "Start": text(now.checked_sub(span).unwrap_or(Timestamp::MIN)), "End": text(now) }));
        let data: Value = self.one(call, "Data").await?;
        Ok(samples(&data, cores))
    }
}

/// The samples of an answer. An empty one is a list instead of an object, and so is an empty bucket.
pub(in crate::sakura) fn samples(data: &Value, cores: u32) -> Vec<Sample> {
    let buckets = data.as_object().into_iter().flatten();
    let samples: BTreeMap<Timestamp, Option<f64>> = buckets
        .filter_map(|(time, bucket)| {
            Some((time.parse().ok()?, bucket.get("CPU-TIME").and_then(Value::as_f64)))
        })
        .collect();
    let percent = |used: f64| 100.0 * used / f64::from(cores.max(1));
    samples
        .into_iter()
        .map(|(time, used)| Sample {
            time,
            load: used.map(percent),
            span: None,
        })
        .collect()
}

/// In Japan's time, as official clients send it.
fn text(time: Timestamp) -> String {
    let japan = TimeZone::fixed(Offset::constant(9));
    let zoned = time.to_zoned(japan);
    zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_percent_of_the_whole_machine_and_what_is_not_measured_is_none() {
        let data = json!({
            "2016-05-07T12:20:00+09:00": { "CPU-TIME": 0.1 },
            "2016-05-07T12:15:00+09:00": { "CPU-TIME": 0.5 },
            "2016-05-07T12:25:00+09:00": [],
            "2016-05-07T12:30:00+09:00": { "CPU-TIME": null },
        });
        let seen = samples(&data, 2);
        let loads: Vec<_> = seen.iter().map(|sample| sample.load).collect();
        assert_eq!(loads, [Some(25.0), Some(5.0), None, None]);
        assert_eq!(seen[0].time, "2016-05-07T03:15:00Z".parse().unwrap());
        assert_eq!(text(seen[0].time), "2016-05-07T12:15:00+09:00");
        assert!(samples(&json!([]), 2).is_empty());
    }
}
