//! Who we are: account, token, permissions, limits.

use fleetflow_sandbox::{Fault, Sandbox};
use serde_json::json;

use super::{Bench, client, client_with, session, stack};
use crate::cloudflare::dns::Record;
use crate::cloudflare::{Cloudflare, Credentials, Dns};
use crate::error::ErrorKind;

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
    assert_eq!(bench.calls(), ["GET /accounts", "GET /user/tokens/verify"]);
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

#[tokio::test]
async fn a_missing_permission_is_named_before_anything_is_changed() {
    let bench = Bench::start().await;
    let token = json!({"token": "half", "permissions": ["Zone Read", "Workers R2 Storage Write"]});
    bench.control("POST", "/tokens", token).await;
    let half = client_with(&bench.sandbox, "half")
        .account(Sandbox::CLOUDFLARE_ACCOUNT)
        .build()
        .unwrap();
    let stack = stack([zone()]).session(session(&half));
    let error = stack.converge().await.unwrap_err();
    assert!(error.advice().unwrap().contains("`DNS Read`"), "{error:?}");
    assert_eq!(bench.sandbox.log().writes().count(), 0);
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
