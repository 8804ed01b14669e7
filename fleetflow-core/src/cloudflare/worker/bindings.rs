//! What a Worker reaches by name from its code. Vocabulary only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::{KeyFormat, KeyUsage};
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
    /// A class of Durable Objects: one of this Worker, which a `migration` makes, or one of another Worker.
    #[schemars(extend("x-arguments" = ["name", "class"]))]
    DurableObject {
        /// The name in the code.
        name: String,
        /// The class.
        class: String,
        /// The Worker that has the class; this one by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
    },
    /// A configuration of Hyperdrive.
    #[schemars(extend("x-arguments" = ["name", "id"]))]
    Hyperdrive {
        /// The name in the code.
        name: String,
        /// The configuration's id.
        id: Input<String>,
    },
    /// An index of Vectorize.
    #[schemars(extend("x-arguments" = ["name", "index"]))]
    Vectorize {
        /// The name in the code.
        name: String,
        /// The index.
        index: Input<String>,
    },
    /// A dataset of Analytics Engine.
    #[schemars(extend("x-arguments" = ["name", "dataset"]))]
    AnalyticsEngine {
        /// The name in the code.
        name: String,
        /// The dataset.
        dataset: String,
    },
    /// A workflow.
    #[schemars(extend("x-arguments" = ["name", "workflow"]))]
    Workflow {
        /// The name in the code.
        name: String,
        /// The workflow.
        workflow: String,
        /// The class that it runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<String>,
        /// The Worker that has the class; this one by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
    },
    /// A browser that code drives.
    #[schemars(extend("x-arguments" = ["name"]))]
    Browser {
        /// The name in the code.
        name: String,
    },
    /// Cloudflare Images.
    #[schemars(extend("x-arguments" = ["name"]))]
    Images {
        /// The name in the code.
        name: String,
    },
    /// Transformations of media.
    #[schemars(extend("x-arguments" = ["name"]))]
    Media {
        /// The name in the code.
        name: String,
    },
    /// Id, tag and time of the Worker's own version.
    #[schemars(extend("x-arguments" = ["name"]))]
    VersionMetadata {
        /// The name in the code.
        name: String,
    },
    /// A client certificate for requests to others.
    #[schemars(extend("x-arguments" = ["name", "certificate"]))]
    MtlsCertificate {
        /// The name in the code.
        name: String,
        /// The certificate's id.
        certificate: Input<String>,
    },
    /// A namespace of Workers for Platforms.
    #[schemars(extend("x-arguments" = ["name", "namespace"]))]
    DispatchNamespace {
        /// The name in the code.
        name: String,
        /// The namespace.
        namespace: String,
        /// The Worker that requests of its Workers go through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outbound: Option<String>,
        /// What is handed to that Worker, by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parameter: Vec<String>,
    },
    /// A counter of calls.
    #[schemars(extend("x-arguments" = ["name", "namespace"]))]
    RateLimit {
        /// The name in the code.
        name: String,
        /// A number of your own, written as a text; the same number shares its counters.
        namespace: String,
        /// The most calls in a period.
        limit: u32,
        /// The period in seconds: 10 or 60.
        period: u32,
    },
    /// Sending e-mail.
    #[schemars(extend("x-arguments" = ["name"]))]
    SendEmail {
        /// The name in the code.
        name: String,
        /// The only address that is sent to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Addresses that may be sent to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allowed_to: Vec<String>,
        /// Addresses that may be sent from.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allowed_from: Vec<String>,
    },
    /// A pipeline to write to.
    #[schemars(extend("x-arguments" = ["name", "pipeline"]))]
    Pipeline {
        /// The name in the code.
        name: String,
        /// The pipeline.
        pipeline: Input<String>,
    },
    /// A secret of the account's Secrets Store.
    #[schemars(extend("x-arguments" = ["name", "store", "secret"]))]
    SecretsStore {
        /// The name in the code.
        name: String,
        /// The store's id.
        store: Input<String>,
        /// The secret's name there.
        secret: String,
    },
    /// An instance of AI Search.
    #[schemars(extend("x-arguments" = ["name", "instance"]))]
    AiSearch {
        /// The name in the code.
        name: String,
        /// The instance.
        instance: String,
        /// Its namespace.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// A namespace of AI Search.
    #[schemars(extend("x-arguments" = ["name", "namespace"]))]
    AiSearchNamespace {
        /// The name in the code.
        name: String,
        /// The namespace.
        namespace: String,
    },
    /// Feature flags of Flagship.
    #[schemars(extend("x-arguments" = ["name", "app"]))]
    Flagship {
        /// The name in the code.
        name: String,
        /// The app's id.
        app: String,
    },
    /// A namespace of messaging.
    #[schemars(extend("x-arguments" = ["name", "namespace"]))]
    Messaging {
        /// The name in the code.
        name: String,
        /// The namespace.
        namespace: String,
    },
    /// A service in a private network.
    #[schemars(extend("x-arguments" = ["name", "service"]))]
    VpcService {
        /// The name in the code.
        name: String,
        /// The service's id.
        service: Input<String>,
    },
    /// A private network, by a tunnel or by itself.
    #[schemars(extend("x-arguments" = ["name"]))]
    VpcNetwork {
        /// The name in the code.
        name: String,
        /// The tunnel's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tunnel: Option<Input<String>>,
        /// The network's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        network: Option<Input<String>>,
    },
    /// A key that code uses without seeing it.
    #[schemars(extend("x-arguments" = ["name", "key"]))]
    SecretKey {
        /// The name in the code.
        name: String,
        /// The key: a JSON Web Key for the format `jwk`, otherwise in base64.
        #[schemars(extend("x-secret" = true))]
        key: Input<String>,
        /// Its form.
        format: KeyFormat,
        /// Its algorithm, as `importKey` of Web Crypto takes it: a name, or an object written as JSON.
        algorithm: String,
        /// What it may be used for.
        usage: Vec<KeyUsage>,
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

pub(super) fn assets() -> String {
    "ASSETS".to_owned()
}

fn is_assets(name: &String) -> bool {
    name == "ASSETS"
}
