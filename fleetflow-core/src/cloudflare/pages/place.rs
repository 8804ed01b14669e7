//! One project as a place that calls go to, and the calls about uploaded files (API doc §5).

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloudflare::Cloudflare;
use crate::cloudflare::answer::has_code;
use crate::cloudflare::call::{Call, encoded};
use crate::error::Result;
use crate::http::Body;

const READ: &str = "Pages Read";
const WRITE: &str = "Pages Write";
/// There is no such project (API doc §1.9).
const NO_PROJECT: &[u64] = &[8_000_007];
/// Too many deployments to delete the project (API doc §5.4).
pub(super) const TOO_MANY: &[u64] = &[8_000_076];

/// A project (API doc §5.1).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
    /// `NAME.pages.dev`, with a suffix where the name was taken by somebody else in the world.
    #[serde(default)]
    pub(super) subdomain: String,
    #[serde(default)]
    pub(super) production_branch: Option<String>,
    #[serde(default)]
    pub(super) domains: Option<Vec<String>>,
    #[serde(default)]
    pub(super) deployment_configs: Value,
    #[serde(default)]
    pub(super) canonical_deployment: Option<Deployment>,
    #[serde(default)]
    pub(super) latest_deployment: Option<Deployment>,
}

/// A deployment (API doc §5.3).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Deployment {
    pub(super) id: String,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    latest_stage: Value,
    #[serde(default, rename = "deployment_trigger")]
    trigger: Value,
}

impl Deployment {
    /// What its uploader wrote about it.
    pub(super) fn message(&self) -> &str {
        self.trigger["metadata"]["commit_message"]
            .as_str()
            .unwrap_or_default()
    }

    /// Done, failed with this stage, or still going on.
    pub(super) fn outcome(&self) -> std::result::Result<bool, String> {
        let (name, status) = (&self.latest_stage["name"], self.latest_stage["status"].as_str());
        match status {
            Some("success") if name == "deploy" => Ok(true),
            Some(failed @ ("failure" | "canceled")) => Err(format!(
                "the stage `{}` ended with {failed}",
                name.as_str().unwrap_or_default()
            )),
            _ => Ok(false),
        }
    }
}

/// A custom domain (API doc §5.5).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Domain {
    pub(super) name: String,
    #[serde(default)]
    pub(super) status: String,
}

#[derive(Deserialize)]
struct Token {
    jwt: String,
}

/// A file on its way.
#[derive(serde::Serialize)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) metadata: Value,
    pub(super) base64: bool,
}

/// A project's place.
pub(super) struct Place<'p> {
    cloud: &'p Cloudflare,
    account: String,
    pub(super) name: String,
}

/// Every project of the account. Larger pages are refused (API doc §1.7).
pub(super) async fn projects(cloud: &Cloudflare) -> Result<Vec<Project>> {
    let path = format!("/accounts/{}/pages/projects", cloud.account_id().await?);
    cloud.pages(&path, 10, READ, "list the projects of Pages").await
}

impl<'p> Place<'p> {
    pub(super) async fn of(cloud: &'p Cloudflare, name: &str) -> Result<Self> {
        Ok(Self {
            cloud,
            account: cloud.account_id().await?,
            name: name.to_owned(),
        })
    }

    fn path(&self, rest: &str) -> String {
        format!(
            "/accounts/{}/pages/projects/{}{rest}",
            self.account,
            encoded(&self.name)
        )
    }

    fn call(&self, method: Method, rest: &str, operation: &str) -> Call<'_> {
        let permission = if method == Method::GET { READ } else { WRITE };
        self.cloud
            .call(method, &self.path(rest), operation)
            .needs(permission)
    }

    pub(super) async fn make(&self, body: &Value) -> Result<Project> {
        let path = format!("/accounts/{}/pages/projects", self.account);
        let call = self
            .cloud
            .call(Method::POST, &path, "make the project")
            .needs(WRITE);
        call.json(body)?.send().await
    }

    pub(super) async fn project(&self) -> Result<Option<Project>> {
        match self.call(Method::GET, "", "read the project").send().await {
            Err(error) if has_code(&error, NO_PROJECT) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Merges: what is not sent stays, and null takes a member of a map away (API doc §5.1).
    pub(super) async fn change(&self, body: &Value) -> Result<()> {
        let call = self.call(Method::PATCH, "", "change the project");
        call.json(body)?.repeatable().done().await
    }

    pub(super) async fn remove(&self) -> Result<()> {
        match self.call(Method::DELETE, "", "delete the project").done().await {
            Err(error) if has_code(&error, NO_PROJECT) => Ok(()),
            answer => answer,
        }
    }

    /// The token that files are uploaded with.
    pub(super) async fn upload_token(&self) -> Result<String> {
        let call = self
            .call(Method::GET, "/upload-token", "get leave to upload")
            .needs(WRITE);
        Ok(call.send::<Token>().await?.jwt)
    }

    /// Those of `hashes` that are not stored yet.
    pub(super) async fn missing(&self, token: &str, hashes: &[&str]) -> Result<Vec<String>> {
        let call = self.cloud.call(
            Method::POST,
            "/pages/assets/check-missing",
            "see which files are missing",
        );
        let call = call.needs(WRITE).bearer(token)?.repeatable();
        call.json(&json!({"hashes": hashes}))?.send().await
    }

    /// Stores files, each under its hash: twice is the same as once.
    pub(super) async fn store(&self, token: &str, files: &[Upload]) -> Result<()> {
        let call = self
            .cloud
            .call(Method::POST, "/pages/assets/upload", "upload files");
        call.needs(WRITE)
            .bearer(token)?
            .repeatable()
            .json(&files)?
            .done()
            .await
    }

    /// Says that all of `hashes` are in use. It only makes the next upload faster (API doc §5.2).
    pub(super) async fn keep(&self, token: &str, hashes: &[&str]) -> Result<()> {
        let call = self
            .cloud
            .call(Method::POST, "/pages/assets/upsert-hashes", "keep the files");
        let call = call.needs(WRITE).bearer(token)?.repeatable();
        call.json(&json!({"hashes": hashes}))?.done().await
    }

    /// Publishes what `form` says. Twice would be two deployments.
    pub(super) async fn deploy(&self, form: Body) -> Result<Deployment> {
        self.call(Method::POST, "/deployments", "publish the site")
            .body(form)
            .send()
            .await
    }

    pub(super) async fn deployment(&self, id: &str) -> Result<Deployment> {
        self.call(Method::GET, &format!("/deployments/{id}"), "read the deployment")
            .send()
            .await
    }

    pub(super) async fn deployments(&self) -> Result<Vec<Deployment>> {
        let path = self.path("/deployments");
        self.cloud.pages(&path, 25, READ, "list the deployments").await
    }

    pub(super) async fn remove_deployment(&self, id: &str) -> Result<()> {
        let rest = format!("/deployments/{id}?force=true");
        match self
            .call(Method::DELETE, &rest, "delete an old deployment")
            .done()
            .await
        {
            Err(error) if error.is_not_found() => Ok(()),
            answer => answer,
        }
    }

    pub(super) async fn domains(&self) -> Result<Vec<Domain>> {
        self.call(Method::GET, "/domains", "list the custom domains")
            .send()
            .await
    }

    pub(super) async fn attach(&self, host: &str) -> Result<()> {
        let operation = format!("attach the custom domain {host}");
        let call = self.call(Method::POST, "/domains", &operation);
        call.json(&json!({"name": host}))?.done().await
    }

    pub(super) async fn detach(&self, host: &str) -> Result<()> {
        let operation = format!("detach the custom domain {host}");
        let rest = format!("/domains/{}", encoded(host));
        match self.call(Method::DELETE, &rest, &operation).done().await {
            Err(error) if error.is_not_found() => Ok(()),
            answer => answer,
        }
    }
}
