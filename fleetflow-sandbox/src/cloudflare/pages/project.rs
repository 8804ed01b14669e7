//! Making, listing, changing and deleting projects (API doc §5.1, §5.4).

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Deployment, Project, config, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::paging::Page;

/// A project with more deployments cannot be deleted.
const MAX_DEPLOYMENTS: usize = 100;

#[derive(Deserialize)]
struct NewProject {
    name: Option<String>,
    production_branch: Option<String>,
    build_config: Option<Value>,
    deployment_configs: Option<Value>,
    source: Option<Value>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = Page::read(call, 10, 1..=25, refusal::paging)?;
    let projects = &context.rows().pages.projects;
    let projects: Vec<Value> = projects
        .iter()
        .map(|(name, project)| project.render(name))
        .collect();
    let (projects, info) = page.cut(projects);
    Answer::list(projects, info)
}

pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let new: NewProject = call.json()?;
    let name = new.name.filter(|name| is_name(name)).ok_or_else(refusal::name)?;
    let production_branch = new
        .production_branch
        .ok_or_else(|| refusal::invalid("production_branch is required."))?;
    if new.source.is_some() {
        return Err(refusal::invalid(
            "The sandbox has no Git repositories to build a project from.",
        ));
    }
    if context.rows().pages.projects.contains_key(&name) {
        return Err(refusal::project_exists());
    }
    let mut configs = config::defaults();
    let sent = new.deployment_configs.unwrap_or_else(|| json!({}));
    context.rows().vault.remember(&sent);
    config::merge(&mut configs, &sent);
    let project = Project {
        id: crate::cloudflare::call::uuid(&context.identifier()),
        created: context.now,
        production_branch,
        build_config: build_config(new.build_config.as_ref()),
        configs,
        deployments: Vec::new(),
        domains: Vec::new(),
    };
    let shown = project.render(&name);
    context.rows().pages.projects.insert(name, project);
    Answer::of(shown)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(find(context, call)?.render(call.path("project_name")))
}

/// Merges; the name cannot change, and neither can the address that follows from it.
pub(super) fn change(context: &mut Context<'_>, call: &Call) -> Outcome {
    let sent: NewProject = call.json()?;
    if let Some(configs) = &sent.deployment_configs {
        context.rows().vault.remember(configs);
    }
    let project = find(context, call)?;
    if let Some(configs) = &sent.deployment_configs {
        config::merge(&mut project.configs, configs);
    }
    if let Some(build) = &sent.build_config {
        config::merge(&mut project.build_config, build);
    }
    if let Some(branch) = sent.production_branch {
        project.production_branch = branch;
    }
    Answer::of(project.render(call.path("project_name")))
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    if find(context, call)?.deployments.len() > MAX_DEPLOYMENTS {
        return Err(refusal::too_many_deployments());
    }
    context.rows().pages.projects.remove(call.path("project_name"));
    Answer::of(Value::Null)
}

/// The project a request names.
pub(super) fn find<'a>(context: &'a mut Context<'_>, call: &Call) -> Result<&'a mut Project, Failure> {
    let projects = &mut context.rows().pages.projects;
    projects
        .get_mut(call.path("project_name"))
        .ok_or_else(refusal::no_project)
}

fn build_config(sent: Option<&Value>) -> Value {
    let mut build = json!({ "web_analytics_tag": null, "web_analytics_token": null });
    if let Some(sent) = sent {
        config::merge(&mut build, sent);
    }
    build
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let inner = name.bytes().all(allowed) && !name.starts_with('-') && !name.ends_with('-');
    (1..=58).contains(&name.len()) && inner
}

impl Project {
    /// The deployment that the project's own address serves.
    pub(super) fn canonical(&self) -> Option<&Deployment> {
        self.deployments
            .iter()
            .filter(|deployment| deployment.is_live())
            .max_by_key(|deployment| deployment.live)
    }

    fn render(&self, name: &str) -> Value {
        let mut domains = vec![format!("{name}.pages.dev")];
        domains.extend(self.domains.iter().map(|domain| domain.name.clone()));
        let shown = |deployment: &Deployment| deployment.render(name, self);
        json!({
            "id": self.id,
            "name": name,
            "subdomain": format!("{name}.pages.dev"),
            "domains": domains,
            "created_on": self.created,
            "production_branch": self.production_branch,
            "production_script_name": format!("pages-worker--{}-production", &self.id[..8]),
            "preview_script_name": format!("pages-worker--{}-preview", &self.id[..8]),
            "build_config": self.build_config,
            "deployment_configs": config::shown(&self.configs),
            "canonical_deployment": self.canonical().map(shown),
            "latest_deployment": self.deployments.last().map(shown),
            "framework": "",
            "framework_version": "",
            "uses_functions": false,
        })
    }
}
