//! Makes, changes and removes projects of Pages. What is there is read by `look`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::look::{USUAL_BRANCH, outputs};
use super::place::{Deployment, Place, Project, TOO_MANY};
use super::publish::publish;
use super::{Pages, canonical};
use crate::cloudflare::answer::has_code;
use crate::cloudflare::{Cloudflare, hosts};
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Input, Made, Segment};
use crate::plan::Change;

/// Fields that reach the site only with a new deployment (API doc §5.1).
pub(super) const PUBLISHED: &[&str] = &[
    "source_digest",
    "branch",
    "production_branch",
    "env",
    "compatibility_date",
];
/// The day of the runtime for sites that declare none.
const USUAL_DATE: &str = "2025-09-15";

/// Makes a project and publishes the site. What an interrupted create left out is added by an update.
pub(super) async fn create(cloud: &Cloudflare, context: &Context, pages: &Pages) -> Result<Made> {
    let place = Place::of(cloud, &pages.name).await?;
    let project = make(&place, context, pages).await?;
    context
        .checkpoint(&project.id, outputs(pages, &project.subdomain, None))
        .await?;
    let deployment = publish(&place, context, pages).await?;
    for host in &pages.custom_domain {
        attach(&place, &canonical(host)).await?;
    }
    Ok(made(pages, &project, &deployment))
}

/// Changes the fields that `changes` speak of; publishes where one of them reaches the site only so.
pub(super) async fn update(
    cloud: &Cloudflare,
    context: &Context,
    was: &Existing,
    pages: &Pages,
    changes: &[Change],
) -> Result<Made> {
    let place = Place::of(cloud, &pages.name).await?;
    let before = was.spec_as::<Pages>().ok().map(|pages| as_shown(pages, changes));
    let fields: BTreeSet<&str> = changes.iter().map(Change::field).collect();
    let has = |names: &[&str]| names.iter().any(|name| fields.contains(name));
    if has(&["production_branch", "env", "compatibility_date"]) {
        place.change(&settings(context, pages, before.as_ref())).await?;
    }
    let mut url = was.output("deployment-url").map(str::to_owned);
    if has(PUBLISHED) {
        url = Some(publish(&place, context, pages).await?.url);
    }
    if fields.contains("custom_domain") {
        set_domains(&place, before.as_ref(), pages).await?;
    }
    let host = was.output("host").unwrap_or_default();
    Ok(Made {
        id: was.id.clone(),
        outputs: outputs(pages, host, url.as_deref()),
    })
}

/// `pages` with the variables and addresses that are there besides: an interrupted change may have added them.
fn as_shown(mut pages: Pages, changes: &[Change]) -> Pages {
    for change in changes {
        match (change.field(), change.path.segments()) {
            ("env", [_, Segment::Key(name), ..]) => add_variable(&mut pages, name),
            ("env", _) => {
                let names = change.before.as_object().into_iter().flat_map(Map::keys);
                names.for_each(|name| add_variable(&mut pages, name));
            }
            ("custom_domain", _) => hosts::add_shown(&mut pages.custom_domain, change),
            _ => {}
        }
    }
    pages
}

/// That there is a variable is what matters: its value is not compared.
fn add_variable(pages: &mut Pages, name: &str) {
    let nothing = || Input::Value(String::new());
    pages.env.entry(name.to_owned()).or_insert_with(nothing);
}

/// Removes a project with its custom domains. One with very many deployments loses them first (API doc §5.4).
pub(super) async fn delete(cloud: &Cloudflare, context: &Context, was: &Existing) -> Result<()> {
    let name = was.spec["name"].as_str().unwrap_or_else(|| was.address.name());
    let place = Place::of(cloud, name).await?;
    let Some(project) = place.project().await? else {
        return Ok(());
    };
    for domain in place.domains().await? {
        place.detach(&domain.name).await?;
    }
    match place.remove().await {
        Err(error) if has_code(&error, TOO_MANY) => {}
        answer => return answer,
    }
    let live = project.canonical_deployment.map(|deployment| deployment.id);
    let old: Vec<_> = place
        .deployments()
        .await?
        .into_iter()
        .filter(|deployment| Some(&deployment.id) != live.as_ref())
        .collect();
    for (index, deployment) in old.iter().enumerate() {
        if context.cancelled.is_cancelled() {
            return Err(
                Error::new(ErrorKind::Cancelled, "stopped while deleting old deployments")
                    .help("run the same command again: it goes on from here"),
            );
        }
        context.waiting(format!("deleting old deployments: {index} of {}", old.len()));
        place.remove_deployment(&deployment.id).await?;
    }
    place.remove().await
}

fn made(pages: &Pages, project: &Project, deployment: &Deployment) -> Made {
    Made {
        id: project.id.clone(),
        outputs: outputs(pages, &project.subdomain, Some(&deployment.url)),
    }
}

async fn make(place: &Place<'_>, context: &Context, pages: &Pages) -> Result<Project> {
    let mut body = settings(context, pages, None);
    body["name"] = json!(pages.name);
    match place.make(&body).await {
        Err(error) if error.kind() == ErrorKind::Ambiguous => match place.project().await? {
            // It was not there when the plan was made: what is there now is what was sent.
            Some(project) => Ok(project),
            None => Err(error),
        },
        Err(error) if error.kind() == ErrorKind::Conflict => Err(error.number(&codes::TAKEN).help(format!(
            "choose another name, or take it over: `flow import pages.{0} ID`",
            pages.name
        ))),
        answer => answer,
    }
}

/// The configuration of both environments. Variables that are no longer declared are taken away by null.
fn settings(context: &Context, pages: &Pages, before: Option<&Pages>) -> Value {
    let removed = before.into_iter().flat_map(|pages| pages.env.keys());
    let mut env: Map<String, Value> = removed.map(|name| (name.clone(), Value::Null)).collect();
    for (name, value) in &pages.env {
        // The resolved declaration has secrets as they are; the one that is remembered says which they are.
        let is_secret = context.applied["env"][name].get("$secret").is_some();
        let kind = if is_secret { "secret_text" } else { "plain_text" };
        env.insert(
            name.clone(),
            json!({"type": kind, "value": value.known().cloned().unwrap_or_default()}),
        );
    }
    debug_assert!(pages.env.values().all(|value| matches!(value, Input::Value(_))));
    let one = json!({
        "env_vars": env,
        "compatibility_date": pages.compatibility_date.as_deref().unwrap_or(USUAL_DATE),
    });
    json!({
        "production_branch": pages.production_branch.as_deref().unwrap_or(USUAL_BRANCH),
        "deployment_configs": {"production": one, "preview": one},
    })
}

async fn set_domains(place: &Place<'_>, before: Option<&Pages>, pages: &Pages) -> Result<()> {
    let wanted: BTreeSet<String> = pages.custom_domain.iter().map(|host| canonical(host)).collect();
    let before = before.into_iter().flat_map(|pages| &pages.custom_domain);
    let gone: BTreeSet<String> = before
        .map(|host| canonical(host))
        .filter(|host| !wanted.contains(host))
        .collect();
    let there: BTreeSet<String> = place
        .domains()
        .await?
        .into_iter()
        .map(|domain| domain.name)
        .collect();
    for host in gone.intersection(&there) {
        place.detach(host).await?;
    }
    for host in wanted.difference(&there) {
        attach(place, host).await?;
    }
    Ok(())
}

/// The record that a host needs is one of the stack's own: it refers to the project, and so comes after it.
async fn attach(place: &Place<'_>, host: &str) -> Result<()> {
    match place.attach(host).await {
        Err(error) if error.kind() == ErrorKind::Ambiguous => {
            let there = place.domains().await?;
            if there.iter().any(|domain| domain.name == host) {
                return Ok(());
            }
            place.attach(host).await
        }
        Err(error) if error.kind() == ErrorKind::Conflict => Err(error.number(&codes::TAKEN).help(format!(
            "{host} belongs to another project already: detach it there first"
        ))),
        answer => answer,
    }
}
