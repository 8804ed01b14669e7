//! The kind `ssh-key`: a public key registered with the account, for people who share it. Declared values only.

mod ops;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

#[cfg(test)]
pub(super) use ops::Row;

use super::mark;
use super::server::{is_private_key, is_public_key};
use crate::model::{Address, Output, OutputField, Path, Problem, Provider, Resource};

/// A public key, registered with the account.
///
/// ```
/// use fleetflow_core::prelude::*;
///
/// let key = SshKey::builder().name("ops").public_key("./keys/ops.pub").description("the operators").build();
/// assert!(Stack::new("shop", "dev").add(key).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name", "public_key"]))]
pub struct SshKey {
    /// Its name in the stack and in the cloud.
    #[builder(setter(into))]
    #[schemars(extend("x-format" = "name"))]
    name: String,
    /// Who serves it; there is only one.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing)]
    #[schemars(extend("enum" = ["sakura-cloud"]))]
    provider: Option<String>,
    /// The key: its text, or the path of its file.
    #[builder(setter(into))]
    #[schemars(extend("x-path" = "or-text"))]
    public_key: String,
    /// A description for people.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// What is in the file of the key; filled in before planning.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    key_digest: Option<String>,
}

impl SshKey {
    /// Its id in the cloud.
    pub fn id(&self) -> Output<String> {
        Output::new(&Address::new(Self::KIND, &self.name), "id")
    }
}

impl Resource for SshKey {
    const KIND: &'static str = "ssh-key";
    const PROVIDER: Provider = Provider::SakuraCloud;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "id",
            value_type: "text",
            doc: "Its id in the cloud",
        },
        OutputField {
            name: "fingerprint",
            value_type: "text",
            doc: "Its MD5 fingerprint, with colons",
        },
    ];
    const REPLACE_ON: &'static [&'static str] = &["public_key", "key_digest"];

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = mark::check_description(self.description.as_deref(), mark::RESERVED)
            .into_iter()
            .collect();
        let looks_like_a_path = !self.public_key.contains(char::is_whitespace);
        if is_private_key(&self.public_key) || !(is_public_key(&self.public_key) || looks_like_a_path) {
            problems.push(
                Problem::at(Path::root().key("public_key"), "this is not a public key")
                    .help("give the public half: the content or the path of the `.pub` file"),
            );
        }
        problems
    }
}
