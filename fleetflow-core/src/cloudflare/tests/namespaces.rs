//! Namespaces of Workers KV: titles, data that is not lost unasked, lost answers.

use fleetflow_sandbox::{Fault, Moment, Sandbox, Times};
use serde_json::{Value, json};

use super::{Bench, stack, told};
use crate::cloudflare::KvNamespace;
use crate::error::ErrorKind;
use crate::plan::DataGuard;

fn titled(title: &str) -> KvNamespace {
    KvNamespace::builder().name("creo-cache").title(title).build()
}

fn plain() -> KvNamespace {
    KvNamespace::builder().name("creo-cache").build()
}

fn titles(bench: &Bench) -> Vec<Value> {
    let namespaces = bench.inventory()["kv"].as_array().unwrap().clone();
    namespaces
        .iter()
        .map(|namespace| namespace["title"].clone())
        .collect()
}

#[test]
fn a_title_is_of_one_namespace_only() {
    let other = || KvNamespace::builder().name("sessions");
    let problems = stack([plain(), other().title("creo-cache").build()]).check();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let one = "kv-namespace.sessions: title: `creo-cache` is the title of the namespace `creo-cache` already";
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with(one), "{told:?}");
    assert!(stack([plain(), other().build()]).check().is_empty());
}

#[tokio::test]
async fn a_namespace_is_made_renamed_and_deleted() {
    let bench = Bench::start().await;
    let before = bench.inventory();
    let report = bench.settle(&stack([plain()])).await;
    let id = report.outputs[&plain().address()]["id"].clone();
    bench.calls();
    bench.plan(&stack([plain()])).await;
    assert_eq!(bench.calls().len(), 1);
    let titled = stack([titled("cache of creo")]);
    assert_eq!(
        told(&bench.plan(&titled).await),
        ["update kv-namespace.creo-cache: title"]
    );
    let report = bench.settle(&titled).await;
    assert_eq!(report.outputs[&plain().address()]["id"], id);
    assert_eq!(titles(&bench), [json!("cache of creo")]);
    bench.settle(&stack([plain()])).await;
    assert_eq!(titles(&bench), [json!("creo-cache")]);

    let path = format!(
        "/accounts/{}/storage/kv/namespaces/{}",
        Sandbox::CLOUDFLARE_ACCOUNT,
        id.as_str().unwrap()
    );
    bench.ask("PUT", &path, json!({"title": "moved"})).await;
    assert_eq!(
        told(&bench.plan(&stack([plain()])).await),
        ["update kv-namespace.creo-cache: name"]
    );
    bench.settle(&stack([plain()])).await;

    let refused = bench.destroy(&stack([plain()])).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guarded);
    assert!(refused.to_string().contains("its keys"), "{refused}");
    let allowed = bench.session.clone().data(DataGuard::Allow);
    stack([plain()]).session(allowed).destroy().await.unwrap();
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn somebody_elses_namespace_is_not_taken_by_its_title() {
    let bench = Bench::start().await;
    let path = format!("/accounts/{}/storage/kv/namespaces", Sandbox::CLOUDFLARE_ACCOUNT);
    bench.ask("POST", &path, json!({"title": "creo-cache"})).await;
    let error = bench.attach(&stack([plain()])).plan().await.unwrap_err();
    assert!(
        error.to_string().contains("flow import kv-namespace.creo-cache"),
        "{error}"
    );
}

#[tokio::test]
async fn a_lost_answer_makes_one_namespace() {
    for when in [Moment::BeforeEffect, Moment::AfterEffect] {
        let bench = Bench::start().await;
        let fault = Fault::drop_connection()
            .method("POST")
            .when(when)
            .times(Times::Nth(1));
        bench.sandbox.add_fault(fault).unwrap();
        let session = bench
            .session
            .clone()
            .settle(std::time::Duration::from_millis(100));
        stack([plain()]).session(session).converge().await.unwrap();
        assert_eq!(titles(&bench).len(), 1, "{when:?}");
        assert!(bench.plan(&stack([plain()])).await.is_empty());
    }
}
