//! The example stack, written in Rust.
fn main() {}
