//! A world with its state, which outlive the runs in them; and lives: stacks that a stage is made equal to one after
//! another, and its removal. No test is here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::plan::{DataGuard, DeletionGuard};
use fleetflow_core::state::Store as _;
use fleetflow_core::{Result, Stack};
use fleetflow_examples::emulated::{Emulated, Manners};
use fleetflow_sandbox::{Clock, Cloud, Fault, Options, Timings};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

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
    found: Option<Found>,
}

/// What others made before a life begins, and what of it is taken over in its first act.
#[derive(Clone)]
pub(crate) struct Found {
    /// All of it, as they declare it.
    pub(crate) theirs: Declared,
    /// What of it nobody takes over.
    pub(crate) rest: Declared,
    /// Whether it is taken over by its ids, as `flow import` does, and not as `adopt` in the file says.
    pub(crate) by_id: bool,
}

impl Life {
    pub(crate) fn new(name: &'static str, declared: impl IntoIterator<Item = Declared>) -> Self {
        Self {
            name,
            declared: declared.into_iter().collect(),
            found: None,
        }
    }

    /// The same in a world in which others made something before.
    pub(crate) fn after(self, found: Found) -> Self {
        Self {
            found: Some(found),
            ..self
        }
    }

    /// Whether the act of this number takes over what others made.
    pub(crate) fn takes_over(&self, act: usize) -> bool {
        act == 0 && self.found.is_some()
    }

    /// Whether what others made is taken over by its ids.
    pub(crate) fn is_by_id(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.by_id)
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
    /// What others remember of what they made.
    others: Journal,
    /// How long reads may be stale, as the runs believe.
    settle: Duration,
    /// Stops the run that is under way.
    stop: Mutex<CancellationToken>,
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
    /// The world before the first act.
    pub(crate) before: Value,
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
            others: Journal::default(),
            settle: Duration::ZERO,
            stop: Mutex::default(),
            _hurry: None,
        }
    }

    /// A world in which others made what they do before `life` begins.
    pub(crate) async fn of(life: &Life, manners: &Manners) -> Self {
        let bench = Self::new(manners).await;
        if let Some(found) = &life.found {
            bench.others(&found.theirs).await;
        }
        bench
    }

    /// Others make what they declare.
    async fn others(&self, theirs: &Declared) {
        let session = self.session(self.others.clone());
        let made = theirs().session(session).converge().await;
        made.unwrap_or_else(|error| panic!("what others make: {error:?}"));
    }

    /// `declared` with new clients, as a new process has them.
    pub(crate) fn stack(&self, declared: &Declared) -> Stack {
        declared().session(self.session(self.journal.clone()))
    }

    fn session(&self, journal: Journal) -> Session {
        let clouds = self.clouds.clouds().expect("clients");
        let caller = Caller::new("a test", || jiff::Timestamp::now().to_string());
        let stop = CancellationToken::new();
        *self.stop() = stop.clone();
        Session::new(clouds, journal, caller)
            .cancelled_by(stop)
            .data(DataGuard::Allow)
            .deletions(DeletionGuard::Allow)
            .settle(self.settle)
    }

    fn stop(&self) -> MutexGuard<'_, CancellationToken> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One try of the act of this number, which is stopped, as by Ctrl-C, when its request `number` arrives.
    pub(crate) async fn stopped_act(&self, life: &Life, act: usize, number: usize) -> Result<()> {
        let before = self.clouds.sandbox().log().len();
        let stopper = async {
            while self.clouds.sandbox().log().len() < before + number {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            self.stop().cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = self.act(life, act) => done,
            () = stopper => unreachable!("who stops a run does not end it"),
        }
    }

    /// One try of the act of this number.
    pub(crate) async fn act(&self, life: &Life, number: usize) -> Result<()> {
        if life.takes_over(number) && life.is_by_id() {
            return self.import(life.declared(number)).await;
        }
        let stack = self.stack(life.declared(number));
        if life.removes(number) {
            stack.destroy().await.map(drop)
        } else {
            stack.converge().await.map(drop)
        }
    }

    /// Takes over by its id, one after another, what others made of what is declared.
    async fn import(&self, declared: &Declared) -> Result<()> {
        let theirs = self.others.load().await?;
        let taken = theirs
            .entries()
            .filter(|(address, _)| !address.name().contains("stays"));
        for (address, entry) in taken {
            let session = self.session(self.journal.clone());
            let session = session.adopting(address.clone(), entry.id().expect("it was made"));
            declared().session(session).converge().await?;
        }
        Ok(())
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
        let bench = Bench::of(life, manners).await;
        let left = match &life.found {
            None => bench.world(),
            Some(found) => {
                let without = Bench::new(manners).await;
                without.others(&found.rest).await;
                without.world()
            }
        };
        let mut found = Self {
            before: bench.world(),
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
            Some(&left),
            "{}: a removal leaves nothing of ours, and what is not",
            life.name
        );
        found
    }
}
