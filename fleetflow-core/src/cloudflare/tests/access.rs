//! Who we are: account, token, permissions, limits.

use std::time::Duration;

use fleetflow_sandbox::{Entry, Fault, Outcome, Sandbox};
use serde_json::json;

use super::{Bench, client, client_with, count, session, stack};
use crate::cloudflare::dns::Record;
use crate::cloudflare::{Cloudflare, Credentials, Dns, KvNamespace, Pages, R2Bucket, Worker};
use crate::clouds::Clouds;
use crate::error::ErrorKind;
use crate::model::Stack;
use crate::plan::{Action, DataGuard};

fn zone() -> Dns {
    Dns::builder()
        .zone("example.jp")
        .record(Record::txt("@", "v=spf1 -all"))
        .build()
}

#[tokio::test]
async fn the_account_is_found_once_and_its_absence_is_told() {
    let bench = Bench::start().await;
    let found = client_with(&bench.sandbox, Sandbox::CLOUDFLARE_TOKEN)
        .build()
        .unwrap();
    let account = found.account().await.unwrap();
    assert_eq!(
        (account.id.as_str(), account.name.as_str()),
        (Sandbox::CLOUDFLARE_ACCOUNT, "Sandbox")
    );
    // Which of the two arrives first is open: they are sent at once.
    let mut calls = bench.calls();
    calls.sort();
    assert_eq!(calls, ["GET /accounts", "GET /user/tokens/verify"]);
    found.account_id().await.unwrap();
    assert!(bench.calls().is_empty());

    let of = |id: &str| {
        client_with(&bench.sandbox, Sandbox::CLOUDFLARE_TOKEN)
            .account(id)
            .build()
            .unwrap()
    };
    let malformed = of("CREO").account().await.unwrap_err();
    assert!(
        malformed
            .to_string()
            .contains("`CREO` is not the id of a Cloudflare account"),
        "{malformed}"
    );
    let unseen = of(&"a".repeat(32)).account().await.unwrap_err();
    assert!(
        unseen.advice().unwrap().contains(Sandbox::CLOUDFLARE_ACCOUNT),
        "{unseen:?}"
    );
}

#[tokio::test]
async fn a_wrong_token_and_one_of_the_account_are_told_apart() {
    let bench = Bench::start().await;
    let wrong = client_with(&bench.sandbox, "no-such-token").build().unwrap();
    assert_eq!(wrong.account().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    bench
        .control(
            "POST",
            "/tokens",
            json!({"token": "of-the-account", "account_owned": true}),
        )
        .await;
    let owned = client_with(&bench.sandbox, "of-the-account").build().unwrap();
    owned.account().await.unwrap();
    bench
        .control(
            "POST",
            "/tokens",
            json!({"token": "old", "expires_on": "2020-01-01T00:00:00Z"}),
        )
        .await;
    let old = client_with(&bench.sandbox, "old").build().unwrap();
    assert_eq!(old.account().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    let copied = Cloudflare::builder(Credentials::Token("abc…".into())).build();
    assert!(copied.unwrap_err().to_string().contains("cannot be sent"));
}

/// Permissions to write, with what needs each of them, and the reads that a look at everything takes.
const READS: &[&str] = &[
    "Zone Read",
    "DNS Read",
    "Workers R2 Storage Read",
    "Workers KV Storage Read",
    "Workers Scripts Read",
    "Workers Routes Read",
    "Pages Read",
];
const WRITES: &[(&str, &str)] = &[
    ("DNS Write", "the zone example.jp"),
    ("Workers R2 Storage Write", "the account"),
    ("Workers KV Storage Write", "the account"),
    ("Workers Scripts Write", "the account"),
    ("Workers Routes Write", "the zone example.com"),
    ("Pages Write", "the account"),
];

/// A stack of every kind, on a folder with code and a page.
fn everything(folder: &std::path::Path) -> Stack {
    std::fs::create_dir_all(folder.join("dist")).unwrap();
    std::fs::write(folder.join("dist/index.html"), "page").unwrap();
    let code = "export default { fetch() { return new Response('x') } }";
    std::fs::write(folder.join("api.js"), code).unwrap();
    let worker = Worker::builder()
        .name("api")
        .source("api.js")
        .route("api.example.com/*")
        .build();
    stack([zone()])
        .add(R2Bucket::builder().name("creo-assets").build())
        .add(KvNamespace::builder().name("creo-cache").build())
        .add(worker)
        .add(Pages::builder().name("creo-site").source("dist").build())
        .root(folder)
}

/// A client with a token that has `permissions` and nothing else.
async fn limited(bench: &Bench, permissions: &[&str]) -> Cloudflare {
    let token = json!({"token": "limited", "permissions": permissions});
    bench.control("POST", "/tokens", token).await;
    client_with(&bench.sandbox, "limited")
        .account(Sandbox::CLOUDFLARE_ACCOUNT)
        .build()
        .unwrap()
}

fn all_but(missing: &[&str]) -> Vec<&'static str> {
    let writes = WRITES.iter().map(|(name, _)| *name);
    let writes = writes.filter(|name| !missing.contains(name));
    READS.iter().copied().chain(writes).collect()
}

#[tokio::test]
async fn a_missing_read_permission_is_named_before_anything_is_changed() {
    let bench = Bench::start().await;
    let half = limited(&bench, &["Zone Read", "Workers R2 Storage Write"]).await;
    let stack = stack([zone()]).session(session(&half));
    let error = stack.converge().await.unwrap_err();
    assert!(error.advice().unwrap().contains("`DNS Read`"), "{error:?}");
    assert_eq!(bench.sandbox.log().writes().count(), 0);
}

#[tokio::test]
async fn each_missing_write_permission_is_named_before_anything_is_changed() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    let untouched = bench.inventory();
    for (permission, place) in WRITES {
        let client = limited(&bench, &all_but(&[permission])).await;
        let stack = everything(folder.path()).session(session(&client));
        bench.sandbox.clear_log().unwrap();
        let error = stack.converge().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error:?}");
        assert_eq!(error.missing_permissions(), [*permission], "{error:?}");
        let said = format!("the credentials lack the permission `{permission}` for {place}");
        assert_eq!(error.message(), said);
        assert!(error.advice().unwrap().contains(permission), "{error:?}");
        assert!(error.provider_request_id().is_some(), "{error:?}");
        assert_eq!(bench.inventory(), untouched, "{permission}");
        super::schema::check(bench.sandbox.log().entries());
        let plan = stack.plan().await.unwrap();
        assert_eq!(count(&plan, Action::Create), 5, "a plan needs to read only");
    }
    let client = limited(&bench, &all_but(&["DNS Write", "Pages Write"])).await;
    let stack = everything(folder.path()).session(session(&client));
    let error = stack.converge().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "permissions are missing, and nothing was changed:\n  \
         the credentials lack the permission `DNS Write` for the zone example.jp\n  \
         the credentials lack the permission `Pages Write` for the account"
    );
    assert_eq!(error.missing_permissions(), ["DNS Write", "Pages Write"]);
    assert_eq!(
        error.advice().unwrap(),
        "add `DNS Write` for the zone example.jp to the API token (My Profile or Manage Account > API Tokens; Zone, Edit)\n\
         add `Pages Write` for the account to the API token (My Profile or Manage Account > API Tokens; Account, Edit)"
    );
    assert_eq!(bench.inventory(), untouched);
    // Nothing is left to go on from either: with all permissions, all of it is made.
    let client = limited(&bench, &all_but(&[])).await;
    bench.sandbox.clear_log().unwrap();
    let stack = everything(folder.path()).session(session(&client));
    stack.converge().await.unwrap();
    let asked = |path: &str| path.contains("this-name-is-too-long") || path.contains(&"0".repeat(32));
    let entries = bench.sandbox.log();
    let asked = entries.writes().filter(|entry| asked(&entry.path)).count();
    assert_eq!(
        asked, 5,
        "one attempt a permission; the one of DNS is an empty batch"
    );
    super::schema::check(entries.entries());
}

#[tokio::test]
async fn a_token_that_may_read_itself_is_believed_without_attempts() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    let permissions: Vec<_> = all_but(&[]).into_iter().chain(["API Tokens Read"]).collect();
    let client = limited(&bench, &permissions).await;
    everything(folder.path())
        .session(session(&client))
        .converge()
        .await
        .unwrap();
    let log = bench.sandbox.log();
    let details = log.entries().iter();
    let details =
        details.filter(|entry| entry.path.contains("/user/tokens/") && !entry.path.ends_with("verify"));
    assert!(details.count() >= 1);
    let refused = |entry: &&Entry| matches!(entry.outcome, Outcome::Status(400..));
    assert_eq!(log.writes().filter(refused).count(), 0);
}

#[tokio::test]
async fn a_removal_needs_the_permission_too() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    let stack = everything(folder.path());
    bench.settle(&stack).await;
    let before = bench.inventory();
    let client = limited(&bench, &all_but(&["Workers R2 Storage Write"])).await;
    let mut session = bench.session.clone().data(DataGuard::Allow);
    session.clouds = Clouds::none().cloudflare(client);
    let error = stack.session(session).destroy().await.unwrap_err();
    assert_eq!(error.missing_permissions(), ["Workers R2 Storage Write"]);
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn a_write_that_is_refused_in_mid_run_stops_what_was_not_begun() {
    let bench = Bench::start().await;
    let refusal = Fault::answer(403)
        .code("10000")
        .method("POST")
        .path("/r2/buckets$");
    bench.sandbox.add_fault(refusal).unwrap();
    let buckets = ["a-files", "b-files", "c-files"].map(|name| R2Bucket::builder().name(name).build());
    let one_by_one = bench.session.clone().parallelism(1);
    let report = stack(buckets)
        .session(one_by_one)
        .converge_reviewed(async |plan| Ok(plan))
        .await
        .unwrap();
    assert_eq!(report.failed.len(), 1, "{report:?}");
    assert_eq!(
        report.failed[0].1.missing_permissions(),
        ["Workers R2 Storage Write"]
    );
    assert_eq!(report.skipped.len(), 2);
    assert_eq!(bench.sandbox.log().writes().count(), 1);
}

#[tokio::test]
async fn a_limit_that_is_reached_in_the_middle_is_waited_for() {
    let bench = Bench::start().await;
    for status in [429, 503] {
        let fault = Fault::answer(status).times(fleetflow_sandbox::Times::Nth(2));
        bench.sandbox.add_fault(fault).unwrap();
    }
    bench.settle(&stack([zone()])).await;
    let client = client(&bench.sandbox);
    assert!(format!("{client:?}").contains("Sensitive"));
    assert!(!format!("{client:?}").contains(Sandbox::CLOUDFLARE_TOKEN));
}

#[tokio::test]
async fn a_whole_run_goes_at_the_pace_that_the_answers_ask_for() {
    let bench = Bench::start().await;
    let few = json!({"requests": 8, "window_seconds": 1});
    bench.control("PUT", "/limits", few).await;
    let buckets = (0..12).map(|number| R2Bucket::builder().name(format!("files-{number}")).build());
    let one_by_one = bench.session.clone().parallelism(1);
    let began = std::time::Instant::now();
    let report = stack(buckets).session(one_by_one).converge().await.unwrap();
    assert_eq!(report.done.len(), 12);
    let log = bench.sandbox.log();
    let windows = u64::try_from(log.len()).unwrap() / 8;
    assert!(windows >= 2, "{} requests", log.len());
    assert!(began.elapsed() >= std::time::Duration::from_millis(800 * (windows - 1)));
    let refused = |entry: &&Entry| entry.outcome == Outcome::Status(429);
    assert_eq!(
        log.entries().iter().filter(refused).count(),
        0,
        "none was refused first"
    );
}

#[tokio::test]
async fn a_limit_that_is_reached_between_writes_makes_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = Bench::start().await;
    undisturbed.settle(&everything(folder.path())).await;
    let wanted = undisturbed.inventory();
    let writes: Vec<Entry> = undisturbed.sandbox.log().writes().cloned().collect();
    assert!(writes.len() >= 6, "{writes:#?}");
    for number in 1..=u64::try_from(writes.len()).unwrap() {
        let bench = Bench::start().await;
        for method in ["POST", "PUT", "PATCH"] {
            let fault = Fault::answer(429)
                .code("10100")
                .retry_after(0)
                .method(method)
                .times(fleetflow_sandbox::Times::Nth(number));
            bench.sandbox.add_fault(fault).unwrap();
        }
        bench.settle(&everything(folder.path())).await;
        assert_eq!(bench.inventory(), wanted, "429 at write {number} of each method");
        let log = bench.sandbox.log();
        let done = log
            .writes()
            .filter(|entry| matches!(entry.outcome, Outcome::Status(200..300)));
        assert_eq!(done.count(), writes.len(), "no write succeeded twice");
    }
}

#[tokio::test]
async fn pages_after_the_first_are_one_round_trip_together() {
    const LATENCY: Duration = Duration::from_millis(400);
    let bench = Bench::delayed(LATENCY).await;
    for number in 0..120 {
        let zone = json!({"name": format!("zone-{number}.example"), "plan": "free"});
        bench.control("POST", "/zones", zone).await;
    }
    let names = ["example.jp", "zone-0.example", "zone-119.example"];
    let found = client(&bench.sandbox).zones_called(&names).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    let log = bench.sandbox.log();
    let [first, second, third] = log.entries() else {
        panic!("123 zones are three pages of 50: {:?}", log.entries())
    };
    let after = |one: &Entry, other: &Entry| other.time.duration_since(one.time).unsigned_abs();
    assert!(
        after(first, second) >= LATENCY,
        "the first page says how many there are"
    );
    assert!(after(second, third) < LATENCY / 2, "{:?}", after(second, third));
}
