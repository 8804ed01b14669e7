//! Deployments by direct upload (API doc §5.2 to §5.4). They succeed at once: there is nothing to build.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Project, project, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context, uuid};
use crate::cloudflare::multipart::{self, Part};
use crate::cloudflare::paging::Page;
use crate::cloudflare::stored_file::StoredFile;

/// The two forms in which a site brings functions.
const CODE: [&str; 2] = ["_worker.js", "_worker.bundle"];
const STAGES: [&str; 5] = ["queued", "initialize", "clone_repo", "build", "deploy"];

/// A deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deployment {
    pub(super) id: String,
    created: Timestamp,
    pub(super) environment: String,
    pub(super) branch: String,
    commit_hash: String,
    commit_message: String,
    commit_dirty: bool,
    /// Paths to hashes of files.
    pub(super) manifest: BTreeMap<String, String>,
    /// Routing files and the like, by name; of those with code, the name among the blobs.
    pub(super) extras: BTreeMap<String, String>,
    /// The higher, the later it was made live; zero for previews.
    pub(super) live: u64,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = Page::read(call, 25, 1..=25, refusal::paging)?;
    let project = project::find(context, call)?;
    let wanted = call.query("env");
    let shown = project.deployments.iter().rev();
    let shown = shown.filter(|deployment| wanted.is_none_or(|wanted| wanted == deployment.environment));
    let shown: Vec<Value> = shown
        .map(|deployment| deployment.render(call.path("project_name"), project))
        .collect();
    let (shown, info) = page.cut(shown);
    Answer::list(shown, info)
}

pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (id, now) = (uuid(&context.identifier()), context.now);
    project::find(context, call)?;
    let parts = multipart::read(call.header("content-type").unwrap_or_default(), call.bytes())
        .ok_or_else(refusal::manifest)?;
    let mut deployment = Deployment::read(id, now, &parts)?;
    for name in CODE {
        if let Some(part) = parts.iter().find(|part| part.name == name) {
            deployment
                .extras
                .insert(name.to_owned(), context.keep(&part.body)?);
        }
    }
    if CODE.iter().all(|name| deployment.extras.contains_key(*name)) {
        return Err(refusal::invalid(
            "_worker.js and _worker.bundle exclude each other.",
        ));
    }
    let known = &context.rows().pages.assets;
    if let Some((path, _)) = deployment
        .manifest
        .iter()
        .find(|(_, hash)| !known.get(*hash).is_some_and(StoredFile::is_whole))
    {
        return Err(refusal::missing_file(path));
    }
    let project = project::find(context, call)?;
    if deployment.branch.is_empty() {
        deployment.branch.clone_from(&project.production_branch);
    }
    if deployment.branch == project.production_branch {
        "production".clone_into(&mut deployment.environment);
        deployment.live = project.next_live();
    }
    project.deployments.push(deployment.clone());
    Answer::of(deployment.render(call.path("project_name"), project))
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let at = position(context, call)?;
    let project = project::find(context, call)?;
    Answer::of(project.deployments[at].render(call.path("project_name"), project))
}

/// The live one stays, and a preview with an alias goes only by force.
pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let at = position(context, call)?;
    let project = project::find(context, call)?;
    let deployment = &project.deployments[at];
    if project.canonical().is_some_and(|live| live.id == deployment.id) {
        return Err(refusal::live_deployment());
    }
    if deployment.is_aliased(project) && call.query("force") != Some("true") {
        return Err(refusal::aliased_deployment());
    }
    project.deployments.remove(at);
    Answer::of(Value::Null)
}

/// Makes an older production deployment the live one.
pub(super) fn roll_back(context: &mut Context<'_>, call: &Call) -> Outcome {
    let at = position(context, call)?;
    let project = project::find(context, call)?;
    let live = project.next_live();
    let deployment = &mut project.deployments[at];
    if !deployment.is_live() {
        return Err(refusal::invalid(
            "Only production deployments can be rolled back to.",
        ));
    }
    deployment.live = live;
    let shown = project.deployments[at].render(call.path("project_name"), project);
    Answer::of(shown)
}

fn position(context: &mut Context<'_>, call: &Call) -> Result<usize, Failure> {
    let deployments = &project::find(context, call)?.deployments;
    let wanted = call.path("deployment_id");
    deployments
        .iter()
        .position(|deployment| deployment.id == wanted)
        .ok_or_else(refusal::no_deployment)
}

impl Project {
    fn next_live(&self) -> u64 {
        self.deployments
            .iter()
            .map(|deployment| deployment.live)
            .max()
            .unwrap_or(0)
            + 1
    }
}

impl Deployment {
    fn read(id: String, now: Timestamp, parts: &[Part]) -> Result<Self, Failure> {
        let text = |name: &str| {
            let part = parts.iter().find(|part| part.name == name);
            part.map(|part| String::from_utf8_lossy(&part.body).into_owned())
        };
        let manifest = text("manifest").ok_or_else(refusal::manifest)?;
        let manifest: BTreeMap<String, String> = serde_json::from_str(&manifest)
            .map_err(|error| refusal::invalid(&format!("manifest is not valid: {error}")))?;
        if let Some(path) = manifest.keys().find(|path| !path.starts_with('/')) {
            return Err(refusal::invalid(&format!(
                "`{path}` in the manifest does not start with a slash."
            )));
        }
        let extras = ["_headers", "_redirects", "_routes.json"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), text(name)?)))
            .collect();
        Ok(Self {
            id,
            created: now,
            environment: "preview".to_owned(),
            branch: text("branch").unwrap_or_default(),
            commit_hash: text("commit_hash").unwrap_or_default(),
            commit_message: text("commit_message").unwrap_or_default(),
            commit_dirty: text("commit_dirty").as_deref() == Some("true"),
            manifest,
            extras,
            live: 0,
        })
    }

    /// True for production deployments.
    pub(super) fn is_live(&self) -> bool {
        self.live > 0
    }

    /// What it serves.
    pub(super) fn manifest(&self) -> Value {
        json!({ "files": self.manifest, "extras": self.extras.keys().collect::<Vec<_>>() })
    }

    /// The newest preview of a branch is reached by the branch's name.
    pub(super) fn is_aliased(&self, project: &Project) -> bool {
        let newest = project
            .deployments
            .iter()
            .rfind(|other| other.branch == self.branch);
        !self.is_live() && newest.is_some_and(|newest| newest.id == self.id)
    }

    pub(super) fn render(&self, name: &str, project: &Project) -> Value {
        let short = &self.id[..8];
        let alias = self
            .is_aliased(project)
            .then(|| vec![format!("https://{}.{name}.pages.dev", self.branch)]);
        json!({
            "id": self.id,
            "short_id": short,
            "project_id": project.id,
            "project_name": name,
            "environment": self.environment,
            "url": format!("https://{short}.{name}.pages.dev"),
            "aliases": alias,
            "created_on": self.created,
            "modified_on": self.created,
            "latest_stage": self.stage(STAGES[4]),
            "stages": STAGES.map(|stage| self.stage(stage)),
            "deployment_trigger": { "type": "ad_hoc", "metadata": {
                "branch": self.branch,
                "commit_hash": self.commit_hash,
                "commit_message": self.commit_message,
                "commit_dirty": self.commit_dirty,
            }},
            "env_vars": super::config::shown(&project.configs[&self.environment]["env_vars"]),
            "build_config": project.build_config,
            "is_skipped": false,
            "uses_functions": self.extras.keys().any(|name| name.starts_with("_worker")),
        })
    }

    fn stage(&self, name: &str) -> Value {
        json!({ "name": name, "status": "success", "started_on": self.created, "ended_on": self.created })
    }
}
