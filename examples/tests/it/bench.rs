//! A world with its state, which outlive the runs in them; and lives: stacks that a stage is made equal to one after
//! another, and its removal. No test is here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::plan::{DataGuard, DeletionGuard};
use fleetflow_core::{Result, Stack};
use fleetflow_examples::emulated::{Emulated, Manners};
use fleetflow_sandbox::{Clock, Cloud, Fault, Options, Timings};
use serde_json::Value;

use crate::lives::KEY;
use crate::mortal::Journal;
use crate::shape::{differences, shape};

/// Clients that wait so long for an answer, with the key that the lives declare.
pub(crate) fn manners(answer_within: Duration) -> Manners {
    let mut manners = Manners::answer_within(answer_within).expect("a transport");
    manners.key = KEY.clone();
    manners
}

/// Makes a stack anew, as each process does.
pub(crate) type Declared = Arc<dyn Fn() -> Stack + Send + Sync>;

/// What a stage is made equal to, one act after another; the last act is its removal.
#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) name: &'static str,
    declared: Vec<Declared>,
}

impl Life {
    pub(crate) fn new(name: &'static str, declared: impl IntoIterator<Item = Declared>) -> Self {
        Self {
            name,
            declared: declared.into_iter().collect(),
        }
    }

    /// How many acts there are.
    pub(crate) fn acts(&self) -> usize {
        self.declared.len() + 1
    }

    /// Whether the act of this number is the removal.
    fn removes(&self, act: usize) -> bool {
        act == self.declared.len()
    }

    /// Whether the act of this number changes what the one before made.
    pub(crate) fn changes(&self, act: usize) -> bool {
        act > 0 && !self.removes(act)
    }

    /// The stack that is declared during the act of this number: during the removal, still the last one.
    pub(crate) fn declared(&self, act: usize) -> &Declared {
        &self.declared[act.min(self.declared.len() - 1)]
    }
}

/// A world and the state of its stage.
pub(crate) struct Bench {
    pub(crate) clouds: Emulated,
    pub(crate) journal: Journal,
    /// How long reads may be stale, as the runs believe.
    settle: Duration,
    _hurry: Option<Hurry>,
}

/// Lets the time of an emulated world pass faster.
struct Hurry(tokio::task::JoinHandle<()>);

/// How many seconds of a hurried world are one of ours.
const HASTE: u32 = 50;

impl Hurry {
    fn of(clock: Clock) -> Self {
        Self(tokio::spawn(async move {
            let mut last = Instant::now();
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                clock.advance(last.elapsed() * HASTE);
                last = Instant::now();
            }
        }))
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a life comes to when nothing goes wrong.
pub(crate) struct Undisturbed {
    /// The world after each act.
    pub(crate) worlds: Vec<Value>,
    /// How many requests each act took.
    pub(crate) requests: Vec<u64>,
    /// How often each act wrote to the state.
    pub(crate) writes: Vec<u64>,
}

impl Bench {
    pub(crate) async fn new(manners: &Manners) -> Self {
        Self::with(Clock::Wall, manners).await
    }

    /// A world whose time passes faster than ours, and runs which know that reads may lag behind by `seconds` of it.
    pub(crate) async fn lagging(manners: &Manners, seconds: u64) -> Self {
        let clock = Clock::manual(jiff::Timestamp::now());
        let bench = Self::with(clock.clone(), manners).await;
        bench.lag(seconds);
        Self {
            // A busy machine is given some time more.
            settle: Duration::from_secs(seconds) / HASTE * 3,
            _hurry: Some(Hurry::of(clock)),
            ..bench
        }
    }

    /// From now on all reads lag behind by `seconds` of the world's time, until its faults are cleared. Engines do not: each
    /// is one process, which sees what it does.
    pub(crate) fn lag(&self, seconds: u64) {
        for cloud in [Cloud::Sakura, Cloud::Cloudflare] {
            let lag = Fault::stale(seconds).cloud(cloud);
            self.clouds.sandbox().add_fault(lag).expect("a rule");
        }
    }

    async fn with(clock: Clock, manners: &Manners) -> Self {
        let options = Options {
            timings: Timings::INSTANT,
            clock,
            ..Options::default()
        };
        let clouds = Emulated::reached(options, manners.clone()).await;
        Self {
            clouds: clouds.expect("emulated clouds"),
            journal: Journal::default(),
            settle: Duration::ZERO,
            _hurry: None,
        }
    }

    /// `declared` with new clients, as a new process has them.
    pub(crate) fn stack(&self, declared: &Declared) -> Stack {
        let clouds = self.clouds.clouds().expect("clients");
        let caller = Caller::new("a test", || jiff::Timestamp::now().to_string());
        let session = Session::new(clouds, self.journal.clone(), caller)
            .data(DataGuard::Allow)
            .deletions(DeletionGuard::Allow)
            .settle(self.settle);
        declared().session(session)
    }

    /// One try of the act of this number.
    pub(crate) async fn act(&self, life: &Life, number: usize) -> Result<()> {
        let stack = self.stack(life.declared(number));
        if life.removes(number) {
            stack.destroy().await.map(drop)
        } else {
            stack.converge().await.map(drop)
        }
    }

    /// Every act before that of this number, undisturbed.
    pub(crate) async fn up_to(&self, life: &Life, number: usize) {
        for before in 0..number {
            self.act(life, before)
                .await
                .unwrap_or_else(|error| panic!("{} act {before}: {error:?}", life.name));
        }
    }

    /// The world, without what is drawn by chance, and without the images that were pulled to the local engine: they
    /// are everybody's there, and stay.
    pub(crate) fn world(&self) -> Value {
        let mut world = shape(&self.clouds.sandbox().inventory());
        if let Some(engines) = world["docker"].as_object_mut()
            && let Some(local) = engines.get_mut("local").and_then(Value::as_object_mut)
        {
            local.remove("images");
            if local.is_empty() {
                engines.remove("local");
            }
        }
        world
    }

    /// Where the world differs from one that it should be equal to.
    pub(crate) fn differences(&self, undisturbed: &Value) -> Vec<String> {
        differences(&self.world(), undisturbed)
    }

    /// That the world is as after an undisturbed act of this number, and that the next run sees it so.
    pub(crate) async fn assert_ended(&self, life: &Life, number: usize, undisturbed: &Value, place: &str) {
        let differences = self.differences(undisturbed);
        assert_eq!(differences, [""; 0], "{place}: it ends in another world");
        if !life.removes(number) {
            let plan = self.stack(life.declared(number)).plan().await.expect("a plan");
            assert!(plan.is_empty(), "{place}: {plan:#?}");
        }
    }
}

impl Undisturbed {
    pub(crate) async fn of(life: &Life, manners: &Manners) -> Self {
        let bench = Bench::new(manners).await;
        let empty = bench.world();
        let mut found = Self {
            worlds: Vec::new(),
            requests: Vec::new(),
            writes: Vec::new(),
        };
        for number in 0..life.acts() {
            bench.clouds.sandbox().clear_log().expect("an empty log");
            bench.journal.dies(None);
            bench
                .act(life, number)
                .await
                .unwrap_or_else(|error| panic!("{} act {number}: {error:?}", life.name));
            found.worlds.push(bench.world());
            found
                .requests
                .push(u64::try_from(bench.clouds.sandbox().log().len()).expect("a count"));
            found.writes.push(bench.journal.writes());
        }
        assert_eq!(
            found.worlds.last(),
            Some(&empty),
            "{}: a removal leaves nothing",
            life.name
        );
        found
    }
}
