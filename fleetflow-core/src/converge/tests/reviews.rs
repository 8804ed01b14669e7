//! Runs that somebody looks at first, and runs about one resource only.

use super::thing::{Row, Thing};
use super::{Bench, stack};
use crate::error::{Error, ErrorKind};
use crate::model::Address;
use crate::plan::{Action, Plan};

fn stranger(name: &str) -> Row {
    Row {
        owner: None,
        name: name.to_owned(),
        size: 1,
        zone: "a".to_owned(),
        input: None,
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_a_review_leaves_of_a_plan_is_carried_out() {
    let bench = Bench::default();
    let both = bench.attach(stack(vec![Thing::new("a"), Thing::new("b")]));
    let refused = both
        .converge_reviewed(async |plan| {
            assert_eq!(plan.steps.len(), 2);
            Err(Error::new(ErrorKind::Cancelled, "no"))
        })
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Cancelled);
    assert!(bench.things.rows().is_empty() && bench.journal.pages().events.is_empty());
    let report = both
        .converge_reviewed(async |plan| Ok(plan.targeting(&[Address::new("thing", "b")].into())))
        .await
        .unwrap();
    assert_eq!(report.done, [(Address::new("thing", "b"), Action::Create)]);
    both.converge().await.unwrap();
    let report = both
        .destroy_reviewed(async |plan| Ok(plan.targeting(&[Address::new("thing", "a")].into())))
        .await
        .unwrap();
    assert_eq!(report.done, [(Address::new("thing", "a"), Action::Delete)]);
    assert_eq!(bench.things.rows().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_import_is_about_one_resource_whatever_else_is_in_the_way() {
    let bench = Bench::default();
    bench.things.insert(stranger("a"));
    bench.things.insert(stranger("b"));
    let declared = stack(vec![Thing::new("a"), Thing::new("b"), Thing::new("c")]);
    let address = Address::new("thing", "a");
    let adopting = |id: &str| {
        declared
            .clone()
            .session(bench.session().adopting(address.clone(), id))
    };
    let plan = adopting("1").plan().await.unwrap();
    assert_eq!(
        plan.steps
            .iter()
            .map(|step| (&step.address, step.action))
            .collect::<Vec<_>>(),
        [(&address, Action::Adopt)]
    );
    let other = adopting("77").plan().await;
    assert!(other.is_err() || other.unwrap().count(Action::Adopt) == 0);
    adopting("1").converge().await.unwrap();
    assert_eq!(bench.journal.state().entries().count(), 1);
    let refusal = adopting("2").plan().await.unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Conflict);
    assert!(refusal.message().ends_with("as 1 and not as 2"), "{refusal}");
    let refusal = bench.converge(&declared).await.unwrap_err();
    assert!(refusal.to_string().contains("flow import thing.b 2"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_declared_cannot_be_imported() {
    let bench = Bench::default();
    let session = bench.session().adopting(Address::new("thing", "aa"), "1");
    let refusal = stack(vec![Thing::new("a")])
        .session(session)
        .plan()
        .await
        .unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Invalid);
    assert!(refusal.advice().unwrap().contains("thing.a"), "{refusal:?}");
}

#[tokio::test(start_paused = true)]
async fn a_state_that_was_just_seen_is_what_the_first_look_begins_with_and_nothing_else() {
    let bench = Bench::default();
    let declared = stack(vec![Thing::new("a")]);
    bench.converge(&declared).await.unwrap();
    // Another state than there is: whoever begins with it misses what it tells of.
    let other = Bench::default();
    other
        .converge(&stack(vec![Thing::new("a"), Thing::new("b")]))
        .await
        .unwrap();
    let blind = || {
        declared
            .clone()
            .session(bench.session().seen(other.journal.state()))
    };
    let forgotten = |plan: Plan| plan.records.len();
    let looked = blind();
    assert_eq!(forgotten(looked.plan().await.unwrap()), 1, "the first look");
    assert_eq!(forgotten(looked.plan().await.unwrap()), 0, "the second");
    let carried_out = blind();
    let seen = std::cell::Cell::new(usize::MAX);
    carried_out
        .converge_reviewed(async |plan| {
            seen.set(forgotten(plan.clone()));
            Ok(plan)
        })
        .await
        .unwrap();
    assert_eq!(seen.get(), 0, "what is carried out is planned from what is there");
    assert_eq!(forgotten(carried_out.plan().await.unwrap()), 0, "a look after it");
}
