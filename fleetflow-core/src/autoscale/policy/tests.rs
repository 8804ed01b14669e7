//! What holds for every load, and what is decided in the cases that people ask about.

use proptest::prelude::*;

use super::*;

const BUCKET: i64 = 300;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn policy(min: u32, max: u32) -> Policy {
    Policy {
        min,
        max,
        threshold: Some(80.0),
        target: 60.0,
        up_cooldown: seconds(300),
        down_cooldown: seconds(600),
        sample: seconds(300),
        stale: seconds(900),
    }
}

fn replica(number: usize, samples: Vec<Sample>) -> Replica {
    Replica {
        name: format!("web-{number}"),
        well: true,
        expendable: number > 1,
        samples,
    }
}

/// Replicas that carried `loads` in the last measured bucket.
fn carrying(loads: &[f64]) -> Vec<Replica> {
    let of = |(index, load): (usize, &f64)| replica(index + 1, vec![Sample::new(at(-BUCKET), *load)]);
    loads.iter().enumerate().map(of).collect()
}

fn count(loads: &[f64]) -> u32 {
    let current = u32::try_from(loads.len()).unwrap();
    decide(&carrying(loads), &policy(1, 10), current, None, at(0)).count
}

/// Servers whose load is what `load` says in all, measured in buckets as the real ones are, and the policy beside them.
struct World<'w> {
    policy: &'w Policy,
    load: &'w dyn Fn(i64) -> f64,
    count: u32,
    changes: Vec<(i64, u32)>,
    born: Vec<i64>,
    history: Vec<(i64, u32)>,
}

impl<'w> World<'w> {
    fn new(policy: &'w Policy, count: u32, load: &'w dyn Fn(i64) -> f64) -> Self {
        Self {
            policy,
            load,
            count,
            changes: Vec::new(),
            born: (0..count).map(|_| i64::MIN).collect(),
            history: vec![(i64::MIN, count)],
        }
    }

    fn at_work(&self, time: i64) -> u32 {
        let known = self.history.iter().rev().find(|(since, _)| *since <= time);
        known.map_or(self.count, |(_, count)| *count)
    }

    fn replicas(&self, now: i64) -> Vec<Replica> {
        let newest = now.div_euclid(BUCKET);
        let sample = |bucket: i64, born: i64| {
            let (start, end) = ((bucket - 1) * BUCKET, bucket * BUCKET);
            let each = (self.load)(start) / f64::from(self.at_work(start));
            Sample {
                time: at(end),
                load: (bucket < newest && born <= start).then_some(each.min(100.0)),
                span: None,
            }
        };
        let of = |(index, born): (usize, &i64)| {
            let samples = (newest - 12..=newest).map(|bucket| sample(bucket, *born));
            replica(index + 1, samples.collect())
        };
        self.born.iter().enumerate().map(of).collect()
    }

    fn run(mut self, span: i64) -> Self {
        for now in (0..span).step_by(60) {
            let last = self.changes.last().map(|(time, _)| at(*time));
            let decision = decide(&self.replicas(now), self.policy, self.count, last, at(now));
            if decision.count != self.count {
                self.count = decision.count;
                self.changes.push((now, decision.count));
                self.history.push((now, decision.count));
                self.born.resize(usize::try_from(decision.count).unwrap(), now);
            }
        }
        self
    }
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let load = prop_oneof![
        3 => (0.0..120.0_f64).prop_map(Some),
        1 => Just(None),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0)].prop_map(Some),
    ];
    (-3000_i64..600, load).prop_map(|(time, load)| Sample {
        time: at(time),
        load,
        span: None,
    })
}

fn any_replicas() -> impl Strategy<Value = Vec<Replica>> {
    let each = (
        prop::bool::weighted(0.8),
        prop::collection::vec(any_sample(), 0..8),
    );
    prop::collection::vec(each, 0..6).prop_map(|all| {
        let of = |(index, (well, samples))| Replica {
            well,
            ..replica(index + 1, samples)
        };
        all.into_iter().enumerate().map(of).collect()
    })
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let cooldowns = (0_u64..2000, 0_u64..2000);
    (1_u32..6, 0_u32..6, 2_u32..=100, 0.2..0.95_f64, cooldowns).prop_map(
        |(min, further, threshold, part, (up, down))| Policy {
            threshold: Some(f64::from(threshold)),
            target: f64::from(threshold) * part,
            up_cooldown: seconds(up),
            down_cooldown: seconds(down),
            ..policy(min, min + further)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_count_is_always_within_the_bounds(
        replicas in any_replicas(), policy in any_policy(), current in 0_u32..20, changed in prop::option::of(-4000_i64..100),
    ) {
        let decision = decide(&replicas, &policy, current, changed.map(at), at(0));
        prop_assert!((policy.min..=policy.max).contains(&decision.count), "{decision:?}");
    }

    #[test]
    fn nothing_changes_within_a_cooldown(
        replicas in any_replicas(), policy in any_policy(), further in 0_u32..6, ago in 0_i64..2500,
    ) {
        let current = (policy.min + further).min(policy.max);
        let decision = decide(&replicas, &policy, current, Some(at(-ago)), at(0));
        let ago = seconds(ago.unsigned_abs());
        prop_assert!(decision.count <= current || ago >= policy.up_cooldown, "{decision:?}");
        prop_assert!(decision.count >= current || ago >= policy.down_cooldown, "{decision:?}");
        prop_assert!(decision.replace.is_none() || ago >= policy.up_cooldown, "{decision:?}");
    }

    #[test]
    fn changes_of_a_long_run_keep_their_distance(
        policy in any_policy(), loads in prop::collection::vec(0.0..600.0_f64, 1..30),
    ) {
        let load = |time: i64| loads[usize::try_from(time.max(0) / 900).unwrap() % loads.len()];
        let world = World::new(&policy, policy.min, &load).run(6 * 3600);
        for pair in world.changes.windows(2) {
            let gap = seconds((pair[1].0 - pair[0].0).unsigned_abs());
            let cooldown = if pair[1].1 > pair[0].1 { policy.up_cooldown } else { policy.down_cooldown };
            prop_assert!(gap >= cooldown, "{:?}", world.changes);
        }
    }

    #[test]
    fn more_load_never_means_fewer(
        replicas in any_replicas(), policy in any_policy(), further in 0_u32..6, changed in prop::option::of(-4000_i64..0),
        more in prop::collection::vec(0.0..80.0_f64, 48),
    ) {
        let current = (policy.min + further).min(policy.max);
        let mut more = more.into_iter().cycle();
        let mut heavier = replicas.clone();
        for sample in heavier.iter_mut().flat_map(|replica| &mut replica.samples) {
            let add = more.next().unwrap();
            sample.load = sample.load.map(|load| if load >= 0.0 { load + add } else { load });
        }
        let count = |replicas: &[Replica]| decide(replicas, &policy, current, changed.map(at), at(0)).count;
        prop_assert!(count(&heavier) >= count(&replicas));
    }

    #[test]
    fn a_constant_load_is_answered_and_then_left_alone(
        policy in any_policy(), further in 0_u32..6, total in 0.0..900.0_f64,
    ) {
        let start = (policy.min + further).min(policy.max);
        let constant = |_| total;
        let world = World::new(&policy, start, &constant).run(12 * 3600);
        let late = world.changes.iter().filter(|(time, _)| *time > 6 * 3600).count();
        prop_assert_eq!(late, 0, "{:?}", world.changes);
        let each = total / f64::from(world.count);
        let threshold = policy.threshold.unwrap();
        prop_assert!(each <= threshold + 1e-6 || world.count == policy.max || each > 100.0, "{each} {:?}", world.changes);
        let fewer = world.count.max(2) - 1;
        let too_many = world.count > policy.min && total / f64::from(fewer) <= policy.target - 1e-6;
        prop_assert!(!too_many, "{:?}", world.changes);
    }

    #[test]
    fn a_load_that_trembles_around_any_value_does_not_flap(
        total in 10.0..600.0_f64, start in 1_u32..=12, tremble in prop::collection::vec(-0.1..0.1_f64, 40),
    ) {
        let policy = policy(1, 12);
        let load = |time: i64| total * (1.0 + tremble[usize::try_from(time.max(0) / BUCKET).unwrap() % 40]);
        let world = World::new(&policy, start, &load).run(24 * 3600);
        let counts: Vec<u32> = std::iter::once(start).chain(world.changes.iter().map(|(_, count)| *count)).collect();
        let turns = counts.windows(3).filter(|three| (three[1] > three[0]) != (three[2] > three[1])).count();
        prop_assert!(turns <= 1, "{counts:?}");
    }

    #[test]
    fn what_says_nothing_about_now_changes_nothing(
        replicas in any_replicas(), policy in any_policy(), further in 0_u32..6, ago in 0_i64..4000,
    ) {
        let current = (policy.min + further).min(policy.max);
        let decided = |replicas: &[Replica]| decide(replicas, &policy, current, Some(at(-ago)), at(0));
        let mut noisy = replicas.clone();
        for replica in &mut noisy {
            replica.samples.extend([
                Sample { time: at(-1), load: None, span: None },
                Sample::new(at(-100), f64::NAN),
                Sample::new(at(60), 100.0),
                Sample::new(at(-100_000), 100.0),
                Sample::new(at(-ago + 299), 100.0),
            ]);
        }
        noisy.push(Replica { well: false, ..replica(1, vec![Sample::new(at(-1), 100.0)]) });
        let (plain, noisy) = (decided(&replicas), decided(&noisy));
        if replicas.iter().all(|replica| replica.well) && noisy.reason != Reason::Unwell {
            prop_assert_eq!((plain.count, plain.load), (noisy.count, noisy.load));
        }
    }
}

#[test]
fn the_count_brings_the_load_to_the_target() {
    assert_eq!(count(&[95.0]), 2);
    assert_eq!(count(&[95.0, 95.0, 95.0]), 5);
    assert_eq!(count(&[80.0]), 1, "the threshold itself is not above it");
    assert_eq!(count(&[55.0, 55.0]), 2);
    assert_eq!(count(&[30.0, 30.0]), 1);
    assert_eq!(count(&[31.0, 31.0]), 2, "one alone would be above the target");
    assert_eq!(count(&[2.0, 2.0, 2.0, 2.0]), 1);
}

#[test]
fn one_hot_replica_is_averaged_with_the_others() {
    assert_eq!(count(&[99.0, 40.0, 40.0]), 3);
}

#[test]
fn going_down_needs_a_whole_cooldown_of_little_load() {
    let sample = |bucket: i64, load| Sample::new(at(-bucket * BUCKET), load);
    let burst = vec![sample(1, 10.0), sample(2, 70.0), sample(3, 10.0)];
    let calm = vec![sample(1, 10.0), sample(2, 10.0), sample(3, 70.0)];
    let count = |samples: &Vec<Sample>| {
        let both = [replica(1, samples.clone()), replica(2, samples.clone())];
        decide(&both, &policy(1, 3), 2, None, at(0)).count
    };
    assert_eq!((count(&burst), count(&calm)), (2, 1));
}

#[test]
fn one_that_is_not_well_is_made_anew_and_not_averaged() {
    let mut three = carrying(&[85.0, 85.0, 0.0]);
    three[2].well = false;
    let decision = decide(&three, &policy(1, 5), 3, None, at(0));
    assert_eq!(decision.load, Some(85.0));
    assert_eq!(decision.count, 3, "its replacement takes a third of the load");
    assert_eq!(decision.replace.as_deref(), Some("web-3"));
    let calm: Vec<_> = carrying(&[5.0, 5.0, 5.0])
        .into_iter()
        .map(|replica| Replica {
            well: replica.name != "web-2",
            ..replica
        })
        .collect();
    let decision = decide(&calm, &policy(1, 5), 3, None, at(0));
    assert_eq!(
        (decision.count, decision.reason),
        (3, Reason::Unwell),
        "a well one would be removed"
    );
}

#[test]
fn nothing_is_made_anew_where_all_are_ill_or_data_would_be_lost() {
    let ill = |wells: [bool; 2]| {
        let mut both = carrying(&[50.0, 50.0]);
        both.iter_mut()
            .zip(wells)
            .for_each(|(replica, well)| replica.well = well);
        decide(&both, &policy(1, 3), 2, None, at(0)).replace
    };
    assert_eq!(ill([false, false]), None);
    assert_eq!(ill([false, true]), None, "the first one is not expendable");
    assert_eq!(ill([true, false]).as_deref(), Some("web-2"));
}

#[test]
fn bounds_come_before_load_and_cooldown() {
    let now = Some(at(0));
    let decided = |current| {
        let decision = decide(&carrying(&[70.0]), &policy(2, 4), current, now, at(0));
        (decision.count, decision.reason)
    };
    assert_eq!(decided(1), (2, Reason::BelowMinimum { min: 2 }));
    assert_eq!(decided(9), (4, Reason::AboveMaximum { max: 4 }));
}

#[test]
fn each_reason_reads_as_a_sentence() {
    let said = |loads: &[f64], changed| {
        let current = u32::try_from(loads.len()).unwrap();
        let decision = decide(&carrying(loads), &policy(1, 3), current, changed, at(0));
        decision.reason.to_string()
    };
    assert_eq!(said(&[], None), "at least 1 are declared");
    assert_eq!(
        said(&[50.0], Some(at(-60))),
        "no load was measured since the last change"
    );
    assert_eq!(said(&[50.4], None), "the load of 50 % is fine");
    assert_eq!(
        said(&[90.0, 90.0, 90.0], None),
        "the load is 90 %, but no more are allowed"
    );
    assert_eq!(said(&[20.0, 10.0], None), "one carries the load alone, at 30 %");
    assert_eq!(
        said(&[1.0, 1.0], Some(at(-599))),
        "no load was measured since the last change"
    );
    let hasty = Policy {
        sample: seconds(10),
        ..policy(1, 3)
    };
    let decision = decide(
        &carrying(&[90.0]),
        &Policy {
            up_cooldown: seconds(900),
            ..hasty
        },
        1,
        Some(at(-600)),
        at(0),
    );
    assert_eq!(
        decision.reason.to_string(),
        format!("the load of 90 % asks for 2, but not before {}", at(300))
    );
}

#[test]
fn a_sample_of_a_short_time_says_something_soon_after_a_change() {
    let soon = |sample: Sample| {
        let replicas = [replica(1, vec![sample])];
        decide(&replicas, &policy(1, 10), 1, Some(at(-400)), at(0)).count
    };
    assert_eq!(
        soon(Sample::new(at(-200), 95.0)),
        1,
        "a bucket that reaches back before it"
    );
    assert_eq!(soon(Sample::new(at(-200), 95.0).over(seconds(60))), 2);
}

/// A change that was decided while the clock was hours ahead holds nothing up once it is set right; a little is within what two
/// machines' clocks are apart.
#[test]
fn a_clock_that_is_set_back_does_not_stop_the_scaling() {
    let decided = |ahead: i64| {
        let loads = carrying(&[95.0, 95.0]);
        decide(&loads, &policy(1, 10), 2, Some(at(ahead)), at(0))
    };
    assert!(decided(6 * 3600).count > 2, "{:?}", decided(6 * 3600));
    assert!(decided(601).count > 2, "{:?}", decided(601));
    for little in [240, 600] {
        assert_eq!(decided(little).count, 2, "{:?}", decided(little));
    }
}
