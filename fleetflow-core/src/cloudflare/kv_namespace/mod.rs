//! The kind `kv-namespace`: a namespace of Workers KV. It does not touch the keys in it.

mod ops;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

pub(in crate::cloudflare) use ops::exists;

use crate::model::{Address, Declaration, Expansion, Output, OutputField, Path, Problem, Provider, Resource};

/// A namespace of Workers KV. It has no room for an owner mark: the state says whose it is.
///
/// ```
/// use fleetflow_core::cloudflare::KvNamespace;
/// use fleetflow_core::Stack;
///
/// let cache = KvNamespace::builder().name("creo-cache").build();
/// assert!(Stack::new("creo", "dev").add(cache).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
pub struct KvNamespace {
    /// Its name in the stack, and its title at Cloudflare unless `title` says otherwise.
    #[builder(setter(into))]
    pub name: String,
    /// Its title at Cloudflare, unique in the account. A changed title renames it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub title: Option<String>,
}

impl KvNamespace {
    /// Its address.
    pub fn address(&self) -> Address {
        Address::new(Self::KIND, &self.name)
    }

    /// Its id.
    pub fn id(&self) -> Output<String> {
        Output::new(&self.address(), "id")
    }

    /// Its title at Cloudflare.
    pub fn title_or_name(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }
}

impl Resource for KvNamespace {
    const KIND: &'static str = "kv-namespace";
    const PROVIDER: Provider = Provider::Cloudflare;
    const OUTPUTS: &'static [OutputField] = &[OutputField {
        name: "id",
        value_type: "text",
        doc: "The namespace's id",
    }];
    const HOLDS_DATA: Option<&'static str> = Some("its keys");

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        let title = self.title_or_name();
        if (1..=512).contains(&title.len()) {
            return Vec::new();
        }
        let field = if self.title.is_some() { "title" } else { "name" };
        vec![Problem::at(
            Path::root().key(field),
            "a namespace's title has 1 to 512 characters",
        )]
    }

    /// One title is one namespace: told of the later one of two.
    fn check_in(&self, declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        let before = around
            .of_kind(Self::KIND)
            .take_while(|other| other.address != declared.address);
        let mut before = before.filter_map(|other| other.spec.decode::<Self>().ok());
        let Some(other) = before.find(|other| other.title_or_name() == self.title_or_name()) else {
            return Vec::new();
        };
        let field = if self.title.is_some() { "title" } else { "name" };
        let message = format!(
            "`{}` is the title of the namespace `{}` already",
            self.title_or_name(),
            other.name
        );
        vec![
            Problem::at(Path::root().key(field), message)
                .help("a title is unique in the account: give it another"),
        ]
    }
}
