//! What a `wrangler.toml` or `wrangler.jsonc` beside the code says where the declaration says nothing. It changes no file.
//!
//! The names are those of wrangler's configuration (cloudflare/workers-sdk, packages/workers-utils/src/config/environment.ts).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Binding, Migration, Observability, Worker, plain};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Input;

/// The files, in the order in which wrangler looks for them.
const FILES: &[&str] = &["wrangler.json", "wrangler.jsonc", "wrangler.toml"];
/// What says nothing about what is deployed, or is said by the declaration alone.
const OF_NO_CONCERN: &[&str] = &["$schema", "name", "main", "account_id", "dev", "send_metrics"];

/// The file.
pub(super) struct Config {
    /// Where it lies, relative to the stack's folder.
    name: String,
    said: Map<String, Value>,
}

impl Config {
    /// The one beside the code of `worker`, if there is one.
    pub(super) fn beside(worker: &Worker, root: &Path) -> Result<Option<Self>> {
        let folder = folder(worker, root);
        let Some(file) = FILES
            .iter()
            .map(|name| folder.join(name))
            .find(|file| file.is_file())
        else {
            return Ok(None);
        };
        let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        let failed = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Invalid, why.to_string().trim_end().to_owned())
                .during(format!("read {name}"))
        };
        let mut text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
        let said = if file.extension().is_some_and(|extension| extension == "toml") {
            toml::from_str(&text).map_err(|error| failed(&error))?
        } else {
            json_strip_comments::strip(&mut text).map_err(|error| failed(&error))?;
            serde_json::from_str(&text).map_err(|error| failed(&error))?
        };
        Ok(Some(Self { name, said }))
    }

    /// The file where the code begins, relative to the file's folder.
    pub(super) fn main(&self) -> Option<&str> {
        self.said.get("main").and_then(Value::as_str)
    }

    /// `worker` with what it leaves out, and what a plan says about that.
    pub(super) fn fill(self, worker: &Worker) -> (Worker, Vec<String>) {
        let mut filling = Filling {
            worker: worker.clone(),
            taken: Vec::new(),
            left: Vec::new(),
        };
        if let Some(main) = self.main() {
            filling.taken.push(format!("main ({main})"));
        }
        for (name, value) in &self.said {
            if !OF_NO_CONCERN.contains(&name.as_str()) {
                filling.take(name, value);
            }
        }
        let address = worker.address();
        let told = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{address}: {what} {}: {}", self.name, names.join(", ")))
        };
        let mut notes: Vec<_> = told("taken from", &filling.taken).into_iter().collect();
        notes.extend(told("not supported, and left out of", &filling.left));
        (filling.worker, notes)
    }
}

/// The folder that is looked into.
fn folder(worker: &Worker, root: &Path) -> PathBuf {
    let source = root.join(&worker.source);
    if source.is_dir() {
        return source;
    }
    source.parent().map_or_else(|| root.to_owned(), Path::to_owned)
}

struct Filling {
    worker: Worker,
    taken: Vec<String>,
    left: Vec<String>,
}

impl Filling {
    fn take(&mut self, name: &str, value: &Value) {
        let worker = &mut self.worker;
        let text = || value.as_str().map(str::to_owned);
        let is_taken = match name {
            "compatibility_date" => put(&mut worker.compatibility_date, text()),
            "compatibility_flags" => put_all(&mut worker.compatibility_flags, texts(value)),
            "workers_dev" => put(&mut worker.workers_dev, value.as_bool()),
            "observability" => return self.observability(value),
            "triggers" => put_all(&mut worker.cron, texts(&value["crons"])),
            "build" => put(&mut worker.build, value["command"].as_str().map(str::to_owned)),
            "route" | "routes" => return self.routes(name, value),
            "vars" => {
                return self.each(
                    value
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(name, value)| variable(name, value)),
                );
            }
            "kv_namespaces" | "r2_buckets" | "d1_databases" | "services" | "queues" | "ai" => {
                return self.bind(name, value);
            }
            "assets" => return self.assets(value),
            "migrations" => return self.migrations(value),
            _ if self.plain(name, value) => return,
            _ => None,
        };
        match is_taken {
            Some(true) => self.taken.push(name.to_owned()),
            Some(false) => {}
            None => self.left.push(name.to_owned()),
        }
    }

    /// Takes the bindings of one kind.
    fn bind(&mut self, name: &str, value: &Value) {
        match name {
            "kv_namespaces" => {
                self.bindings(name, value, |one, name| {
                    Some(Binding::Kv {
                        name,
                        namespace: Input::Value(text_in(one, "id")?),
                    })
                });
            }
            "r2_buckets" => {
                self.bindings(name, value, |one, name| {
                    Some(Binding::R2 {
                        name,
                        bucket: Input::Value(text_in(one, "bucket_name")?),
                        jurisdiction: serde_json::from_value(one["jurisdiction"].clone()).ok(),
                    })
                });
            }
            "d1_databases" => {
                self.bindings(name, value, |one, name| {
                    Some(Binding::D1 {
                        name,
                        database: Input::Value(text_in(one, "database_id")?),
                    })
                });
            }
            "services" => {
                self.bindings(name, value, |one, name| {
                    Some(Binding::Service {
                        name,
                        service: text_in(one, "service")?,
                        entrypoint: text_in(one, "entrypoint"),
                    })
                });
            }
            "queues" => {
                if value.get("consumers").is_some() {
                    self.left.push("queues.consumers".to_owned());
                }
                self.bindings("queues.producers", &value["producers"], |one, name| {
                    Some(Binding::Queue {
                        name,
                        queue: Input::Value(text_in(one, "queue")?),
                        delivery_delay: one["delivery_delay"]
                            .as_u64()
                            .and_then(|delay| delay.try_into().ok()),
                    })
                });
            }
            "ai" => {
                self.bindings(name, &Value::from(vec![value.clone()]), |_, name| {
                    Some(Binding::Ai { name })
                });
            }
            _ => {}
        }
    }

    fn observability(&mut self, value: &Value) {
        let said = Observability {
            enabled: value["enabled"].as_bool().unwrap_or(false),
            head_sampling_rate: value["head_sampling_rate"].as_f64(),
        };
        if put(&mut self.worker.observability, Some(said)) == Some(true) {
            self.taken.push("observability".to_owned());
        }
        self.members("observability", value, &["enabled", "head_sampling_rate"]);
    }

    /// Members that have no counterpart.
    fn members(&mut self, name: &str, value: &Value, known: &[&str]) {
        let others = value.as_object().into_iter().flat_map(Map::keys);
        let others = others.filter(|member| !known.contains(&member.as_str()));
        self.left.extend(others.map(|member| format!("{name}.{member}")));
    }

    fn routes(&mut self, name: &str, value: &Value) {
        let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        let pattern = |one: &Value| one.as_str().or(one["pattern"].as_str()).map(str::to_owned);
        let (hosts, routes): (Vec<_>, Vec<_>) = all
            .iter()
            .partition(|one| one["custom_domain"] == Value::Bool(true));
        let taken = [
            put_all(
                &mut self.worker.custom_domain,
                Some(hosts.into_iter().filter_map(pattern).collect()),
            ),
            put_all(
                &mut self.worker.route,
                Some(routes.into_iter().filter_map(pattern).collect()),
            ),
        ];
        if taken.contains(&Some(true)) {
            self.taken.push(name.to_owned());
        }
    }

    fn bindings(&mut self, name: &str, value: &Value, made: impl Fn(&Value, String) -> Option<Binding>) {
        for one in value.as_array().into_iter().flatten() {
            match text_in(one, "binding").and_then(|name| made(one, name)) {
                Some(binding) => self.each([binding]),
                None => self.left.push(format!("{name} {one}")),
            }
        }
    }

    /// Takes bindings whose names the declaration does not have.
    fn each(&mut self, bindings: impl IntoIterator<Item = Binding>) {
        for binding in bindings {
            if self
                .worker
                .bindings
                .iter()
                .all(|own| own.name() != binding.name())
            {
                self.taken.push(format!("binding {}", binding.name()));
                self.worker.bindings.push(binding);
            }
        }
    }

    /// Takes bindings whose members are sent as they are; whether there are such under this name.
    fn plain(&mut self, name: &str, value: &Value) -> bool {
        let Some(plain) = plain::ALL
            .iter()
            .find(|plain| plain.configured.split('/').next() == Some(name))
        else {
            return false;
        };
        let inner = plain.configured.split_once('/').map(|(_, inner)| &value[inner]);
        let entries = match inner.unwrap_or(value) {
            Value::Array(entries) => entries.clone(),
            Value::Object(_) => vec![value.clone()],
            _ => Vec::new(),
        };
        for entry in &entries {
            let (binding, others) = plain.configured(entry);
            self.left.extend(others);
            match binding {
                Some(binding) => self.each([binding]),
                None => self.left.push(format!("{name} {entry}")),
            }
        }
        true
    }

    fn migrations(&mut self, value: &Value) {
        if !self.worker.migration.is_empty() {
            return;
        }
        for entry in value.as_array().into_iter().flatten() {
            match Migration::configured(entry) {
                Some(migration) => self.worker.migration.push(migration),
                None => self.left.push(format!("migrations {entry}")),
            }
        }
        if !self.worker.migration.is_empty() {
            self.taken.push("migrations".to_owned());
        }
    }

    fn assets(&mut self, value: &Value) {
        let declared = self
            .worker
            .bindings
            .iter()
            .any(|own| matches!(own, Binding::Assets { .. }));
        if let Some(folder) = value["directory"].as_str().filter(|_| !declared) {
            let source = Path::new(&self.worker.source);
            let is_file = source.extension().is_some();
            let base = if is_file {
                source.parent().unwrap_or(Path::new(""))
            } else {
                source
            };
            let binding = Binding::assets(base.join(folder).to_string_lossy());
            let named = match (binding, value["binding"].as_str()) {
                (Binding::Assets { folder, .. }, Some(name)) => Binding::Assets {
                    folder,
                    name: name.to_owned(),
                },
                (binding, _) => binding,
            };
            self.each([named]);
        }
        self.members("assets", value, &["directory", "binding"]);
    }
}

/// Fills a field that is empty: whether it was, if there is something to fill it with.
fn put<T>(field: &mut Option<T>, value: Option<T>) -> Option<bool> {
    let value = value?;
    Some(if field.is_none() {
        *field = Some(value);
        true
    } else {
        false
    })
}

fn put_all(field: &mut Vec<String>, values: Option<Vec<String>>) -> Option<bool> {
    let values = values?;
    Some(if field.is_empty() && !values.is_empty() {
        *field = values;
        true
    } else {
        false
    })
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value
        .as_array()?
        .iter()
        .map(|one| one.as_str().map(str::to_owned))
        .collect()
}

fn text_in(value: &Value, member: &str) -> Option<String> {
    value[member].as_str().map(str::to_owned)
}

/// Texts are variables; everything else is sent as JSON (API doc §4.3).
fn variable(name: &str, value: &Value) -> Binding {
    match value {
        Value::String(text) => Binding::var(name, text.as_str()),
        other => Binding::Json {
            name: name.to_owned(),
            value: Input::Value(other.to_string()),
        },
    }
}
