//! Each request of each kind's life goes wrong in every way, one after another; and random schedules of faults on the
//! example. The act ends in the same world, in the same run or in one of the next, and nothing is there twice.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_examples::emulated::Manners;
use fleetflow_sandbox::{Fault, Moment, Times};
use futures::StreamExt as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::bench::{Bench, Life, Undisturbed, manners};
use crate::lives;
use crate::page::{self, Table};

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Status(u16),
    ResetBefore,
    ResetAfter,
    NoAnswerBefore,
    NoAnswerAfter,
    Truncated,
    Stale,
}

/// Every way for a request to go wrong, and its name in the table.
const WAYS: [(Wrong, &str); 11] = [
    (Wrong::Status(429), "429"),
    (Wrong::Status(500), "500"),
    (Wrong::Status(502), "502"),
    (Wrong::Status(503), "503"),
    (Wrong::Status(504), "504"),
    (Wrong::ResetBefore, "connection reset before the effect"),
    (Wrong::ResetAfter, "connection reset after the effect"),
    (Wrong::NoAnswerBefore, "no answer in time, no effect"),
    (Wrong::NoAnswerAfter, "no answer in time, after the effect"),
    (Wrong::Truncated, "answer cut off"),
    (Wrong::Stale, "read from before the run"),
];

impl Wrong {
    /// How many runs are tried side by side: those without an answer mostly wait.
    fn at_once(self) -> usize {
        match self {
            Self::NoAnswerBefore | Self::NoAnswerAfter => 24,
            _ => 8,
        }
    }

    fn fault(self) -> Fault {
        match self {
            Self::Status(status) => Fault::answer(status),
            Self::ResetBefore => Fault::drop_connection(),
            Self::ResetAfter => Fault::drop_connection().when(Moment::AfterEffect),
            Self::NoAnswerBefore => Fault::hang(),
            Self::NoAnswerAfter => Fault::hang().when(Moment::AfterEffect),
            Self::Truncated => Fault::truncate(),
            // Usually from before the run; 30 s is what is promised, and a busy machine may have begun before that.
            Self::Stale => Fault::stale(25),
        }
    }
}

/// How often an act may fail until it must succeed.
const TRIES: usize = 3;

/// How many times acts ended well in the run that met the fault, and how many times only in a later one.
#[derive(Clone, Copy, Debug, Default)]
struct Endured {
    at_once: usize,
    later: usize,
}

/// The act of this number, tried until it succeeds; how often it failed.
async fn act(bench: &Bench, life: &Life, number: usize, place: &str) -> usize {
    let mut failures = 0;
    while let Err(error) = bench.act(life, number).await {
        failures += 1;
        assert!(failures < TRIES, "{place}: it does not converge: {error:?}");
    }
    failures
}

/// Whether request `number` of this act went wrong; then the rest of the life is as if nothing had been.
async fn endured(
    (life, manners): (&Life, &Manners),
    act_number: usize,
    (wrong, number): (Wrong, u64),
    undisturbed: &Undisturbed,
) -> Option<bool> {
    let place = format!("{}, act {act_number}, {wrong:?} at request {number}", life.name);
    let bench = Bench::new(manners).await;
    bench.up_to(life, act_number).await;
    let sandbox = bench.clouds.sandbox();
    let fault = wrong.fault().times(Times::Nth(number));
    sandbox.add_fault(fault).expect("a rule");
    let failures = act(&bench, life, act_number, &place).await;
    let fired = sandbox.faults().fired() > 0;
    sandbox.faults().clear();
    for after in act_number..life.acts() {
        bench
            .act(life, after)
            .await
            .unwrap_or_else(|error| panic!("{place}: {error:?}"));
        bench
            .assert_ended(life, after, &undisturbed.worlds[after], &place)
            .await;
    }
    fired.then_some(failures == 0)
}

/// Every request of `life` goes wrong in this way, one after another.
async fn tried(life: &Life, wrong: Wrong, undisturbed: &Arc<Undisturbed>) -> Endured {
    // Whoever waits in vain shall not wait for long; a busy machine may take its time all the same.
    let manners = &manners(Duration::from_secs(8));
    let places =
        (0..life.acts()).flat_map(|act| (1..=undisturbed.requests[act] + 2).map(move |number| (act, number)));
    let answers: Vec<_> = futures::stream::iter(places)
        .map(|(act, number)| {
            let (life, manners, undisturbed) = (life.clone(), manners.clone(), Arc::clone(undisturbed));
            let tried = async move { endured((&life, &manners), act, (wrong, number), &undisturbed).await };
            let tried = tokio::spawn(tried);
            async move { tried.await.expect("a fault that is endured") }
        })
        .buffer_unordered(wrong.at_once())
        .filter_map(async |answer| answer)
        .collect()
        .await;
    let at_once = answers.iter().filter(|at_once| **at_once).count();
    Endured {
        at_once,
        later: answers.len() - at_once,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_with_a_request_of_any_kind_ends_in_the_same_world() {
    let mut table = Table::new("kind", WAYS.map(|(_, name)| name).to_vec());
    let mut sum = Endured::default();
    for life in lives::kinds() {
        let began = std::time::Instant::now();
        let undisturbed = Arc::new(Undisturbed::of(&life, &manners(Duration::from_mins(2))).await);
        let life = &life;
        let found = WAYS.map(|(wrong, _)| tried(life, wrong, &undisturbed));
        let found = futures::future::join_all(found).await;
        println!("{}: {found:?} in {:?}", life.name, began.elapsed());
        for endured in &found {
            sum.at_once += endured.at_once;
            sum.later += endured.later;
        }
        let cell = |endured: &Endured| (endured.at_once + endured.later).to_string();
        table.row(life.name.to_owned(), found.iter().map(cell));
    }
    println!(
        "{} requests went wrong: {} acts ended well in the same run, {} in the next",
        sum.at_once + sum.later,
        sum.at_once,
        sum.later
    );
    println!("{}", table.markdown());
    page::block("faults", &table.markdown());
}

/// By how many seconds of the world's time reads lag behind where answers are lost as well.
const LAG: u64 = 5;

/// The act in a world whose reads lag behind, with this request going wrong; others before it go as they may.
async fn endured_lagging(
    (life, manners): (&Life, &Manners),
    act_number: usize,
    (wrong, number): (Wrong, u64),
    undisturbed: &Undisturbed,
) {
    let place = format!(
        "{}, act {act_number}, {wrong:?} at request {number}, lagging",
        life.name
    );
    let bench = Bench::lagging(manners, LAG).await;
    let sandbox = bench.clouds.sandbox();
    for act in 0..=act_number {
        if act == act_number {
            sandbox.faults().clear();
            let fault = wrong.fault().times(Times::Nth(number));
            sandbox.add_fault(fault).expect("a rule");
            bench.lag(LAG);
        }
        let mut failures = 0;
        // Somebody who makes a thing and asks for it may be told that it is not there.
        while let Err(error) = bench.act(life, act).await {
            failures += 1;
            assert!(failures <= TRIES, "{place}: it does not converge: {error:?}");
        }
    }
    sandbox.faults().clear();
    let differences = bench.differences(&undisturbed.worlds[act_number]);
    assert!(differences.is_empty(), "{place}: {differences:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_while_reads_lag_ends_in_the_same_world_for_every_kind() {
    let manners = &manners(Duration::from_secs(8));
    let ways = [
        Wrong::Status(500),
        Wrong::ResetBefore,
        Wrong::ResetAfter,
        Wrong::Truncated,
    ];
    let mut count = 0;
    for life in lives::kinds() {
        let undisturbed = &Arc::new(Undisturbed::of(&life, manners).await);
        let places = (0..life.acts()).flat_map(|act| {
            let numbers = 1..=undisturbed.requests[act] + 2;
            numbers.flat_map(move |number| ways.map(|wrong| (act, (wrong, number))))
        });
        let tried = futures::stream::iter(places).map(|(act, fault)| {
            let (life, manners, undisturbed) = (life.clone(), manners.clone(), Arc::clone(undisturbed));
            let tried = async move { endured_lagging((&life, &manners), act, fault, &undisturbed).await };
            let tried = tokio::spawn(tried);
            async move { tried.await.expect("a lost answer that is endured") }
        });
        count += tried.buffer_unordered(24).count().await;
    }
    println!("{count} answers were lost while reads lagged {LAG} s behind");
    assert!(count > 500, "only {count}");
}

/// What goes wrong in each act.
#[derive(Clone, Debug)]
struct Schedule {
    /// Requests that go wrong, by their number and the way.
    wrong: Vec<(u64, usize)>,
    /// By how many seconds of the world's time all reads lag behind besides.
    lag: Option<u64>,
    /// The request at which the first run is stopped, as by Ctrl-C.
    stop: Option<usize>,
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let wrong = proptest::collection::vec((1_u64..60, 0..WAYS.len() - 1), 1..7);
    let lag = prop_oneof![3 => Just(None), 2 => (5_u64..10).prop_map(Some)];
    let stop = prop_oneof![2 => Just(None), 1 => (1_usize..60).prop_map(Some)];
    (wrong, lag, stop).prop_map(|(wrong, lag, stop)| Schedule { wrong, lag, stop })
}

/// How many schedules are tried.
const SCHEDULES: u32 = 24;

/// Where the random schedules start: another place every time, unless a run is to be repeated.
fn seed() -> u64 {
    let given = std::env::var("FLEETFLOW_TEST_SEED").ok();
    given.map_or_else(
        || jiff::Timestamp::now().as_microsecond().unsigned_abs(),
        |given| given.parse().expect("FLEETFLOW_TEST_SEED is a number"),
    )
}

#[test]
fn any_schedule_of_faults_on_the_example_ends_in_the_same_world() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let seed = seed();
    println!("random schedules of faults: FLEETFLOW_TEST_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: SCHEDULES,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (life, manners) = (lives::example(), manners(Duration::from_secs(5)));
    let undisturbed = runtime.block_on(Undisturbed::of(&life, &manners));
    let tried = runner.run(&schedules(), |schedule| {
        runtime.block_on(scheduled(&life, &manners, &schedule, &undisturbed))
    });
    tried.unwrap_or_else(|error| panic!("FLEETFLOW_TEST_SEED={seed}: {error}"));
    println!("{SCHEDULES} random schedules of faults on the example ended in the same world");
}

/// The example's life with this schedule in each act.
async fn scheduled(
    life: &Life,
    manners: &Manners,
    schedule: &Schedule,
    undisturbed: &Undisturbed,
) -> Result<(), TestCaseError> {
    let bench = match schedule.lag {
        Some(seconds) => Bench::lagging(manners, seconds).await,
        None => Bench::new(manners).await,
    };
    let sandbox = bench.clouds.sandbox();
    for number in 0..life.acts() {
        sandbox.faults().clear();
        for (request, way) in &schedule.wrong {
            let fault = WAYS[*way].0.fault().times(Times::Nth(*request));
            sandbox.add_fault(fault).expect("a rule");
        }
        // The first rule that a request meets decides.
        if let Some(seconds) = schedule.lag {
            bench.lag(seconds);
        }
        let mut outcome = match schedule.stop {
            Some(request) => bench.stopped_act(life, number, request).await,
            None => bench.act(life, number).await,
        };
        let mut failures = 0;
        while let Err(error) = outcome {
            failures += 1;
            let borne = schedule.wrong.len() + 2 + schedule.lag.map_or(0, |_| 3);
            prop_assert!(failures <= borne, "it does not converge: {error:?}");
            outcome = bench.act(life, number).await;
        }
        sandbox.faults().clear();
        let differences = bench.differences(&undisturbed.worlds[number]);
        prop_assert!(differences.is_empty(), "act {number}: {differences:?}");
    }
    Ok(())
}
