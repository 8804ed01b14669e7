//! Other people's clients against the sandbox. With `FLEETFLOW_TEST_CLIENTS=1` they are installed below the target
//! folder, each test says which; without it all of them are skipped.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod cloudflare_sdk;
mod docker_cli;
mod octodns;
mod tool;
mod usacloud;
mod workerd;
mod wrangler;
