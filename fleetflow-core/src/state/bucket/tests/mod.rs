//! The bucket store in memory: damage, old objects, encryption, leases, faults; and on real services where they are.

mod encryption;
mod faults;
mod leases;
#[cfg(target_os = "linux")]
mod machines;
mod services;

use std::path::Path as FilePath;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use super::*;
use crate::state::runs::{applied, damage, holder, names, run};
use faults::Faulty;

/// A store over objects that tests can look at and break.
fn bucket() -> (Arc<Faulty>, BucketStore) {
    let objects = Arc::new(Faulty::default());
    let store = BucketStore::over(objects.clone(), "creo/dev", "s3://states/creo/dev".to_owned());
    (objects, store)
}

fn path(name: &str) -> Path {
    Path::from(format!("creo/dev/{name}"))
}

async fn content(objects: &Faulty, name: &str) -> Vec<u8> {
    let got = objects.inner.get(&path(name)).await.unwrap();
    got.bytes().await.unwrap().to_vec()
}

async fn put(objects: &Faulty, name: &str, content: Vec<u8>) {
    objects.inner.put(&path(name), content.into()).await.unwrap();
}

async fn delete(objects: &Faulty, name: &str) {
    objects.inner.delete(&path(name)).await.unwrap();
}

async fn all_names(objects: &Faulty) -> Vec<String> {
    let found = objects
        .inner
        .list(None)
        .map_ok(|object| object.location.to_string());
    let mut names: Vec<_> = found.try_collect().await.unwrap();
    names.sort();
    names
}

use futures::TryStreamExt as _;

#[tokio::test]
async fn an_append_is_one_put_and_a_run_of_many_becomes_a_snapshot() {
    let (objects, store) = bucket();
    let lease = store.acquire(holder("a")).await.unwrap();
    let before = objects.calls();
    for number in 0..100 {
        store
            .append(&lease, vec![applied(&format!("n{number}"))])
            .await
            .unwrap();
    }
    assert_eq!(objects.calls() - before, 100, "one call each");
    store.release(lease).await.unwrap();
    let before = objects.calls();
    assert_eq!(store.load().await.unwrap().serial(), 100);
    assert_eq!(objects.calls() - before, 3, "lease, snapshot, list");
    let before = objects.calls();
    run(&store, [applied("last")]).await;
    println!(
        "a run with one append: {} calls beside its append",
        objects.calls() - before - 1
    );
    assert!(objects.calls() - before <= 8);
    assert_eq!(names(&store).await.len(), 101);
}

#[tokio::test]
async fn either_of_snapshot_and_pages_survives_the_loss_of_the_other() {
    let (objects, store) = bucket();
    for round in 0..4 {
        run(
            &store,
            (0..LONG).map(|number| applied(&format!("{round}-{number}"))),
        )
        .await;
    }
    let whole = store.load().await.unwrap();
    assert!(whole.damage().is_empty());
    assert_eq!(whole.entries().count() as u64, 4 * LONG);
    let pages = all_names(&objects)
        .await
        .iter()
        .filter(|name| name.contains("journal/"))
        .count() as u64;
    assert_eq!(
        pages,
        LONG + 1,
        "the pages of one generation are kept, with their fence"
    );
    assert_eq!(store.history().await.unwrap().len() as u64, LONG);
    let snapshot = String::from_utf8(content(&objects, "snapshot.json").await).unwrap();
    put(
        &objects,
        "snapshot.json",
        snapshot.replace("id of 0-3", "id of 0-x").into(),
    )
    .await;
    let again = store.load().await.unwrap();
    assert_eq!(again.damage(), ["s3://states/creo/dev/snapshot.json is damaged"]);
    assert!(
        again.entries().eq(whole.entries()),
        "made again from the one before"
    );
    let lease = store.acquire(holder("b")).await.unwrap();
    assert_eq!(store.repair(&lease).await.unwrap().len(), 1);
    store.release(lease).await.unwrap();
    let mended = store.load().await.unwrap();
    assert!(mended.damage().is_empty() && mended.entries().eq(whole.entries()));
    let aside = all_names(&objects)
        .await
        .iter()
        .filter(|name| name.contains("damaged-5/"))
        .count() as u64;
    assert_eq!(aside, LONG + 4, "pages, two fences, two snapshots");
    run(&store, [applied("after")]).await;
    assert_eq!(names(&store).await.len() as u64, 4 * LONG + 1);
}

#[tokio::test]
async fn every_flipped_byte_and_every_missing_page_is_noticed_and_the_rest_is_used() {
    let (objects, store) = bucket();
    run(&store, ["a", "b", "c"].map(applied)).await;
    for page in 1..=4 {
        let name = format!("journal/{page:012}.jsonl");
        let whole = content(&objects, &name).await;
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            put(&objects, &name, flipped).await;
            let Ok(state) = store.load().await else {
                assert_eq!(whole[at], b'2', "only a format that seems newer is an error");
                continue;
            };
            assert!(!state.damage().is_empty(), "{name}, byte {at}");
            assert!(state.entries().count() >= 2, "{name}, byte {at}");
        }
        delete(&objects, &name).await;
        assert!(!damage(&store).await.is_empty(), "{name} is missing");
        put(&objects, &name, whole).await;
    }
    assert!(damage(&store).await.is_empty());
    for page in 1..=4 {
        delete(&objects, &format!("journal/{page:012}.jsonl")).await;
    }
    assert_eq!(damage(&store).await, ["events 1 to 3 are missing"]);
    run(&store, [applied("d")]).await;
    assert_eq!(names(&store).await, ["d"]);
    assert_eq!(
        damage(&store).await.last().unwrap(),
        "events 1 to 3 are missing",
        "until it is repaired"
    );
}

#[tokio::test]
async fn objects_of_older_versions_are_read_and_newer_ones_refused_with_a_hint() {
    let (objects, store) = bucket();
    let golden = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/state/v2-bucket");
    for name in [
        "snapshot.json",
        "lease.json",
        "journal/000000000004.jsonl",
        "journal/000000000005.jsonl",
    ] {
        put(&objects, name, std::fs::read(golden.join(name)).unwrap()).await;
    }
    assert_eq!(names(&store).await, ["db", "web"]);
    assert!(damage(&store).await.is_empty());
    run(&store, [applied("new")]).await;
    assert_eq!(names(&store).await, ["db", "new", "web"]);
    for name in ["snapshot.json", "lease.json", "journal/000000000005.jsonl"] {
        let kept = content(&objects, name).await;
        let newer = String::from_utf8_lossy(&kept).replace("fleetflow_state\":2", "fleetflow_state\":99");
        put(&objects, name, newer.into()).await;
        let refusal = store.acquire(holder("a")).await.unwrap_err();
        assert!(refusal.to_string().contains("format 99"), "{name}: {refusal}");
        assert_eq!(refusal.advice(), Some("use a newer version of FleetFlow"));
        put(&objects, name, kept).await;
    }
}

#[tokio::test]
async fn the_key_of_the_fingerprints_is_made_once() {
    let (_, store) = bucket();
    let keys = futures::future::join_all((0..8).map(|_| store.fingerprint_key())).await;
    let keys: Vec<_> = keys.into_iter().map(Result::unwrap).collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
}
