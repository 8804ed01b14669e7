//! The same promises on real S3 services: moto, and versitygw, which enforces conditional writes. `scripts/test-services.sh`
//! installs them into `target/services`; without `FLEETFLOW_TEST_S3=1` nothing here runs, and the tests say so.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use secrecy::SecretString;

use super::*;
use crate::state::acquire_within;

/// A server that ends with the test.
struct Service {
    process: Child,
    endpoint: String,
    _folder: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `name`'s program, or none with the reason on the test's output.
pub(super) fn installed(name: &str, program: &str) -> Option<PathBuf> {
    if std::env::var("FLEETFLOW_TEST_S3").as_deref() != Ok("1") {
        println!("skipped: {name} is only run with FLEETFLOW_TEST_S3=1 (see scripts/test-services.sh)");
        return None;
    }
    let path = FilePath::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/services")
        .join(program);
    if !path.exists() {
        println!("skipped: {name} is not installed at {}", path.display());
        return None;
    }
    Some(path)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn started(mut command: Command, port: u16, folder: tempfile::TempDir) -> Service {
    let process = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let service = Service {
        process,
        endpoint: format!("http://127.0.0.1:{port}"),
        _folder: folder,
    };
    let until = Instant::now() + Duration::from_secs(60);
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(Instant::now() < until, "the service did not start");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    service
}

async fn moto() -> Option<Service> {
    let program = installed("moto", "moto/bin/moto_server")?;
    let port = free_port();
    let mut command = Command::new(program);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    let service = started(command, port, tempfile::tempdir().unwrap()).await;
    // moto makes buckets without asking who wants them.
    let made = reqwest::Client::new()
        .put(format!("{}/states", service.endpoint))
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success(), "{made:?}");
    Some(service)
}

async fn versitygw() -> Option<Service> {
    let program = installed("versitygw", "bin/versitygw")?;
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    // A folder is a bucket there.
    std::fs::create_dir(folder.path().join("states")).unwrap();
    let mut command = Command::new(program);
    command
        .args(["--access", "test", "--secret", "test-secret", "--port"])
        .arg(format!("127.0.0.1:{port}"))
        .arg("posix")
        .arg(folder.path());
    Some(started(command, port, folder).await)
}

pub(super) fn store_at(endpoint: &str) -> BucketStore {
    let bucket = Bucket::builder()
        .name("states")
        .prefix("creo/dev")
        .endpoint(endpoint.to_owned())
        .access_key("test")
        .secret_key(SecretString::from("test-secret"))
        .build();
    BucketStore::new(bucket).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moto_keeps_a_state() {
    if let Some(service) = moto().await {
        keeps_a_state(&service).await;
        processes_take_turns(&service).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versitygw_keeps_a_state() {
    if let Some(service) = versitygw().await {
        keeps_a_state(&service).await;
        processes_take_turns(&service).await;
    }
}

/// A life with all there is: pages, snapshots, encryption, a second writer, a dead one, damage, repair, no access.
async fn keeps_a_state(service: &Service) {
    let store = store_at(&service.endpoint)
        .patience(Duration::from_secs(2))
        .encrypted(Encryption::weak("correct horse"));
    assert!(store.load().await.unwrap().is_empty());
    for round in 0..3 {
        run(
            &store,
            (0..LONG).map(|number| applied(&format!("{round}-{number}"))),
        )
        .await;
    }
    let state = store.load().await.unwrap();
    assert!(state.damage().is_empty(), "{:?}", state.damage());
    assert_eq!(state.entries().count() as u64, 3 * LONG);
    let kept = store.history().await.unwrap().len() as u64;
    assert!((LONG..3 * LONG).contains(&kept), "old pages are removed: {kept}");

    let living = store.acquire(holder("alice")).await.unwrap();
    let other = BucketStore {
        watched: Arc::default(),
        ..store.clone()
    };
    let wait = Duration::from_secs(4);
    let refusal = acquire_within(&other, holder("bob"), wait, |_| {})
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("alice"), "{refusal}");
    store.append(&living, vec![applied("living")]).await.unwrap();
    drop(living);
    let lease = acquire_within(&other, holder("bob"), Duration::from_secs(60), |_| {})
        .await
        .unwrap();
    other.append(&lease, vec![applied("other")]).await.unwrap();
    other
        .objects
        .remove(vec![journal::page(numbers(&other).await[0])])
        .await
        .unwrap();
    let reading = Reading::read(&other.objects).await.unwrap();
    assert!(
        reading.state.damage().is_empty(),
        "that page was in the snapshot: {:?}",
        reading.state.damage()
    );
    let last = journal::page(reading.page);
    other.objects.remove(vec![last]).await.unwrap();
    other.release(lease).await.unwrap();
    assert!(!damage(&other).await.is_empty());
    let lease = other.acquire(holder("bob")).await.unwrap();
    assert!(!other.repair(&lease).await.unwrap().is_empty());
    other.release(lease).await.unwrap();
    assert!(damage(&other).await.is_empty());
    assert_eq!(names(&other).await.len() as u64, 3 * LONG + 1);
}

async fn numbers(store: &BucketStore) -> Vec<u64> {
    journal::numbers_after(&store.objects, 0).await.unwrap()
}

/// How many runs each of two processes does.
const RUNS: usize = 20;

/// Takes turns with another process: each run writes three events.
async fn take_turns(store: &BucketStore, who: &str) {
    for number in 0..RUNS {
        let lease = acquire_within(store, holder(who), Duration::from_secs(120), |_| {})
            .await
            .unwrap();
        for part in 0..3 {
            let event = applied(&format!("{who}-{number}-{part}"));
            store.append(&lease, vec![event]).await.unwrap();
        }
        store.release(lease).await.unwrap();
    }
}

/// The other process of the test below; by itself it does nothing.
#[tokio::test]
#[ignore = "is started by the tests of services"]
async fn process_that_takes_turns() {
    let Ok(endpoint) = std::env::var("FLEETFLOW_TEST_ENDPOINT") else {
        return;
    };
    let who = std::env::var("FLEETFLOW_TEST_WHO").unwrap();
    take_turns(&store_of_processes(&endpoint), &who).await;
}

fn store_of_processes(endpoint: &str) -> BucketStore {
    let mut store = store_at(endpoint);
    store.objects = store.objects.below("processes");
    store
}

async fn processes_take_turns(service: &Service) {
    let began = Instant::now();
    let children = ["a", "b"].map(|who| {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "state::bucket::tests::services::process_that_takes_turns",
                "--ignored",
            ])
            .env("FLEETFLOW_TEST_ENDPOINT", &service.endpoint)
            .env("FLEETFLOW_TEST_WHO", who)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = store_of_processes(&service.endpoint);
    assert!(damage(&store).await.is_empty());
    assert_eq!(names(&store).await.len(), 2 * RUNS * 3);
    println!(
        "{} runs of two processes took turns in {:?}",
        2 * RUNS,
        began.elapsed()
    );
}
