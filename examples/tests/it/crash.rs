//! Dies at every boundary of a run, one after another: before each request, after its effect but before its answer,
//! before and after each write of the state. Then `converge` ends in the same world, and `destroy` leaves nothing.

use std::time::Duration;

use fleetflow_core::Stack;
use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::plan::DataGuard;
use fleetflow_examples::creo_memories;
use fleetflow_examples::emulated::Emulated;
use fleetflow_sandbox::{Fault, Moment, Options, Sandbox, Times, Timings};
use futures::StreamExt as _;
use serde_json::Value;

use crate::mortal::{Death, Journal};
use crate::shape::shape;

/// Where a run ends.
#[derive(Clone, Copy, Debug)]
enum Boundary {
    Request(Moment, u64),
    Write(Death),
}

/// A world and the state of its stage; both outlive the runs in them.
struct Bench {
    clouds: Emulated,
    journal: Journal,
}

impl Bench {
    async fn new() -> Self {
        let options = Options {
            timings: Timings::INSTANT,
            ..Options::default()
        };
        Self {
            clouds: Emulated::with(options).await.expect("emulated clouds"),
            journal: Journal::default(),
        }
    }

    /// The stack with new clients, as a new process has them.
    fn stack(&self) -> Stack {
        let clouds = self.clouds.clouds().expect("clients");
        let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
        let session = Session::new(clouds, self.journal.clone(), caller)
            .data(DataGuard::Allow)
            .settle(Duration::ZERO);
        creo_memories::stack(Sandbox::CLOUDFLARE_ACCOUNT).session(session)
    }

    /// Runs until `boundary`; whether it was reached.
    async fn die_at(&self, boundary: Boundary) -> bool {
        let faults = self.clouds.sandbox().faults();
        match boundary {
            Boundary::Write(death) => self.journal.dies(Some(death)),
            Boundary::Request(moment, number) => {
                let fault = Fault::hang().when(moment).times(Times::Nth(number));
                self.clouds.sandbox().add_fault(fault).expect("a rule");
            }
        }
        let stack = self.stack();
        let died = async {
            while faults.hanging() == 0 && !self.journal.is_dead() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let reached = tokio::select! {
            report = stack.converge() => {
                report.unwrap_or_else(|error| panic!("{boundary:?}: {error:?}"));
                false
            }
            () = died => true,
        };
        faults.clear();
        self.journal.dies(None);
        reached
    }

    fn world(&self) -> Value {
        self.clouds.sandbox().inventory()
    }
}

async fn continued(boundary: Boundary, undisturbed: &Value, empty: &Value) -> bool {
    let up = Bench::new().await;
    if !up.die_at(boundary).await {
        return false;
    }
    let stack = up.stack();
    stack
        .converge()
        .await
        .unwrap_or_else(|error| panic!("{boundary:?}: {error:?}"));
    assert_eq!(
        shape(&up.world()),
        *undisturbed,
        "{boundary:?}: up ends in another world"
    );
    let plan = stack.plan().await.expect("a plan");
    assert!(plan.is_empty(), "{boundary:?}: {plan:#?}");
    let down = Bench::new().await;
    // The last boundaries are not reached in every run: a complete one is removed as well.
    down.die_at(boundary).await;
    down.stack()
        .destroy()
        .await
        .unwrap_or_else(|error| panic!("{boundary:?}: {error:?}"));
    assert_eq!(down.world(), *empty, "{boundary:?}: down leaves something");
    true
}

/// How many runs are tried side by side: they mostly wait.
const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_example_dies_up_goes_on_and_down_leaves_nothing() {
    let bench = Bench::new().await;
    let empty = bench.world();
    bench.stack().converge().await.expect("an undisturbed run");
    let undisturbed = shape(&bench.world());
    // A run in which something has to be waited for longer may ask more often.
    let requests = 2 * u64::try_from(bench.clouds.sandbox().log().len()).expect("a count");
    let writes = 2 * bench.journal.writes();
    let boundaries = (1..=requests).flat_map(|number| {
        [Moment::BeforeEffect, Moment::AfterEffect].map(|moment| Boundary::Request(moment, number))
    });
    let deaths = (1..=writes).flat_map(|number| [Death::Before(number), Death::After(number)]);
    let boundaries = boundaries.chain(deaths.map(Boundary::Write));
    let reached: Vec<_> = futures::stream::iter(boundaries)
        .map(|boundary| {
            let (undisturbed, empty) = (undisturbed.clone(), empty.clone());
            let tried = async move {
                continued(boundary, &undisturbed, &empty)
                    .await
                    .then_some(boundary)
            };
            async {
                tokio::spawn(tried)
                    .await
                    .expect("a boundary that is gone on from")
            }
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |reached| reached)
        .collect()
        .await;
    let count = |is: fn(&Boundary) -> bool| reached.iter().filter(|boundary| is(boundary)).count();
    let counts = [
        (
            "before a request",
            count(|b| matches!(b, Boundary::Request(Moment::BeforeEffect, _))),
        ),
        (
            "after an effect",
            count(|b| matches!(b, Boundary::Request(Moment::AfterEffect, _))),
        ),
        (
            "before a write",
            count(|b| matches!(b, Boundary::Write(Death::Before(_)))),
        ),
        (
            "after a write",
            count(|b| matches!(b, Boundary::Write(Death::After(_)))),
        ),
    ];
    println!("{} boundaries of the example: {counts:?}", reached.len());
    assert!(counts.iter().all(|(_, count)| *count > 10), "{counts:?}");
}
