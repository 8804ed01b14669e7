//! What a Worker reaches by name from its code. Vocabulary only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloudflare::r2_bucket::Jurisdiction;
use crate::model::Input;

/// Something that a Worker's code reaches under a name.
///
/// ```
/// use fleetflow_core::cloudflare::worker::Binding;
///
/// let binding = Binding::r2("ATTACHMENTS", "creo-attachments");
/// assert_eq!(serde_json::to_value(&binding)?["type"], "r2");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Binding {
    /// A bucket of R2.
    #[schemars(extend("x-arguments" = ["name", "bucket"]))]
    R2 {
        /// The name in the code.
        name: String,
        /// The bucket.
        bucket: Input<String>,
        /// The bucket's jurisdiction, where the stack does not declare the bucket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jurisdiction: Option<Jurisdiction>,
    },
    /// A namespace of Workers KV; one that nobody declares is made.
    #[schemars(extend("x-arguments" = ["name", "namespace"]))]
    Kv {
        /// The name in the code.
        name: String,
        /// The namespace: the name of one that the stack has, a reference to an id, or an id.
        namespace: Input<String>,
    },
    /// A text that everybody may see.
    #[schemars(extend("x-arguments" = ["name", "value"]))]
    Var {
        /// The name in the code.
        name: String,
        /// The text.
        value: Input<String>,
    },
    /// A value of JSON that everybody may see.
    #[schemars(extend("x-arguments" = ["name", "value"]))]
    Json {
        /// The name in the code.
        name: String,
        /// The value, written as JSON.
        value: Input<String>,
    },
    /// A text that nobody may see.
    #[schemars(extend("x-arguments" = ["name", "value"]))]
    Secret {
        /// The name in the code.
        name: String,
        /// The text.
        #[schemars(extend("x-secret" = true))]
        value: Input<String>,
    },
    /// A database of D1.
    #[schemars(extend("x-arguments" = ["name", "database"]))]
    D1 {
        /// The name in the code.
        name: String,
        /// The database's id.
        database: Input<String>,
    },
    /// A queue to send to.
    #[schemars(extend("x-arguments" = ["name", "queue"]))]
    Queue {
        /// The name in the code.
        name: String,
        /// The queue.
        queue: Input<String>,
        /// Seconds that messages wait before they are delivered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery_delay: Option<u32>,
    },
    /// Another Worker.
    #[schemars(extend("x-arguments" = ["name", "service"]))]
    Service {
        /// The name in the code.
        name: String,
        /// The Worker.
        service: String,
        /// The class in it that answers; its default export otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entrypoint: Option<String>,
    },
    /// Workers AI.
    #[schemars(extend("x-arguments" = ["name"]))]
    Ai {
        /// The name in the code.
        name: String,
    },
    /// Static files that are served beside the code.
    #[schemars(extend("x-arguments" = ["folder"]))]
    Assets {
        /// The folder.
        #[schemars(extend("x-path" = true))]
        folder: String,
        /// The name in the code.
        #[serde(default = "assets", skip_serializing_if = "is_assets")]
        name: String,
    },
}

impl Binding {
    /// A bucket of R2.
    pub fn r2(name: impl Into<String>, bucket: impl Into<Input<String>>) -> Self {
        Self::R2 {
            name: name.into(),
            bucket: bucket.into(),
            jurisdiction: None,
        }
    }

    /// A namespace of Workers KV.
    pub fn kv(name: impl Into<String>, namespace: impl Into<Input<String>>) -> Self {
        Self::Kv {
            name: name.into(),
            namespace: namespace.into(),
        }
    }

    /// A text that everybody may see.
    pub fn var(name: impl Into<String>, value: impl Into<Input<String>>) -> Self {
        Self::Var {
            name: name.into(),
            value: value.into(),
        }
    }

    /// A text that nobody may see, best given as [`Input::secret`].
    pub fn secret(name: impl Into<String>, value: impl Into<Input<String>>) -> Self {
        Self::Secret {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Static files that are served beside the code.
    pub fn assets(folder: impl Into<String>) -> Self {
        Self::Assets {
            folder: folder.into(),
            name: assets(),
        }
    }

    /// The name in the code.
    pub fn name(&self) -> &str {
        match self {
            Self::R2 { name, .. }
            | Self::Kv { name, .. }
            | Self::Var { name, .. }
            | Self::Json { name, .. }
            | Self::Secret { name, .. }
            | Self::D1 { name, .. }
            | Self::Queue { name, .. }
            | Self::Service { name, .. }
            | Self::Ai { name }
            | Self::Assets { name, .. } => name,
        }
    }
}

fn assets() -> String {
    "ASSETS".to_owned()
}

fn is_assets(name: &String) -> bool {
    name == "ASSETS"
}
