//! Two changes of one thing that both die, one after the other, and a file that is put back as it was: nothing that either of them
//! may have written is left.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_sandbox::Moment;
use futures::StreamExt as _;

use crate::bench::{Bench, Life, Undisturbed, manners};
use crate::crash::{Boundary, assert_put_back};
use crate::lives::written;

/// What is declared first and last, and two changes of it that add another address each.
const KINDS: &[(&str, [&str; 3])] = &[
    (
        "worker",
        [
            r#"worker "gate" { source "./worker.js"; compatibility-date "2026-01-31"; route "gate.example.com/a/*" }"#,
            r#"worker "gate" { source "./worker.js"; compatibility-date "2026-01-31"; route "gate.example.com/b/*"; custom-domain "b.example.com" }"#,
            r#"worker "gate" { source "./worker.js"; compatibility-date "2026-01-31"; route "gate.example.com/c/*"; custom-domain "c.example.com" }"#,
        ],
    ),
    (
        "r2-bucket",
        [
            r#"r2-bucket "files" { custom-domain "a.example.com" }"#,
            r#"r2-bucket "files" { custom-domain "b.example.com" min-tls="1.2"; lifecycle { rule "b" delete-after-days=30 } }"#,
            r#"r2-bucket "files" { custom-domain "a.example.com" min-tls="1.3"; lifecycle { rule "c" delete-after-days=60 } }"#,
        ],
    ),
    (
        "pages",
        [
            r#"pages "site" { source "./site" }"#,
            r#"pages "site" { source "./site"; custom-domain "b.example.com"; env { B "1" } }"#,
            r#"pages "site" { source "./site"; custom-domain "c.example.com"; env { C "1" } }"#,
        ],
    ),
];

/// Where the changes of this number die: at each request, before and after its effect.
fn boundaries(undisturbed: &Undisturbed, act: usize) -> impl Iterator<Item = Boundary> + use<> {
    (1..=undisturbed.requests[act]).flat_map(|number| {
        [Moment::BeforeEffect, Moment::AfterEffect].map(|moment| Boundary::Request(moment, number))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_interrupted_changes_may_have_written_is_undone() {
    let mut sum = 0;
    for (name, texts) in KINDS {
        let declared = texts.map(|text| Arc::new(move || written(text)) as crate::bench::Declared);
        let life = Life::new(name, declared);
        let manners = manners(Duration::from_mins(2));
        let undisturbed = Arc::new(Undisturbed::of(&life, &manners).await);
        let pairs: Vec<_> = boundaries(&undisturbed, 1)
            .flat_map(|first| boundaries(&undisturbed, 2).map(move |second| (first, second)))
            .collect();
        // A number that is prime to those of both: every place of each change is among them.
        let tried = futures::stream::iter(pairs.into_iter().step_by(7)).map(|(first, second)| {
            let (life, manners, undisturbed) = (life.clone(), manners.clone(), Arc::clone(&undisturbed));
            tokio::spawn(async move {
                let bench = Bench::of(&life, &manners).await;
                bench.up_to(&life, 1).await;
                bench.die_at(&life, 1, first).await;
                bench.die_at(&life, 2, second).await;
                let place = format!("{}, {first:?} and then {second:?}, undone", life.name);
                assert_put_back(&bench, &life, 0, &undisturbed, &place).await;
            })
        });
        let tried: Vec<_> = tried.buffer_unordered(16).collect().await;
        for one in &tried {
            assert!(one.is_ok(), "{name}: see above");
        }
        sum += tried.len();
    }
    println!("{sum} pairs of changes that died, and were put back");
    assert!(sum > 50, "{sum}");
}
