//! Dies at every boundary of a life, one after another: before each request, after its effect but before its answer,
//! before and after each write of the state. Then the same act ends in the same world, and a removal leaves nothing.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_examples::emulated::Manners;
use fleetflow_sandbox::{Fault, Moment, Times};
use futures::StreamExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::adoption;
use crate::bench::{Bench, Life, Undisturbed, manners};
use crate::lives;
use crate::mortal::Death;
use crate::page::{self, Table};
use crate::shape::differences;

/// Where a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    Request(Moment, u64),
    Write(Death),
}

/// The kinds of boundaries, as columns of a table.
const COLUMNS: [&str; 4] = [
    "before a request",
    "after its effect",
    "before a write",
    "after a write",
];

impl Boundary {
    fn column(self) -> usize {
        match self {
            Self::Request(Moment::BeforeEffect, _) => 0,
            Self::Request(Moment::AfterEffect, _) => 1,
            Self::Write(Death::Before(_)) => 2,
            Self::Write(Death::After(_)) => 3,
        }
    }
}

impl Bench {
    /// Begins the act of this number, and dies at `boundary`; whether it was reached.
    pub(crate) async fn die_at(&self, life: &Life, act: usize, boundary: Boundary) -> bool {
        let faults = self.clouds.sandbox().faults();
        let hung = faults.hanging();
        match boundary {
            Boundary::Write(death) => self.journal.dies(Some(death)),
            Boundary::Request(moment, number) => {
                let fault = Fault::hang().when(moment).times(Times::Nth(number));
                self.clouds.sandbox().add_fault(fault).expect("a rule");
            }
        }
        let died = async {
            while faults.hanging() == hung && !self.journal.is_dead() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let reached = tokio::select! {
            ended = self.act(life, act) => {
                ended.unwrap_or_else(|error| panic!("{} {boundary:?}: {error:?}", life.name));
                false
            }
            () = died => true,
        };
        faults.clear();
        self.journal.dies(None);
        self.arrived().await;
        reached
    }

    /// Returns when what the dead had sent arrived or is lost; to wait for what arrives late is what `Session::settle` is for.
    ///
    /// On a busy machine a request may wait to be read: who comes later, on a connection of their own, is served after it.
    async fn arrived(&self) {
        let url = self.clouds.sandbox().control_url();
        let address = url.trim_start_matches("http://").split('/').next();
        for _ in 0..3 {
            let mut line = TcpStream::connect(address.expect("an address"))
                .await
                .expect("a connection");
            line.write_all(b"GET / HTTP/1.0\r\n\r\n")
                .await
                .expect("a request");
            line.read_to_end(&mut Vec::new()).await.expect("an answer");
            while self.clouds.sandbox().under_way() > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
}

/// Whether the boundary is reached in the act of this number; then it is gone on from there in both ways.
async fn gone_on(
    (life, manners): (&Life, &Manners),
    act: usize,
    boundary: Boundary,
    undisturbed: &Undisturbed,
) -> bool {
    let place = format!("{}, act {act}, {boundary:?}", life.name);
    let failed = |error: fleetflow_core::Error| panic!("{place}: {error:?}");
    let up = Bench::of(life, manners).await;
    up.up_to(life, act).await;
    if !up.die_at(life, act, boundary).await {
        return false;
    }
    up.act(life, act).await.unwrap_or_else(failed);
    up.assert_ended(life, act, &undisturbed.worlds[act], &place).await;
    if life.takes_over(act) {
        adoption::ended((life, manners), boundary, undisturbed).await;
        return true;
    }
    let down = Bench::of(life, manners).await;
    down.up_to(life, act).await;
    // The last boundaries are not reached in every run: a complete one is removed as well.
    down.die_at(life, act, boundary).await;
    if life.changes(act) {
        undone((life, manners), act, boundary, undisturbed).await;
    }
    let last = life.acts() - 1;
    // What was declared when it died is what the file says when it is removed.
    down.stack(life.declared(act))
        .destroy()
        .await
        .map_or_else(failed, drop);
    let left = down.differences(&undisturbed.worlds[last]);
    assert_eq!(left, [""; 0], "{place}: down leaves something");
    true
}

/// Dies at `boundary` of an act, and goes back to what was declared before it: the world is as if it had never begun.
async fn undone(
    (life, manners): (&Life, &Manners),
    act: usize,
    boundary: Boundary,
    undisturbed: &Undisturbed,
) {
    let place = format!("{}, act {act}, {boundary:?}, undone", life.name);
    let back = Bench::of(life, manners).await;
    back.up_to(life, act).await;
    back.die_at(life, act, boundary).await;
    assert_put_back(&back, life, act - 1, undisturbed, &place).await;
}

/// The act of this number is done again, and the world is as after an undisturbed one.
pub(crate) async fn assert_put_back(
    bench: &Bench,
    life: &Life,
    act: usize,
    undisturbed: &Undisturbed,
    place: &str,
) {
    let done = bench.act(life, act).await;
    done.unwrap_or_else(|error| panic!("{place}: {error:?}"));
    let mut world = bench.world();
    forget_what_was_before(&mut world);
    let left = differences(&world, &undisturbed.worlds[act]);
    assert_eq!(left, [""; 0], "{place}: it leaves something");
    let plan = bench.stack(life.declared(act)).plan().await.expect("a plan");
    assert!(plan.is_empty(), "{place}: {plan:#?}");
}

/// What was changed and changed back remembers what it was before, which is meant to be: a server its id, and a container, for
/// `flow rollback`, all of it.
fn forget_what_was_before(world: &mut Value) {
    let servers = world.pointer_mut("/sakura/servers").and_then(Value::as_array_mut);
    for server in servers.into_iter().flatten() {
        if let Some(tags) = server["tags"].as_array_mut() {
            tags.retain(|tag| tag != "@previous-id");
        }
    }
    let containers = world.pointer_mut("/docker/local/containers");
    let containers = containers.and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        if let Some(labels) = container["labels"].as_object_mut() {
            labels.remove("io.fleetflow.previous");
        }
    }
}

/// How many runs are tried side by side: most of their time is waiting.
pub(crate) const AT_ONCE: usize = 32;

/// How many of those with several engines each, whose logins are work: with more, some wait longer for an answer than a run does.
const LARGE_AT_ONCE: usize = 8;

/// Tries the boundaries of `life`, of which every `step`th, `at_once` side by side; how many were reached, by column.
pub(crate) async fn counted(life: &Life, step: usize, at_once: usize) -> [usize; 4] {
    let manners = &manners(Duration::from_mins(2));
    let undisturbed = &Arc::new(Undisturbed::of(life, manners).await);
    let places = (0..life.acts()).flat_map(|act| {
        // A run in which something has to be waited for longer may ask more often.
        let more = |count: u64| count + count.div_ceil(5) + 2;
        let requests = (1..=more(undisturbed.requests[act])).flat_map(|number| {
            [Moment::BeforeEffect, Moment::AfterEffect].map(|moment| Boundary::Request(moment, number))
        });
        let writes = (1..=undisturbed.writes[act] + 1)
            .flat_map(|number| [Death::Before(number), Death::After(number)].map(Boundary::Write));
        requests.chain(writes).map(move |boundary| (act, boundary))
    });
    let reached: Vec<_> = futures::stream::iter(places.step_by(step))
        .map(|(act, boundary)| {
            let (life, manners, undisturbed) = (life.clone(), manners.clone(), Arc::clone(undisturbed));
            let tried = async move { gone_on((&life, &manners), act, boundary, &undisturbed).await };
            let tried = tokio::spawn(tried);
            async move {
                let reached = tried.await.unwrap_or_else(|_| {
                    panic!("{} is not gone on from after {boundary:?} of act {act}", "it")
                });
                reached.then_some(boundary.column())
            }
        })
        .buffer_unordered(at_once)
        .filter_map(async |reached| reached)
        .collect()
        .await;
    std::array::from_fn(|column| reached.iter().filter(|found| **found == column).count())
}

/// The variable with a part of the names of those that are tried; without it, all are.
const ONLY: &str = "FLEETFLOW_TEST_ONLY";

fn is_wanted(name: &str) -> bool {
    std::env::var(ONLY).map_or(true, |only| name.contains(&only))
}

/// Whether all boundaries of the larger lives are tried, which takes an hour.
fn all() -> bool {
    std::env::var("FLEETFLOW_TEST_ALL").as_deref() == Ok("1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_a_run_dies_the_next_goes_on_and_a_removal_leaves_nothing() {
    let mut table = Table::new("what", [&COLUMNS[..], &["all"]].concat());
    let mut sum = 0;
    let some = |step| if all() { 1 } else { step };
    let larger = [
        (lives::swarm(), some(9)),
        (lives::every_node(), some(5)),
        (lives::small_stack_m(), some(9)),
        (lives::full_stack_m(), some(121)),
    ];
    let large = larger.each_ref().map(|(life, _)| life.name);
    let smaller = lives::kinds().into_iter().chain([lives::example()]);
    let every = smaller.map(|life| (life, 1)).chain(larger);
    let every = every.map(|(life, step)| match step {
        1 => (life.name.to_owned(), vec![life], 1),
        step => (
            format!("{} (one boundary of {step})", life.name),
            vec![life],
            step,
        ),
    });
    let adopted = ("taken over by `adopt`".to_owned(), adoption::lives(false), 1);
    let every = every.chain([adopted]);
    for (name, lives, step) in every.filter(|(name, ..)| is_wanted(name)) {
        let began = std::time::Instant::now();
        let mut counts = [0; 4];
        let at_once = if lives.iter().any(|life| large.contains(&life.name)) {
            LARGE_AT_ONCE
        } else {
            AT_ONCE
        };
        for life in lives {
            let began = std::time::Instant::now();
            let more = counted(&life, step, at_once).await;
            println!("  {}: {more:?} in {:?}", life.name, began.elapsed());
            assert!(more.iter().sum::<usize>() > 4, "{name}, {}: {more:?}", life.name);
            counts = std::array::from_fn(|column| counts[column] + more[column]);
        }
        let reached = counts.iter().sum::<usize>();
        println!("{name}: {reached} boundaries {counts:?} in {:?}", began.elapsed());
        sum += reached;
        let cells = counts.iter().chain([&reached]).map(ToString::to_string);
        table.row(name, cells);
    }
    println!("{sum} boundaries to die at, each gone on from by the same act and by a removal");
    // The page has the places of a usual run; the run of all prints its own.
    println!("{}", table.markdown());
    if !all() && std::env::var_os(ONLY).is_none() {
        page::block("deaths", &table.markdown());
    }
}
