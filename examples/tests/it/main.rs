//! The examples as users run them: each stack in KDL and in Rust is the same stack, and it converges.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot set up or read is a failure of the test"
)]

mod adoption;
mod bench;
mod budget;
mod crash;
mod faults;
mod lag;
mod lives;
mod mistakes;
mod mortal;
mod page;
mod shape;
mod stack_m;
mod twice;

use std::collections::BTreeMap;
use std::path::Path;

use fleetflow_core::Stack;
use fleetflow_core::model::Declaration;
use fleetflow_core::plan::{Action, DataGuard};
use fleetflow_examples::emulated::Emulated;
use fleetflow_examples::{creo_memories, scaled_shop};
use fleetflow_kdl::{FolderFiles, LoadOptions};
use fleetflow_sandbox::Sandbox;

fn load(folder: &Path) -> Stack {
    let account = ("CF_ACCOUNT_ID".to_owned(), Sandbox::CLOUDFLARE_ACCOUNT.to_owned());
    let options =
        LoadOptions::new(folder.join("flow.kdl"), &FolderFiles).environment(BTreeMap::from([account]));
    fleetflow_kdl::load(&options).expect("the file loads").stack
}

/// What is declared, as its kind takes it.
fn canonical(declared: &Declaration) -> Declaration {
    let kind = fleetflow_core::catalog::kind(declared.address.kind()).unwrap();
    Declaration {
        spec: kind.decode(declared.spec.clone().into_value()).unwrap().into(),
        ..declared.clone()
    }
}

fn from_file() -> Stack {
    load(&creo_memories::folder())
}

fn in_rust() -> Stack {
    creo_memories::stack(Sandbox::CLOUDFLARE_ACCOUNT)
}

/// That Python has the same one is tested with its package.
async fn assert_same(rust: Stack, file: Stack, holds: &str) {
    let clouds = Emulated::start().await.unwrap();
    let of = async |stack: Stack| {
        let plan = stack.session(clouds.session().unwrap()).plan().await.unwrap();
        serde_json::to_string_pretty(&plan).unwrap()
    };
    let (rust, file) = (of(rust).await, of(file).await);
    assert!(rust.contains(holds), "{rust}");
    assert_eq!(rust, file);
}

#[tokio::test]
async fn the_stacks_in_rust_give_the_same_plans_as_the_files_byte_for_byte() {
    assert_same(
        in_rust(),
        from_file(),
        "container.creo-dev-01/creo-stack/mcp-server",
    )
    .await;
    let shop = scaled_shop::stack(Sandbox::CLOUDFLARE_ACCOUNT);
    assert_same(shop, load(&scaled_shop::folder()), "container.web-2/shop/front").await;
}

#[tokio::test]
async fn the_example_converges_a_second_run_changes_nothing_and_everything_is_removed_again() {
    let clouds = Emulated::start().await.unwrap();
    let before = clouds.sandbox().inventory();
    let session = clouds.session().unwrap().data(DataGuard::Allow);
    let stack = in_rust().session(session.clone());
    let report = stack.converge().await.unwrap();
    assert!(report.count(Action::Create) >= 6, "{report:?}");
    clouds.sandbox().clear_log().unwrap();
    for same in [in_rust(), from_file()] {
        let plan = same.session(session.clone()).plan().await.unwrap();
        assert!(
            plan.is_empty() && plan.records.is_empty() && plan.drift.is_empty(),
            "{plan:?}"
        );
    }
    let log = clouds.sandbox().log();
    let writes: Vec<_> = log.writes().collect();
    assert!(writes.is_empty(), "a plan wrote: {writes:?}");
    let removal = stack.plan_destroy().await.unwrap();
    assert_eq!(
        removal.notes,
        Vec::<String>::new(),
        "a zone is not to be taken over, nor to be removed"
    );
    stack.destroy().await.unwrap();
    assert_eq!(clouds.sandbox().inventory(), before);
}
