//! Monitoring data (API doc §2.9): buckets of five minutes, the newest one not measured yet. Load is what a test says it is.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::refusal::{Outcome, refuse};
use super::server::Server;
use super::time;

/// CPU time that a server uses from a moment on, in seconds a second, summed over its cores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Load {
    pub(super) since: Timestamp,
    pub(super) cpu_time: f64,
}

/// What a server uses that nobody has given a load.
const IDLE: f64 = 0.01;
const BUCKET: i64 = 300;
const MOST_BUCKETS: i64 = 100_000;

/// `GET /server/:id/monitor`.
pub(super) fn server(server: &Server, call: &Call<'_>) -> Outcome<Answer> {
    let up_since = server.power.up_since(call.now);
    samples(call, |at, is_newest| {
        let set = server.load.iter().rev().find(|load| load.since <= at);
        let used = set.map(|load| load.cpu_time).or_else(|| {
            let is_up =
                up_since.is_some_and(|since| since < time::after(at, std::time::Duration::from_mins(5)));
            is_up.then_some(IDLE)
        });
        match used {
            None => json!([]),
            Some(_) if is_newest => json!({ "CPU-TIME": null }),
            Some(used) => json!({ "CPU-TIME": used }),
        }
    })
}

/// Disks and interfaces: nothing moves in an emulated machine.
pub(super) fn idle(call: &Call<'_>, names: [&str; 2]) -> Outcome<Answer> {
    samples(call, |_, is_newest| {
        let value = if is_newest { Value::Null } else { 0.into() };
        let members = names.map(|name| (name.to_owned(), value.clone()));
        Value::Object(members.into_iter().collect())
    })
}

type IsNewest = bool;

/// One sample for each bucket of the range asked for; the last hour if none is.
fn samples(call: &Call<'_>, sample: impl Fn(Timestamp, IsNewest) -> Value) -> Outcome<Answer> {
    let now = call.now.as_second();
    let end = read_time(call, "End")?.unwrap_or(now).min(now);
    let start = read_time(call, "Start")?.unwrap_or(end - 3600);
    let first = start.div_euclid(BUCKET) + i64::from(start.rem_euclid(BUCKET) != 0);
    let last = end.div_euclid(BUCKET);
    if start > end || last - first > MOST_BUCKETS {
        return refuse("invalid_range");
    }
    let newest = now.div_euclid(BUCKET);
    let mut data = Map::new();
    for number in first..=last {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(number * BUCKET);
        data.insert(time::text(at), sample(at, number == newest));
    }
    // An empty map is an empty list where the API comes from.
    let data = if data.is_empty() { json!([]) } else { data.into() };
    Ok(Answer::flat(json!({ "Data": data })))
}

fn read_time(call: &Call<'_>, key: &str) -> Outcome<Option<i64>> {
    match call.query.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(at) => Ok(Some(at.as_second())),
            Err(_) => refuse("invalid_format"),
        },
        Some(_) => refuse("invalid_format"),
    }
}
