//! A kind that exists only in tests, with an in-memory cloud that can fail or die at any call. It proves that a kind is
//! one folder and one line of the catalog, and carries the proofs of planner and executor.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::clouds::{Cloud, Clouds};
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Address, Existing, Found, Input, Lifecycle, Made, Observed, Output, OutputField, Owner, Ownership,
    Problem, Provider, Resource, Scope, Wanted,
};
use crate::plan::{Change, Disruption, Level};

/// A thing: it has a size that changes in place, a zone that does not, and an input from another thing.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
pub(crate) struct Thing {
    #[schemars(extend("x-format" = "name"))]
    pub(crate) name: String,
    pub(crate) size: u32,
    pub(crate) zone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<Input<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) home: Option<Input<String>>,
}

impl Thing {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            size: 1,
            zone: "a".to_owned(),
            input: None,
            home: None,
        }
    }

    pub(crate) fn size(self, size: u32) -> Self {
        Self { size, ..self }
    }

    pub(crate) fn zone(self, zone: &str) -> Self {
        Self {
            zone: zone.to_owned(),
            ..self
        }
    }

    pub(crate) fn input(self, input: impl Into<Input<String>>) -> Self {
        Self {
            input: Some(input.into()),
            ..self
        }
    }

    pub(crate) fn address(&self) -> Address {
        Address::new(Self::KIND, &self.name)
    }

    pub(crate) fn serial(&self) -> Output<String> {
        Output::new(&self.address(), "serial")
    }
}

impl Resource for Thing {
    const KIND: &'static str = "thing";
    const PROVIDER: Provider = Provider::Docker;
    const OUTPUTS: &'static [OutputField] = &[OutputField {
        name: "serial",
        value_type: "text",
        doc: "The number its cloud gave it.",
    }];
    const REPLACE_ON: &'static [&'static str] = &["zone"];

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        let too_big = self.size > 100;
        too_big
            .then(|| Problem::at(crate::model::Path::root().key("size"), "too big"))
            .into_iter()
            .collect()
    }

    fn disruption(_: &[Change], _: &Value) -> Disruption {
        Disruption::new(Level::Restart, ["restart"])
    }
}

/// The zone whose things cannot carry a mark.
pub(crate) const UNMARKABLE: &str = "unmarkable";

/// What one thing is in its cloud.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) owner: Option<String>,
    pub(crate) name: String,
    pub(crate) size: u32,
    pub(crate) zone: String,
    pub(crate) input: Option<String>,
}

/// What a call does besides its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call fails and has no effect.
    Before,
    /// The call takes effect, but its answer is lost.
    After,
    /// The call is refused for good.
    Refused,
    /// The process dies before the effect.
    DieBefore,
    /// The process dies after the effect.
    DieAfter,
    /// The call works, but its answer takes so many seconds more.
    Slow(u64),
    /// The answer is lost, and the call takes effect only so many seconds later.
    Late(u64),
    /// Who waits for the run stops it, and the call works.
    Stop,
}

#[derive(Debug, Default)]
struct World {
    rows: BTreeMap<u64, Row>,
    serial: u64,
    calls: u64,
    writes: u64,
    faults: BTreeMap<u64, Fault>,
    /// How long what was made is not seen by reads, and since when each is there.
    stale: Duration,
    /// How long what was changed is seen as it was.
    stale_changes: Duration,
    /// How long after a call did its work its answer comes.
    slow: Duration,
    /// How much the stage declared, as each look was told.
    declared: Vec<usize>,
    /// What stops the run that is under way.
    stop: CancellationToken,
    born: BTreeMap<u64, Instant>,
    /// What was deleted, and when: it is seen for as long.
    died: BTreeMap<u64, (Row, Instant)>,
    /// How what was changed was before, and when that was: it is seen so for as long.
    changed: BTreeMap<u64, (Row, Instant)>,
}

impl World {
    fn seen(&self) -> BTreeMap<u64, Row> {
        let old = |serial: &u64| {
            self.born
                .get(serial)
                .is_none_or(|born| born.elapsed() >= self.stale)
        };
        let fresh = |died: &Instant| died.elapsed() < self.stale;
        let older = |changed: &Instant| changed.elapsed() < self.stale_changes;
        let dead = self.died.iter().filter(|(_, (_, died))| fresh(died));
        let as_seen = |(serial, row)| match self.changed.get(serial) {
            Some((before, changed)) if older(changed) => (serial, before),
            _ => (serial, row),
        };
        self.rows
            .iter()
            .map(as_seen)
            .chain(dead.map(|(serial, (row, _))| (serial, row)))
            .filter(|(serial, _)| old(serial))
            .map(|(serial, row)| (*serial, row.clone()))
            .collect()
    }
}

/// The in-memory cloud. Its calls are numbered from 1; a fault hits the call with its number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Things(Arc<Mutex<World>>);

impl Things {
    pub(crate) fn faulty(&self, faults: impl IntoIterator<Item = (u64, Fault)>) {
        self.world().faults = faults.into_iter().collect();
    }

    /// From now on reads show what is made, or deleted, only after `time`.
    pub(crate) fn stale(&self, time: Duration) {
        self.world().stale = time;
    }

    /// From now on reads show what is changed only after `time`.
    pub(crate) fn stale_changes(&self, time: Duration) {
        self.world().stale_changes = time;
    }

    /// From now on the answer to a call comes `time` after the call did its work.
    pub(crate) fn slow(&self, time: Duration) {
        self.world().slow = time;
    }

    /// From now on [`Fault::Stop`] stops by `token`.
    pub(crate) fn stopped_by(&self, token: CancellationToken) {
        self.world().stop = token;
    }

    /// How much the stage declared, as each look was told.
    pub(crate) fn declared(&self) -> Vec<usize> {
        self.world().declared.clone()
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<_> = self.world().rows.values().cloned().collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows
    }

    pub(crate) fn insert(&self, row: Row) {
        let mut world = self.world();
        world.serial += 1;
        let serial = world.serial;
        world.rows.insert(serial, row);
    }

    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Row)) {
        let mut world = self.world();
        change(
            world
                .rows
                .values_mut()
                .find(|row| row.name == name)
                .expect("the thing to change"),
        );
    }

    pub(crate) fn remove(&self, name: &str) {
        self.world().rows.retain(|_, row| row.name != name);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.world().calls
    }

    pub(crate) fn writes(&self) -> u64 {
        self.world().writes
    }

    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: dies, fails or works as the faults say.
    async fn call<T: Send + 'static>(
        &self,
        write: bool,
        work: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> Result<T> {
        tokio::task::yield_now().await;
        let (fault, mut time) = {
            let mut world = self.world();
            world.calls += 1;
            let number = world.calls;
            (world.faults.remove(&number), world.slow)
        };
        match fault {
            Some(Fault::Before) => return Err(Error::new(ErrorKind::Unavailable, "not now")),
            Some(Fault::Refused) => return Err(Error::new(ErrorKind::Refused, "never")),
            Some(Fault::DieBefore) => return std::future::pending().await,
            Some(Fault::Stop) => self.world().stop.cancel(),
            Some(Fault::Slow(seconds)) => time += Duration::from_secs(seconds),
            Some(Fault::Late(seconds)) => {
                let things = self.clone();
                tokio::spawn(async move {
                    sleep(Duration::from_secs(seconds)).await;
                    things.work(write, work);
                });
                return Err(Error::new(ErrorKind::Ambiguous, "the answer was lost"));
            }
            None | Some(Fault::After | Fault::DieAfter) => {}
        }
        let answer = self.work(write, work);
        match fault {
            Some(Fault::DieAfter) => return std::future::pending().await,
            Some(Fault::After) => return Err(Error::new(ErrorKind::Ambiguous, "the answer was lost")),
            _ => {}
        }
        sleep(time).await;
        Ok(answer)
    }

    fn work<T>(&self, write: bool, work: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        world.writes += u64::from(write);
        work(&mut world)
    }
}

impl Cloud for Things {
    fn of(clouds: &Clouds) -> Result<&Self> {
        clouds
            .things
            .as_ref()
            .ok_or_else(|| Error::new(ErrorKind::Unauthorized, "no things"))
    }
}

fn observed(scope: &Scope, wanted: &[Wanted], serial: u64, row: &Row) -> Option<Observed> {
    let owner: Option<Owner> = row.owner.as_ref().and_then(|owner| owner.parse().ok());
    let ours = owner.filter(|owner| owner.project == scope.project && owner.stage == scope.stage);
    let (address, ownership) = match ours {
        Some(owner) => (owner.address, Ownership::Marked),
        None => {
            let same_name = wanted.iter().find(|wanted| wanted.address.name() == row.name)?;
            let whose = if row.zone == UNMARKABLE {
                Ownership::Unmarkable
            } else {
                Ownership::Foreign(row.owner.clone())
            };
            (same_name.address.clone(), whose)
        }
    };
    let live = json!({"name": row.name, "size": row.size, "zone": row.zone, "input": row.input});
    Some(Observed {
        ownership,
        outputs: Map::from_iter([("serial".to_owned(), Value::String(serial.to_string()))]),
        ..Observed::marked(address, serial.to_string()).showing(live)
    })
}

fn text(input: Option<&Input<String>>) -> Option<String> {
    input.and_then(Input::known).cloned()
}

impl Lifecycle for Thing {
    type Cloud = Things;

    async fn observe(cloud: &Things, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        cloud.world().declared.push(scope.declared.len());
        let rows = cloud.call(false, |world| world.seen()).await?;
        Ok(rows
            .iter()
            .filter_map(|(serial, row)| observed(scope, wanted, *serial, row))
            .collect::<Vec<_>>()
            .into())
    }

    async fn create(
        cloud: &Things,
        context: &Context,
        spec: &Self,
        partial: Option<&Existing>,
    ) -> Result<Made> {
        assert!(partial.is_none(), "things are never made by halves");
        let row = Row {
            owner: (spec.zone != UNMARKABLE).then(|| context.owner.to_string()),
            name: spec.name.clone(),
            size: spec.size,
            zone: spec.zone.clone(),
            input: text(spec.input.as_ref()),
        };
        let serial = cloud
            .call(true, move |world| {
                world.serial += 1;
                world.rows.insert(world.serial, row);
                world.born.insert(world.serial, Instant::now());
                world.serial
            })
            .await?;
        context.checkpoint(serial.to_string(), Map::new()).await?;
        Ok(Made::new(
            serial.to_string(),
            &json!({"serial": serial.to_string()}),
        ))
    }

    async fn update(cloud: &Things, _: &Context, was: &Existing, spec: &Self, _: &[Change]) -> Result<Made> {
        let id: u64 = was.id.parse().expect("ids of things are numbers");
        let (size, input) = (spec.size, text(spec.input.as_ref()));
        cloud
            .call(true, move |world| {
                if let Some(row) = world.rows.get_mut(&id) {
                    world.changed.insert(id, (row.clone(), Instant::now()));
                    (row.size, row.input) = (size, input);
                }
            })
            .await?;
        Ok(Made::new(was.id.clone(), &json!({"serial": was.id})))
    }

    async fn delete(cloud: &Things, _: &Context, was: &Existing) -> Result<()> {
        let id: u64 = was.id.parse().expect("ids of things are numbers");
        let deleted = cloud.call(true, move |world| {
            if let Some(row) = world.rows.remove(&id) {
                world.died.insert(id, (row, Instant::now()));
            }
        });
        deleted.await
    }
}
