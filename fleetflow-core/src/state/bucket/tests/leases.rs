//! Who writes: one at a time, the dead are taken over by the watcher's own clock, and who lost the lease writes nothing.

use super::*;
use crate::ErrorKind;
use crate::state::acquire_within;

const LONG_WAIT: Duration = Duration::from_mins(15);

fn since(time: &str) -> Holder {
    Holder {
        since: time.to_owned(),
        ..holder("alice at a laptop")
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_writer_is_told_who_the_first_is_and_a_living_holder_is_never_taken_over() {
    let (_, store) = bucket();
    let lease = store.acquire(holder("alice")).await.unwrap();
    let other = bucket_of_another_process(&store);
    let mut told = Vec::new();
    let refusal = acquire_within(&other, holder("bob"), LONG_WAIT, |error| {
        told.push(error.to_string());
    })
    .await
    .unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Locked);
    assert!(
        refusal.to_string().contains("alice") && told.len() == 1,
        "{refusal}"
    );
    assert!(refusal.advice().unwrap().contains("--lock-wait"), "{refusal:?}");
    store.append(&lease, vec![applied("a")]).await.unwrap();
    store.release(lease).await.unwrap();
    let lease = other.acquire(holder("bob")).await.unwrap();
    assert_eq!(lease.number, 2);
    other.release(lease).await.unwrap();
}

/// The same objects, seen by somebody who has watched nobody yet.
fn bucket_of_another_process(store: &BucketStore) -> BucketStore {
    BucketStore {
        watched: Arc::default(),
        ..store.clone()
    }
}

/// The times that holders name are a quarter of an hour off in either direction: it plays no part.
#[tokio::test(start_paused = true)]
async fn a_dead_holder_is_taken_over_after_a_minute_whatever_its_clock_says() {
    for time in [
        "2020-01-01T00:00:00Z",
        "2026-01-01T00:15:00Z",
        "2099-01-01T00:00:00Z",
    ] {
        let (_, store) = bucket();
        let lease = store.acquire(since(time)).await.unwrap();
        store.append(&lease, vec![applied("a")]).await.unwrap();
        drop(lease);
        let other = bucket_of_another_process(&store);
        let began = tokio::time::Instant::now();
        let lease = acquire_within(&other, holder("bob"), LONG_WAIT, |_| {})
            .await
            .unwrap();
        let waited = began.elapsed();
        assert!(waited >= PATIENCE && waited < PATIENCE * 2, "{time}: {waited:?}");
        other.append(&lease, vec![applied("b")]).await.unwrap();
        other.release(lease).await.unwrap();
        assert_eq!(names(&other).await, ["a", "b"]);
    }
}

/// A holder that was cut off is taken over; coming back, it gets an error at once, and nothing of it is written.
#[tokio::test(start_paused = true)]
async fn who_was_taken_over_writes_nothing_more() {
    let (_, store) = bucket();
    let cut_off = store.acquire(holder("alice")).await.unwrap();
    store.append(&cut_off, vec![applied("a")]).await.unwrap();
    let Guard::Bucket(writer) = &cut_off.guard else {
        panic!()
    };
    writer.hang();
    tokio::time::sleep(PATIENCE * 2 / 3).await;
    let refusal = store.still_held(&cut_off).await.unwrap_err();
    assert_eq!(
        refusal.kind(),
        ErrorKind::Locked,
        "it knows by itself before anybody takes over"
    );
    let other = bucket_of_another_process(&store);
    let lease = acquire_within(&other, holder("bob"), LONG_WAIT, |_| {})
        .await
        .unwrap();
    // A machine that slept does not know how long: it believes that the lease is still its own.
    writer.believe();
    store.still_held(&cut_off).await.unwrap();
    let refusal = store.append(&cut_off, vec![applied("late")]).await.unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Locked, "{refusal}");
    assert!(store.still_held(&cut_off).await.is_err(), "now it knows");
    store.release(cut_off).await.unwrap();
    other.append(&lease, vec![applied("b")]).await.unwrap();
    other.release(lease).await.unwrap();
    assert_eq!(names(&store).await, ["a", "b"]);
    assert!(damage(&store).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unlocked_lease_is_free_and_its_holder_notices() {
    let (_, store) = bucket();
    assert_eq!(store.unlock().await.unwrap(), None);
    let lease = store.acquire(holder("alice")).await.unwrap();
    assert_eq!(store.unlock().await.unwrap(), Some(holder("alice")));
    assert_eq!(store.unlock().await.unwrap(), None);
    tokio::time::sleep(PATIENCE / 2).await;
    assert_eq!(
        store.still_held(&lease).await.unwrap_err().kind(),
        ErrorKind::Locked
    );
    let other = store.acquire(holder("bob")).await.unwrap();
    assert!(other.number > lease.number);
    store.release(lease).await.unwrap();
    store.append(&other, vec![applied("b")]).await.unwrap();
    store.release(other).await.unwrap();
    assert_eq!(names(&store).await, ["b"]);
}

#[tokio::test]
async fn a_damaged_or_deleted_lease_can_be_taken_and_the_numbers_still_grow() {
    let (objects, store) = bucket();
    run(&store, [applied("a")]).await;
    run(&store, [applied("b")]).await;
    put(&objects, "lease.json", b"nonsense".to_vec()).await;
    let refusal = store.acquire(holder("a")).await.unwrap_err();
    assert!(
        refusal.advice().unwrap().contains("flow state unlock"),
        "{refusal:?}"
    );
    store.unlock().await.unwrap();
    let lease = store.acquire(holder("a")).await.unwrap();
    assert!(lease.number > 2);
    drop(lease);
    delete(&objects, "lease.json").await;
    let lease = store.acquire(holder("a")).await.unwrap();
    assert!(lease.number > 3, "{}", lease.number);
    store.append(&lease, vec![applied("c")]).await.unwrap();
    assert_eq!(names(&store).await, ["a", "b", "c"]);
}

/// How often each of two writers tries.
pub(super) const TRIES: usize = 200;

/// The worst that can be: both believe at once that the other is dead, and never that they are themselves. Only the
/// fence stands between them. Answers what was acknowledged.
async fn ruthless(store: BucketStore, who: &'static str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..TRIES {
        let Ok(lease) = store.acquire(holder(who)).await else {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(..500))).await;
            continue;
        };
        for part in 0..3 {
            let Guard::Bucket(writer) = &lease.guard else {
                panic!()
            };
            writer.hang();
            writer.believe();
            let name = format!("{who}-{number}-{part}");
            if store.append(&lease, vec![applied(&name)]).await.is_err() {
                break;
            }
            acknowledged.push(name);
            tokio::time::sleep(Duration::from_micros(fastrand::u64(..300))).await;
        }
        if fastrand::bool() {
            store.release(lease).await.unwrap();
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_ruthless_writers_never_interleave_and_lose_nothing_that_was_acknowledged() {
    let (_, store) = bucket();
    let store = store.patience(Duration::from_millis(1));
    let [one, two] = ["a", "b"].map(|who| tokio::spawn(ruthless(bucket_of_another_process(&store), who)));
    let acknowledged = [one.await.unwrap(), two.await.unwrap()].concat();
    // Events of a lease after those of a later one, and events that are missing, are damage.
    assert!(damage(&store).await.is_empty());
    let written = names(&store).await;
    assert!(acknowledged.iter().all(|name| written.contains(name)));
    println!(
        "{} appends acknowledged of {} tries of two writers, {} written",
        acknowledged.len(),
        2 * TRIES,
        written.len()
    );
    assert!(acknowledged.len() > TRIES, "{}", acknowledged.len());
}
