//! What of the sites is to run and to be served: deployments with their functions, rules and files. Serving them is elsewhere.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Deployment, Rows};
use crate::blobs::Blobs;
use crate::cloudflare::multipart::{self, Part};
use crate::cloudflare::rows;
use crate::cloudflare::sites::{Program, Revision, program as names};
use crate::cloudflare::stored_file::StoredFile;

/// A project as those who look for addresses see it.
pub(in crate::cloudflare) struct Site {
    pub(in crate::cloudflare) project: String,
    /// The live deployment.
    pub(in crate::cloudflare) live: Option<String>,
    /// The newest preview of each branch.
    pub(in crate::cloudflare) branches: BTreeMap<String, String>,
    pub(in crate::cloudflare) domains: Vec<String>,
}

/// Every project.
pub(in crate::cloudflare) fn site(rows: &Rows) -> Vec<Site> {
    rows.projects
        .iter()
        .map(|(name, project)| Site {
            project: name.clone(),
            live: project.canonical().map(|live| live.id.clone()),
            branches: project
                .deployments
                .iter()
                .filter(|deployment| !deployment.is_live())
                .map(|deployment| (alias(&deployment.branch), deployment.id.clone()))
                .collect(),
            domains: project.domains.iter().map(|domain| domain.name.clone()).collect(),
        })
        .collect()
}

/// A deployment of a project: by its whole id, or the first eight digits of it.
pub(in crate::cloudflare) fn find<'a>(rows: &'a Rows, project: &str, id: &str) -> Option<&'a Deployment> {
    let deployments = &rows.projects.get(project)?.deployments;
    deployments
        .iter()
        .find(|deployment| deployment.id == id || deployment.id[..8] == *id)
}

/// A file of a site by its hash.
pub(in crate::cloudflare) fn file<'a>(rows: &'a Rows, hash: &str) -> Option<&'a StoredFile> {
    rows.assets.get(hash)
}

/// The deployments with functions that have an address of their own: the live one and the newest of each branch. Older
/// ones run only if they are among `asked`.
pub(in crate::cloudflare) fn revisions(rows: &Rows, asked: impl Fn(&str) -> bool) -> Vec<Revision> {
    let mut found = Vec::new();
    for (name, project) in &rows.projects {
        let live = project.canonical().map(|live| live.id.as_str());
        for deployment in &project.deployments {
            let own = names::functions(name, &deployment.id);
            let is_newest = Some(deployment.id.as_str()) == live || deployment.is_aliased(project);
            if deployment.has_functions() && (is_newest || asked(&own)) {
                found.push(Revision {
                    name: own,
                    revision: project.configs[&deployment.environment].to_string(),
                });
            }
        }
    }
    found
}

/// The metadata in a bundle of functions.
#[derive(Deserialize)]
struct Metadata {
    main_module: String,
    bindings: Option<Vec<Value>>,
    compatibility_date: Option<String>,
    #[serde(default)]
    compatibility_flags: Vec<String>,
}

/// The functions of a deployment, with the configuration of their environment where they bring none.
pub(in crate::cloudflare) fn program(
    rows: &rows::Rows,
    blobs: &Blobs,
    project: &str,
    id: &str,
) -> Option<Program> {
    let deployment = find(&rows.pages, project, id)?;
    let config = &rows.pages.projects.get(project)?.configs[&deployment.environment];
    let (metadata, modules) = deployment.code(blobs)?;
    let bindings = metadata.bindings.unwrap_or_else(|| bindings(config));
    let text = |name: &str| config[name].as_str().map(str::to_owned);
    let flags = config["compatibility_flags"].as_array().into_iter().flatten();
    let flags = flags.filter_map(|flag| flag.as_str().map(str::to_owned));
    Some(Program {
        entry: metadata.main_module,
        is_module: true,
        modules,
        date: metadata
            .compatibility_date
            .or_else(|| text("compatibility_date"))
            .unwrap_or_default(),
        flags: metadata.compatibility_flags.into_iter().chain(flags).collect(),
        bindings: bindings
            .iter()
            .map(|binding| names::revealed(binding, &rows.vault))
            .chain([json!({ "type": "assets", "name": "ASSETS" })])
            .collect(),
        classes: Vec::new(),
    })
}

/// The bindings of a project's configuration in the form that Workers have them in (API doc §4.3, §5.1).
fn bindings(config: &Value) -> Vec<Value> {
    let mut bindings = Vec::new();
    let mut each = |map: &str, shape: &dyn Fn(&str, &Value) -> Value| {
        let members = config[map].as_object().into_iter().flatten();
        bindings.extend(members.map(|(name, value)| shape(name, value)));
    };
    each("env_vars", &|name, variable| match variable.get("digest") {
        Some(digest) => json!({ "type": "secret_text", "name": name, "digest": digest }),
        None => json!({ "type": "plain_text", "name": name, "text": variable["value"] }),
    });
    each(
        "kv_namespaces",
        &|name, value| json!({ "type": "kv_namespace", "name": name, "namespace_id": value["namespace_id"] }),
    );
    each(
        "r2_buckets",
        &|name, value| json!({ "type": "r2_bucket", "name": name, "bucket_name": value["name"], "jurisdiction": value["jurisdiction"] }),
    );
    each(
        "services",
        &|name, value| json!({ "type": "service", "name": name, "service": value["service"], "entrypoint": value["entrypoint"] }),
    );
    bindings
}

/// A branch as it is part of a host: lower case, anything but letters and digits as a dash.
fn alias(branch: &str) -> String {
    let lower = branch.to_ascii_lowercase();
    lower.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
}

impl Deployment {
    /// True if code goes before its files.
    pub(in crate::cloudflare) fn has_functions(&self) -> bool {
        self.extras.keys().any(|name| name.starts_with("_worker"))
    }

    /// One of `_headers`, `_redirects` and `_routes.json`.
    pub(in crate::cloudflare) fn rules(&self, name: &str) -> &str {
        self.extras.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Paths to hashes of files.
    pub(in crate::cloudflare) fn files(&self) -> &BTreeMap<String, String> {
        &self.manifest
    }

    pub(in crate::cloudflare) fn id(&self) -> &str {
        &self.id
    }

    fn code(&self, blobs: &Blobs) -> Option<(Metadata, Vec<Part>)> {
        if let Some(name) = self.extras.get("_worker.bundle") {
            let mut parts = multipart::read_bare(&blobs.get(name).ok()?)?;
            let at = parts.iter().position(|part| part.name == "metadata")?;
            let metadata = serde_json::from_slice(&parts.remove(at).body).ok()?;
            return Some((metadata, parts));
        }
        let body = blobs.get(self.extras.get("_worker.js")?).ok()?;
        let metadata = Metadata {
            main_module: "_worker.js".to_owned(),
            bindings: None,
            compatibility_date: None,
            compatibility_flags: Vec::new(),
        };
        let part = Part {
            name: metadata.main_module.clone(),
            filename: None,
            content_type: Some("application/javascript+module".to_owned()),
            body,
        };
        Some((metadata, vec![part]))
    }
}
