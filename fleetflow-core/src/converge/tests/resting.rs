//! Planted secrets are looked for in everything that a store keeps after whole runs, in a folder and in a bucket.

use std::fs;
use std::path::Path;

use secrecy::SecretString;

use super::thing::Thing;
use super::{Bench, stack};
use crate::clouds::Clouds;
use crate::converge::{Caller, Session};
use crate::model::{Input, Stack};
use crate::state::{FolderStore, Store};

const PLANTED: &str = "planted-hunter2";

fn declared(value: &str) -> Stack {
    let secret = Input::text(["pw=".into(), Input::secret("pw")]);
    stack(vec![Thing::new("a").input(secret)]).secret("pw", SecretString::from(value))
}

/// Creates, changes and removes what is declared with secrets.
async fn live(bench: &Bench, store: impl Store + Clone + 'static) {
    let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
    let session = Session::new(Clouds::things(bench.things.clone()), store, caller);
    for value in [PLANTED, "planted-other"] {
        let stack = declared(value).session(session.clone());
        let plan = stack.plan().await.unwrap();
        let observation = stack.observe().await.unwrap();
        let report = stack.converge().await.unwrap();
        let shown = format!("{stack:?} {plan:?} {observation:?} {report:?} {session:?}");
        assert!(shown.contains("{\"$secret\": String(\"pw\")}"), "{shown}");
        assert!(!shown.contains("planted"), "{shown}");
        assert_eq!(bench.things.rows()[0].input, Some(format!("pw={value}")));
    }
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let content = fs::read(entry.path()).unwrap();
            (
                entry.file_name().into_string().unwrap(),
                String::from_utf8_lossy(&content).into_owned(),
            )
        })
        .collect()
}

#[tokio::test]
async fn no_file_of_a_state_holds_a_secret_that_was_applied() {
    let folder = tempfile::tempdir().unwrap();
    live(&Bench::default(), FolderStore::new(folder.path())).await;
    let files = files(folder.path());
    assert!(
        files.iter().any(|(_, text)| text.contains("fingerprints")),
        "{files:?}"
    );
    for (name, text) in &files {
        assert!(!text.contains("planted"), "{name}: {text}");
    }
}

#[tokio::test]
async fn no_object_of_a_state_holds_a_secret_that_was_applied() {
    let store = crate::state::BucketStore::in_memory();
    live(&Bench::default(), store.clone()).await;
    let objects = store.everything().await;
    assert!(objects.len() > 4, "{}", objects.len());
    for (name, content) in &objects {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("planted"), "{name}: {text}");
    }
}
