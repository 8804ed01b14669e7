//! What the benches have in common: files and stacks of any size. Nothing is measured here.

use fleetflow_core::Stack;
use fleetflow_examples::stack_m;

/// A `flow.kdl` with `count` records in one zone.
pub fn file_of_records(count: usize) -> String {
    let record = |number: usize| {
        let (third, fourth) = (number / 256 % 256, number % 256);
        format!("    record \"host-{number}\" type=\"A\" value=\"198.51.{third}.{fourth}\" proxied=true\n")
    };
    let records: Vec<String> = (0..count).map(record).collect();
    format!("dns \"example.jp\" {{\n{}}}\n", records.concat())
}

/// A stack of `count` records in one zone.
pub fn stack_of_records(count: usize) -> Stack {
    Stack::new("bench", "prod").add(stack_m::records("example.jp", count))
}
