//! Pages projects by direct upload (API doc §5): rows and routes. There are no builds from Git; `sites` serves what is deployed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::MethodFilter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::endpoint;
use super::gate::Need;
use super::stored_file::StoredFile;
use crate::Shared;

mod asset;
mod config;
mod deployment;
mod domain;
mod program;
mod project;
mod refusal;
mod upload_token;

pub(super) use deployment::Deployment;
pub(super) use domain::Domain;
pub(super) use program::{Site, file, find, program, revisions, site};

/// Everything in Pages.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rows {
    projects: BTreeMap<String, Project>,
    /// Uploaded files, by the hash that clients gave them.
    assets: BTreeMap<String, StoredFile>,
}

/// A project.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Project {
    id: String,
    created: Timestamp,
    production_branch: String,
    build_config: Value,
    /// For `production` and `preview`; secrets are digests here.
    configs: Value,
    /// Oldest first.
    deployments: Vec<Deployment>,
    domains: Vec<Domain>,
}

const PROJECTS: &str = "/accounts/{account_id}/pages/projects";

pub(super) fn routes() -> Router<Arc<Shared>> {
    let (read, write) = (Need::Product("Pages Read"), Need::Product("Pages Write"));
    let (get, post) = (MethodFilter::GET, MethodFilter::POST);
    let (delete, patch) = (MethodFilter::DELETE, MethodFilter::PATCH);
    Router::new()
        .merge(deployment_routes(read, write))
        .route(
            PROJECTS,
            endpoint([(get, read, project::list), (post, write, project::create)]),
        )
        .route(
            &at(""),
            endpoint([
                (get, read, project::get),
                (patch, write, project::change),
                (delete, write, project::delete),
            ]),
        )
        .route(&at("/upload-token"), endpoint([(get, write, upload_token::get)]))
        .route(
            &at("/domains"),
            endpoint([(get, read, domain::list), (post, write, domain::attach)]),
        )
        .route(
            &at("/domains/{domain_name}"),
            endpoint([
                (get, read, domain::get),
                (patch, write, domain::retry),
                (delete, write, domain::detach),
            ]),
        )
        .route(
            "/pages/assets/check-missing",
            endpoint([(post, Need::Nothing, asset::check_missing)]),
        )
        .route(
            "/pages/assets/upload",
            endpoint([(post, Need::Nothing, asset::upload)]),
        )
        .route(
            "/pages/assets/upsert-hashes",
            endpoint([(post, Need::Nothing, asset::upsert)]),
        )
}

fn deployment_routes(read: Need, write: Need) -> Router<Arc<Shared>> {
    let (get, post, delete) = (MethodFilter::GET, MethodFilter::POST, MethodFilter::DELETE);
    Router::new()
        .route(
            &at("/deployments"),
            endpoint([(get, read, deployment::list), (post, write, deployment::create)]),
        )
        .route(
            &at("/deployments/{deployment_id}"),
            endpoint([(get, read, deployment::get), (delete, write, deployment::delete)]),
        )
        .route(
            &at("/deployments/{deployment_id}/rollback"),
            endpoint([(post, write, deployment::roll_back)]),
        )
}

fn at(rest: &str) -> String {
    format!("{PROJECTS}/{{project_name}}{rest}")
}

/// The projects users made, with what is live. Uploaded files that nothing points at are not the user's.
pub(super) fn inventory(rows: &Rows) -> Value {
    rows.projects
        .iter()
        .map(|(name, project)| project.inventory(name))
        .collect()
}

impl Project {
    fn inventory(&self, name: &str) -> Value {
        json!({
            "name": name,
            "production_branch": self.production_branch,
            "build_config": self.build_config,
            "deployment_configs": self.configs,
            "live": self.canonical().map(Deployment::manifest),
            "domains": self.domains.iter().map(|domain| &domain.name).collect::<Vec<_>>(),
        })
    }
}
