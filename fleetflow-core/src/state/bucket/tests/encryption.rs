//! Encrypted objects: nothing readable rests, a wrong passphrase or none is an error, damage is damage.

use secrecy::{ExposeSecret as _, SecretString};

use super::*;
use crate::ErrorKind;
use crate::state::MemoryStore;

async fn all_content(objects: &Faulty) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for name in all_names(objects).await {
        let got = objects.inner.get(&Path::from(name.as_str())).await.unwrap();
        all.push((name, got.bytes().await.unwrap().to_vec()));
    }
    all
}

fn contains(content: &[u8], word: &str) -> bool {
    content
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

#[tokio::test]
async fn with_a_passphrase_nothing_that_rests_is_readable_and_others_with_it_read_everything() {
    let (objects, plain) = bucket();
    let store = plain.clone().encrypted(Encryption::weak("correct horse"));
    run(&store, (0..LONG).map(|number| applied(&format!("web{number}")))).await;
    let key = store.fingerprint_key().await.unwrap();
    let all = all_content(&objects).await;
    assert!(all.len() as u64 > LONG + 3);
    for (name, content) in &all {
        assert!(content.starts_with(b"age-encryption.org/v1\n"), "{name}");
        for word in ["server", "web", "fleetflow", "laptop"] {
            assert!(!contains(content, word), "{name} tells {word}");
        }
    }
    let another = plain.clone().encrypted(Encryption::weak("correct horse"));
    assert_eq!(names(&another).await.len() as u64, LONG);
    assert_eq!(another.fingerprint_key().await.unwrap(), key);
    run(&another, [applied("more")]).await;
    assert_eq!(names(&store).await.len() as u64, LONG + 1);
    let wrong = plain.clone().encrypted(Encryption::weak("wrong"));
    for refusal in [
        wrong.load().await.unwrap_err(),
        wrong.acquire(holder("a")).await.unwrap_err(),
        plain.load().await.unwrap_err(),
    ] {
        assert_eq!(refusal.kind(), ErrorKind::Unauthorized, "{refusal:?}");
        assert!(refusal.advice().unwrap().contains("passphrase"), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_variable_that_is_empty_is_no_passphrase() {
    let (objects, plain) = bucket();
    for nothing in ["", " \n"] {
        let store = plain.clone().encrypted(Encryption::weak(nothing));
        let refusal = store.acquire(holder("a")).await.unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Unauthorized, "{refusal:?}");
        assert!(refusal.message().contains("is empty"), "{refusal:?}");
    }
    assert_eq!(all_names(&objects).await.len(), 0, "nothing was written");
}

#[tokio::test]
async fn a_key_opens_what_it_closed_and_another_one_does_not() {
    let (objects, plain) = bucket();
    let key = || age::x25519::Identity::generate().to_string();
    let mine = key();
    let store = plain.clone().encrypted(Encryption::new(mine.clone()));
    run(&store, [applied("a")]).await;
    assert!(
        !all_names(&objects)
            .await
            .iter()
            .any(|name| name.contains("identity"))
    );
    let again = plain.clone().encrypted(Encryption::new(mine.clone()));
    assert_eq!(names(&again).await, ["a"]);
    let refusal = plain
        .clone()
        .encrypted(Encryption::new(key()))
        .load()
        .await
        .unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Unauthorized);
    let nonsense = SecretString::from("AGE-SECRET-KEY-1NONSENSE");
    let refusal = plain
        .encrypted(Encryption::new(nonsense))
        .load()
        .await
        .unwrap_err();
    assert!(refusal.advice().unwrap().contains("age-keygen"), "{refusal:?}");
    let shown = format!("{store:?}");
    assert!(!shown.contains(&mine.expose_secret()[..20]), "{shown}");
}

#[tokio::test]
async fn damage_to_an_encrypted_page_is_told_and_the_rest_is_used() {
    let (objects, plain) = bucket();
    let store = plain.encrypted(Encryption::weak("correct horse"));
    run(&store, ["a", "b"].map(applied)).await;
    let name = "journal/000000000002.jsonl";
    let mut page = content(&objects, name).await;
    *page.last_mut().unwrap() ^= 1;
    put(&objects, name, page).await;
    assert_eq!(names(&store).await, ["b"]);
    assert!(damage(&store).await.iter().any(|text| text.contains(name)));
}

#[tokio::test]
async fn a_state_that_was_not_encrypted_goes_on_encrypted() {
    let (objects, plain) = bucket();
    run(&plain, [applied("a")]).await;
    let store = plain.clone().encrypted(Encryption::weak("correct horse"));
    run(&store, [applied("b")]).await;
    assert_eq!(names(&store).await, ["a", "b"]);
    let page = content(&objects, "journal/000000000004.jsonl").await;
    assert!(!contains(&page, "server"));
    assert_eq!(plain.load().await.unwrap_err().kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_changed_passphrase_opens_everything_and_the_one_before_nothing() {
    let (objects, plain) = bucket();
    let store = plain.clone().encrypted(Encryption::weak("correct horse"));
    run(&store, [applied("a")]).await;
    let key = store.fingerprint_key().await.unwrap();
    let kept: Vec<_> = all_content(&objects).await;
    // Who does not know it changes nothing, and nobody changes it to nothing.
    let wrong = plain.clone().encrypted(Encryption::weak("wrong"));
    let refusals = [
        wrong.change_passphrase("mine".into()).await.unwrap_err(),
        store.change_passphrase(" ".into()).await.unwrap_err(),
        store
            .change_passphrase("AGE-SECRET-KEY-1X".into())
            .await
            .unwrap_err(),
        plain.change_passphrase("mine".into()).await.unwrap_err(),
        MemoryStore::new()
            .change_passphrase("mine".into())
            .await
            .unwrap_err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal.kind(), ErrorKind::Unauthorized, "{refusal:?}");
        assert!(refusal.advice().is_some(), "{refusal:?}");
    }
    assert_eq!(all_content(&objects).await, kept);
    store.change_passphrase("battery staple".into()).await.unwrap();
    let changed: Vec<_> = all_content(&objects).await;
    let differ = kept
        .iter()
        .zip(&changed)
        .filter(|(before, after)| before != after);
    let differ: Vec<_> = differ.map(|(before, _)| before.0.as_str()).collect();
    assert_eq!(differ, ["creo/dev/identity.age"], "nothing else is written");
    let new = plain.clone().encrypted(Encryption::weak("battery staple"));
    assert_eq!(names(&new).await, ["a"]);
    assert_eq!(new.fingerprint_key().await.unwrap(), key);
    let old = plain.encrypted(Encryption::weak("correct horse"));
    assert!(old.load().await.unwrap_err().message().contains("does not open"));
}
