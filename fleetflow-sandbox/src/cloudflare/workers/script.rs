//! Uploading, listing and deleting Workers (API doc §4.1, §4.5, §4.6).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::durable::{Class, Durable};
use super::upload::{Metadata, Upload};
use super::{Script, Version, binding, domain, refusal, version};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context, uuid};
use crate::cloudflare::rows::Rows;

pub(super) fn list(context: &mut Context<'_>, _: &Call) -> Outcome {
    let workers = &context.rows().workers;
    let scripts = workers.scripts.iter().map(|(name, script)| {
        let mut shown = script.render(name);
        let routes: Vec<Value> = workers
            .routes
            .iter()
            .filter(|route| route.leads_to(name))
            .map(super::Route::render)
            .collect();
        shown["routes"] = json!(routes);
        shown
    });
    Answer::of(scripts.collect::<Vec<Value>>())
}

/// Creates or replaces a Worker. Every upload is a new version and a new deployment, even if nothing changed.
pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let name = call.path("script_name").to_owned();
    if !is_name(&name) {
        return Err(refusal::name());
    }
    let upload = Upload::read(call)?;
    let scripts = &context.rows().workers.scripts;
    let before = scripts
        .get(&name)
        .map(|script| script.durable.clone())
        .unwrap_or_default();
    let (durable, taken) = before.after(upload.metadata.migrations.as_ref(), scripts)?;
    let version = version::build(context, call, &upload, &durable)?;
    let (tag, now) = (context.identifier(), context.now);
    let scripts = &mut context.rows().workers.scripts;
    for (other, class) in taken {
        if let Some(other) = scripts.get_mut(&other) {
            other.durable.give(&class);
        }
    }
    let script = scripts
        .entry(name.clone())
        .or_insert_with(|| Script::new(tag, now));
    script.take_settings(&upload.metadata);
    script.durable = durable;
    let mut shown = deploy(context, call, version)?.render(&name);
    shown["startup_time_ms"] = json!(1);
    Answer::of(shown)
}

/// Without `force` a Worker that others are bound to stays.
pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    find(context, call)?;
    let name = call.path("script_name").to_owned();
    let rows = context.rows();
    if call.query("force") != Some("true")
        && let Some(other) = bound_by(rows, &name)
    {
        return Err(refusal::referenced(&other));
    }
    let stores = |script: &Script| !script.durable.classes.is_empty();
    if call.query("force") != Some("true") && rows.workers.scripts.get(&name).is_some_and(stores) {
        return Err(refusal::stores_objects());
    }
    rows.workers.scripts.remove(&name);
    rows.workers.routes.retain(|route| !route.leads_to(&name));
    domain::detach_all(rows, &name);
    Answer::of(Value::Null)
}

/// The Worker a request names.
pub(super) fn find<'a>(context: &'a mut Context<'_>, call: &Call) -> Result<&'a mut Script, Failure> {
    let scripts = &mut context.rows().workers.scripts;
    scripts
        .get_mut(call.path("script_name"))
        .ok_or_else(refusal::no_script)
}

/// Stores a version and makes it the one that is served.
pub(super) fn deploy<'a>(
    context: &'a mut Context<'_>,
    call: &Call,
    version: Version,
) -> Result<&'a Script, Failure> {
    let (id, now) = (uuid(&context.identifier()), context.now);
    let script = find(context, call)?;
    script.deployments.push(Deployment::whole(id, &version, now));
    script.versions.push(version);
    script.modified = now;
    Ok(script)
}

fn bound_by(rows: &Rows, name: &str) -> Option<String> {
    let binds = |script: &Script| {
        script.active().is_some_and(|version| {
            version.bindings.iter().any(|bound| {
                let target = match binding::text(bound, "type") {
                    "service" => "service",
                    "durable_object_namespace" => "script_name",
                    _ => return false,
                };
                binding::text(bound, target) == name
            })
        })
    };
    let others = rows.workers.scripts.iter().filter(|(other, _)| *other != name);
    others
        .into_iter()
        .find(|(_, script)| binds(script))
        .map(|(other, _)| other.clone())
}

/// True for a name that a Worker can have.
pub(super) fn is_name(name: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&name.len()) && name.bytes().all(allowed)
}

impl Script {
    fn new(tag: String, now: Timestamp) -> Self {
        Self {
            tag,
            created: now,
            modified: now,
            versions: Vec::new(),
            deployments: Vec::new(),
            schedules: Vec::new(),
            durable: Durable::default(),
            logpush: false,
            observability: None,
            tags: Vec::new(),
            tail_consumers: Vec::new(),
            on_subdomain: false,
            previews: false,
        }
    }

    /// The newest version, deployed or not.
    pub(super) fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The version with this id.
    pub(super) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The version that is served to most.
    pub(super) fn active(&self) -> Option<&Version> {
        let deployment = self.deployments.last()?;
        self.version(deployment.main_version())
    }

    /// Its classes of Durable Objects, with keys that no other Worker's have.
    pub(super) fn classes(&self) -> Vec<Class> {
        let of_this = |class: &Class| Class {
            key: format!("{}-{}", class.made_in.as_deref().unwrap_or(&self.tag), class.key),
            ..class.clone()
        };
        self.durable.classes.iter().map(of_this).collect()
    }

    fn take_settings(&mut self, metadata: &Metadata) {
        self.logpush = metadata.logpush.unwrap_or(false);
        self.observability.clone_from(&metadata.observability);
        self.tags = metadata.tags.clone().unwrap_or_default();
        self.tail_consumers = metadata.tail_consumers.clone().unwrap_or_default();
    }

    /// A Worker as lists and uploads show it.
    pub(super) fn render(&self, name: &str) -> Value {
        let mut shown = json!({
            "id": name,
            "tag": self.tag,
            "created_on": self.created,
            "modified_on": self.modified,
            "has_assets": self.active().is_some_and(|version| version.assets.is_some()),
            "usage_model": "standard",
            "logpush": self.logpush,
            "tags": self.tags,
            "tail_consumers": self.tail_consumers,
            "last_deployed_from": "api",
        });
        if let Some(tag) = &self.durable.tag {
            shown["migration_tag"] = json!(tag);
        }
        if let Some(observability) = &self.observability {
            shown["observability"] = observability.clone();
        }
        if let Some(version) = self.active() {
            shown["etag"] = json!(version.etag);
            shown["has_modules"] = json!(version.main_module.is_some());
            shown["handlers"] = json!(version.handlers());
            shown["compatibility_date"] = json!(version.compatibility_date);
            shown["compatibility_flags"] = json!(version.compatibility_flags);
            shown["deployment_id"] = json!(version.id.replace('-', ""));
        }
        shown
    }
}
