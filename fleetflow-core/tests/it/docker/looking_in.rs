//! Logs of containers, and commands in them.

use std::time::Duration;

use fleetflow_core::docker::{Command, Host, LogRequest, Pipe};
use fleetflow_core::prelude::*;
use futures::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::bench::{Bench, service, words};
use super::on_both_engines;

on_both_engines!(logs_are_read, commands_run_inside, busy_containers_are_seen);

async fn logs_are_read(bench: &Bench) {
    let task = Service {
        command: words(&["echo", "hello"]),
        restart: Restart::No,
        ..service("task")
    };
    let stack = bench.stack(vec![task]);
    bench.up(&stack).await.unwrap();
    let id = bench.id("task").await;
    let logged = bench
        .engines
        .logs(&Host::local(), &id, LogRequest::default())
        .await
        .unwrap();
    let pieces: Vec<_> = logged.try_collect().await.unwrap();
    assert_eq!(
        (pieces[0].pipe, pieces[0].bytes.as_ref()),
        (Pipe::Out, &b"hello\n"[..])
    );
    let nobody = bench
        .engines
        .logs(&Host::local(), "nobody", LogRequest::default())
        .await
        .unwrap();
    let error = nobody.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    bench.clean_up(&stack).await;
}

async fn commands_run_inside(bench: &Bench) {
    let stack = bench.stack(vec![service("web")]);
    bench.up(&stack).await.unwrap();
    let id = bench.id("web").await;
    let run = async |words: &[&str], input: &[u8]| {
        let command = Command {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            input: !input.is_empty(),
            ..Command::default()
        };
        let mut running = bench.engines.exec(&Host::local(), &id, command).await.unwrap();
        running.input.write_all(input).await.unwrap();
        running.input.shutdown().await.unwrap();
        let output = std::mem::replace(&mut running.output, Box::pin(futures::stream::empty()));
        let pieces: Vec<_> = output.try_collect().await.unwrap();
        let text = pieces
            .iter()
            .map(|piece| String::from_utf8_lossy(&piece.bytes).into_owned());
        (text.collect::<String>(), running.exit_code().await.unwrap())
    };
    assert_eq!(run(&["echo", "hi"], b"").await, ("hi\n".to_owned(), Some(0)));
    assert_eq!(run(&["sh", "-c", "exit 4"], b"").await.1, Some(4));
    assert_eq!(run(&["cat"], b"through").await, ("through".to_owned(), Some(0)));
    bench.clean_up(&stack).await;
}

/// The emulated machine has two processors, and an idle container takes one percent of one.
async fn busy_containers_are_seen(bench: &Bench) {
    let busy = Service {
        command: words(&["sh", "-c", "while true; do true; done"]),
        ..service("busy")
    };
    let stack = bench.stack(vec![busy, service("idle")]);
    bench.up(&stack).await.unwrap();
    let first = bench.engines.usage(&Host::local(), None).await.unwrap();
    if bench.sandbox.is_some() {
        assert!(
            first.load().is_some_and(|load| load > 0.0 && load < 1.1),
            "{first:?}"
        );
        return bench.clean_up(&stack).await;
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    let one_core = 100.0 / f64::from(u32::try_from(cores).unwrap());
    // Others use the machine too: a part of a core is what can be relied on.
    let is_busy = |load: Option<f64>| load.is_some_and(|load| load > one_core * 0.2);
    assert!(is_busy(first.load()), "{first:?} of {cores} cores");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let next = bench.engines.usage(&Host::local(), Some(&first)).await.unwrap();
    assert!(is_busy(next.load()), "{next:?} of {cores} cores");
    assert!(next.span() > Duration::from_secs(1), "{next:?}");
    bench.clean_up(&stack).await;
}
