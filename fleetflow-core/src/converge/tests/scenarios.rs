//! One behaviour a test: what a plan says, what a run does, what it leaves alone.

use secrecy::SecretString;

use super::thing::{Fault, Row, Thing, UNMARKABLE};
use super::{Bench, stack};
use crate::error::ErrorKind;
use crate::model::{Address, Declare as _, Input};
use crate::plan::{Action, Level};

fn names(bench: &Bench) -> Vec<String> {
    bench.things.rows().into_iter().map(|row| row.name).collect()
}

#[tokio::test(start_paused = true)]
async fn a_second_run_changes_nothing_and_a_plan_writes_nothing() {
    let bench = Bench::default();
    let a = Thing::new("a");
    let both = stack(vec![Thing::new("b").input(a.serial()), a]);
    let report = bench.converge(&both).await.unwrap();
    assert_eq!(report.count(Action::Create), 2);
    assert_eq!(
        bench.things.rows()[1].input.as_deref(),
        Some("1"),
        "b knows the serial of a"
    );
    let (writes, events) = (bench.things.writes(), bench.journal.pages().events.len());
    let plan = bench.attach(both).plan().await.unwrap();
    assert!(
        plan.is_empty() && plan.records.is_empty() && plan.drift.is_empty(),
        "{plan:?}"
    );
    assert_eq!(plan.unchanged, 2);
    assert_eq!(
        (bench.things.writes(), bench.journal.pages().events.len()),
        (writes, events)
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_is_exactly_that_change() {
    let bench = Bench::default();
    bench
        .converge(&stack(vec![Thing::new("a"), Thing::new("b")]))
        .await
        .unwrap();
    let changed = stack(vec![Thing::new("a").size(5), Thing::new("b")]);
    let plan = bench.attach(changed.clone()).plan().await.unwrap();
    let [step] = plan.steps.as_slice() else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (step.action, step.disruption.level),
        (Action::Update, Level::Restart)
    );
    assert_eq!(step.changes[0].path.to_string(), "size");
    bench.converge(&changed).await.unwrap();
    assert_eq!(bench.things.rows()[0].size, 5);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_ripples_to_who_depends_on_it() {
    let bench = Bench::default();
    let declared = |zone: &str| {
        let a = Thing::new("a").zone(zone);
        stack(vec![Thing::new("b").input(a.serial()), a])
    };
    bench.converge(&declared("a")).await.unwrap();
    let plan = bench.attach(declared("z")).plan().await.unwrap();
    let actions: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.address.name(), step.action))
        .collect();
    assert_eq!(actions, [("a", Action::Replace), ("b", Action::Update)]);
    assert!(plan.steps[0].changes[0].forces_replacement);
    bench.converge(&declared("z")).await.unwrap();
    assert_eq!(bench.things.rows()[1].input.as_deref(), Some("3"));
    assert!(bench.attach(declared("z")).plan().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn removal_goes_in_reverse_order() {
    let bench = Bench::default();
    let a = Thing::new("a");
    bench
        .converge(&stack(vec![Thing::new("b").input(a.serial()), a]))
        .await
        .unwrap();
    let plan = bench.attach(stack(vec![])).plan_destroy().await.unwrap();
    let order: Vec<_> = plan.steps.iter().map(|step| step.address.name()).collect();
    assert_eq!(order, ["b", "a"]);
    bench.destroy().await.unwrap();
    assert!(names(&bench).is_empty());
    assert!(bench.journal.state().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stranger_of_the_same_name_is_an_error_and_stays() {
    let bench = Bench::default();
    let stranger = Row {
        owner: None,
        name: "a".to_owned(),
        size: 9,
        zone: "q".to_owned(),
        input: None,
    };
    bench.things.insert(stranger.clone());
    let refusal = bench.converge(&stack(vec![Thing::new("a")])).await.unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Conflict);
    assert!(refusal.to_string().contains("flow import thing.a 1"), "{refusal}");
    assert_eq!(bench.things.rows(), [stranger]);
    let report = bench
        .converge(&stack(vec![]).add(Thing::new("a").zone("q").adopt()))
        .await
        .unwrap();
    assert_eq!(report.count(Action::Adopt), 1);
    assert_eq!(
        bench.things.rows()[0].size,
        1,
        "what differs is changed when it is taken over"
    );
}

#[tokio::test(start_paused = true)]
async fn drift_is_told_and_repaired() {
    let bench = Bench::default();
    let declared = stack(vec![Thing::new("a"), Thing::new("b")]);
    bench.converge(&declared).await.unwrap();
    bench.things.change("a", |row| row.size = 42);
    bench.things.remove("b");
    let plan = bench.attach(declared.clone()).plan().await.unwrap();
    assert_eq!(plan.drift.len(), 2);
    assert_eq!(plan.count(Action::Update) + plan.count(Action::Create), 2);
    bench.converge(&declared).await.unwrap();
    assert_eq!(names(&bench), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_is_neither_deleted_nor_replaced_even_when_its_block_is_gone() {
    let bench = Bench::default();
    bench
        .converge(&stack(vec![]).add(Thing::new("a").protect()))
        .await
        .unwrap();
    for changed in [
        stack(vec![]),
        stack(vec![]).add(Thing::new("a").zone("z").protect()),
    ] {
        let refusal = bench.converge(&changed).await.unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Guarded, "{refusal}");
    }
    assert_eq!(bench.destroy().await.unwrap_err().kind(), ErrorKind::Guarded);
    assert_eq!(names(&bench), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_retained_stays_and_is_forgotten() {
    let bench = Bench::default();
    bench
        .converge(&stack(vec![]).add(Thing::new("a").retain()))
        .await
        .unwrap();
    let report = bench.destroy().await.unwrap();
    assert_eq!(report.count(Action::Forget), 1);
    assert_eq!(names(&bench), ["a"]);
    assert!(bench.journal.state().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_skips_its_dependents_only() {
    let bench = Bench::default();
    let a = Thing::new("a");
    let all = stack(vec![Thing::new("b").input(a.serial()), a, Thing::new("c")]);
    bench.things.faulty([(2, Fault::Before)]);
    let one_by_one = all.clone().session(bench.session().parallelism(1));
    let failure = one_by_one.converge().await.unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Partial);
    assert_eq!(failure.address(), Some(&Address::new("thing", "a")));
    assert_eq!(names(&bench), ["c"]);
    bench.converge(&all).await.unwrap();
    assert_eq!(names(&bench), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_reaches_the_cloud_but_neither_plan_nor_state_and_its_change_is_seen() {
    let bench = Bench::default();
    let declared = |value: &str| {
        stack(vec![
            Thing::new("a").input(Input::text(["pw=".into(), Input::secret("pw")])),
        ])
        .secret("pw", SecretString::from(value))
    };
    let first = declared("hunter2-planted");
    let plan = bench.attach(first.clone()).plan().await.unwrap();
    bench.converge(&first).await.unwrap();
    assert_eq!(
        bench.things.rows()[0].input.as_deref(),
        Some("pw=hunter2-planted")
    );
    let rest = format!(
        "{}{}{:?}",
        serde_json::to_string(&plan).unwrap(),
        serde_json::to_string(&bench.journal.pages().events).unwrap(),
        first
    );
    assert!(!rest.contains("hunter2"), "{rest}");
    let changed = bench.attach(declared("other")).plan().await.unwrap();
    assert!(
        changed.steps[0].changes.iter().all(|change| change.secret),
        "{changed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_refused_when_the_world_moved_on() {
    let bench = Bench::default();
    let declared = bench.attach(stack(vec![Thing::new("a")]));
    let plan = declared.plan().await.unwrap();
    let saved: crate::plan::Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    declared.converge().await.unwrap();
    assert_eq!(
        declared.apply(&saved).await.unwrap_err().kind(),
        ErrorKind::Conflict
    );
    bench.destroy().await.unwrap();
    let refusal = declared.apply(&saved).await.unwrap_err();
    assert_eq!(
        refusal.kind(),
        ErrorKind::Conflict,
        "the same world, but another state"
    );
    let plan = declared.plan().await.unwrap();
    assert_eq!(declared.apply(&plan).await.unwrap().count(Action::Create), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_begins_nothing_new_and_the_next_one_goes_on() {
    let bench = Bench::default();
    let a = Thing::new("a");
    let both = stack(vec![Thing::new("b").input(a.serial()), a]);
    let token = tokio_util::sync::CancellationToken::new();
    let stop = token.clone();
    let session = bench.session().cancelled_by(token).watcher(move |event| {
        if matches!(event, crate::converge::Event::Started { .. }) {
            stop.cancel();
        }
    });
    let stopped = both.clone().session(session).converge().await.unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
    assert_eq!(names(&bench), ["a"]);
    bench.converge(&both).await.unwrap();
    assert_eq!(names(&bench), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_state_is_found_again_by_the_marks() {
    let bench = Bench::default();
    let declared = stack(vec![Thing::new("a"), Thing::new("b")]);
    bench.converge(&declared).await.unwrap();
    bench.journal.pages().events.clear();
    let report = bench.converge(&declared).await.unwrap();
    assert_eq!(report.count(Action::Adopt), 2);
    assert_eq!(bench.things.writes(), 2, "nothing was made again");
    assert!(bench.attach(declared).plan().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_for_in_the_same_run_and_makes_no_duplicate() {
    for (fault, stale) in [(Fault::After, 0), (Fault::After, 25), (Fault::Before, 0)] {
        let bench = Bench::default();
        bench.things.stale(std::time::Duration::from_secs(stale));
        bench.things.faulty([(2, fault)]);
        let a = Thing::new("a");
        let both = stack(vec![Thing::new("b").input(a.serial()), a]);
        let report = bench.converge(&both).await;
        if fault == Fault::After {
            assert_eq!(report.unwrap().count(Action::Create), 2, "{fault:?} {stale}");
        }
        let declared = bench.things.declared();
        assert!(
            declared.iter().all(|count| *count == 2),
            "a look for what was lost is one of the same stage: {declared:?}"
        );
        assert!(names(&bench).len() <= 2, "{fault:?} {stale}: {:?}", names(&bench));
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_interrupted_run_made_is_waited_for_when_reads_are_stale() {
    let bench = Bench::default();
    bench.things.stale(std::time::Duration::from_secs(25));
    bench.things.faulty([(2, Fault::DieAfter)]);
    let one = stack(vec![Thing::new("a")]);
    let died = tokio::time::timeout(std::time::Duration::from_secs(1), bench.converge(&one)).await;
    assert!(died.is_err());
    bench.converge(&one).await.unwrap();
    assert_eq!(names(&bench), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_create_leaves_nothing_to_look_for() {
    let bench = Bench::default();
    bench.things.faulty([(2, Fault::Refused)]);
    let refusal = bench.converge(&stack(vec![Thing::new("a")])).await.unwrap_err();
    assert!(refusal.to_string().contains("never"), "{refusal}");
    assert!(bench.journal.state().is_empty());
}

/// Whatever moves, the plan is refused, also where its own steps would be the same ones.
#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_bound_to_declaration_state_and_clouds() {
    let bench = Bench::default();
    bench
        .converge(&stack(vec![Thing::new("a"), Thing::new("b")]))
        .await
        .unwrap();
    let declared = bench.attach(stack(vec![Thing::new("a").size(5), Thing::new("b")]));
    let plan = declared.plan().await.unwrap();
    assert_eq!(plan, declared.plan().await.unwrap(), "the same from the same");
    let saved: crate::plan::Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    let refusal = |refusal: crate::Error| {
        assert_eq!(refusal.kind(), ErrorKind::Conflict);
        refusal.to_string()
    };
    bench.things.change("b", |row| row.size = 42);
    let clouds = refusal(declared.apply(&saved).await.unwrap_err());
    assert!(clouds.contains("the clouds do not look"), "{clouds}");
    bench.things.change("b", |row| row.size = 1);
    // Nobody declares it, so the plan would be the same one.
    bench
        .things
        .change("a", |row| row.input = Some("by hand".to_owned()));
    let seen = refusal(declared.apply(&saved).await.unwrap_err());
    assert!(seen.contains("is not as it was seen"), "{seen}");
    bench.things.change("a", |row| row.input = None);
    let more = bench.attach(stack(vec![
        Thing::new("a").size(5),
        Thing::new("b"),
        Thing::new("c"),
    ]));
    let declaration = refusal(more.apply(&saved).await.unwrap_err());
    assert!(declaration.contains("the declaration"), "{declaration}");
    let event = crate::state::Event::Forgotten {
        address: Address::new("thing", "unknown"),
        left: false,
    };
    bench.journal.pages().events.push(event);
    let state = refusal(declared.apply(&saved).await.unwrap_err());
    assert!(state.contains("the state has changed"), "{state}");
    bench.journal.pages().events.pop();
    assert_eq!(
        declared.apply(&saved).await.unwrap().count(Action::Update),
        1,
        "nothing has moved"
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_waits_as_long_as_its_plan_says_and_others_go_on() {
    let bench = Bench::default();
    let both = bench.attach(stack(vec![Thing::new("a"), Thing::new("b")]));
    let began = tokio::time::Instant::now();
    let slowly = async |mut plan: crate::plan::Plan| {
        plan.steps[0].pause = Some(crate::plan::Pause {
            seconds: 120,
            until: "nobody asks for it".to_owned(),
        });
        Ok(plan)
    };
    let report = both.converge_reviewed(slowly).await.unwrap();
    let order: Vec<_> = report.done.iter().map(|(address, _)| address.name()).collect();
    assert_eq!(order, ["b", "a"]);
    assert_eq!(began.elapsed().as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn what_was_never_finished_is_not_told_to_be_gone() {
    let bench = Bench::default();
    bench.things.faulty([(2, Fault::DieBefore)]);
    let one = stack(vec![Thing::new("a")]);
    assert!(bench.converge_or_die(&one).await.is_none());
    let plan = bench.attach(one).plan().await.unwrap();
    assert_eq!((plan.count(Action::Create), plan.drift.len()), (1, 0), "{plan:?}");
}

#[tokio::test(start_paused = true)]
async fn a_removal_without_a_state_says_what_it_cannot_know() {
    let bench = Bench::default();
    let both = stack(vec![Thing::new("a"), Thing::new("bare").zone(UNMARKABLE)]);
    bench.converge(&both).await.unwrap();
    bench.journal.pages().events.clear();
    let plan = bench.attach(both.clone()).plan_destroy().await.unwrap();
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("flow import thing.bare ")),
        "{plan:?}"
    );
    bench.attach(both).destroy().await.unwrap();
    assert_eq!(names(&bench), ["bare"]);
}

#[tokio::test(start_paused = true)]
async fn a_stage_stays_in_the_account_that_it_was_made_in() {
    let bench = Bench::default();
    let declared = stack(vec![Thing::new("a")]);
    let signed_in = |account: &str| {
        let session = bench.session().account("cloudflare", account);
        (session.clone(), declared.clone().session(session))
    };
    let (_, first) = signed_in("one");
    first.converge().await.unwrap();
    first.converge().await.unwrap();
    let (session, other) = signed_in("two");
    let writes = bench.things.writes();
    for refused in [
        other.plan().await.map(drop),
        other.converge().await.map(drop),
        other.destroy().await.map(drop),
        other.observe().await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Guarded);
        assert!(
            error.message().contains("account one") && error.message().contains("account two"),
            "{error}"
        );
    }
    assert_eq!(bench.things.writes(), writes);
    // Whoever says that it is meant goes on there; what was removed belongs to nobody.
    let changed = stack(vec![Thing::new("a").size(2)]);
    changed.session(session.moving()).converge().await.unwrap();
    assert!(signed_in("one").1.plan().await.is_err());
    signed_in("two").1.destroy().await.unwrap();
    signed_in("one").1.converge().await.unwrap();
}
