//! Times of the parts that grow with a stack: loading a file, checking a stack, planning, and whole runs on emulated
//! clouds without latency. Run with `cargo bench -p fleetflow-benches`.

use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fleetflow_benches::{file_of_records, stack_of_records};
use fleetflow_core::plan::DataGuard;
use fleetflow_core::state::{MemoryStore, Store};
use fleetflow_examples::emulated::Emulated;
use fleetflow_examples::stack_m;
use fleetflow_kdl::{LoadOptions, MemoryFiles};
use fleetflow_sandbox::{Options, Timings};

const SIZES: [usize; 3] = [100, 1_000, 5_000];

fn loading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load a file");
    for size in SIZES {
        let files = MemoryFiles::new().with("flow.kdl", file_of_records(size));
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &files, |bench, files| {
            bench.iter(|| {
                fleetflow_kdl::load(&LoadOptions::new("flow.kdl", files)).expect("a file that loads")
            });
        });
    }
    group.finish();
}

fn checking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check a stack");
    for size in SIZES {
        let stack = stack_of_records(size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &stack, |bench, stack| {
            bench.iter(|| assert!(stack.check().is_empty()));
        });
    }
    group.finish();
}

/// A converged stack with its clouds, and how long a plan takes in which nothing changes.
fn planning(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("plan without a change");
    group.sample_size(10);
    for latency in [0, 50, 120] {
        let options = Options {
            timings: Timings::INSTANT,
            latency: Duration::from_millis(latency),
            ..Options::default()
        };
        let (clouds, store) = runtime.block_on(async {
            let clouds = Emulated::with(options).await.expect("emulated clouds");
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let session = clouds
                .session_on(store.clone())
                .expect("a session")
                .data(DataGuard::Allow);
            stack_m::stack()
                .session(session)
                .converge()
                .await
                .expect("a converged stack");
            (clouds, store)
        });
        group.bench_function(format!("stack M at {latency} ms"), |bench| {
            bench.to_async(&runtime).iter(|| async {
                // New clients each time: connections, zones and engines are not known.
                let session = clouds.session_on(store.clone()).expect("a session");
                let plan = stack_m::stack().session(session).plan().await.expect("a plan");
                assert!(plan.is_empty());
            });
        });
    }
    group.finish();
}

/// Records of one zone from nothing, and back to nothing.
fn converging(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("converge and destroy");
    group.sample_size(10);
    let clouds = runtime.block_on(Emulated::start()).expect("emulated clouds");
    for size in [100, 1_000] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::new("records", size), &size, |bench, size| {
            bench.to_async(&runtime).iter(|| async {
                let session = clouds.session().expect("a session");
                let stack = stack_of_records(*size).session(session);
                stack.converge().await.expect("a converged stack");
                stack.destroy().await.expect("an empty zone");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, loading, checking, planning, converging);
criterion_main!(benches);
