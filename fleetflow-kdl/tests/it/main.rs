//! The language as its users meet it, against the real kinds. Its mistakes are the corpus in `tests/bad`.

mod language;
mod mistakes;
mod partly;
mod unread;
mod values;

use std::collections::BTreeMap;

use fleetflow_core::{Address, Stack};
use fleetflow_kdl::{LoadOptions, Loaded, MemoryFiles, load};
use serde_json::Value;

const PATH: &str = "shop/flow.kdl";

/// A file with its surroundings, and how to load it.
struct Case<'c> {
    files: MemoryFiles,
    environment: BTreeMap<String, String>,
    variables: Vec<(&'c str, &'c str)>,
    stage: Option<&'c str>,
}

impl<'c> Case<'c> {
    fn new(text: &str) -> Self {
        Self {
            files: MemoryFiles::new().with(PATH, text),
            environment: BTreeMap::new(),
            variables: Vec::new(),
            stage: None,
        }
    }

    fn file(mut self, path: &str, text: &str) -> Self {
        self.files = self.files.with(path, text);
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn var(mut self, name: &'c str, value: &'c str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn stage(mut self, name: &'c str) -> Self {
        self.stage = Some(name);
        self
    }

    fn load(&self) -> Result<Loaded, Vec<String>> {
        let mut options = LoadOptions::new(PATH, &self.files)
            .environment(self.environment.clone())
            .home("/home/me");
        for (name, value) in &self.variables {
            options = options.variable(*name, *value);
        }
        if let Some(stage) = self.stage {
            options = options.stage(stage);
        }
        let told = |mistake: &fleetflow_kdl::Diagnostic| {
            format!(
                "{} ({})",
                mistake.message,
                mistake.help.as_deref().unwrap_or_default()
            )
        };
        load(&options).map_err(|found| found.iter().map(told).collect())
    }

    fn stack(&self) -> Stack {
        self.load()
            .unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
            .stack
    }

    /// The declaration at `address`, as its kind takes it.
    fn spec(&self, address: &str) -> Value {
        declared(&self.stack(), address)
    }
}

/// The declaration at `address` of `stack`, as its kind takes it.
fn declared(stack: &Stack, address: &str) -> Value {
    let address: Address = address.parse().expect("an address");
    let all = stack.declarations();
    let found = all.iter().find(|declared| declared.address == address);
    let found = found.unwrap_or_else(|| panic!("no {address} among {all:#?}"));
    let kind = fleetflow_core::catalog::kind(address.kind()).expect("a kind");
    kind.decode(found.spec.clone().into_value())
        .expect("a declaration that its kind takes")
}

/// The declaration at `address` of a file with only `text`.
fn spec(text: &str, address: &str) -> Value {
    Case::new(text).spec(address)
}
