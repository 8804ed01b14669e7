//! Reads that show the world as it was a while ago: what was done is waited for, and only as long as need be.

use std::time::Duration;

use tokio::time::Instant;

use super::thing::{Fault, Thing, UNMARKABLE};
use super::{Bench, stack};
use crate::error::ErrorKind;
use crate::model::Stack;
use crate::plan::Action;
use crate::state::{Event, State};

const LATE: Duration = Duration::from_secs(25);

fn two() -> Stack {
    stack(vec![Thing::new("a"), Thing::new("b").zone(UNMARKABLE)])
}

fn late() -> Bench {
    let bench = Bench::default();
    bench.things.stale(LATE);
    bench
}

fn count(bench: &Bench) -> usize {
    bench.things.rows().len()
}

#[tokio::test(start_paused = true)]
async fn what_was_just_made_is_neither_made_again_nor_left_behind() {
    for wrong_by in [vec![0], vec![240, -240], vec![-240, 240]] {
        let mut bench = late();
        bench.clocks.wrong_by = wrong_by;
        bench.converge(&two()).await.unwrap();
        let plan = bench.attach(two()).plan().await.unwrap();
        assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:?}");
        bench.destroy().await.unwrap();
        assert_eq!(count(&bench), 0);
    }
    let bench = late();
    bench.converge(&two()).await.unwrap();
    bench.destroy().await.unwrap();
    assert_eq!(count(&bench), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_just_removed_is_not_taken_for_what_is_declared_again() {
    let bench = late();
    bench.converge(&two()).await.unwrap();
    bench.destroy().await.unwrap();
    let report = bench.converge(&two()).await.unwrap();
    assert_eq!(report.count(Action::Create), 2, "{report:?}");
    assert_eq!(count(&bench), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_run_may_have_removed_is_waited_for_when_it_is_declared_again() {
    for fault in [Fault::DieAfter, Fault::DieBefore] {
        let bench = Bench::default();
        let both = stack(vec![Thing::new("a"), Thing::new("b")]);
        bench.converge(&both).await.unwrap();
        tokio::time::sleep(Duration::from_mins(1)).await;
        bench.things.stale(LATE);
        bench.things.faulty([(bench.things.calls() + 2, fault)]);
        let one = stack(vec![Thing::new("a")]);
        let died = tokio::time::timeout(Duration::from_secs(1), bench.converge(&one)).await;
        assert!(died.is_err());
        bench.converge(&both).await.unwrap();
        assert_eq!(count(&bench), 2, "{fault:?}");
    }
}

/// What an answer shows is as old as the question: one that is long on its way is no proof that nothing is there.
#[tokio::test(start_paused = true)]
async fn a_look_that_takes_long_shows_no_more_than_when_it_began() {
    for lost in [0, 2, 3] {
        let bench = late();
        bench.things.slow(LATE * 2);
        bench.things.faulty([(lost, Fault::After)]);
        bench.converge(&two()).await.unwrap();
        assert_eq!(count(&bench), 2, "call {lost}");
        bench.things.slow(Duration::ZERO);
        bench.converge(&stack(vec![])).await.unwrap();
        bench.converge(&two()).await.unwrap();
        bench.things.slow(LATE * 2);
        bench.destroy().await.unwrap();
        assert_eq!(count(&bench), 0, "call {lost}");
    }
}

/// Whoever stops a run that looks for what became of a lost answer does not make it anew: it may be there unseen.
#[tokio::test(start_paused = true)]
async fn a_run_stopped_while_it_looks_for_a_lost_answer_makes_nothing_twice() {
    let bench = late();
    bench.things.faulty([(2, Fault::After), (3, Fault::Stop)]);
    let one = stack(vec![Thing::new("a")]);
    bench.converge(&one).await.unwrap_err();
    assert_eq!(count(&bench), 1);
    bench.converge(&one).await.unwrap();
    assert_eq!(count(&bench), 1);
}

/// What somebody removed long ago, and a run that died may have made again, is waited for: the id that is remembered says
/// nothing about it.
#[tokio::test(start_paused = true)]
async fn what_a_dead_run_may_have_made_again_is_not_made_twice() {
    let bench = late();
    bench.converge(&two()).await.unwrap();
    bench.things.remove("a");
    tokio::time::sleep(Duration::from_mins(11)).await;
    bench.things.faulty([(bench.things.calls() + 2, Fault::DieAfter)]);
    let died = tokio::time::timeout(Duration::from_secs(1), bench.converge(&two())).await;
    assert!(died.is_err());
    bench.converge(&two()).await.unwrap();
    assert_eq!(count(&bench), 2);
}

/// A run that is stopped before it knows what is there does not say that there is nothing to do.
#[tokio::test(start_paused = true)]
async fn a_run_stopped_before_it_is_certain_what_is_there_says_so() {
    let bench = late();
    let within = |zone| stack(vec![Thing::new("a").zone(zone)]);
    bench.converge(&within("a")).await.unwrap();
    tokio::time::sleep(LATE).await;
    bench.converge(&within("b")).await.unwrap();
    bench.things.faulty([(bench.things.calls() + 1, Fault::Stop)]);
    let stopped = bench.converge(&within("a")).await.unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled, "{stopped}");
    bench.converge(&within("a")).await.unwrap();
    assert_eq!(bench.things.rows()[0].zone, "a");
}

/// A clock that is set back by hours, from run to run and within each: nothing is made twice or left behind, nobody waits for what is
/// there to be seen, and for what is not once, for no longer than usual.
#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_back_by_hours_is_borne() {
    const HOUR: i64 = 3600;
    for falls_by in [0, HOUR, 60] {
        // By a day from run to run: each begins behind where the one before ended.
        let wrong_by: Vec<_> = (0..5).map(|run| 24 * HOUR * (1 - run)).collect();
        for mut bench in [Bench::default(), late()] {
            (bench.clocks.wrong_by, bench.clocks.falls_by) = (wrong_by.clone(), falls_by);
            bench.converge(&two()).await.unwrap();
            tokio::time::sleep(LATE).await;
            let began = Instant::now();
            for _ in 0..2 {
                let plan = bench.attach(two()).plan().await.unwrap();
                assert!(plan.is_empty() && plan.drift.is_empty(), "{wrong_by:?}: {plan:?}");
            }
            assert_eq!(began.elapsed(), Duration::ZERO, "{wrong_by:?}");
            bench.things.remove("a");
            tokio::time::sleep(LATE).await;
            let began = Instant::now();
            let report = bench.converge(&two()).await.unwrap();
            assert_eq!(report.count(Action::Create), 1, "{wrong_by:?}: {report:?}");
            assert!(
                began.elapsed() <= Duration::from_secs(60),
                "{:?}",
                began.elapsed()
            );
            assert_eq!(count(&bench), 2, "{wrong_by:?}");
            bench.destroy().await.unwrap();
            assert_eq!(count(&bench), 0, "{wrong_by:?}");
        }
    }
}

/// Nobody waits for what was removed behind our back a while after it was made, nor where an older version kept no time.
#[tokio::test(start_paused = true)]
async fn what_was_made_long_ago_is_not_waited_for() {
    let removed = async |bench: &Bench| {
        bench.things.remove("a");
        let began = Instant::now();
        let plan = bench.attach(two()).plan().await.unwrap();
        assert_eq!(plan.steps.len(), 1, "{plan:?}");
        began.elapsed()
    };
    let bench = Bench::default();
    bench.converge(&two()).await.unwrap();
    let waited = removed(&bench).await;
    assert!(
        waited >= Duration::from_secs(30),
        "the reads may be stale: {waited:?}"
    );
    assert!(waited < Duration::from_secs(60), "{waited:?}");
    bench.converge(&two()).await.unwrap();
    tokio::time::sleep(Duration::from_mins(11)).await;
    assert_eq!(removed(&bench).await, Duration::ZERO);
    for event in &mut bench.journal.pages().events {
        if let Event::Applied { time, .. } | Event::Identified { time, .. } = event {
            *time = None;
        }
    }
    bench.things.remove("b");
    assert_eq!(removed_both(&bench).await, Duration::ZERO);
}

async fn removed_both(bench: &Bench) -> Duration {
    let began = Instant::now();
    let plan = bench.attach(two()).plan().await.unwrap();
    assert_eq!(plan.steps.len(), 2, "{plan:?}");
    began.elapsed()
}

/// What refuses to be deleted is there: the next run has nothing to wait for.
#[tokio::test(start_paused = true)]
async fn a_refused_delete_is_not_waited_for() {
    let bench = Bench::default();
    bench.converge(&two()).await.unwrap();
    bench.things.faulty([(bench.things.calls() + 2, Fault::Refused)]);
    bench.converge(&stack(vec![])).await.unwrap_err();
    let began = Instant::now();
    bench.converge(&two()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(count(&bench), 2);
}

/// What was removed is remembered only as long as somebody may see it.
#[tokio::test(start_paused = true)]
async fn what_was_removed_long_ago_is_not_remembered() {
    let bench = Bench::default();
    bench.converge(&two()).await.unwrap();
    bench.destroy().await.unwrap();
    let text = |state: &State| serde_json::to_string(state).unwrap();
    assert!(text(&bench.journal.state()).contains("thing.a"));
    tokio::time::sleep(Duration::from_mins(31)).await;
    bench.converge(&stack(vec![Thing::new("c")])).await.unwrap();
    let state = text(&bench.journal.state());
    assert!(!state.contains("thing.a") && state.contains("thing.c"), "{state}");
}
