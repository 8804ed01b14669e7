//! Every read shows the world as it was a while ago, through all of a life: each act follows the last one at once, and ends in
//! the same world all the same.

use std::time::Duration;

use crate::bench::{Bench, Life, Undisturbed, manners};
use crate::lives;

/// How far behind reads are, in seconds of the world's time: as far as is promised to be borne.
const LAG: u64 = 25;

/// How often an act may fail until it must succeed.
const TRIES: usize = 4;

/// How often something of `life` failed on the way to the end.
#[expect(clippy::print_stdout, reason = "what failed on the way is said")]
async fn lived(life: Life) -> usize {
    let manners = manners(Duration::from_mins(2));
    let undisturbed = Undisturbed::of(&life, &manners).await;
    let bench = Bench::lagging(&manners, LAG).await;
    let mut all = 0;
    for number in 0..life.acts() {
        let mut failures = 0;
        while let Err(error) = bench.act(&life, number).await {
            failures += 1;
            println!("{}, act {number}: {error}", life.name);
            assert!(failures < TRIES, "{}, act {number}: {error:?}", life.name);
        }
        all += failures;
        bench
            .assert_ended(&life, number, &undisturbed.worlds[number], life.name)
            .await;
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_whose_reads_all_lag_behind_ends_in_the_same_world() {
    let lives = lives::kinds().into_iter().chain([lives::example()]);
    let lived: Vec<_> = lives.map(|life| (life.name, tokio::spawn(lived(life)))).collect();
    for (name, life) in lived {
        let failures = life.await.unwrap_or_else(|_| panic!("{name} does not end well"));
        println!("{name}: every read lags behind; {failures} runs failed on the way");
    }
}
