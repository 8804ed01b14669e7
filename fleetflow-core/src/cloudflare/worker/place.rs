//! One Worker as a place that calls go to, and the calls about addresses (API doc §4).

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::assets::{Session, Uploaded};
use crate::cloudflare::Cloudflare;
use crate::cloudflare::answer::has_code;
use crate::cloudflare::call::{Call, encoded};
use crate::error::{ErrorKind, Result};
use crate::http::Body;

const READ: &str = "Workers Scripts Read";
const WRITE: &str = "Workers Scripts Write";
const READ_ROUTES: &str = "Workers Routes Read";
const WRITE_ROUTES: &str = "Workers Routes Write";
/// There is no such Worker; also that the account has no name at workers.dev (API doc §1.9).
const NO_SCRIPT: &[u64] = &[10_007, 10_090];

/// A Worker in a list or after an upload (API doc §4.1, §4.5).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Script {
    pub(super) id: String,
    /// Stays the same through all versions.
    #[serde(default)]
    pub(super) tag: Option<String>,
    #[serde(default)]
    pub(super) tags: Option<Vec<String>>,
    #[serde(default)]
    pub(super) etag: Option<String>,
    /// The last migration of its Durable Objects that was carried out.
    #[serde(default)]
    pub(super) migration_tag: Option<String>,
}

impl Script {
    /// What tells it from another one of the same name.
    pub(super) fn identity(&self) -> String {
        self.tag.clone().unwrap_or_else(|| self.id.clone())
    }
}

/// The configuration of a Worker.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub(super) bindings: Vec<Value>,
    pub(super) compatibility_date: Option<String>,
    pub(super) compatibility_flags: Option<Vec<String>>,
    pub(super) observability: Option<Value>,
}

#[derive(Deserialize)]
struct Schedules {
    #[serde(default)]
    schedules: Vec<Schedule>,
}

#[derive(Deserialize)]
struct Schedule {
    cron: String,
}

#[derive(Deserialize)]
struct Subdomain {
    enabled: bool,
}

#[derive(Deserialize)]
struct AccountName {
    subdomain: String,
}

#[derive(Deserialize)]
struct Deployments {
    #[serde(default)]
    deployments: Vec<Deployment>,
}

#[derive(Deserialize)]
struct Deployment {
    #[serde(default)]
    versions: Vec<DeployedVersion>,
}

#[derive(Deserialize)]
struct DeployedVersion {
    version_id: String,
}

/// A host of a Worker.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Domain {
    pub(super) id: String,
    pub(super) hostname: String,
    #[serde(default)]
    pub(super) service: String,
}

/// A pattern of URLs of a zone; without a Worker it keeps Workers away.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Route {
    pub(super) id: String,
    pub(super) pattern: String,
    #[serde(default)]
    pub(super) script: Option<String>,
}

/// A Worker's place.
pub(super) struct Place<'p> {
    pub(super) cloud: &'p Cloudflare,
    account: String,
    pub(super) name: String,
}

/// Every Worker of the account; the list has one page (API doc §1.7).
pub(super) async fn scripts(cloud: &Cloudflare) -> Result<Vec<Script>> {
    let path = format!("/accounts/{}/workers/scripts", cloud.account_id().await?);
    cloud.get(&path, "list the Workers").needs(READ).send().await
}

/// Every custom domain of the account's Workers.
pub(super) async fn domains(cloud: &Cloudflare) -> Result<Vec<Domain>> {
    let path = format!("/accounts/{}/workers/domains", cloud.account_id().await?);
    cloud
        .get(&path, "list the custom domains of Workers")
        .needs(READ)
        .send()
        .await
}

/// Every route of a zone.
pub(super) async fn routes(cloud: &Cloudflare, zone_id: &str) -> Result<Vec<Route>> {
    let path = format!("/zones/{zone_id}/workers/routes");
    cloud
        .get(&path, "list the routes to Workers")
        .needs(READ_ROUTES)
        .send()
        .await
}

/// The account's name at workers.dev, if it has one.
pub(super) async fn account_name(cloud: &Cloudflare) -> Result<Option<String>> {
    let path = format!("/accounts/{}/workers/subdomain", cloud.account_id().await?);
    let call = cloud
        .get(&path, "read the account's name at workers.dev")
        .needs(READ);
    match call.send::<AccountName>().await {
        Err(error) if has_code(&error, NO_SCRIPT) => Ok(None),
        answer => answer.map(|name| Some(name.subdomain)),
    }
}

impl<'p> Place<'p> {
    pub(super) async fn of(cloud: &'p Cloudflare, name: &str) -> Result<Self> {
        Ok(Self {
            cloud,
            account: cloud.account_id().await?,
            name: name.to_owned(),
        })
    }

    fn call(&self, method: Method, rest: &str, operation: &str) -> Call<'_> {
        let path = format!(
            "/accounts/{}/workers/scripts/{}{rest}",
            self.account,
            encoded(&self.name)
        );
        let permission = if method == Method::GET { READ } else { WRITE };
        self.cloud.call(method, &path, operation).needs(permission)
    }

    /// Makes or replaces it, and deploys it at once (API doc §4.1).
    pub(super) async fn upload(&self, form: Body) -> Result<Script> {
        let call = self.call(Method::PUT, "?bindings_inherit=strict", "upload the Worker");
        call.body(form).send().await
    }

    /// Tells which files there shall be, and learns which are missing.
    pub(super) async fn begin_assets(&self, manifest: &BTreeMap<&str, Value>) -> Result<Session> {
        let call = self.call(
            Method::POST,
            "/assets-upload-session",
            "begin to upload static files",
        );
        call.json(&json!({"manifest": manifest}))?
            .repeatable()
            .send()
            .await
    }

    /// Uploads files, each under its hash: twice is the same as once.
    pub(super) async fn upload_assets(&self, token: &str, form: Body) -> Result<Uploaded> {
        let path = format!("/accounts/{}/workers/assets/upload?base64=true", self.account);
        let call = self.cloud.call(Method::POST, &path, "upload static files");
        call.needs(WRITE)
            .bearer(token)?
            .body(form)
            .repeatable()
            .send()
            .await
    }

    pub(super) async fn settings(&self) -> Result<Settings> {
        self.call(Method::GET, "/settings", "read the Worker's settings")
            .send()
            .await
    }

    /// Settings beside the version: no new one is made. Null switches it off.
    pub(super) async fn observe(&self, observability: &Value) -> Result<()> {
        let observability = if observability.is_null() {
            json!({"enabled": false})
        } else {
            observability.clone()
        };
        let call = self.call(
            Method::PATCH,
            "/script-settings",
            "change the Worker's observability",
        );
        call.json(&json!({"observability": observability}))?
            .repeatable()
            .done()
            .await
    }

    pub(super) async fn crons(&self) -> Result<Vec<String>> {
        let call = self.call(Method::GET, "/schedules", "read the Worker's schedules");
        let schedules = call.send::<Schedules>().await?.schedules;
        Ok(schedules.into_iter().map(|schedule| schedule.cron).collect())
    }

    /// Replaces all schedules (API doc §4.11).
    pub(super) async fn set_crons(&self, crons: &[String]) -> Result<()> {
        let body: Vec<Value> = crons.iter().map(|cron| json!({"cron": cron})).collect();
        let call = self.call(Method::PUT, "/schedules", "write the Worker's schedules");
        call.json(&body)?.done().await
    }

    pub(super) async fn is_at_workers_dev(&self) -> Result<bool> {
        let call = self.call(
            Method::GET,
            "/subdomain",
            "see whether the Worker is at workers.dev",
        );
        Ok(call.send::<Subdomain>().await?.enabled)
    }

    /// Fails now and then right after an upload (API doc §4.8): it may be sent again.
    pub(super) async fn set_workers_dev(&self, enabled: bool) -> Result<()> {
        let call = self.call(
            Method::POST,
            "/subdomain",
            "switch the Worker's address at workers.dev",
        );
        let body = json!({"enabled": enabled, "previews_enabled": false});
        call.json(&body)?.repeatable().done().await
    }

    /// The id of the version that is served.
    pub(super) async fn version(&self) -> Result<Option<String>> {
        let call = self.call(Method::GET, "/deployments", "read the Worker's deployments");
        let active = call.send::<Deployments>().await?.deployments.into_iter().next();
        let version = active.and_then(|deployment| deployment.versions.into_iter().next());
        Ok(version.map(|version| version.version_id))
    }

    /// That it is gone already is success. The upload before it is what is deployed, unless somebody uploaded another version
    /// in between (API doc §4.7).
    pub(super) async fn delete_secret(&self, name: &str) -> Result<()> {
        let path = format!("/secrets/{}", encoded(name));
        let call = self.call(Method::DELETE, &path, "delete a secret of the Worker");
        match call.done().await {
            Err(error) if has_code(&error, &[10_056]) => Ok(()),
            Err(error) if has_code(&error, &[10_215]) => Err(error.with_kind(ErrorKind::Conflict).help(
                "somebody uploaded a version that is not deployed: run the same command again, which deploys this one, or \
                 deploy theirs first",
            )),
            answer => answer,
        }
    }

    /// Without force, what others are bound to stays, and what Durable Objects hold (API doc §4.6).
    pub(super) async fn remove(&self, force: bool) -> Result<()> {
        let query = if force { "?force=true" } else { "" };
        match self.call(Method::DELETE, query, "delete the Worker").done().await {
            Err(error) if has_code(&error, NO_SCRIPT) => Ok(()),
            answer => answer,
        }
    }

    pub(super) async fn attach(&self, host: &str, zone_id: &str) -> Result<()> {
        let path = format!("/accounts/{}/workers/domains", self.account);
        let operation = format!("attach the custom domain {host}");
        let body =
            json!({"hostname": host, "service": self.name, "zone_id": zone_id, "environment": "production"});
        self.cloud
            .call(Method::PUT, &path, operation)
            .needs(WRITE)
            .json(&body)?
            .done()
            .await
    }

    pub(super) async fn detach(&self, domain: &Domain) -> Result<()> {
        let path = format!("/accounts/{}/workers/domains/{}", self.account, domain.id);
        let operation = format!("detach the custom domain {}", domain.hostname);
        match self
            .cloud
            .call(Method::DELETE, &path, operation)
            .needs(WRITE)
            .done()
            .await
        {
            Err(error) if has_code(&error, &[100_114]) => Ok(()),
            answer => answer,
        }
    }

    pub(super) async fn add_route(&self, zone_id: &str, pattern: &str) -> Result<()> {
        let path = format!("/zones/{zone_id}/workers/routes");
        let call = self
            .cloud
            .call(Method::POST, &path, format!("make the route {pattern}"));
        let body = json!({"pattern": pattern, "script": self.name});
        call.needs(WRITE_ROUTES).json(&body)?.done().await
    }

    pub(super) async fn remove_route(&self, zone_id: &str, route: &Route) -> Result<()> {
        let path = format!("/zones/{zone_id}/workers/routes/{}", route.id);
        let call = self.cloud.call(
            Method::DELETE,
            &path,
            format!("delete the route {}", route.pattern),
        );
        match call.needs(WRITE_ROUTES).done().await {
            Err(error) if has_code(&error, &[10_009]) => Ok(()),
            answer => answer,
        }
    }
}
