//! The configuration of workerd (API doc §6.5): text and files for programs, written into a folder. It starts nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use super::Program;
use super::program::worker;
use crate::cloudflare::multipart::Part;
use crate::cloudflare::workers::Class;

/// Names the storage that a request of the runtime is about.
pub(super) const TARGET: &str = "x-sandbox-target";
/// Carries the word that only the runtime knows.
pub(super) const KEY: &str = "x-sandbox-key";
/// Carries what `request.cf` shows.
pub(super) const CF_BLOB: &str = "x-sandbox-cf";
/// The socket of the Worker that passes events on which are no requests.
pub(super) const DOOR: &str = "door";
/// The service of the folder that Durable Objects write to.
const OBJECTS: &str = "objects";

/// Passes cron events on, since workerd takes nothing but HTTP from outside.
const DOOR_CODE: &str = "export default { async fetch(request, env) {
  const { target, cron, time } = await request.json();
  return Response.json(await env[target].scheduled({ cron, scheduledTime: new Date(time) }));
} };
";

/// Where the runtime finds the storage of the sandbox.
pub(super) struct Storage<'a> {
    pub(super) address: SocketAddr,
    pub(super) key: &'a str,
    /// Where Durable Objects keep what they hold.
    pub(super) objects: &'a Path,
}

/// Programs that are to run together, and those that cannot run, with the reason.
pub(super) struct Configuration<'a> {
    pub(super) programs: &'a BTreeMap<String, Program>,
    pub(super) broken: &'a BTreeMap<String, String>,
    pub(super) storage: Storage<'a>,
    /// The latest compatibility date that the runtime knows.
    pub(super) latest: &'a str,
}

impl Configuration<'_> {
    /// Writes `config.capnp` and the files of the code beside it.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut text = "using Workerd = import \"/workerd/workerd.capnp\";\nconst config :Workerd.Config = (\n  services = [\n".to_owned();
        let mut storages = BTreeSet::new();
        for (number, (name, program)) in self.programs.iter().enumerate() {
            text += &match self.broken.get(name) {
                Some(reason) => broken(name, reason),
                None => self.program(folder, number, (name, program), &mut storages)?,
            };
        }
        for target in &storages {
            text += &self.external(target);
        }
        text += &self.door();
        let objects = quoted(&self.storage.objects.display().to_string());
        let _ = writeln!(
            text,
            "    (name = \"{OBJECTS}\", disk = (path = {objects}, writable = true)),"
        );
        text += "    (name = \"internet\", network = (allow = [\"public\", \"private\"], tlsOptions = (trustBrowserCas = true))),\n  ],\n  sockets = [\n";
        for name in self.programs.keys().map(String::as_str).chain([DOOR]) {
            let name = quoted(name);
            let _ = writeln!(
                text,
                "    (name = {name}, address = \"127.0.0.1:0\", http = (cfBlobHeader = \"{CF_BLOB}\"), service = {name}),"
            );
        }
        text += "  ],\n);\n";
        fs::write(folder.join("config.capnp"), text)
    }

    fn program(
        &self,
        folder: &Path,
        number: usize,
        (name, program): (&str, &Program),
        storages: &mut BTreeSet<String>,
    ) -> io::Result<String> {
        let mut modules = Vec::new();
        let entry_first = |part: &&Part| part.name != program.entry;
        let mut parts: Vec<&Part> = program.modules.iter().collect();
        parts.sort_by_key(entry_first);
        let mut files = Vec::new();
        for (at, part) in parts.into_iter().enumerate() {
            let file = format!("{number}-{at}");
            fs::write(folder.join(&file), &part.body)?;
            if let Some(kind) = kind(part) {
                let own = part.name.strip_prefix("./").unwrap_or(&part.name);
                modules.push(format!("(name = {}, {kind} = embed \"{file}\")", quoted(own)));
            }
            files.push((part.name.as_str(), file));
        }
        let code = match program.is_module {
            true => format!("modules = [{}]", modules.join(", ")),
            false => format!("serviceWorkerScript = embed \"{number}-0\""),
        };
        let bindings: Vec<String> = program
            .bindings
            .iter()
            .filter_map(|binding| {
                let value = self.binding(name, binding, &files, storages)?;
                Some(format!("(name = {}, {value})", quoted(binding["name"].as_str()?)))
            })
            .collect();
        let flags: Vec<String> = program.flags.iter().map(|flag| quoted(flag)).collect();
        // A runtime of yesterday refuses a date of today; it behaves as it knows.
        let date = program.date.as_str().min(self.latest);
        Ok(format!(
            "    (name = {}, worker = ({code}, compatibilityDate = {}, compatibilityFlags = [{}], bindings = [{}]{})),\n",
            quoted(name),
            quoted(date),
            flags.join(", "),
            bindings.join(", "),
            objects(&program.classes)
        ))
    }

    /// The value of a binding; none for what workerd has nothing to stand in for.
    fn binding(
        &self,
        program: &str,
        binding: &Value,
        files: &[(&str, String)],
        storages: &mut BTreeSet<String>,
    ) -> Option<String> {
        let text = |member: &str| binding[member].as_str().filter(|text| !text.is_empty());
        let embedded = |kind: &str| {
            let (_, file) = files.iter().find(|(name, _)| Some(*name) == text("part"))?;
            Some(format!("{kind} = embed \"{file}\""))
        };
        let mut stored = |target: String| {
            let name = quoted(&target);
            storages.insert(target);
            name
        };
        match text("type")? {
            "plain_text" | "secret_text" => Some(format!("text = {}", quoted(binding["text"].as_str()?))),
            "json" => Some(format!("json = {}", quoted(&json_text(&binding["json"])))),
            "version_metadata" => Some(format!("json = {}", quoted(&binding["json"].to_string()))),
            "kv_namespace" => Some(format!(
                "kvNamespace = {}",
                stored(format!("kv:{}", text("namespace_id")?))
            )),
            "r2_bucket" => {
                let place = text("jurisdiction").unwrap_or("default");
                let target = format!("r2:{place}/{}", text("bucket_name")?);
                Some(format!("r2Bucket = {}", stored(target)))
            }
            "assets" => Some(format!("service = {}", stored(format!("assets:{program}")))),
            "service" => {
                let target = worker(text("service")?);
                self.programs.get(&target)?;
                let entrypoint = text("entrypoint").map(|name| format!(", entrypoint = {}", quoted(name)));
                Some(format!(
                    "service = (name = {}{})",
                    quoted(&target),
                    entrypoint.unwrap_or_default()
                ))
            }
            "durable_object_namespace" => {
                let class = quoted(text("class_name")?);
                let other = text("script_name").map_or_else(|| program.to_owned(), worker);
                self.programs.get(&other)?;
                Some(format!(
                    "durableObjectNamespace = (className = {class}, serviceName = {})",
                    quoted(&other)
                ))
            }
            "wasm_module" => embedded("wasmModule"),
            "text_blob" => embedded("text"),
            "data_blob" => embedded("data"),
            _ => None,
        }
    }

    fn external(&self, target: &str) -> String {
        let target = quoted(target);
        format!(
            "    (name = {target}, external = (address = \"{}\", http = (injectRequestHeaders = [(name = \"{TARGET}\", value = {target}), (name = \"{KEY}\", value = \"{}\")]))),\n",
            self.storage.address, self.storage.key
        )
    }

    fn door(&self) -> String {
        let bound = self.programs.keys().map(|name| {
            let name = quoted(name);
            format!("(name = {name}, service = {name})")
        });
        let bound: Vec<String> = bound.collect();
        format!(
            "    (name = \"{DOOR}\", worker = (modules = [(name = \"door.js\", esModule = {})], compatibilityDate = \"2026-01-01\", compatibilityFlags = [\"service_binding_extra_handlers\"], bindings = [{}])),\n",
            quoted(DOOR_CODE),
            bound.join(", ")
        )
    }
}

/// The namespaces of a program's Durable Objects.
fn objects(classes: &[Class]) -> String {
    if classes.is_empty() {
        return String::new();
    }
    let one = |class: &Class| {
        let key = quoted(&class.key);
        let name = quoted(&class.name);
        format!(
            "(className = {name}, uniqueKey = {key}, enableSql = {})",
            class.sqlite
        )
    };
    let classes: Vec<String> = classes.iter().map(one).collect();
    format!(
        ", durableObjectNamespaces = [{}], durableObjectStorage = (localDisk = \"{OBJECTS}\")",
        classes.join(", ")
    )
}

/// A Worker that says why the one it stands for does not run.
fn broken(name: &str, reason: &str) -> String {
    let reason = Value::from(format!("The Worker does not start: {reason}\n"));
    let code =
        format!("export default {{ fetch() {{ return new Response({reason}, {{ status: 500 }}); }} }};");
    format!(
        "    (name = {}, worker = (modules = [(name = \"broken.js\", esModule = {})], compatibilityDate = \"2026-01-01\")),\n",
        quoted(name),
        quoted(&code)
    )
}

/// How workerd calls what a part of an upload is. Source maps are for people.
fn kind(part: &Part) -> Option<&'static str> {
    let kind = part.content_type.as_deref().unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/javascript+module" | "text/javascript+module" => Some("esModule"),
        "application/javascript" | "text/javascript" => Some("commonJsModule"),
        "application/wasm" => Some("wasm"),
        "application/json" => Some("json"),
        "text/plain" => Some("text"),
        "text/x-python" => Some("pythonModule"),
        "application/source-map" => None,
        _ => Some("data"),
    }
}

fn json_text(value: &Value) -> String {
    // Terraform sends the JSON as a text, everybody else as what it is.
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_ok_and(|inner| !inner.is_string()) => {
            text.clone()
        }
        value => value.to_string(),
    }
}

/// A text as Cap'n Proto's language writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            letter if letter.is_ascii_control() => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
