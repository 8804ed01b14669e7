//! The kind `pages`: a site of Cloudflare Pages. It is checked; it is not uploaded yet.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

use super::{name, worker};
use crate::model::{Address, Input, Output, OutputField, Path, Problem, Provider, Resource};

/// A site of Cloudflare Pages.
///
/// ```
/// use fleetflow_core::cloudflare::Pages;
/// use fleetflow_core::Stack;
///
/// let site = Pages::builder().name("creo-site").source("./dist").custom_domain("www.example.jp").build();
/// assert!(Stack::new("creo", "dev").add(site).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With a host of its own.
    pub fn custom_domain(&mut self, host: impl Into<String>) {
        self.custom_domain.push(host.into());
    }
    /// With a variable for its functions.
    pub fn env(&mut self, name: impl Into<String>, value: impl Into<Input<String>>) {
        self.env.insert(name.into(), value.into());
    }
))]
pub struct Pages {
    /// The project's name: up to 58 lower-case letters, digits and `-`.
    #[builder(setter(into))]
    pub name: String,
    /// The folder that is published.
    #[schemars(extend("x-path" = true))]
    #[builder(setter(into))]
    pub source: String,
    /// A command that is run first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option, suffix = "_command"))]
    pub build: Option<String>,
    /// The branch that is production; `main` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub production_branch: Option<String>,
    /// The branch that is published now: another one than production's is a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub branch: Option<String>,
    /// Hosts of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub custom_domain: Vec<String>,
    /// Variables for its functions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("x-aliases" = ["environment"]))]
    #[builder(via_mutators)]
    pub env: BTreeMap<String, Input<String>>,
    /// The day whose behaviour of the runtime it wants: `2026-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub compatibility_date: Option<String>,
}

impl Pages {
    /// Its address.
    pub fn address(&self) -> Address {
        Address::new(Self::KIND, &self.name)
    }

    /// Its URL.
    pub fn url(&self) -> Output<String> {
        Output::new(&self.address(), "url")
    }
}

impl Resource for Pages {
    const KIND: &'static str = "pages";
    const PROVIDER: Provider = Provider::Cloudflare;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "url",
            value_type: "text",
            doc: "The site's URL",
        },
        OutputField {
            name: "deployment-url",
            value_type: "text",
            doc: "The URL of what was published last",
        },
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !is_project_name(&self.name) {
            let message = format!("`{}` cannot name a project of Pages", self.name);
            let help =
                "use up to 58 lower-case letters, digits and `-`, with a letter or a digit at both ends";
            problems.push(Problem::at(Path::root().key("name"), message).help(help));
        }
        for (index, host) in self.custom_domain.iter().enumerate() {
            if let Err(message) = name::host(host) {
                let path = Path::root().key("custom_domain").index(index);
                problems.push(Problem::at(path, message));
            }
        }
        problems.extend(worker::day(self.compatibility_date.as_deref()));
        problems
    }
}

fn is_project_name(name: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let legal = name.bytes().all(|byte| simple(byte) || byte == b'-');
    (1..=58).contains(&name.len()) && legal && !name.starts_with('-') && !name.ends_with('-')
}
