//! Versions of a Worker (API doc §4.4): code with its configuration. A version never changes; a change is a new version.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::assets::Assets;
use super::binding::{self, Sources};
use super::durable::Durable;
use super::upload::Upload;
use super::{Script, refusal, script};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context, uuid};
use crate::cloudflare::multipart::Part;
use crate::cloudflare::paging::Page;

/// A version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    /// A UUID.
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) created: Timestamp,
    pub(super) main_module: Option<String>,
    pub(super) body_part: Option<String>,
    pub(super) modules: Vec<Module>,
    /// Secrets are digests here.
    pub(super) bindings: Vec<Value>,
    pub(super) compatibility_date: String,
    pub(super) compatibility_flags: Vec<String>,
    pub(super) placement: Option<Value>,
    pub(super) limits: Option<Value>,
    #[serde(default)]
    pub(super) assets: Option<Assets>,
    pub(super) annotations: Map<String, Value>,
    /// A hash of the code.
    pub(super) etag: String,
}

/// A module of the code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) content_type: String,
    /// Base64.
    pub(super) body: String,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = Page::read(call, 10, 1..=100, || {
        refusal::validation("Invalid page or per_page.")
    })?;
    let script = script::find(context, call)?;
    let versions: Vec<Value> = script.versions.iter().rev().map(Version::summary).collect();
    let (items, info) = page.cut(versions);
    Answer::list(json!({ "items": items }), info)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let script = script::find(context, call)?;
    let version = script
        .version(call.path("version_id"))
        .ok_or_else(refusal::no_version)?;
    Answer::of(version.render())
}

/// Makes a version of an existing Worker without deploying it.
pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let durable = script::find(context, call)?.durable.clone();
    let upload = Upload::read(call)?;
    if upload.metadata.migrations.is_some() {
        return Err(refusal::validation(
            "Migrations are not possible in versions: upload the Worker itself.",
        ));
    }
    let version = build(context, call, &upload, &durable)?;
    let shown = version.render();
    script::find(context, call)?.versions.push(version);
    Answer::of(shown)
}

/// The version that an upload describes, with what it takes over from the newest one.
pub(super) fn build(
    context: &mut Context<'_>,
    call: &Call,
    upload: &Upload,
    durable: &Durable,
) -> Result<Version, Failure> {
    let (id, now) = (uuid(&context.identifier()), context.now);
    let rows = context.rows();
    upload.metadata.remember(&mut rows.vault);
    let script = rows.workers.scripts.get(call.path("script_name"));
    let sources = Sources {
        rows,
        previous: script.and_then(Script::newest),
        durable,
        script: call.path("script_name"),
        keep: &[],
        strict: call.query("bindings_inherit") == Some("strict"),
    };
    upload.version(sources, call.path("script_name"), id, now)
}

impl Version {
    /// The hash of the code, without its configuration.
    pub(super) fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for module in &self.modules {
            for text in [&module.name, &module.content_type, &module.body] {
                hasher.update(text.as_bytes());
                hasher.update(&[0]);
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// What the code answers to. The sandbox does not run it, so it looks for the names.
    pub(super) fn handlers(&self) -> Vec<&'static str> {
        let entry = self.main_module.as_ref().or(self.body_part.as_ref());
        let module = self.modules.iter().find(|module| Some(&module.name) == entry);
        let bytes = module
            .and_then(|module| STANDARD.decode(&module.body).ok())
            .unwrap_or_default();
        let code = String::from_utf8_lossy(&bytes).into_owned();
        ["fetch", "scheduled", "queue", "email"]
            .into_iter()
            .filter(|name| code.contains(name))
            .collect()
    }

    /// The bindings as users see them.
    pub(super) fn shown_bindings(&self) -> Vec<Value> {
        self.bindings.iter().map(binding::shown).collect()
    }

    /// The code as the form it came in.
    pub(super) fn parts(&self) -> Vec<Part> {
        let part = |module: &Module| Part {
            name: module.name.clone(),
            filename: Some(module.name.clone()),
            content_type: Some(module.content_type.clone()),
            body: STANDARD.decode(&module.body).unwrap_or_default(),
        };
        self.modules.iter().map(part).collect()
    }

    fn summary(&self) -> Value {
        json!({
            "id": self.id,
            "number": self.number,
            "annotations": self.annotations,
            "metadata": {
                "created_on": self.created,
                "modified_on": self.created,
                "source": "api",
                "hasPreview": false,
            },
        })
    }

    fn render(&self) -> Value {
        let mut shown = self.summary();
        shown["startup_time_ms"] = json!(1);
        shown["resources"] = json!({
            "bindings": self.shown_bindings(),
            "script": { "etag": self.etag, "handlers": self.handlers(), "last_deployed_from": "api" },
            "script_runtime": {
                "compatibility_date": self.compatibility_date,
                "compatibility_flags": self.compatibility_flags,
                "usage_model": "standard",
            },
        });
        shown
    }
}
