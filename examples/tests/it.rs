//! The examples as users run them: each stack in KDL and in Rust is the same stack.

use std::collections::BTreeMap;

use fleetflow_core::Stack;
use fleetflow_examples::creo_memories;
use fleetflow_kdl::{FolderFiles, LoadOptions};
use fleetflow_sandbox::Sandbox;

fn from_kdl() -> Stack {
    let account = ("CF_ACCOUNT_ID".to_owned(), Sandbox::CLOUDFLARE_ACCOUNT.to_owned());
    let options = LoadOptions::new(creo_memories::folder().join("flow.kdl"), &FolderFiles)
        .environment(BTreeMap::from([account]));
    fleetflow_kdl::load(&options).expect("the file loads").stack
}

#[test]
fn the_stack_in_rust_declares_what_the_file_declares() {
    let (rust, kdl) = (creo_memories::stack(Sandbox::CLOUDFLARE_ACCOUNT), from_kdl());
    assert_eq!(rust.check(), []);
    println!("{:#?}\n{:#?}", rust.declarations(), kdl.declarations());
    println!("{:?} {:?}", rust.root_folder(), kdl.root_folder());
    assert_eq!(rust.provider_settings(), kdl.provider_settings());
    assert_eq!((rust.project(), rust.stage()), (kdl.project(), kdl.stage()));
}
