//! The loop itself, in a time that runs by itself: pauses, locks, and what it leaves alone. What it scales is tested with
//! the servers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{WatchEvent, WatchOptions};
use crate::clouds::Clouds;
use crate::converge::tests::thing::{Fault, Row, Thing, Things};
use crate::converge::{Caller, Session};
use crate::error::{ErrorKind, Result};
use crate::model::Stack;
use crate::state::{Holder, MemoryStore, Store as _};

/// A loop in its world, and what it tells: when, in seconds since its begin, and what.
struct Loop {
    things: Things,
    store: Arc<MemoryStore>,
    stop: CancellationToken,
    began: Instant,
    told: Mutex<Vec<(u64, String)>>,
}

impl Loop {
    fn new() -> Self {
        Self {
            things: Things::default(),
            store: Arc::default(),
            stop: CancellationToken::new(),
            began: Instant::now(),
            told: Mutex::default(),
        }
    }

    async fn watch(&self, things: &[Thing], options: WatchOptions) -> Result<()> {
        let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
        let clouds = Clouds::things(self.things.clone());
        let session = Session::sharing(clouds, self.store.clone(), caller)
            .cancelled_by(self.stop.clone())
            // Things are seen at once.
            .settle(Duration::ZERO);
        let stack = things.iter().cloned().fold(Stack::new("shop", "dev"), Stack::add);
        let told = |event| {
            let told = match event {
                WatchEvent::Rests { succeeded, .. } => format!("rests {succeeded}"),
                WatchEvent::Waits { seconds, .. } => format!("waits {seconds}"),
                WatchEvent::Looked(plan) => format!("drift {} steps {}", plan.drift.len(), plan.steps.len()),
                WatchEvent::Acted { done, failed } => format!("done {done} failed {}", failed.len()),
                WatchEvent::Decided(_) => return,
            };
            let at = self.began.elapsed().as_secs();
            self.told.lock().unwrap().push((at, told));
        };
        stack.session(session).watch(&options, told).await
    }

    /// A loop with a look a minute, for `seconds`.
    async fn run(&self, things: &[Thing], seconds: u64) {
        let stop = async {
            sleep(Duration::from_secs(seconds)).await;
            self.stop.cancel();
        };
        let (result, ()) = tokio::join!(self.watch(things, WatchOptions::default()), stop);
        result.unwrap();
        assert_eq!(
            self.began.elapsed().as_secs(),
            seconds,
            "it ends at once, in a pause too"
        );
    }

    fn told(&self, word: &str) -> Vec<(u64, String)> {
        let mut told = self.told.lock().unwrap().clone();
        told.retain(|(_, line)| line.starts_with(word));
        told
    }
}

fn lines(told: &[(u64, &str)]) -> Vec<(u64, String)> {
    told.iter().map(|(at, line)| (*at, (*line).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn an_outage_makes_the_pauses_grow_up_to_a_quarter_of_an_hour_and_its_end_makes_them_as_before() {
    let world = Loop::new();
    // One list and one create; then a list a look, of which five fail.
    world.things.faulty((3..=7).map(|call| (call, Fault::Before)));
    // It ends between two looks: which of two things of the same moment comes first is not promised.
    world.run(&[Thing::new("web")], 2990).await;
    assert_eq!(
        world.told("waits"),
        lines(&[
            (60, "waits 120"),
            (180, "waits 240"),
            (420, "waits 480"),
            (900, "waits 900"),
            (1800, "waits 900")
        ])
    );
    let rested: Vec<_> = world.told("rests true").iter().map(|(at, _)| *at).collect();
    assert_eq!(rested, [0, 2700, 2760, 2820, 2880, 2940]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_is_tried_again_later() {
    let world = Loop::new();
    world.things.faulty([(2, Fault::Refused)]);
    world.run(&[Thing::new("web")], 200).await;
    assert_eq!(
        world.told("done"),
        lines(&[(0, "done 0 failed 1"), (120, "done 1 failed 0")])
    );
    assert_eq!(world.told("waits"), lines(&[(0, "waits 120")]));
}

#[tokio::test(start_paused = true)]
async fn others_get_in_between_two_looks_and_are_waited_for_without_growing_pauses() {
    let world = Loop::new();
    let person = async {
        sleep(Duration::from_secs(30)).await;
        let holder = Holder {
            who: "somebody".to_owned(),
            operation: "up".to_owned(),
            since: "2026-01-01T00:00:30Z".to_owned(),
        };
        let lease = world.store.acquire(holder).await.unwrap();
        sleep(Duration::from_secs(180)).await;
        world.store.release(lease).await.unwrap();
    };
    let things = [Thing::new("web")];
    tokio::join!(world.run(&things, 300), person);
    assert_eq!(
        world.told("waits"),
        lines(&[(60, "waits 60"), (120, "waits 60"), (180, "waits 60")])
    );
    let rested: Vec<_> = world.told("rests true").iter().map(|(at, _)| *at).collect();
    assert_eq!(rested[..2], [0, 240]);
}

#[tokio::test]
async fn without_repairs_what_others_changed_is_told_and_left() {
    let world = Loop::new();
    let things = [Thing::new("web")];
    let once = || WatchOptions::default().once();
    world.watch(&things, once()).await.unwrap();
    world.things.change("web", |row| row.size = 7);
    let writes = world.things.writes();
    world.watch(&things, once().without_repairs()).await.unwrap();
    assert_eq!(world.things.writes(), writes);
    world.watch(&things, once()).await.unwrap();
    assert_eq!(
        world.things.rows()[0].size,
        1,
        "with repairs it is as declared again"
    );
    let told: Vec<_> = world.told("drift").into_iter().map(|(_, line)| line).collect();
    assert_eq!(told, ["drift 0 steps 1", "drift 1 steps 0", "drift 1 steps 1"]);
}

#[tokio::test]
async fn what_is_wrong_from_the_beginning_ends_it_at_once() {
    let world = Loop::new();
    let wrong = [Thing::new("web").size(101)];
    let error = world.watch(&wrong, WatchOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    world.things.insert(Row {
        owner: None,
        name: "theirs".to_owned(),
        size: 9,
        zone: "q".to_owned(),
        input: None,
    });
    let taken = [Thing::new("theirs")];
    let error = world.watch(&taken, WatchOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(world.told("waits"), []);
}
