//! The folder store: crashes, damage, old files, full disks, two writers, and what an append costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::generation::{JOURNAL, journal};
use super::*;
use crate::model::Address;
use crate::state::runs::{applied, damage, holder, names, run};
use crate::state::{acquire_within, forget};

fn folder() -> (TempDir, FolderStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(folder.path());
    (folder, store)
}

fn golden(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/state")
        .join(version)
}

#[tokio::test]
async fn a_line_cut_short_by_a_crash_did_not_happen_and_the_journal_goes_on() {
    let (folder, store) = folder();
    let lease = store.acquire(holder("a")).await.unwrap();
    store
        .append(&lease, vec![applied("a"), applied("b")])
        .await
        .unwrap();
    drop(lease);
    let journal = folder.path().join("journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    for cut in 1..60 {
        fs::write(&journal, &whole[..whole.len() - cut]).unwrap();
        assert_eq!(store.history().await.unwrap(), [applied("a")]);
        assert!(
            damage(&store).await.is_empty(),
            "a crash of a run is no damage: {cut}"
        );
    }
    run(&store, [applied("c")]).await;
    assert_eq!(store.history().await.unwrap(), [applied("a"), applied("c")]);
    assert!(damage(&store).await.is_empty());
}

#[tokio::test]
async fn every_flipped_byte_is_noticed_and_the_rest_is_used() {
    let (folder, store) = folder();
    run(&store, ["a", "b", "c"].map(applied)).await;
    let journal = folder.path().join("journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&journal, &flipped).unwrap();
        let Ok(state) = store.load().await else {
            assert_eq!(whole[at], b'2', "only a format that seems newer is an error");
            continue;
        };
        assert!(!state.damage().is_empty(), "byte {at}");
        // A lost end of line costs two events, as the next one hides behind it.
        assert!(!names(&store).await.is_empty(), "byte {at}");
    }
    fs::write(&journal, &whole).unwrap();
    assert!(damage(&store).await.is_empty());
}

#[tokio::test]
async fn a_journal_without_its_end_is_noticed() {
    let (folder, store) = folder();
    run(&store, ["a", "b", "c"].map(applied)).await;
    let journal = folder.path().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let kept: Vec<_> = text.split_inclusive('\n').take(2).collect();
    fs::write(&journal, kept.concat()).unwrap();
    assert_eq!(damage(&store).await, ["events 2 to 3 are missing"]);
    fs::remove_file(&journal).unwrap();
    assert_eq!(damage(&store).await, ["events 1 to 3 are missing"]);
}

#[tokio::test]
async fn damage_is_told_until_it_is_repaired_and_then_set_aside() {
    let (folder, store) = folder();
    run(&store, ["a", "b", "c"].map(applied)).await;
    let journal = folder.path().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replace("id of b", "id of x")).unwrap();
    run(&store, (0..LONG).map(|number| applied(&format!("n{number}")))).await;
    run(&store, [applied("d")]).await;
    let [line, event] = damage(&store).await.try_into().unwrap();
    assert!(line.ends_with("journal.jsonl is damaged at line 3"), "{line}");
    assert_eq!(event, "event 2 is missing");
    let lease = store.acquire(holder("a")).await.unwrap();
    assert_eq!(store.repair(&lease).await.unwrap().len(), 2);
    store.append(&lease, vec![applied("e")]).await.unwrap();
    store.release(lease).await.unwrap();
    assert!(damage(&store).await.is_empty());
    let state = store.load().await.unwrap();
    assert_eq!(state.serial(), 3 + LONG as u64 + 2);
    assert_eq!(state.entries().count(), 2 + LONG + 2);
    let aside = fs::read_to_string(folder.path().join("damaged-4-journal.jsonl")).unwrap();
    assert!(aside.contains("id of x"));
}

#[tokio::test]
async fn a_long_journal_becomes_a_snapshot_and_either_survives_the_loss_of_the_other() {
    let (folder, store) = folder();
    let named = |name: &str| folder.path().join(name);
    run(&store, (0..=LONG).map(|number| applied(&format!("n{number}")))).await;
    run(&store, (0..=LONG).map(|number| applied(&format!("m{number}")))).await;
    run(&store, [applied("last")]).await;
    let whole = store.load().await.unwrap();
    assert_eq!(whole.entries().count(), 2 * (LONG + 1) + 1);
    let lines = fs::read_to_string(named("journal.jsonl"))
        .unwrap()
        .lines()
        .count();
    assert_eq!(lines, 2, "what is in the snapshot is not in the journal");
    assert_eq!(
        store.history().await.unwrap().len(),
        LONG + 2,
        "the generation before is kept"
    );
    // What the snapshot holds is not read again, whole or not.
    let old = fs::read_to_string(named("journal.old.jsonl")).unwrap();
    fs::write(named("journal.old.jsonl"), old.replace("id of m5", "id of mX")).unwrap();
    assert_eq!(store.load().await.unwrap(), whole);
    fs::write(named("journal.old.jsonl"), old).unwrap();
    // A snapshot that somebody put back is older than the generation before ends.
    fs::copy(named("snapshot.json"), named("aside")).unwrap();
    fs::copy(named("snapshot.old.json"), named("snapshot.json")).unwrap();
    assert_eq!(store.load().await.unwrap(), whole);
    fs::rename(named("aside"), named("snapshot.json")).unwrap();
    // A crash between the two renamings, and one before the journal is renamed.
    fs::rename(named("snapshot.json"), named("aside")).unwrap();
    assert_eq!(store.load().await.unwrap(), whole);
    fs::copy(named("journal.old.jsonl"), named("journal.jsonl")).unwrap();
    fs::rename(named("aside"), named("snapshot.json")).unwrap();
    let found = store.load().await.unwrap();
    assert_eq!(
        found.damage().len(),
        1,
        "only the last event is missing: {:?}",
        found.damage()
    );
    assert_eq!(found.entries().count(), 2 * (LONG + 1));
    // A damaged snapshot is made again from the generation before, and told.
    let text = fs::read_to_string(named("snapshot.json")).unwrap();
    fs::write(named("snapshot.json"), text.replace("id of n5", "id of nX")).unwrap();
    let again = store.load().await.unwrap();
    assert_eq!(again.entries().count(), 2 * (LONG + 1));
    assert!(
        again.damage()[0].ends_with("snapshot.json is damaged"),
        "{:?}",
        again.damage()
    );
}

#[tokio::test]
async fn files_of_older_versions_are_read_and_go_on_in_the_form_of_today() {
    for version in ["v1", "v2"] {
        let (folder, store) = folder();
        for entry in fs::read_dir(golden(version)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let state = store.load().await.unwrap();
        assert!(state.damage().is_empty(), "{version}: {:?}", state.damage());
        assert_eq!(names(&store).await, ["db", "web"], "{version}");
        assert_eq!(state.serial(), 9, "{version}");
        let db = state.entry(&Address::new("server", "db")).unwrap();
        assert_eq!(
            (db.id(), db.record.protect),
            (Some("113"), true),
            "{version}: {db:?}"
        );
        run(&store, [applied("new")]).await;
        assert_eq!(names(&store).await, ["db", "new", "web"], "{version}");
        assert!(damage(&store).await.is_empty(), "{version}");
        let kept = if version == "v1" { 10 } else { 5 };
        assert_eq!(store.history().await.unwrap().len(), kept, "{version}");
    }
}

#[tokio::test]
async fn files_of_newer_versions_are_refused_with_a_hint_and_left_alone() {
    for name in ["journal.jsonl", "snapshot.json"] {
        let (folder, store) = folder();
        let text = "{\"sum\":\"0123456789abcdef\",\"fleetflow_state\":99}\n";
        fs::write(folder.path().join(name), text).unwrap();
        for refusal in [
            store.load().await.unwrap_err(),
            store.acquire(holder("a")).await.unwrap_err(),
        ] {
            assert_eq!(refusal.kind(), ErrorKind::State);
            assert!(refusal.to_string().contains("format 99"), "{refusal}");
            assert_eq!(refusal.advice(), Some("use a newer version of FleetFlow"));
            assert_eq!(refusal.registered(), &crate::codes::STATE_NEWER);
        }
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
    }
}

#[tokio::test]
async fn the_second_writer_is_told_who_the_first_is_and_may_wait() {
    let (_folder, store) = folder();
    let first = store.acquire(holder("alice")).await.unwrap();
    for refusal in [
        store.acquire(holder("bob")).await.unwrap_err(),
        store.unlock().await.unwrap_err(),
    ] {
        assert_eq!(refusal.kind(), ErrorKind::Locked);
        assert!(refusal.to_string().contains("alice"), "{refusal}");
    }
    let patient = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut told = Vec::new();
            let wait = Duration::from_mins(1);
            let lease =
                acquire_within(&store, holder("bob"), wait, |error| told.push(error.to_string())).await;
            (lease.unwrap().number, told)
        })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    store.release(first).await.unwrap();
    let (number, told) = patient.await.unwrap();
    assert_eq!((number, told.len()), (2, 1));
}

#[tokio::test]
async fn a_lease_that_was_taken_over_writes_nothing_more() {
    let (folder, store) = folder();
    let lease = store.acquire(holder("a")).await.unwrap();
    store.append(&lease, vec![applied("a")]).await.unwrap();
    // As when the lock file was deleted by hand, and somebody else went on.
    fs::remove_file(folder.path().join("lock")).unwrap();
    run(&store, [applied("b")]).await;
    for refusal in [
        store.append(&lease, vec![applied("c")]).await.unwrap_err(),
        store.still_held(&lease).await.unwrap_err(),
    ] {
        assert_eq!(refusal.kind(), ErrorKind::Locked, "{refusal}");
    }
    assert_eq!(names(&store).await, ["a", "b"]);
    assert!(damage(&store).await.is_empty());
}

#[tokio::test]
async fn what_is_forgotten_is_an_event_and_what_is_unknown_is_an_error() {
    let (_folder, store) = folder();
    run(&store, ["a", "b"].map(applied)).await;
    let a = Address::new("server", "a");
    forget(&store, holder("a"), &a).await.unwrap();
    assert_eq!(names(&store).await, ["b"]);
    assert_eq!(
        store.history().await.unwrap().last(),
        Some(&Event::Forgotten {
            address: a.clone(),
            left: true
        })
    );
    let refusal = forget(&store, holder("a"), &a).await.unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::NotFound);
    run(&store, [applied("c")]).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_an_error_that_says_so_and_loses_nothing() {
    let (folder, store) = folder();
    run(&store, [applied("a")]).await;
    let lease = store.acquire(holder("a")).await.unwrap();
    let journal = folder.path().join("journal.jsonl");
    let kept = folder.path().join("kept");
    fs::rename(&journal, &kept).unwrap();
    std::os::unix::fs::symlink("/dev/full", &journal).unwrap();
    let refusal = store.append(&lease, vec![applied("b")]).await.unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::State);
    assert!(refusal.advice().unwrap().contains("make room"), "{refusal:?}");
    fs::remove_file(&journal).unwrap();
    fs::rename(&kept, &journal).unwrap();
    store.append(&lease, vec![applied("c")]).await.unwrap();
    assert_eq!(names(&store).await, ["a", "c"]);
    assert!(damage(&store).await.is_empty());
}

#[tokio::test]
async fn a_write_that_ended_half_way_is_overwritten_by_the_next() {
    let (folder, store) = folder();
    let lease = store.acquire(holder("a")).await.unwrap();
    store.append(&lease, vec![applied("a")]).await.unwrap();
    let journal = folder.path().join("journal.jsonl");
    let mut text = fs::read_to_string(&journal).unwrap();
    text.push_str("{\"sum\":\"half");
    fs::write(&journal, text).unwrap();
    store.append(&lease, vec![applied("b")]).await.unwrap();
    assert_eq!(names(&store).await, ["a", "b"]);
    assert!(damage(&store).await.is_empty());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "").unwrap();
    let refusal = FolderStore::new(file.join("state"))
        .acquire(holder("a"))
        .await
        .unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::State);
    assert!(refusal.to_string().contains("a file"), "{refusal}");
    for (kind, advice) in [
        (std::io::ErrorKind::ReadOnlyFilesystem, "--state"),
        (std::io::ErrorKind::PermissionDenied, "who owns"),
        (std::io::ErrorKind::QuotaExceeded, "make room"),
    ] {
        let error = files::failed("write", &file, &kind.into());
        assert!(error.advice().unwrap().contains(advice), "{error:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("state");
    let store = FolderStore::new(&folder);
    run(&store, (0..=LONG).map(|number| applied(&format!("n{number}")))).await;
    run(&store, [applied("a")]).await;
    assert_eq!(
        store.fingerprint_key().await.unwrap(),
        store.fingerprint_key().await.unwrap()
    );
    let mut seen = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{entry:?}"
        );
        seen.push(entry.file_name().into_string().unwrap());
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "journal.jsonl",
            "journal.old.jsonl",
            "key",
            "lock",
            "snapshot.json"
        ]
    );
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
}

/// The work of an append is counted in bytes, which no busy machine changes; times are only printed.
#[tokio::test]
async fn an_append_costs_the_same_after_ten_thousand_others() {
    let (folder, store) = folder();
    let lease = store.acquire(holder("a")).await.unwrap();
    let journal = folder.path().join("journal.jsonl");
    let size = || fs::metadata(&journal).map_or(0, |data| data.len());
    let mut grown = Vec::new();
    let mut times = Vec::new();
    for number in 10_000..20_000 {
        let (before, began) = (size(), Instant::now());
        store
            .append(&lease, vec![applied(&number.to_string())])
            .await
            .unwrap();
        grown.push(size() - before);
        times.push(began.elapsed());
    }
    let (first, last) = (&grown[1..1000], &grown[9000..]);
    assert!(
        last.iter().max().unwrap() - first.iter().min().unwrap() <= 4,
        "digits of the number"
    );
    let mean = |times: &[Duration]| times.iter().sum::<Duration>() / 1000;
    println!(
        "10,000 appends: {:?} each for the first thousand, {:?} for the last",
        mean(&times[..1000]),
        mean(&times[9000..])
    );
    store.release(lease).await.unwrap();
    let began = Instant::now();
    assert_eq!(store.load().await.unwrap().serial(), 10_000);
    println!(
        "loading 10,000 resources from the snapshot: {:?}",
        began.elapsed()
    );
}

/// How often the two writers of the tests below try.
const TRIES: usize = 200;

/// Takes the lease, writes three events with pauses between them, gives it back; or is refused. Answers how often
/// it wrote.
async fn compete(store: &FolderStore, who: &str) -> usize {
    let mut won = 0;
    for number in 0..TRIES {
        let Ok(lease) = store.acquire(holder(who)).await else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        for part in 0..3 {
            let event = applied(&format!("{who}-{number}-{part}"));
            store.append(&lease, vec![event]).await.unwrap();
            tokio::task::yield_now().await;
        }
        store.release(lease).await.unwrap();
        won += 1;
    }
    won
}

/// Every run's three events stand together, and no event is missing.
async fn assert_not_interleaved(store: &FolderStore) -> usize {
    assert!(damage(store).await.is_empty());
    let journal = journal(store, JOURNAL).unwrap();
    let mut runs = 0;
    for (at, record) in journal.records.iter().enumerate() {
        let Event::Applied { address, .. } = &record.event else {
            panic!("{record:?}")
        };
        let (run, part) = address.name().rsplit_once('-').unwrap();
        assert_eq!(part.parse::<usize>().unwrap(), at % 3, "{run} was interrupted");
        runs += usize::from(part == "0");
    }
    runs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_in_one_process_never_interleave() {
    let (_folder, store) = folder();
    let (first, second) = (store.clone(), store.clone());
    let one = tokio::spawn(async move { compete(&first, "a").await });
    let two = tokio::spawn(async move { compete(&second, "b").await });
    let won = one.await.unwrap() + two.await.unwrap();
    // How often depends on how long a write takes beside a refusal.
    assert!(won >= TRIES / 20, "{won}");
    // The journal became a snapshot on the way where it was long: only the last generation is looked at.
    assert!(assert_not_interleaved(&store).await <= won);
}

/// The other process of the test below; by itself it does nothing.
#[tokio::test]
#[ignore = "is started by `two_processes_never_interleave`"]
async fn competing_process() {
    let Ok(folder) = std::env::var("FLEETFLOW_TEST_FOLDER") else {
        return;
    };
    let who = std::env::var("FLEETFLOW_TEST_WHO").unwrap();
    compete(&FolderStore::new(folder), &who).await;
}

fn competitor(folder: &Path, who: &str) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "state::folder::tests::competing_process", "--ignored"])
        .env("FLEETFLOW_TEST_FOLDER", folder)
        .env("FLEETFLOW_TEST_WHO", who)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn two_processes_never_interleave_and_one_that_is_killed_lets_go() {
    let (folder, store) = folder();
    let [mut one, mut two, mut doomed] = ["a", "b", "c"].map(|who| competitor(folder.path(), who));
    tokio::time::sleep(Duration::from_millis(300)).await;
    doomed.kill().unwrap();
    doomed.wait().unwrap();
    assert!(one.wait().unwrap().success() && two.wait().unwrap().success());
    assert!(damage(&store).await.is_empty());
    let journal = journal(&store, JOURNAL).unwrap();
    let mut leases = journal
        .records
        .iter()
        .map(|record| record.lease)
        .collect::<Vec<_>>();
    assert!(leases.is_sorted(), "a lease wrote after a later one");
    leases.dedup();
    println!("{} runs of three processes stand one after another", leases.len());
    run(&store, [applied("after")]).await;
}
