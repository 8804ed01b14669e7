//! A Worker or the functions of a site as the runtime takes them: code, configuration, bindings with their secrets. It runs nothing.

use serde_json::Value;

use crate::cloudflare::multipart::Part;
use crate::cloudflare::vault::Vault;
use crate::cloudflare::workers::Class;

/// Code that is to run.
pub(in crate::cloudflare) struct Program {
    /// The main module, or the script of a service worker.
    pub(in crate::cloudflare) entry: String,
    /// Whether the entry is an ES module.
    pub(in crate::cloudflare) is_module: bool,
    pub(in crate::cloudflare) modules: Vec<Part>,
    pub(in crate::cloudflare) date: String,
    pub(in crate::cloudflare) flags: Vec<String>,
    /// As the API takes them. A secret has its text, or no text if this process never heard of it.
    pub(in crate::cloudflare) bindings: Vec<Value>,
    /// Classes of Durable Objects.
    pub(in crate::cloudflare) classes: Vec<Class>,
}

/// What names a program and tells its contents from any others it had before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cloudflare) struct Revision {
    pub(in crate::cloudflare) name: String,
    pub(in crate::cloudflare) revision: String,
}

/// The name of a Worker's program.
pub(in crate::cloudflare) fn worker(script: &str) -> String {
    format!("worker:{script}")
}

/// The name of the program of a site's deployment.
pub(in crate::cloudflare) fn functions(project: &str, deployment: &str) -> String {
    format!("functions:{project}:{deployment}")
}

/// The binding with the text of its secret.
pub(in crate::cloudflare) fn revealed(binding: &Value, vault: &Vault) -> Value {
    let mut revealed = binding.clone();
    let text = binding["digest"].as_str().and_then(|digest| vault.text(digest));
    if let (Some(text), Some(members)) = (text, revealed.as_object_mut()) {
        members.remove("digest");
        members.insert("text".to_owned(), Value::from(text));
    }
    revealed
}
