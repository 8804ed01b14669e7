//! The stack of `flow.kdl` beside this file, written in Rust. It checks the stack; it contacts nobody.

use std::process::ExitCode;

use fleetflow_core::prelude::*;

/// Everything that the stage `dev` shall consist of.
fn stack() -> Stack {
    let server = Server::builder()
        .name("creo-dev-01")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .zone("tk1a")
        .build();
    let api = Record::a("api", server.ip()).proxied(true);
    Stack::new("creo-memories", "dev")
        .add(server)
        .add(Dns::builder().zone("creo-memories.com").record(api).build())
}

fn main() -> ExitCode {
    let problems = stack().check();
    if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
