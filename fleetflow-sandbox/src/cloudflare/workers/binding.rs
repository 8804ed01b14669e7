//! Bindings of a version: what was sent, what is carried over, and whether its targets exist (API doc §4.2, §4.3).

use serde_json::{Map, Value};

use super::durable::Durable;
use super::version::Version;
use super::{refusal, shape};
use crate::cloudflare::answer::Failure;
use crate::cloudflare::rows::{Rows, digest};

const SECRETS: [&str; 2] = ["secret_text", "secret_key"];

/// Where bindings come from.
pub(super) struct Sources<'a> {
    pub(super) rows: &'a Rows,
    /// The newest version before this one.
    pub(super) previous: Option<&'a Version>,
    /// The Worker's classes of Durable Objects.
    pub(super) durable: &'a Durable,
    /// The Worker's name.
    pub(super) script: &'a str,
    /// Types that are carried over from it.
    pub(super) keep: &'a [String],
    /// Whether a binding that cannot be inherited is an error.
    pub(super) strict: bool,
}

impl Sources<'_> {
    /// The complete list of bindings. Secrets survive unless they are sent anew.
    pub(super) fn resolve(&self, sent: &[Value]) -> Result<Vec<Value>, Failure> {
        let mut bindings: Vec<Value> = Vec::new();
        for binding in sent {
            let name = text(binding, "name");
            if name.is_empty() || bindings.iter().any(|known| text(known, "name") == name) {
                return Err(refusal::validation(&format!(
                    "Binding name `{name}` is empty or not unique."
                )));
            }
            bindings.extend(self.one(binding, name)?);
        }
        let kept: Vec<Value> = self
            .kept()
            .filter(|old| !has(&bindings, text(old, "name")))
            .cloned()
            .collect();
        bindings.extend(kept);
        Ok(bindings)
    }

    fn one(&self, binding: &Value, name: &str) -> Result<Option<Value>, Failure> {
        if text(binding, "type") == "inherit" {
            return self.inherit(binding, name);
        }
        self.check_target(binding, name)?;
        Ok(Some(without_secret(binding)))
    }

    fn inherit(&self, binding: &Value, name: &str) -> Result<Option<Value>, Failure> {
        let wanted = binding.get("old_name").and_then(Value::as_str).unwrap_or(name);
        let found = self.old().find(|old| text(old, "name") == wanted);
        if found.is_none() && self.strict {
            return Err(refusal::no_predecessor(name));
        }
        Ok(found.map(|old| {
            let mut old = old.clone();
            old["name"] = Value::from(name);
            old
        }))
    }

    fn kept(&self) -> impl Iterator<Item = &Value> {
        self.old().filter(|old| {
            let kind = text(old, "type");
            SECRETS.contains(&kind) || self.keep.iter().any(|keep| keep == kind)
        })
    }

    fn old(&self) -> impl Iterator<Item = &Value> {
        self.previous.into_iter().flat_map(|version| &version.bindings)
    }

    /// A class of Durable Objects of this Worker, or of another one.
    fn check_class(&self, binding: &Value, name: &str) -> Result<(), Failure> {
        let class = text(binding, "class_name");
        let other = text(binding, "script_name");
        let scripts = &self.rows.workers.scripts;
        let durable = match scripts.get(other) {
            _ if other.is_empty() || other == self.script => self.durable,
            Some(script) => &script.durable,
            None => return Err(refusal::no_foreign_class(name, other, class)),
        };
        if durable.has(class) || class.is_empty() {
            Ok(())
        } else if other.is_empty() || other == self.script {
            Err(refusal::no_class(name, class))
        } else {
            Err(refusal::no_foreign_class(name, other, class))
        }
    }

    fn check_script(&self, binding: &Value, name: &str) -> Result<(), Failure> {
        let other = text(binding, "script_name");
        let known = other.is_empty() || other == self.script || self.rows.workers.scripts.contains_key(other);
        known.then_some(()).ok_or_else(|| refusal::no_target(name, other))
    }

    fn check_target(&self, binding: &Value, name: &str) -> Result<(), Failure> {
        shape::check(binding, name)?;
        match text(binding, "type") {
            "kv_namespace" => {
                let id = text(binding, "namespace_id");
                if self.rows.kv.has(id) {
                    Ok(())
                } else {
                    Err(refusal::no_namespace(id))
                }
            }
            "r2_bucket" => {
                let bucket = text(binding, "bucket_name");
                let jurisdiction = binding
                    .get("jurisdiction")
                    .and_then(Value::as_str)
                    .unwrap_or("default");
                if self.rows.r2.has(jurisdiction, bucket) {
                    Ok(())
                } else {
                    Err(refusal::no_bucket(bucket))
                }
            }
            "service" => {
                let service = text(binding, "service");
                let known = self.rows.workers.scripts.contains_key(service);
                if known {
                    Ok(())
                } else {
                    Err(refusal::no_target(name, service))
                }
            }
            "durable_object_namespace" => self.check_class(binding, name),
            "workflow" => self.check_script(binding, name),
            kind => self.check_elsewhere(kind, binding, name),
        }
    }

    /// What the emulation does not have itself is there, unless somebody said what is.
    fn check_elsewhere(&self, kind: &str, binding: &Value, name: &str) -> Result<(), Failure> {
        let members: &[&str] = match kind {
            "d1" => &["database_id", "id"],
            "queue" => &["queue_name"],
            "hyperdrive" => &["id"],
            "vectorize" => &["index_name"],
            "dispatch_namespace" => &["namespace"],
            "mtls_certificate" => &["certificate_id"],
            _ => return Ok(()),
        };
        let Some(known) = self.rows.workers.elsewhere.get(kind) else {
            return Ok(());
        };
        let targets = members.iter().map(|member| text(binding, member));
        let target = targets
            .into_iter()
            .find(|target| !target.is_empty())
            .unwrap_or_default();
        if known.contains(target) {
            Ok(())
        } else {
            Err(refusal::no_such(kind, name, target))
        }
    }
}

/// A binding as users see it: secrets without anything that tells their value.
pub(super) fn shown(binding: &Value) -> Value {
    let mut shown = binding.clone();
    if let Some(members) = shown.as_object_mut() {
        members.remove("digest");
    }
    shown
}

/// True for a binding whose value cannot be read back.
pub(super) fn is_secret(binding: &Value) -> bool {
    SECRETS.contains(&text(binding, "type"))
}

/// A member of a binding as text.
pub(super) fn text<'a>(binding: &'a Value, member: &str) -> &'a str {
    binding.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Secrets are kept as digests.
pub(super) fn without_secret(binding: &Value) -> Value {
    let Some(members) = binding.as_object().filter(|_| is_secret(binding)) else {
        return binding.clone();
    };
    let mut kept = Map::new();
    for (name, value) in members {
        if ["text", "key_base64", "key_jwk"].contains(&name.as_str()) {
            kept.insert("digest".to_owned(), Value::from(digest(&value.to_string())));
        } else {
            kept.insert(name.clone(), value.clone());
        }
    }
    Value::Object(kept)
}

fn has(bindings: &[Value], name: &str) -> bool {
    bindings.iter().any(|binding| text(binding, "name") == name)
}
