//! What is let go stays where it is: retained by its declaration, or forgotten by a person.

use super::thing::Thing;
use super::{Bench, stack};
use crate::model::{Address, Declare as _};
use crate::plan::Action;
use crate::state::{self, Holder};

fn names(bench: &Bench) -> Vec<String> {
    bench.things.rows().iter().map(|row| row.name.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_let_go_stays_in_every_later_run_until_it_is_declared_again() {
    let bench = Bench::default();
    let both = stack(vec![Thing::new("b")]).add(Thing::new("a").retain());
    bench.converge(&both).await.unwrap();
    let one = stack(vec![Thing::new("b")]);
    for _ in 0..2 {
        bench.converge(&one).await.unwrap();
        assert_eq!(names(&bench), ["a", "b"]);
    }
    let plan = bench.attach(one.clone()).plan().await.unwrap();
    assert!(plan.is_empty() && plan.foreign == 1, "{plan:?}");
    let again = stack(vec![Thing::new("b"), Thing::new("a")]);
    let report = bench.converge(&again).await.unwrap();
    assert_eq!(report.count(Action::Adopt), 1);
    let plan = bench.attach(one.clone()).plan().await.unwrap();
    let counts = (plan.count(Action::Delete), plan.foreign);
    assert_eq!(counts, (1, 0), "nothing is counted as left alone: {plan:?}");
    bench.converge(&one).await.unwrap();
    assert_eq!(names(&bench), ["b"], "it is ours again, and retained no more");
}

#[tokio::test(start_paused = true)]
async fn what_the_command_forgets_is_left_alone() {
    let bench = Bench::default();
    bench
        .converge(&stack(vec![Thing::new("a"), Thing::new("b")]))
        .await
        .unwrap();
    let holder = Holder {
        who: "somebody".to_owned(),
        operation: "state forget".to_owned(),
        since: String::new(),
    };
    state::forget(&bench.journal, holder, &Address::new("thing", "a"))
        .await
        .unwrap();
    bench.converge(&stack(vec![Thing::new("b")])).await.unwrap();
    assert_eq!(names(&bench), ["a", "b"]);
}
