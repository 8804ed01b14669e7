//! Counts of replicas on the emulated cloud: kept by runs, changed by hand and by load, a whole day in seconds, and
//! loops that die at any write.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use fleetflow_sandbox::Clock;
use jiff::Timestamp;
use serde_json::json;

use super::picture::Picture;
use super::*;
use crate::autoscale::{Judgement, WatchEvent, WatchOptions};
use crate::error::ErrorKind;
use crate::plan::Action;
use crate::prelude::{Declare as _, Disk, Plan as Size, Scale, Server};

const CORES: f64 = 2.0;
pub(super) const MIDNIGHT: &str = "2026-11-24T15:00:00Z";

fn web() -> Server {
    Server::builder()
        .name("web")
        .plan(Size::new(2, 4))
        .disk(Disk::new(20, "debian-12"))
        .build()
}

fn scaled(scale: Scale) -> Stack {
    stage().add(web()).add(scale)
}

fn by_hand(max: u32) -> Stack {
    scaled(Scale::builder().server("web").min(1).max(max).build())
}

fn by_load(max: u32) -> Stack {
    let scale = Scale::builder().server("web").min(1).max(max).cpu_threshold(80);
    scaled(scale.cooldown(300).cooldown_down(1800).build())
}

/// The emulated cloud at a time that stands still until it is moved.
struct Day {
    bench: Bench,
    clock: Clock,
    http: reqwest::Client,
    /// What was decided, when, and from how many.
    decisions: Mutex<Vec<(Timestamp, u32, Judgement)>>,
}

impl Day {
    async fn new() -> Self {
        let clock = Clock::manual(MIDNIGHT.parse().unwrap());
        let options = Options {
            timings: Timings::INSTANT,
            clock: clock.clone(),
            ..Options::default()
        };
        Self {
            bench: Bench {
                sandbox: Sandbox::start(options).await.unwrap(),
                journal: Journal::default(),
                mortality: Arc::default(),
            },
            clock,
            http: reqwest::Client::new(),
            decisions: Mutex::default(),
        }
    }

    /// As a new process has it. It may not lose data.
    fn attach(&self, stack: &Stack) -> Stack {
        let clock = self.clock.clone();
        let caller = Caller::new("a test", move || clock.now().to_string());
        let clouds = Clouds::none().sakura(self.bench.sakura());
        let session = Session::new(clouds, self.bench.journal.clone(), caller);
        stack.clone().session(session.settle(Duration::ZERO))
    }

    fn servers(&self) -> Vec<String> {
        let state = self.bench.journal.state();
        state
            .entries()
            .map(|(address, _)| address.name().to_owned())
            .collect()
    }

    /// From now on the servers that run share `total` percent of a machine.
    async fn load(&self, total: f64) {
        let state = self.bench.journal.state();
        let ids: Vec<_> = state.entries().filter_map(|(_, entry)| entry.id()).collect();
        let count = f64::from(u32::try_from(ids.len()).unwrap());
        let each = (total / 100.0 * CORES / count).min(CORES);
        for id in ids {
            let url = format!("{}/sakura/cpu", self.bench.sandbox.control_url());
            let body = json!({ "server": id, "cpu_time": each });
            let answer = self.http.post(url).json(&body).send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        }
    }

    async fn tick(&self, stack: &Stack) -> Result<()> {
        let told = |event| {
            if let WatchEvent::Decided(judgement) = event
                && judgement.decision.count != judgement.current
            {
                let decision = (self.clock.now(), judgement.decision.count, judgement);
                self.decisions.lock().unwrap().push(decision);
            }
        };
        self.attach(stack)
            .watch(&WatchOptions::default().once(), told)
            .await
    }

    /// A tick that dies at its write number `at`; whether it came so far.
    async fn dies(&self, stack: &Stack, at: u64, death: Death) -> bool {
        self.bench.mortality.writes.store(0, Ordering::SeqCst);
        *self.bench.mortality.death.lock().unwrap() = Some((at, death));
        let died = tokio::select! {
            result = self.tick(stack) => { result.unwrap(); false }
            () = self.bench.mortality.died.notified() => true,
        };
        *self.bench.mortality.death.lock().unwrap() = None;
        died
    }

    /// Minutes pass, each with a tick, under `load`; what is decided by the way.
    async fn minutes(&self, stack: &Stack, span: i64, load: impl Fn(f64) -> f64, picture: &mut Picture) {
        let begin: Timestamp = MIDNIGHT.parse().unwrap();
        for _ in 0..span {
            let now = self.clock.now();
            let hour = now.duration_since(begin).as_secs_f64() / 3600.0;
            let before = self.servers().len();
            if now.as_second() % 300 == 0 {
                self.load(load(hour)).await;
            }
            self.tick(stack).await.unwrap();
            if self.servers().len() != before {
                self.load(load(hour)).await;
            }
            picture.point(hour, load(hour), self.servers().len());
            self.clock.advance(Duration::from_secs(60));
        }
    }

    fn counts(&self) -> Vec<(String, u32)> {
        let decisions = self.decisions.lock().unwrap();
        let japan = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(9));
        let of = |(time, count, _): &(Timestamp, u32, Judgement)| {
            let clock = time.to_zoned(japan.clone()).strftime("%H:%M").to_string();
            (clock, *count)
        };
        decisions.iter().map(of).collect()
    }
}

/// A day of an office: little at night, most at noon, and half an hour of a campaign in the evening. It trembles.
fn office(hour: f64) -> f64 {
    let noon = 210.0 * (-(hour - 12.5).powi(2) / 7.0).exp();
    let campaign = if (19.0..19.75).contains(&hour) { 260.0 } else { 0.0 };
    let tremble = 1.0 + 0.06 * (hour * 47.0).sin() + 0.03 * (hour * 131.0).sin();
    (22.0 + noon + campaign) * tremble
}

#[tokio::test]
async fn runs_keep_the_count_that_somebody_chose_and_say_so() {
    let day = Day::new().await;
    let stack = by_hand(3);
    day.attach(&stack).converge().await.unwrap();
    assert_eq!(day.servers(), ["web"]);
    let refused = day
        .attach(&stack)
        .scale("web", 4, async |plan| Ok(plan))
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    let report = day
        .attach(&stack)
        .scale("web", 3, async |plan| Ok(plan))
        .await
        .unwrap();
    assert_eq!(report.count(Action::Create), 2);
    let plan = day.attach(&stack).plan().await.unwrap();
    assert!(plan.is_empty() && plan.records.is_empty(), "{plan:#?}");
    assert_eq!(plan.notes, ["server.web keeps its 3 replicas: between 1 and 3"]);
    assert_eq!(day.servers(), ["web", "web-2", "web-3"]);
    day.attach(&by_hand(2)).converge().await.unwrap();
    assert_eq!(day.servers(), ["web", "web-2"], "the newest one goes");
    day.attach(&stage().add(web())).converge().await.unwrap();
    assert_eq!(day.servers(), ["web"], "without a scale there is one");
    day.attach(&stack).converge().await.unwrap();
    assert_eq!(day.servers(), ["web"], "an old decision does not come back");
}

#[tokio::test]
async fn a_lost_state_finds_the_count_by_the_marks() {
    let day = Day::new().await;
    let stack = by_hand(3);
    day.attach(&stack)
        .scale("web", 3, async |plan| Ok(plan))
        .await
        .unwrap();
    day.attach(&stack).converge().await.unwrap();
    let forgetful = Day {
        bench: Bench {
            journal: Journal::default(),
            ..day.bench
        },
        ..day
    };
    let plan = forgetful.attach(&stack).plan().await.unwrap();
    assert_eq!((plan.count(Action::Adopt), plan.steps.len()), (3, 3), "{plan:#?}");
}

#[tokio::test]
async fn a_protected_replica_is_not_removed() {
    let day = Day::new().await;
    let protected = stage()
        .add(web().protect())
        .add(Scale::builder().server("web").min(1).max(3).build());
    day.attach(&protected).converge().await.unwrap();
    day.attach(&protected)
        .scale("web", 2, async |plan| Ok(plan))
        .await
        .unwrap();
    let report = day
        .attach(&protected)
        .scale("web", 1, async |plan| Ok(plan))
        .await
        .unwrap();
    assert!(report.done.is_empty());
    assert_eq!(day.servers(), ["web", "web-2"]);
}

#[tokio::test]
async fn a_day_of_load_is_followed_without_flapping() {
    let day = Day::new().await;
    let stack = by_load(5);
    let mut picture = Picture::default();
    day.minutes(&stack, 24 * 60, office, &mut picture).await;
    picture.decided(&day.decisions.lock().unwrap());
    let counts = day.counts();
    assert_eq!(
        counts.iter().map(|(_, count)| *count).collect::<Vec<_>>(),
        [2, 3, 5, 4, 3, 2, 1, 2, 4, 1],
        "{counts:#?}"
    );
    let decisions = day.decisions.lock().unwrap();
    for pair in decisions.windows(2) {
        let cooldown = if pair[1].1 > pair[0].1 { 300 } else { 1800 };
        assert!(pair[1].0.duration_since(pair[0].0).as_secs() >= cooldown);
    }
    picture.is_in_the_documents("scale-day.svg");
}

#[tokio::test]
async fn a_loop_that_dies_at_any_write_decides_as_one_that_lives() {
    let evening = |hour: f64| office(hour + 18.5);
    let stack = by_load(5);
    let alive = Day::new().await;
    alive.minutes(&stack, 200, evening, &mut Picture::default()).await;
    let mortal = Day::new().await;
    let mut deaths = 0;
    let begin: Timestamp = MIDNIGHT.parse().unwrap();
    for _ in 0..200 {
        let now = mortal.clock.now();
        let load = evening(now.duration_since(begin).as_secs_f64() / 3600.0);
        let before = mortal.servers().len();
        if now.as_second() % 300 == 0 {
            mortal.load(load).await;
        }
        // Each write kills one loop before it and one after it; the last one has nothing left to write.
        while mortal.dies(&stack, 1, Death::BeforeEffect).await {
            deaths += 1 + u32::from(mortal.dies(&stack, 1, Death::AfterEffect).await);
        }
        mortal.tick(&stack).await.unwrap();
        if mortal.servers().len() != before {
            mortal.load(load).await;
        }
        mortal.clock.advance(Duration::from_secs(60));
    }
    assert!(deaths >= 12, "only {deaths} deaths");
    assert_eq!(mortal.counts(), alive.counts());
    assert_eq!(mortal.bench.inventory(), alive.bench.inventory());
}

#[tokio::test]
async fn a_hundred_servers_are_one_list_and_a_reading_each_bucket() {
    let day = Day::new().await;
    let stack = by_load(100);
    day.attach(&stack).converge().await.unwrap();
    day.attach(&stack)
        .scale("web", 100, async |plan| Ok(plan))
        .await
        .unwrap();
    day.load(100.0 * 70.0).await;
    day.clock.advance(Duration::from_secs(1200));
    day.bench.sandbox.clear_log().unwrap();
    let attached = day.attach(&stack);
    let stop = tokio_util::sync::CancellationToken::new();
    let session = attached.session.clone().unwrap().cancelled_by(stop.clone());
    let looks = Mutex::new(0);
    let told = |event: WatchEvent| {
        if matches!(event, WatchEvent::Looked(_)) {
            let mut looks = looks.lock().unwrap();
            *looks += 1;
            if *looks == 3 {
                stop.cancel();
            }
        }
    };
    let options = WatchOptions::default().interval(Duration::from_secs(1));
    let before = busy();
    attached.session(session).watch(&options, told).await.unwrap();
    // The emulated cloud works in this thread, too: it is less than that.
    if let (Some(before), Some(after)) = (before, busy()) {
        let look = after.saturating_sub(before) / 3;
        println!("a look at 100 servers takes {look:?} of a processor");
        assert!(look < Duration::from_secs(2), "{look:?}");
    }
    let mut calls: BTreeMap<String, u32> = BTreeMap::new();
    for entry in day.bench.log().entries() {
        let last = entry.path.rsplit('/').next().unwrap_or_default();
        *calls.entry(format!("{} {last}", entry.method)).or_default() += 1;
    }
    let expected = [("GET monitor", 100), ("GET server", 3)];
    assert_eq!(
        calls,
        expected.map(|(call, count)| (call.to_owned(), count)).into()
    );
    assert!(day.decisions.lock().unwrap().is_empty());
    assert_eq!(day.bench.journal.state().scaled("web").unwrap().count, 100);
}

/// How long this thread was on a processor, where the system says so.
fn busy() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

#[tokio::test]
async fn without_repairs_only_replicas_come_and_go() {
    let day = Day::new().await;
    let stack = by_load(3);
    day.attach(&stack).converge().await.unwrap();
    let more = stack.add(crate::prelude::Switch::builder().name("inside").build());
    day.load(95.0).await;
    day.clock.advance(Duration::from_secs(1200));
    let only_scaling = WatchOptions::default().once().without_repairs();
    day.attach(&more).watch(&only_scaling, |_| {}).await.unwrap();
    assert_eq!(day.servers(), ["web", "web-2"], "and no switch");
    day.attach(&more)
        .watch(&WatchOptions::default().once(), |_| {})
        .await
        .unwrap();
    assert_eq!(
        day.servers(),
        ["web", "web-2", "inside"],
        "with repairs it comes too"
    );
}
