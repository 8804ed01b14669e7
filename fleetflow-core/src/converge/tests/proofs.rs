//! Proofs by enumeration and by random schedules: every call and every write of the journal is a place to die.

use std::time::Duration;

use proptest::prelude::*;

use super::thing::{Fault, Row, Thing, UNMARKABLE};
use super::{Bench, stack};
use crate::model::Stack;

/// A world without what differs between equal worlds: the serials.
fn shape(bench: &Bench) -> Vec<(String, u32, String, bool)> {
    bench
        .things
        .rows()
        .into_iter()
        .map(
            |Row {
                 name,
                 size,
                 zone,
                 input,
                 ..
             }| (name, size, zone, input.is_some()),
        )
        .collect()
}

/// A thing whose cloud has no room for a mark.
fn bare(name: &str) -> Thing {
    Thing::new(name).zone(UNMARKABLE)
}

/// A chain, a replacement, an update and a removal happen on the way from this stack to [`after`].
fn before() -> Stack {
    let a = Thing::new("a");
    let b = Thing::new("b").input(a.serial());
    stack(vec![
        Thing::new("c").input(b.serial()),
        b,
        a,
        Thing::new("gone").input("x"),
        Thing::new("d"),
        bare("bare"),
        bare("bare-gone"),
    ])
}

fn after() -> Stack {
    let a = Thing::new("a").zone("z");
    let b = Thing::new("b").input(a.serial());
    stack(vec![
        Thing::new("c").input(b.serial()).size(3),
        b,
        a,
        Thing::new("d").size(2),
        Thing::new("new"),
        bare("bare").size(4),
        bare("bare-new"),
    ])
}

async fn converged(stacks: &[Stack]) -> Bench {
    let bench = Bench::default();
    for stack in stacks {
        bench.converge(stack).await.expect("an undisturbed run");
    }
    bench
}

#[derive(Clone, Copy, Debug)]
enum Death {
    Call(Fault),
    WriteBefore,
    WriteAfter,
}

/// A way from one world to another.
#[derive(Clone, Copy, Debug)]
enum Way {
    FirstRun,
    Change,
}

impl Way {
    fn start(self) -> Vec<Stack> {
        match self {
            Self::FirstRun => Vec::new(),
            Self::Change => vec![before()],
        }
    }

    fn goal(self) -> Stack {
        match self {
            Self::FirstRun => before(),
            Self::Change => after(),
        }
    }
}

/// Runs up to `death` at place `number` of `way`; `None` when there is no such place.
async fn dead(way: Way, (death, stale): (Death, Duration), number: u64) -> Option<Bench> {
    let bench = converged(&way.start()).await;
    bench.things.stale(stale);
    let (calls, writes) = (bench.things.calls(), bench.journal.pages().writes);
    match death {
        Death::Call(fault) => bench.things.faulty([(calls + number, fault)]),
        Death::WriteBefore => bench.journal.pages().die_before = Some(writes + number),
        Death::WriteAfter => bench.journal.pages().die_after = Some(writes + number),
    }
    let died = bench.converge_or_die(&way.goal()).await.is_none();
    bench.journal.revive();
    died.then_some(bench)
}

const DEATHS: [Death; 4] = [
    Death::Call(Fault::DieBefore),
    Death::Call(Fault::DieAfter),
    Death::WriteBefore,
    Death::WriteAfter,
];

#[tokio::test(start_paused = true)]
async fn wherever_it_dies_the_next_run_ends_in_the_same_world_and_down_leaves_nothing() {
    let mut places = 0;
    let late = [Duration::ZERO, STALE];
    for (way, stale) in [Way::FirstRun, Way::Change]
        .into_iter()
        .flat_map(|way| late.map(|stale| (way, stale)))
    {
        let undisturbed = shape(&converged(&[way.start(), vec![way.goal()]].concat()).await);
        for death in DEATHS {
            let death = (death, stale);
            for number in 1.. {
                let Some(bench) = dead(way, death, number).await else {
                    break;
                };
                places += 1;
                let place = format!("{way:?} {death:?} {number}");
                bench
                    .converge(&way.goal())
                    .await
                    .unwrap_or_else(|error| panic!("{place}: {error}"));
                assert_eq!(shape(&bench), undisturbed, "{place}");
                let plan = bench.attach(way.goal()).plan().await.unwrap();
                assert!(plan.is_empty(), "{place}: {plan:?}");
                let bench = dead(way, death, number).await.expect("the same place again");
                bench
                    .destroy()
                    .await
                    .unwrap_or_else(|error| panic!("{place}: {error}"));
                assert!(
                    bench.things.rows().is_empty(),
                    "{place}: {:?}",
                    bench.things.rows()
                );
            }
        }
    }
    println!("{places} places to die, each gone on from by `up` and by `down`");
    assert!(places > 120, "only {places} places were found");
}

fn things() -> impl Strategy<Value = Vec<(u32, bool, Option<usize>)>> {
    proptest::collection::vec((1_u32..4, any::<bool>(), proptest::option::of(0_usize..6)), 0..6)
}

/// Things named by their position; each may take its input from an earlier one.
fn declared(parts: &[(u32, bool, Option<usize>)]) -> Stack {
    let mut made: Vec<Thing> = Vec::new();
    for (position, (size, far, from)) in parts.iter().enumerate() {
        let thing = Thing::new(&format!("t{position}"))
            .size(*size)
            .zone(if *far { "z" } else { "a" });
        let source = from
            .and_then(|from| made.get(from % (position.max(1))))
            .map(Thing::serial);
        made.push(match source {
            Some(output) => thing.input(output),
            None => thing,
        });
    }
    stack(made)
}

fn faults() -> impl Strategy<Value = Vec<(u64, Fault)>> {
    let fault = prop_oneof![
        Just(Fault::Before),
        Just(Fault::After),
        Just(Fault::DieBefore),
        Just(Fault::DieAfter),
        (1_u64..90).prop_map(Fault::Slow),
        (1..=LATE).prop_map(Fault::Late),
        Just(Fault::Stop),
    ];
    proptest::collection::vec((1_u64..40, fault), 0..8)
}

/// How long it takes until reads show what was done. With [`LATE`], less than `Session::settle`.
const STALE: Duration = Duration::from_secs(25);
/// How many seconds after its answer was lost a call takes effect, at most.
const LATE: u64 = 4;

/// What somebody else removes on the way, and how many seconds before the next run.
fn removal() -> impl Strategy<Value = Option<(usize, u64)>> {
    proptest::option::of((0_usize..6, prop_oneof![Just(30), Just(3600)]))
}

/// Whether reads are stale, how many seconds answers are on their way, and by how many seconds the clocks are wrong that
/// runs are made by, in turn.
fn surroundings() -> impl Strategy<Value = (bool, u64, Vec<i64>)> {
    let on_their_way = prop_oneof![Just(0), 1_u64..60];
    let wrong_by = prop_oneof![Just(vec![0]), proptest::collection::vec(-240_i64..240, 1..4)];
    (any::<bool>(), on_their_way, wrong_by)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever fails, is stopped or dies on the way from one random stack to another and back, and however late reads show what was
    /// done, and answers come: runs until one succeeds end in the declared world, without duplicates or orphans; then the plan is empty, and
    /// a removal leaves nothing.
    #[test]
    fn any_schedule_of_faults_converges(
        (first, second) in (things(), things()), faults in faults(), (late, slow, wrong_by) in surroundings(),
        removal in removal()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::default();
            let stale = if late { STALE } else { Duration::ZERO };
            bench.things.stale(stale);
            // That something looks as it did before it was changed is only known to be stale by clocks that are right.
            bench.things.stale_changes(if wrong_by == [0] { stale } else { Duration::ZERO });
            bench.clocks.wrong_by = wrong_by;
            bench.things.slow(Duration::from_secs(slow));
            bench.things.faulty(faults);
            let mut tries = 0;
            for goal in [&second, &first, &second].map(|parts| declared(parts)) {
                while !matches!(bench.converge_or_die(&goal).await, Some(Ok(_))) {
                    tries += 1;
                    assert!(tries < 40, "it does not converge");
                }
                // What the run before sent has arrived.
                tokio::time::sleep(Duration::from_secs(LATE)).await;
                if let Some((number, before)) = removal {
                    bench.things.remove(&format!("t{number}"));
                    tokio::time::sleep(Duration::from_secs(before)).await;
                }
            }
            bench.things.faulty([]);
            if removal.is_some() {
                bench.converge(&declared(&second)).await.unwrap();
            }
            let undisturbed = converged(&[declared(&second)]).await;
            assert_eq!(shape(&bench), shape(&undisturbed));
            let plan = bench.attach(declared(&second)).plan().await.unwrap();
            assert!(plan.is_empty(), "{plan:?}");
            bench.destroy().await.unwrap();
            assert!(bench.things.rows().is_empty(), "{:?}", bench.things.rows());
        });
    }
}
